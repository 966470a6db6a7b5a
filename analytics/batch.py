"""Weibull fits of many samples at once: the parts of a fleet, or thousands of resamples of one plan.

The profile log-likelihood of the shape needs, in each pass over the records, one exponential a record and four sums
a sample; Halley's method on the logarithm of the shape then takes three or four passes. Records of a sample lie
next to each other, and every sum runs over the records of one sample only, in blocks counted from its own first
record. So a sample has the same result to the last bit whatever stands before and after it.

With delayed entry the sums are signed. The profile log-likelihood is concave in beta all the same: with :math:`R(x)`
units at risk at log-age x it is, per failure and up to a constant,
:math:`\\beta \\bar x - \\log \\int R(x) e^{\\beta x} dx`, and the logarithm of such an integral is convex. It has
therefore one maximum or none, and which of the two is seen from its slopes at both ends before any search.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.results import FloatArray
from analytics.weibull_likelihood import FARTHEST_LOG_ETA, LARGEST_BETA, SMALLEST_BETA

# Records a chunk: few enough for the arrays of one pass to stay in the cache of a core.
CHUNK_RECORDS = 32_768
# A sample longer than this is summed block by block, each block counted from the sample's first record.
BLOCK_RECORDS = 32_768
MOST_PASSES = 100
# A maximum counts as verified this many standard errors from the zero of the score, or closer.
VERIFIED_SCORE = 1e-6


class Status(IntEnum):
    """What became of one sample."""

    OK = 0
    NO_FAILURES = 1
    NO_FINITE_MAXIMUM = 2
    NOT_CONVERGED = 3


@dataclass(frozen=True)
class Samples:
    """Exact and right-censored lives of many samples, ready for sums: made by `gather`.

    Attributes
    ----------
    x : ndarray
        Logarithm of each age over the largest age of its sample; with delayed entry, ages and entries in turn.
    coefficient : ndarray or None
        Weight of each term in the cumulative hazard: the count of the record, negative for an entry. None if all are 1.
    offsets : ndarray of int, shape (samples + 1,)
        Where the terms of each sample begin, and the end.
    failures, sum_x : ndarray
        Weighted number of failures of each sample, and the weighted sum of `x` over them.
    log_scale : ndarray
        Logarithm of the largest age of each sample.
    maximum_exists : ndarray of bool
        Whether the profile rises at small beta and falls at large.
    """

    x: FloatArray
    coefficient: FloatArray | None
    offsets: NDArray[np.intp]
    failures: FloatArray
    sum_x: FloatArray
    log_scale: FloatArray
    maximum_exists: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.failures.size

    def take(self, keep: NDArray[np.bool_]) -> "Samples":
        """The marked samples alone."""
        lengths = np.diff(self.offsets)
        terms = np.repeat(keep, lengths)
        return Samples(
            self.x[terms],
            None if self.coefficient is None else self.coefficient[terms],
            np.concatenate([[0], np.cumsum(lengths[keep])]),
            self.failures[keep],
            self.sum_x[keep],
            self.log_scale[keep],
            self.maximum_exists[keep],
        )


@dataclass(frozen=True)
class Fits:
    """Weibull fits of many samples, one array element a sample; NaN where `status` is not OK.

    Attributes
    ----------
    log_eta, log_beta : ndarray
        The estimates.
    loglik : ndarray
        Log-likelihood at the estimates.
    information : ndarray, shape (3, samples)
        Observed information in (log eta, log beta): eta-eta, eta-beta, beta-beta.
    score_norm : ndarray
        Distance of the last point evaluated from the maximum, in standard errors. The estimate is one step closer.
    status : ndarray of int
        `Status` of each sample.
    """

    log_eta: FloatArray
    log_beta: FloatArray
    loglik: FloatArray
    information: FloatArray
    score_norm: FloatArray
    status: NDArray[np.int8]

    @property
    def covariance(self) -> FloatArray:
        """Inverse of the information, shape (3, samples): eta-eta, eta-beta, beta-beta."""
        i_uu, i_ub, i_bb = self.information
        inverse: FloatArray = np.stack([i_bb, -i_ub, i_uu]) / (i_uu * i_bb - i_ub * i_ub)
        return inverse


def gather(
    time: ArrayLike,
    event: ArrayLike,
    offsets: ArrayLike | None = None,
    *,
    entry: ArrayLike | None = None,
    weight: ArrayLike | None = None,
) -> Samples:
    """Samples from flat arrays cut at `offsets`, or from two-dimensional arrays of one sample a row.

    Nothing is checked: `LifeData` has done it, or the records were simulated. A weight need not be whole and may be 0.

    Examples
    --------
    >>> fits = maximise(gather([[90.0, 160.0, 200.0], [50.0, 80.0, 100.0]], [[1, 1, 0], [1, 1, 1]]))
    >>> np.exp(fits.log_beta).round(3).tolist()
    [2.638, 4.451]
    """
    age, failed = np.asarray(time, dtype=np.float64), np.asarray(event).astype(bool)
    if offsets is None:
        offsets = np.arange(0, age.size + 1, age.shape[-1])
        failed = np.broadcast_to(failed, age.shape)
    age, failed, cuts = age.ravel(), failed.ravel(), np.asarray(offsets, dtype=np.intp)
    late = (
        None
        if entry is None
        else np.broadcast_to(np.asarray(entry, dtype=np.float64), np.shape(time)).ravel()
    )
    count = (
        None
        if weight is None
        else np.broadcast_to(np.asarray(weight, dtype=np.float64), np.shape(time)).ravel()
    )
    starts, lengths = cuts[:-1], np.diff(cuts)
    largest = np.maximum.reduceat(age if count is None else np.where(count > 0, age, 0.0), starts)
    scale = np.where(largest > 0.0, largest, 1.0)
    inverse = np.repeat(scale, lengths)
    if age.min(initial=1.0) > 0.0:
        x = np.log(age / inverse)
    else:  # a record that ends at age 0 adds nothing; its logarithm must not either
        count = np.where(age > 0.0, 1.0 if count is None else count, 0.0)
        x = np.log(np.where(age > 0.0, age / inverse, 1.0))
    worth = failed.astype(np.float64) if count is None else failed * count
    d, sum_x = np.add.reduceat(worth, starts), np.add.reduceat(worth * x, starts)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sum_x / d
    if late is None or not late.any():
        longest = np.maximum.reduceat(x if count is None else np.where(count > 0, x, -np.inf), starts)
        return Samples(x, count, cuts, d, sum_x, np.log(scale), mean < longest - 1e-13)
    return _with_entry(x, count, cuts, (d, sum_x, np.log(scale)), late / inverse)


def _with_entry(
    x: FloatArray,
    count: FloatArray | None,
    cuts: NDArray[np.intp],
    sums: tuple[FloatArray, FloatArray, FloatArray],
    entry: FloatArray,
) -> Samples:
    """Samples whose terms are ages and entries in turn, with the slopes of the profile at both ends known."""
    d, sum_x, log_scale = sums
    starts = cuts[:-1]
    is_late = entry > 0.0
    x_entry = np.log(np.where(is_late, entry, 1.0))
    weight = np.ones(x.size) if count is None else count
    terms = np.stack([x, x_entry], axis=1).ravel()
    coefficient = np.stack([weight, np.where(is_late, -weight, 0.0)], axis=1).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sum_x / d
        # At risk for any time at all. Where every such record began late, the profile at beta = 0 rises only if
        # failures stand, on average, behind the middle of the exposure on the log axis.
        exposed = (weight > 0.0) & ((x > x_entry) | ~is_late)
        longest = np.maximum.reduceat(np.where(exposed, x, -np.inf), starts)
        all_late = ~np.logical_or.reduceat(exposed & ~is_late, starts)
        width = np.where(exposed & is_late, weight * (x - x_entry), 0.0)
        middle = np.add.reduceat(width * (x + x_entry) / 2.0, starts) / np.add.reduceat(width, starts)
        exists = (mean < longest - 1e-13) & ~(all_late & ~(mean > middle))
    return Samples(terms, coefficient, 2 * cuts, d, sum_x, log_scale, exists)


def maximise(samples: Samples, start: FloatArray | None = None) -> Fits:
    """Maximum-likelihood fits of all samples, each a verified maximum or marked as not.

    Parameters
    ----------
    samples : Samples
    start : ndarray, optional
        A first guess of log beta for each sample, such as the truth of a simulation.
    """
    n = len(samples)
    fits = Fits(
        log_eta=np.full(n, np.nan),
        log_beta=np.full(n, np.nan),
        loglik=np.full(n, np.nan),
        information=np.full((3, n), np.nan),
        score_norm=np.full(n, np.nan),
        status=np.full(n, Status.NOT_CONVERGED, dtype=np.int8),
    )
    with np.errstate(all="ignore"):
        for first, last in chunks(samples.offsets):
            guess = None if start is None else start[first:last]
            _fit_chunk(_slice(samples, first, last), guess, fits, first)
    return fits


def chunks(offsets: NDArray[np.intp], records: int = CHUNK_RECORDS) -> Iterator[tuple[int, int]]:
    """Ranges of whole samples of about this many records, at least one sample each."""
    first, n = 0, offsets.size - 1
    while first < n:
        last = int(np.searchsorted(offsets, offsets[first] + records, side="right")) - 1
        last = min(max(last, first + 1), n)
        yield first, last
        first = last


def _slice(samples: Samples, first: int, last: int) -> Samples:
    a, b = samples.offsets[first], samples.offsets[last]
    return Samples(
        samples.x[a:b],
        None if samples.coefficient is None else samples.coefficient[a:b],
        samples.offsets[first : last + 1] - a,
        samples.failures[first:last],
        samples.sum_x[first:last],
        samples.log_scale[first:last],
        samples.maximum_exists[first:last],
    )


def power_sums(samples: Samples, beta: FloatArray) -> FloatArray:
    """Sums of c e^(beta x) x^k over each sample, k = 0 to 3; shape (4, samples). The one loop over the records."""
    starts = samples.offsets[:-1]
    lengths = np.diff(samples.offsets)
    if lengths.max() > BLOCK_RECORDS:
        return _power_sums_by_blocks(samples, beta)
    h = np.repeat(beta, lengths)
    h *= samples.x
    np.exp(h, out=h)
    if samples.coefficient is not None:
        h *= samples.coefficient
    sums = np.empty((4, starts.size))
    np.add.reduceat(h, starts, out=sums[0])
    for power in (1, 2, 3):
        h *= samples.x
        np.add.reduceat(h, starts, out=sums[power])
    return sums


def _power_sums_by_blocks(samples: Samples, beta: FloatArray) -> FloatArray:
    sums = np.empty((4, len(samples)))
    for at in range(len(samples)):
        alone = _slice(samples, at, at + 1)
        n = alone.x.size
        cuts = [*range(0, n, BLOCK_RECORDS), n]
        blocks = (
            Samples(
                alone.x[a:b],
                None if alone.coefficient is None else alone.coefficient[a:b],
                np.array([0, b - a]),
                *(np.empty(1),) * 3,
                np.ones(1, dtype=bool),
            )
            for a, b in pairwise(cuts)
        )
        sums[:, at] = np.concatenate([power_sums(block, beta[at : at + 1]) for block in blocks], axis=1).sum(
            axis=1
        )
    return sums


def log_moment_start(samples: Samples) -> FloatArray:
    """Log beta from the moments of x over all records, as for the first two terms of the profile's expansion.

    To second order the score is 1 + beta (mean over failures - mean) - beta^2 variance; dividing the variance by pi^2 / 6
    makes the root exact for a large complete sample.
    """
    starts = samples.offsets[:-1]
    weight = np.ones(samples.x.size) if samples.coefficient is None else np.maximum(samples.coefficient, 0.0)
    n = np.add.reduceat(weight, starts)
    weight *= samples.x
    mean = np.add.reduceat(weight, starts) / n
    weight *= samples.x
    spread = (np.add.reduceat(weight, starts) / n - mean * mean) / (math.pi**2 / 6.0)
    behind = samples.sum_x / samples.failures - mean
    # The larger root of the quadratic, in the form that does not cancel when the failures come early.
    root = np.sqrt(behind * behind + 4.0 * spread)
    beta = np.where(behind > 0.0, (behind + root) / (2.0 * spread), 2.0 / (root - behind))
    start: FloatArray = np.log(np.clip(np.where(np.isfinite(beta), beta, 1.0), 1e-3, 1e4))
    return start


def _fit_chunk(samples: Samples, start: FloatArray | None, fits: Fits, first: int) -> None:
    """Halley's method on log beta, kept between the points where the score was seen to be positive and negative."""
    status = fits.status[first : first + len(samples)]
    status[~samples.maximum_exists] = Status.NO_FINITE_MAXIMUM
    status[samples.failures <= 0.0] = Status.NO_FAILURES
    rows = first + np.flatnonzero(status == Status.NOT_CONVERGED)
    if rows.size < len(samples):
        keep = status == Status.NOT_CONVERGED
        samples, start = samples.take(keep), None if start is None else start[keep]
    log_beta = log_moment_start(samples) if start is None and rows.size else start
    low, high = np.full(rows.size, -np.inf), np.full(rows.size, np.inf)
    for _ in range(MOST_PASSES):
        if not rows.size or log_beta is None:
            return
        sums = power_sums(samples, np.exp(log_beta))
        score, slope, bend = _profile_score(samples, np.exp(log_beta), sums)
        score_norm = np.abs(score) * np.sqrt(samples.failures / -slope)
        step = -2.0 * score * slope / (2.0 * slope * slope - score * bend)
        done = (score_norm < VERIFIED_SCORE) & (np.abs(step) < 1e-4)
        low, high = np.where(score > 0.0, log_beta, low), np.where(score > 0.0, high, log_beta)
        if done.any():
            at = rows[done]
            _record(fits, at, samples, done, log_beta, step, score_norm, sums)
        lost = ~done & ((log_beta < math.log(SMALLEST_BETA)) | (log_beta > math.log(LARGEST_BETA)))
        fits.status[rows[lost]] = Status.NO_FINITE_MAXIMUM
        log_beta = _next(log_beta, step, score, slope, low, high)
        open_ = ~(done | lost)
        # The sums of a chunk cost by the record, so what has ended is dropped as soon as it is worth the copy.
        if not open_.all():
            if not open_.any():
                return
            rows, samples = rows[open_], samples.take(open_)
            log_beta, low, high = log_beta[open_], low[open_], high[open_]


def _profile_score(samples: Samples, beta: FloatArray, sums: FloatArray) -> tuple[FloatArray, ...]:
    """First, second and third derivative of the profile log-likelihood by log beta, per failure."""
    mean, square, cube = sums[1:] / sums[0]
    variance = square - mean * mean
    third = cube - mean * (3.0 * square - 2.0 * mean * mean)
    lag = beta * (samples.sum_x / samples.failures - mean)
    spread = beta * beta * variance
    return 1.0 + lag, lag - spread, lag - 3.0 * spread - beta**3 * third


def _next(
    here: FloatArray,
    step: FloatArray,
    score: FloatArray,
    slope: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """The next log beta: Halley's if it stays inside what is known, else half-way, or onward by a factor of e."""
    usable = (slope < 0.0) & (step * score > 0.0)
    there = here + np.clip(np.where(usable, step, np.copysign(1.0, score)), -2.0, 2.0)
    middle = (low + high) / 2.0
    onward = np.where(np.isfinite(middle), middle, here + np.copysign(1.0, score))
    return np.where((there > low) & (there < high), there, onward)


def _record(
    fits: Fits,
    at: NDArray[np.intp],
    samples: Samples,
    done: NDArray[np.bool_],
    log_beta: FloatArray,
    step: FloatArray,
    score_norm: FloatArray,
    sums: FloatArray,
) -> None:
    """Estimates, log-likelihood and information where the search has ended, one last step applied."""
    d, step, sums = samples.failures[done], step[done], sums[:, done]
    mean, square = sums[1] / sums[0], sums[2] / sums[0]
    beta = np.exp(log_beta[done])
    # Scale at this shape in closed form, and what the last step of the shape adds to it (second order left out).
    u = np.log(sums[0] / d) / beta
    z1, z2 = beta * (mean - u), beta * beta * (square - 2.0 * u * mean + u * u)
    sum_z = beta * (samples.sum_x[done] - d * u)
    log_scale = samples.log_scale[done]
    sum_log = samples.sum_x[done] + d * log_scale
    fits.log_eta[at] = log_scale + u + (mean - u) * step
    fits.log_beta[at] = log_beta[done] + step
    fits.loglik[at] = d * (log_beta[done] - 1.0) + sum_z - sum_log
    fits.information[:, at] = beta * beta * d, -beta * d * z1, d * (z1 + z2) - sum_z
    fits.score_norm[at] = score_norm[done]
    determinant = fits.information[0, at] * fits.information[2, at] - fits.information[1, at] ** 2
    positive = (fits.information[0, at] > 0.0) & (determinant > 0.0)
    fits.status[at] = np.where(positive, Status.OK, Status.NOT_CONVERGED)
    fits.status[at[np.abs(u) > FARTHEST_LOG_ETA]] = Status.NO_FINITE_MAXIMUM
