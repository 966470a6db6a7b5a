"""Weibull fits of many samples at once: the parts of a fleet, or thousands of resamples of one plan.

The profile log-likelihood of the shape needs, in each pass over the records, one exponential a record and three sums
a sample; Halley's method on the logarithm of the shape then takes three or four passes. Records of a sample lie
next to each other, and every sum runs over the records of one sample only, in blocks counted from its own first
record. So a sample has the same result to the last bit whatever stands before and after it.

With delayed entry each record's term is a difference. The profile log-likelihood is concave in beta all the same: with
:math:`R(x)` units at risk at log-age x it is, per failure and up to a constant,
:math:`\\beta \\bar x - \\log \\int R(x) e^{\\beta x} dx`, and the logarithm of such an integral is convex. It has
therefore one maximum or none, and which of the two is seen from its slopes at both ends before any search.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.batch_fits import TILE_RECORDS, Fits, Status, estimates, halley
from analytics.results import FloatArray
from analytics.weibull_likelihood import FARTHEST_LOG_ETA, LARGEST_BETA, SMALLEST_BETA

# Records whose samples are searched together: enough for a step of the search to cost little beside the sums.
CHUNK_RECORDS = 262_144
# A sample longer than this is summed block by block, each block counted from the sample's first record.
BLOCK_RECORDS = 32_768
MOST_PASSES = 100
# Passes of the compiled search, before the others, that need few digits: each step about squares the error of the last.
ROUGH_PASSES = 2
# A maximum counts as verified this many standard errors from the zero of the score, or closer.
VERIFIED_SCORE = 1e-6
LAST_STEP = 1e-6  # of log beta; it is still taken, so that the error left is of the order of its square


@cache
def compiled() -> Any:
    """`analytics.batch_numba` where numba is installed, otherwise None."""
    if find_spec("numba") is None:
        return None
    from analytics import batch_numba

    return batch_numba


@dataclass(frozen=True)
class Samples:
    """Exact and right-censored lives of many samples, ready for sums: made by `gather`.

    Attributes
    ----------
    offsets : ndarray of int, shape (samples + 1,)
        Where the records of each sample begin, and the end.
    x : ndarray
        Logarithm of each age over the largest age of its sample.
    weight : ndarray or None
        Weight of each record; None where all are 1.
    entry : ndarray or None
        Logarithm of each age at entry over the largest age, 0 where a record began at age 0; None where all did.
    entry_weight : ndarray or None
        Weight of each entry, 0 where a record began at age 0.
    failures, sum_x : ndarray
        Weighted number of failures of each sample, and the weighted sum of `x` over them.
    mean, variance : ndarray
        Moments of `x` over all records of a sample.
    log_scale : ndarray
        Logarithm of the largest age of each sample.
    maximum_exists : ndarray of bool
        Whether the profile rises at small beta and falls at large.
    """

    offsets: NDArray[np.intp]
    x: FloatArray
    weight: FloatArray | None
    entry: FloatArray | None
    entry_weight: FloatArray | None
    failures: FloatArray
    sum_x: FloatArray
    mean: FloatArray
    variance: FloatArray
    log_scale: FloatArray
    maximum_exists: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.failures.size

    def slice(self, first: int, last: int) -> "Samples":
        """Samples `first` to `last` - 1, as views."""
        records = slice(self.offsets[first], self.offsets[last])
        return self._pick(records, slice(first, last), self.offsets[first : last + 1] - self.offsets[first])

    def take(self, keep: NDArray[np.bool_]) -> "Samples":
        """The marked samples alone."""
        if keep.all():
            return self
        lengths = np.diff(self.offsets)[keep]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        # Numbers of the records and not a mask: few samples are left of many when a search nears its end.
        records = np.repeat(self.offsets[:-1][keep] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return self._pick(records, keep, offsets)

    def _pick(self, records: Any, samples: Any, offsets: NDArray[np.intp]) -> "Samples":
        columns: Any = (self.x, self.weight, self.entry, self.entry_weight)
        numbers: Any = (
            self.failures,
            self.sum_x,
            self.mean,
            self.variance,
            self.log_scale,
            self.maximum_exists,
        )
        picked: Any = [None if column is None else column[records] for column in columns]
        return Samples(offsets, *picked, *(number[samples] for number in numbers))

    def power_sums(self, beta: FloatArray) -> FloatArray:
        """Sums of w exp(beta x) x^k over each sample, less those of the entries; k = 0, 1, 2; shape (3, samples)."""
        sums = np.empty((3, len(self)))
        for first, last in chunks(self.offsets, TILE_RECORDS):
            a, b = self.offsets[first], self.offsets[last]
            all_columns = (self.x, self.weight, self.entry, self.entry_weight)
            columns: Any = [None if column is None else column[a:b] for column in all_columns]
            if b - a <= BLOCK_RECORDS:
                each = np.repeat(beta[first:last], np.diff(self.offsets[first : last + 1]))
                _add_powers(columns, each, self.offsets[first:last] - a, sums[:, first:last])
            else:
                _add_blocks(columns, float(beta[first]), sums[:, first])
        return sums


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
    age = np.asarray(time, dtype=np.float64)
    shape = age.shape
    cuts = np.asarray(np.arange(0, age.size + 1, shape[-1]) if offsets is None else offsets, dtype=np.intp)
    failed = np.broadcast_to(np.asarray(event).astype(bool), shape).ravel()
    late, count = (
        None if column is None else np.broadcast_to(np.asarray(column, dtype=np.float64), shape).ravel()
        for column in (entry, weight)
    )
    age = age.ravel()
    if late is not None and not late.any():
        late = None
    # A survivor of no length was never at risk, and its age, however large, is no scale for the others.
    if late is not None or age.min(initial=1.0) <= 0.0:
        passing = age <= 0.0 if late is None else (age <= late) & ~failed
        if passing.any():
            count = np.where(passing, 0.0, 1.0 if count is None else count)
    n = cuts.size - 1
    samples = Samples(
        offsets=cuts,
        x=np.empty(age.size),
        weight=count,
        entry=None if late is None else np.empty(age.size),
        entry_weight=None if late is None else np.empty(age.size),
        failures=np.empty(n),
        sum_x=np.empty(n),
        mean=np.empty(n),
        variance=np.empty(n),
        log_scale=np.empty(n),
        maximum_exists=np.empty(n, dtype=bool),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        for first, last in chunks(cuts, TILE_RECORDS):
            here = slice(cuts[first], cuts[last])
            tile = samples.slice(first, last)
            _fill(tile, age[here], failed[here])
            if late is not None:
                _fill_entry(tile, age[here], late[here])
    return samples


def _fill(tile: Samples, age: FloatArray, failed: NDArray[np.bool_]) -> None:
    """Logarithms and sums of a tile, written into its arrays."""
    weight, x = tile.weight, tile.x
    if compiled() is not None:
        _fill_compiled(tile, age, failed)
    else:
        starts, lengths = tile.offsets[:-1], np.diff(tile.offsets)
        largest = np.maximum.reduceat(age if weight is None else np.where(weight > 0.0, age, 0.0), starts)
        scale = np.where(largest > 0.0, largest, 1.0)
        np.divide(age, np.repeat(scale, lengths), out=x)
        if weight is not None:
            x[weight == 0.0] = 1.0
        np.log(x, out=x)
        np.log(scale, out=tile.log_scale)
        worth = failed.astype(np.float64) if weight is None else failed * weight
        np.add.reduceat(worth, starts, out=tile.failures)
        worth *= x
        np.add.reduceat(worth, starts, out=tile.sum_x)
        units = lengths if weight is None else np.add.reduceat(weight, starts)
        moment = x if weight is None else weight * x
        tile.mean[:] = np.add.reduceat(moment, starts) / units
        tile.variance[:] = np.add.reduceat(moment * x, starts) / units - tile.mean**2
    # Some age outlasts the mean log age at failure: of the largest age the logarithm is 0.
    tile.maximum_exists[:] = tile.sum_x / tile.failures < -1e-13


def _fill_compiled(tile: Samples, age: FloatArray, failed: NDArray[np.bool_]) -> None:
    """The same by numba."""
    weight = np.empty(0) if tile.weight is None else tile.weight
    scale = np.empty(len(tile))
    compiled().relative_ages(tile.offsets, age, weight, tile.x, scale)
    np.log(tile.x, out=tile.x)
    np.log(scale, out=tile.log_scale)
    sums = (tile.failures, tile.sum_x, tile.mean, tile.variance)
    compiled().moments(tile.offsets, tile.x, weight, failed.view(np.int8), *sums)


def _fill_entry(tile: Samples, age: FloatArray, entry: FloatArray) -> None:
    """Logarithms of the entries of a tile, and the slopes of the profile at both ends with them."""
    starts, lengths = tile.offsets[:-1], np.diff(tile.offsets)
    weight, x = 1.0 if tile.weight is None else tile.weight, tile.x
    is_late = entry > 0.0
    assert tile.entry is not None
    assert tile.entry_weight is not None
    y = tile.entry
    y[:] = np.where(is_late, entry / np.repeat(np.exp(tile.log_scale), lengths), 1.0)
    np.log(y, out=y)
    # A record of no length must cancel to the last bit: by rounding it would be at risk, and be the last to be.
    y[entry == age] = x[entry == age]
    tile.entry_weight[:] = is_late * weight
    mean = tile.sum_x / tile.failures
    # At risk for any time at all. Where every such record began late, the profile at beta = 0 rises only if
    # failures stand, on average, behind the middle of the exposure on the log axis.
    exposed = (weight > 0.0) & (age > entry)
    longest = np.maximum.reduceat(np.where(exposed, x, -np.inf), starts)
    all_late = ~np.logical_or.reduceat(exposed & ~is_late, starts)
    width = np.where(exposed & is_late, weight * (x - y), 0.0)
    middle = np.add.reduceat(width * (x + y) / 2.0, starts) / np.add.reduceat(width, starts)
    tile.maximum_exists[:] = (mean < longest - 1e-13) & ~(all_late & ~(mean > middle))


def maximise(samples: Samples, start: FloatArray | None = None) -> Fits:
    """Maximum-likelihood fits of all samples, each a verified maximum or marked as not.

    Parameters
    ----------
    samples : Samples
    start : ndarray, optional
        A first guess of log beta for each sample, such as the truth of a simulation.
    """
    n = len(samples)
    fits = Fits.empty(n)
    with np.errstate(all="ignore"):
        for first, last in chunks(samples.offsets):
            guess = None if start is None else start[first:last]
            _fit_chunk(samples.slice(first, last), guess, fits.take(slice(first, last)))
    return fits


def fit_records(
    age: FloatArray,
    event: NDArray[np.int8],
    offsets: NDArray[np.intp],
    *,
    entry: FloatArray | None = None,
    weight: FloatArray | None = None,
) -> tuple[Fits, FloatArray]:
    """The fits of samples of which `gather` need not write down what `maximise` reads.

    Returns
    -------
    Fits
    ndarray, shape (2, samples)
        Failures and exposure of each sample.
    """
    n = offsets.size - 1
    fits, sums = Fits.empty(n), np.empty((2, n))
    fitting = compiled()
    if fitting is not None:
        columns: Any = (np.empty(0), np.empty(0))
        if entry is not None or weight is not None:
            columns = (
                np.ones(age.size) if weight is None else weight,
                np.zeros(age.size) if entry is None else entry,
            )
        columns = [np.ascontiguousarray(column, dtype=np.float64) for column in columns]
        fitting.fit(offsets, age, event, *columns, _limits(), sums, fits.numbers, fits.status)
        return fits, sums
    for a, b in chunks(offsets):
        rows, cuts = slice(offsets[a], offsets[b]), offsets[a : b + 1] - offsets[a]
        late, count = (None if column is None else column[rows] for column in (entry, weight))
        samples = gather(age[rows], event[rows], cuts, entry=late, weight=count)
        fits.put(slice(a, b), maximise(samples))
        exposed = age[rows] if late is None else age[rows] - late
        sums[:, a:b] = samples.failures, add_up(exposed if count is None else exposed * count, cuts)
    return fits, sums


def add_up(values: NDArray[Any], offsets: NDArray[np.intp]) -> NDArray[Any]:
    """The sum of each sample's values: whole numbers of whole numbers."""
    sums = np.zeros(offsets.size - 1, dtype=np.int64 if values.dtype.kind == "i" else np.float64)
    if compiled() is None:
        np.add.reduceat(values, offsets[:-1], out=sums, dtype=sums.dtype)
    else:
        compiled().add_up(values, offsets, sums)
    return sums


def chunks(offsets: NDArray[np.intp], records: int = CHUNK_RECORDS) -> Iterator[tuple[int, int]]:
    """Ranges of whole samples of about this many records, at least one sample each."""
    first, n = 0, offsets.size - 1
    while first < n:
        last = int(np.searchsorted(offsets, offsets[first] + records, side="right")) - 1
        last = min(max(last, first + 1), n)
        yield first, last
        first = last


def _add_powers(columns: Any, beta: FloatArray, starts: NDArray[np.intp], sums: FloatArray) -> None:
    """The one loop over records. `beta`, one for each record, is used up."""
    x, weight, entry, entry_weight = columns
    g = None if entry is None else np.exp(beta * entry) * entry_weight
    h = beta
    h *= x
    np.exp(h, out=h)
    if weight is not None:
        h *= weight
    for power in range(3):
        if power:
            h *= x
        if g is None:
            np.add.reduceat(h, starts, out=sums[power])
        else:
            if power:
                g *= entry
            # Where an entry is 0 this is h to the last bit, so that a sample does not depend on its neighbours' entries.
            np.add.reduceat(h - g, starts, out=sums[power])


def _add_blocks(columns: Any, beta: float, sums: FloatArray) -> None:
    """Sums of one long sample, block by block."""
    n = columns[0].size
    blocks = np.empty((3, -(-n // BLOCK_RECORDS)))
    for k, a in enumerate(range(0, n, BLOCK_RECORDS)):
        cut: Any = [None if column is None else column[a : a + BLOCK_RECORDS] for column in columns]
        _add_powers(cut, np.full(cut[0].size, beta), np.zeros(1, dtype=np.intp), blocks[:, k : k + 1])
    sums[:] = blocks.sum(axis=1)


def log_moment_start(samples: Samples) -> FloatArray:
    """Log beta from the moments of x over all records, as for the first two terms of the profile's expansion.

    To second order the score is 1 + beta (mean over failures - mean) - beta^2 variance; dividing the variance by pi^2 / 6
    makes the root exact for a large complete sample.
    """
    spread = samples.variance / (math.pi**2 / 6.0)
    # The larger root of the quadratic, in the form that does not cancel when the failures come early.
    with np.errstate(divide="ignore", invalid="ignore"):
        behind = samples.sum_x / samples.failures - samples.mean
        root = np.sqrt(behind * behind + 4.0 * spread)
        beta = np.where(behind > 0.0, (behind + root) / (2.0 * spread), 2.0 / (root - behind))
    start: FloatArray = np.log(np.clip(np.where(np.isfinite(beta), beta, 1.0), 1e-3, 1e4))
    return start


def _fit_chunk(samples: Samples, start: FloatArray | None, fits: Fits) -> None:
    """Say which samples have a maximum, and search for it."""
    fits.status[~samples.maximum_exists] = Status.NO_FINITE_MAXIMUM
    fits.status[samples.failures <= 0.0] = Status.NO_FAILURES
    searched = fits.status == Status.NOT_CONVERGED
    if not searched.any():
        return
    log_beta = log_moment_start(samples) if start is None else start
    if compiled() is not None:
        _search_compiled(samples, np.where(searched, log_beta, np.nan), fits)
        return
    _search(samples, log_beta, searched, fits)
    log_beta, step, slope, s0, s1, *_ = fits.numbers
    own = samples.failures, samples.sum_x, samples.log_scale
    *numbers, far = estimates(log_beta, np.exp(log_beta), step, slope, s0, s1, *own)
    fits.numbers[:6] = numbers
    fits.status[np.abs(far) > FARTHEST_LOG_ETA] = Status.NO_FINITE_MAXIMUM


def _search(samples: Samples, log_beta: FloatArray, searched: NDArray[np.bool_], fits: Fits) -> None:
    """Halley's method on log beta, kept between the points where the score was seen to be positive and negative.

    Leaves where each search ended in place of the numbers of its fit (log beta, the last step, slope, two sums), and the score.
    """
    rows, low, high = np.arange(len(samples)), np.full(len(samples), -np.inf), np.full(len(samples), np.inf)
    for _ in range(MOST_PASSES):
        # Samples whose search has ended stay until they are many: to leave them out is to write the others anew.
        if 2 * np.count_nonzero(searched) < searched.size:
            if not searched.any():
                return
            rows, samples, log_beta = rows[searched], samples.take(searched), log_beta[searched]
            low, high, searched = low[searched], high[searched], searched[searched]
        beta = np.exp(log_beta)
        sums = samples.power_sums(beta)
        score, slope, step = halley(beta, samples.sum_x / samples.failures, *sums)
        score_norm = np.abs(score) * np.sqrt(samples.failures / -slope)
        done = searched & (score_norm < VERIFIED_SCORE) & (np.abs(step) < LAST_STEP)
        ended = np.flatnonzero(done)
        for row, number in (
            (0, log_beta),
            (1, step),
            (2, slope),
            (3, sums[0]),
            (4, sums[1]),
            (6, score_norm),
        ):
            fits.numbers[row, rows[ended]] = number[ended]
        fits.status[rows[ended]] = Status.OK
        lost = searched & ~done
        lost &= (log_beta < math.log(SMALLEST_BETA)) | (log_beta > math.log(LARGEST_BETA))
        fits.status[rows[lost]] = Status.NO_FINITE_MAXIMUM
        searched = searched & ~(done | lost)
        low, high = np.where(score > 0.0, log_beta, low), np.where(score > 0.0, high, log_beta)
        log_beta = next_log_beta(log_beta, step, score, slope, low, high)


def _limits() -> tuple[float, ...]:
    """What the compiled search is told."""
    range_ = math.log(SMALLEST_BETA), math.log(LARGEST_BETA)
    return VERIFIED_SCORE, LAST_STEP, *range_, FARTHEST_LOG_ETA, float(MOST_PASSES), float(ROUGH_PASSES)


def _search_compiled(samples: Samples, log_beta: FloatArray, fits: Fits) -> None:
    """The same search by numba, some samples side by side; none where `log_beta` is NaN."""
    nothing = np.empty(0)
    columns = [nothing if c is None else c for c in (samples.weight, samples.entry, samples.entry_weight)]
    sums = np.stack([samples.failures, samples.sum_x, samples.log_scale])
    compiled().search(
        samples.offsets, samples.x, *columns, sums, log_beta, _limits(), fits.numbers, fits.status
    )


def next_log_beta(
    here: FloatArray,
    step: FloatArray,
    score: FloatArray,
    slope: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """The next log beta: a step if it stays inside what is known, else half-way, or onward by a factor of e."""
    usable = (slope < 0.0) & (step * score > 0.0)
    there = here + np.clip(np.where(usable, step, np.copysign(1.0, score)), -2.0, 2.0)
    middle = (low + high) / 2.0
    onward = np.where(np.isfinite(middle), middle, here + np.copysign(1.0, score))
    return np.where((there > low) & (there < high), there, onward)
