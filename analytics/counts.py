"""Distributions of counts as arrays of the probabilities of 0, 1, 2, ..."""

import math
from collections.abc import Sequence

import numpy as np

from analytics.errors import InvalidData
from analytics.results import FloatArray

# A count less likely than this is dropped; what is dropped altogether stays below rounding.
NEGLIGIBLE = 1e-14
MOST_DEMANDS = 1_000_000.0


def sum_of_independent(counts: FloatArray) -> FloatArray:
    """Distribution of the sum of independent counts: (batch, positions, k) to (batch, k'), added pair by
    pair."""
    while counts.shape[1] > 1:
        one, other = counts[:, 0::2], counts[:, 1::2]
        odd = one[:, other.shape[1] :]
        one = one[:, : other.shape[1]]
        width = counts.shape[2]
        total = np.zeros((counts.shape[0], one.shape[1] + odd.shape[1], 2 * width - 1))
        pairs = total[:, : one.shape[1]]
        for k in range(width):
            pairs[:, :, k : k + width] += one[:, :, k, None] * other
        total[:, one.shape[1] :, :width] = odd
        # Counts that no pair reaches with any likelihood are dropped, or the width would double at every
        # level.
        likely = np.flatnonzero(total.max(axis=(0, 1)) > NEGLIGIBLE)
        counts = total[:, :, : likely[-1] + 1]
    pmfs: FloatArray = counts[:, 0] / np.sum(counts[:, 0], axis=-1, keepdims=True)
    return pmfs


def poisson_pmf(mean: float) -> FloatArray:
    """Poisson probabilities of 0, 1, ... as far as they matter."""
    return pmf_of_moments(mean, mean)


def pmf_of_moments(mean: float, variance: float) -> FloatArray:
    """Probabilities of 0, 1, ... with this mean and variance, as far as they matter.

    Poisson where the two are equal, negative binomial where the variance is the larger and binomial where it is the
    smaller: the one family whose neighbours stand in the ratio a + b / k (Panjer).
    """
    if not mean + math.sqrt(max(variance, 0.0)) <= MOST_DEMANDS:
        raise InvalidData(
            f"an expected demand of {mean:g} is beyond any stock; check ages, horizon and units"
        )
    if mean == 0:
        return np.ones(1)
    a, b = 1.0 - mean / variance, (mean * mean - variance + mean) / variance
    # Ratios of neighbours, outwards from the mode: log-gamma would cost three digits at a mean of 50.
    reach = math.ceil(12 * math.sqrt(variance) + 35 * max(variance / mean, 1.0))
    mode = max(0, math.floor(b / (1.0 - a)))
    first = max(0, mode - reach)
    down = np.arange(mode, first, -1)
    up = np.arange(mode + 1, mode + reach + 1)
    # Beyond its last count a binomial has no ratio left.
    rising = np.cumprod(np.maximum(a + b / up, 0.0))
    pmf: FloatArray = np.concatenate(
        [np.zeros(first), np.cumprod(down / (a * down + b))[::-1], [1.0], rising]
    )
    return pmf / math.fsum(pmf)


def thinned(pmf: FloatArray, chance: FloatArray | float) -> FloatArray:
    """Distribution of those of a count that are kept, each with the same chance and on its own.

    `pmf` has shape (..., k); `chance` that of its rows.
    """
    kept = np.asarray(chance, dtype=float)[..., None]
    # Horner's rule on the generating function, sum of p_n (1 - c + c z) ** n.
    result = np.zeros(pmf.shape)
    for n in range(pmf.shape[-1] - 1, -1, -1):
        moved = kept * result[..., :-1]
        result *= 1.0 - kept
        result[..., 1:] += moved
        result[..., 0] += pmf[..., n]
    return result


def mixture(each: Sequence[FloatArray]) -> FloatArray:
    """Average of distributions of different lengths."""
    pmf = np.zeros(max(one.size for one in each))
    for one in each:
        pmf[: one.size] += one
    pmf /= len(each)
    return pmf[: np.flatnonzero(pmf > NEGLIGIBLE)[-1] + 1]


def mean_count(pmf: FloatArray) -> float:
    """Mean of a distribution of counts."""
    return float(pmf @ np.arange(pmf.size))


def count_quantile(pmf: FloatArray, p: float) -> int:
    """Smallest count that is not exceeded with probability `p` or more."""
    if not 0 < p < 1:
        raise InvalidData(f"a probability must lie between 0 and 1, not {p!r}")
    # Rounding in the sum must not push a level that is reached exactly to the next count.
    return int(np.searchsorted(np.cumsum(pmf), p - 1e-12, side="left").clip(max=pmf.size - 1))
