"""Distributions of counts as arrays of the probabilities of 0, 1, 2, ..."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.fft import irfft, next_fast_len

from analytics.errors import InvalidData
from analytics.results import FloatArray

# A count less likely than this is dropped; what is dropped altogether stays below rounding.
NEGLIGIBLE = 1e-14
MOST_DEMANDS = 1_000_000.0
# How far from its mode a distribution may reach: that of MOST_DEMANDS as their spread, and no more than memory holds.
LONGEST_REACH = 15 * MOST_DEMANDS
# What is less likely than exp(-36), 2e-16, is lost in rounding.
IMPOSSIBLE = 36.0


def sum_of_independent(counts: FloatArray, many: FloatArray | None = None) -> FloatArray:
    """Distribution of the sum of independent counts: their distributions are rows, each taken `many` times (once).

    `many` need not be whole where rows stand for neighbours of which there are many.

    Found from the characteristic function, the product of those of the counts. Where the sum can lie and which
    frequencies matter is bounded first (by Chernoff, and by `_last_frequency`), so that nothing is
    approximated but what is less likely than rounding, and a sum of 50,000 costs little more than one of 50.
    """
    many = np.ones(counts.shape[0]) if many is None else many
    k = np.arange(counts.shape[1])
    first, last = _reach(counts, many)
    size = next_fast_len(last - first + 1, real=True)
    omega = np.arange(_last_frequency(counts, many, size) + 1) * (2.0 * math.pi / size)
    # Factors less 1, so that nothing is lost where a demand is rare. About its mean the angle of a factor is small
    # wherever its modulus matters, so that its multiple is known.
    x = -2.0 * (counts @ np.square(np.sin(np.outer(k, omega) / 2.0)))
    y = -(counts @ np.sin(np.outer(k, omega)))
    mean = counts @ k
    with np.errstate(divide="ignore"):
        modulus = np.exp(many @ np.log1p(np.maximum(2.0 * x + x * x + y * y, -1.0)) / 2.0)
    turn = np.arctan2(y, 1.0 + x) + np.outer(mean, omega)
    turn -= 2.0 * math.pi * np.round(turn / (2.0 * math.pi))
    angle = many @ turn - omega * (float(many @ mean) - first)
    transform = np.zeros(size // 2 + 1, dtype=complex)
    transform[: omega.size] = modulus * np.exp(1j * angle)
    within = irfft(transform, size)[: last - first + 1]
    # The transform leaves rounding noise of either sign where nothing is likely.
    likely = np.flatnonzero(within > _rounding(many))
    pmf: FloatArray = np.zeros(first + likely[-1] + 1)
    pmf[first:] = np.where(within > _rounding(many), within, 0.0)[: likely[-1] + 1]
    return pmf / math.fsum(pmf[first:])


def _rounding(many: FloatArray) -> float:
    return NEGLIGIBLE * max(1.0, math.sqrt(float(many.sum())) / 10.0)


def _reach(counts: FloatArray, many: FloatArray) -> tuple[int, int]:
    """Between which numbers the sum lies, but for a chance below rounding: the best of Chernoff's bounds."""
    k = np.arange(counts.shape[1])
    each = counts @ k
    mean, variance = float(many @ each), float(many @ (counts @ k**2 - each**2))
    if not mean <= MOST_DEMANDS:
        raise InvalidData(_beyond(mean))
    # Any tilt bounds; one whose powers pass the largest float bounds nothing.
    steepest = min(8.0, 700.0 / max(counts.shape[1] - 1, 1))
    tilt = np.geomspace(min(1.0, math.sqrt(2.0 * IMPOSSIBLE / max(variance, 1.0))) / 4.0, steepest, 16)
    with np.errstate(over="ignore", divide="ignore"):
        above = many @ np.log(counts @ np.exp(np.outer(k, tilt)))
        below = many @ np.log(counts @ np.exp(-np.outer(k, tilt)))
    last = min(float(np.min((above + IMPOSSIBLE) / tilt)), float(many.sum() * k[-1]))
    return max(0, math.floor(np.max((-below - IMPOSSIBLE) / tilt))), math.ceil(last)


def _last_frequency(counts: FloatArray, many: FloatArray, size: int) -> int:
    """Beyond which frequency, of those of a transform of this size, the characteristic function vanishes.

    The squared modulus of that of one count is 1 less the sum over d of 2 r_d (1 - cos(d w)), with r_d the chance that
    two such counts differ by d upwards; r_1 alone bounds it.
    """
    by_one = float(many @ np.sum(counts[:, 1:] * counts[:, :-1], axis=1))
    if by_one <= IMPOSSIBLE / 2.0:
        return size // 2
    return min(size // 2, math.ceil(size / (2.0 * math.pi) * math.acos(1.0 - IMPOSSIBLE / by_one)))


def poisson_pmf(mean: float) -> FloatArray:
    """Poisson probabilities of 0, 1, ... as far as they matter."""
    return pmf_of_moments(mean, mean)


def pmf_of_moments(mean: float, variance: float) -> FloatArray:
    """Probabilities of 0, 1, ... with this mean and variance, as far as they matter.

    Poisson where the two are equal, negative binomial where the variance is the larger and binomial where it is the
    smaller: the one family whose neighbours stand in the ratio a + b / k (Panjer).
    """
    if not mean + math.sqrt(max(variance, 0.0)) <= MOST_DEMANDS:
        raise InvalidData(_beyond(mean))
    if mean == 0:
        return np.ones(1)
    a, b = 1.0 - mean / variance, (mean * mean - variance + mean) / variance
    # Ratios of neighbours, outwards from the mode: log-gamma would cost three digits at a mean of 50.
    reach = math.ceil(12 * math.sqrt(variance) + 35 * max(variance / mean, 1.0))
    if reach > LONGEST_REACH:
        raise InvalidData(
            f"a demand with {variance / mean:g} times the variance of Poisson's is beyond any stock"
        )
    mode = max(0, math.floor(b / (1.0 - a)))
    first = max(0, mode - reach)
    down = np.arange(mode, first, -1)
    up = np.arange(mode + 1, mode + reach + 1)
    # Beyond its last count a binomial has no ratio left.
    rising = np.cumprod(np.maximum(a + b / up, 0.0))
    pmf: FloatArray = np.concatenate(
        [np.zeros(first), np.cumprod(down / (a * down + b))[::-1], [1.0], rising]
    )
    pmf /= pmf.sum()
    return pmf


def _beyond(mean: float) -> str:
    return f"an expected demand of {mean:g} is beyond any stock; check ages, horizon and units"


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
