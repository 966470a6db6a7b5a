"""The loops of `analytics.batch` compiled: a few samples at a time, each read from the cache of the core.

Imported where numba is installed (extra `fast`). Sums are taken in another order than numpy's, so the results agree with
its to rounding, not to the bit; among themselves they are the same bits for a sample wherever it stands.

The loop over records is written in vector instructions (`analytics.batch_lanes`): left to itself the compiler takes those that
do not fill some four vectors one by one, and a part of a fleet has few others.
"""

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from analytics.batch_lanes import LANES, LOOSE, Lanes, vector_loop

# Samples searched together: between their passes the processor works on the steps of all.
GROUP = 16
# Stands for a record that the last vector lacks: its exponential is as good as 0, whatever beta.
FAR_BELOW = -1e15
# In the short sums over ages the order may change too.
REORDERED = {"reassoc", *LOOSE}


def _generate_exp(_context: Any, z: Any) -> Any:
    return types.float64(z), lambda _c, builder, _s, given: Lanes(builder, 1).exp(given[0])


def _add_powers(lanes: Lanes, beta: Any, values: list[Any], sums: list[Any]) -> list[Any]:
    x, *weight = values
    h = lanes.exp(lanes.builder.fmul(beta, x))
    for each in weight:
        h = lanes.builder.fmul(h, each)
    hx = lanes.builder.fmul(h, x)
    return [lanes.plus(sums[0], h), lanes.plus(sums[1], hx), lanes.plus(sums[2], lanes.times(hx, x))]


def _generate_power_sums(context: Any, builder: Any, signature: Any, given: Any) -> Any:
    *columns, records, beta = given
    each = Lanes(builder, LANES).of(beta)
    totals = vector_loop(
        builder,
        list(zip(columns, (FAR_BELOW, 0.0), strict=False)),
        records,
        3,
        lambda lanes, values, sums: _add_powers(lanes, each, values, sums),
    )
    return context.make_tuple(builder, signature.return_type, totals)


THREE: Any = types.UniTuple(types.float64, 3)  # type: ignore[no-untyped-call]
# The exponential of a number between -707 and 709.
_exp: Any = intrinsic(_generate_exp)
# Sums of exp(beta x) x^k, k = 0, 1, 2, over records that begin at the address x; and the same with weights, the same bits
# where these are 1.
_power_sums: Any = intrinsic(
    lambda _context, x, records, beta: (THREE(x, records, beta), _generate_power_sums)
)
_weighted_power_sums: Any = intrinsic(
    lambda _context, x, weight, records, beta: (THREE(x, weight, records, beta), _generate_power_sums)
)


# Rows of the numbers that a search keeps for each sample of a group; the first seven are handed out in this order.
LAST, STEP, NORM, SLOPE, S0, S1, S2, HERE, LOW, HIGH, BETA, FAILURES, MEAN_FAILED = range(
    0, 13 * GROUP, GROUP
)
ROWS = 13


@njit(cache=True, nogil=True, error_model="numpy")
def _advance(lane: Any, skewness: float) -> None:
    """Halley's step for each sample of a group, and where it leads: no branches, so that all go at once."""
    for j in range(GROUP):
        here, beta, s0 = lane[HERE + j], lane[BETA + j], lane[S0 + j]
        mean = lane[S1 + j] / s0
        lag, spread = beta * (lane[MEAN_FAILED + j] - mean), beta * beta * (lane[S2 + j] / s0 - mean * mean)
        score, slope = 1.0 + lag, lag - spread
        bend = lag - spread * (3.0 + skewness * math.sqrt(max(spread, 0.0)))
        correction = min(max(score * bend / (2.0 * slope * slope), -0.5), 0.5)
        step = -score / slope / (1.0 - correction)
        norm = abs(score) * math.sqrt(lane[FAILURES + j] / abs(slope))
        low = here if score > 0.0 else lane[LOW + j]
        high = lane[HIGH + j] if score > 0.0 else here
        onward = 1.0 if score > 0.0 else -1.0
        move = step if slope < 0.0 and step * score > 0.0 else onward
        there = here + min(max(move, -2.0), 2.0)
        middle = (low + high) / 2.0
        fallback = middle if abs(middle) < np.inf else here + onward
        lane[LAST + j], lane[STEP + j], lane[SLOPE + j] = here, step, slope
        lane[NORM + j] = norm if slope < 0.0 else np.inf
        lane[LOW + j], lane[HIGH + j] = low, high
        lane[HERE + j] = there if low < there < high else fallback


@njit(cache=True, nogil=True, error_model="numpy")
def _begin(first: int, log_beta: Any, sums: Any, lane: Any, open_: Any) -> int:
    """Put the samples from `first` on into the group, but those without a first guess; returns how many there are."""
    searched = 0
    for k in range(first, min(first + GROUP, log_beta.size)):
        if not math.isnan(log_beta[k]):
            j = k - first
            lane[HERE + j], lane[LOW + j], lane[HIGH + j] = log_beta[k], -np.inf, np.inf
            lane[FAILURES + j], lane[MEAN_FAILED + j] = sums[0, k], sums[1, k] / sums[0, k]
            open_[searched] = j
            searched += 1
    return searched


@njit(inline="always")
def _address(column: Any) -> Any:
    """Where a column begins; 0 for one that there is not."""
    return np.int64(column.ctypes.data) * np.int64(column.size > 0)


@njit(inline="always")
def _sums(addresses: Any, first: int, records: int, beta: float) -> Any:
    """Power sums of one sample less those of its entries."""
    x, weight, entry, entry_weight = addresses
    skip = 8 * first
    if weight:
        s0, s1, s2 = _weighted_power_sums(x + skip, weight + skip, records, beta)
    else:
        s0, s1, s2 = _power_sums(x + skip, records, beta)
    if entry:
        e0, e1, e2 = _weighted_power_sums(entry + skip, entry_weight + skip, records, beta)
        s0, s1, s2 = s0 - e0, s1 - e1, s2 - e2
    return s0, s1, s2


@njit(cache=True, nogil=True)
def _end(first: int, searched: int, limits: Any, lane: Any, open_: Any, out: Any) -> int:
    """Hand out the samples whose search has ended; returns how many go on."""
    verified, last_step, smallest, largest = limits
    still = 0
    for i in range(searched):
        j = open_[i]
        found = lane[NORM + j] < verified and abs(lane[STEP + j]) < last_step
        if found or lane[LAST + j] < smallest or lane[LAST + j] > largest:
            for row in range(7):
                out[row, first + j] = lane[LAST + row * GROUP + j]
            out[7, first + j] = 1.0 if found else 2.0
        else:
            open_[still] = j
            still += 1
    return still


@njit(cache=True, nogil=True)
def search(
    offsets: Any,
    x: Any,
    weight: Any,
    entry: Any,
    entry_weight: Any,
    sums: Any,
    log_beta: Any,
    limits: Any,
    out: Any,
) -> None:
    """Halley's method of `analytics.batch` for each sample, `GROUP` of them side by side.

    `sums` holds failures and sum_x; `limits` the score to reach, the last step, the range of log beta, the skewness and the
    most passes. `out` gets the last log beta, step, score norm, slope, the three sums, and 1 found, 2 lost, 0 neither.
    Nothing is done where log beta is NaN.
    """
    verified, last_step, smallest, largest, skewness, passes = limits
    # Addresses, not slices: to make a slice takes longer than to sum over it.
    addresses = (_address(x), _address(weight), _address(entry), _address(entry_weight))
    # One array with a row for each number, so that the compiler sees that no two of them overlap.
    lane, open_ = np.zeros(ROWS * GROUP), np.empty(GROUP, dtype=np.int64)
    for first in range(0, offsets.size - 1, GROUP):
        searched = _begin(first, log_beta, sums, lane, open_)
        for _ in range(int(passes)):
            for j in range(GROUP):
                lane[BETA + j] = _exp(lane[HERE + j])
            for i in range(searched):
                j = open_[i]
                begin, end = offsets[first + j], offsets[first + j + 1]
                s0, s1, s2 = _sums(addresses, begin, end - begin, lane[BETA + j])
                lane[S0 + j], lane[S1 + j], lane[S2 + j] = s0, s1, s2
            _advance(lane, skewness)
            searched = _end(first, searched, (verified, last_step, smallest, largest), lane, open_, out)
            if searched == 0:
                break


@njit(cache=True, nogil=True, fastmath=REORDERED)
def _relative(age: Any, weight: Any, x: Any) -> float:
    largest = 0.0
    for i in range(age.size):
        largest = max(largest, age[i] if weight[i] > 0.0 else 0.0)
    scale = largest if largest > 0.0 else 1.0
    for i in range(age.size):
        x[i] = age[i] / scale if weight[i] > 0.0 and age[i] > 0.0 else 1.0
    return scale


@njit(cache=True, nogil=True)
def relative_ages(offsets: Any, age: Any, weight: Any, x: Any, scale: Any) -> None:
    """Each age over the largest of its sample that has a weight; 1 for one without, and for an age of 0."""
    ones = np.ones(np.diff(offsets).max())
    for k in range(offsets.size - 1):
        a, b = offsets[k], offsets[k + 1]
        scale[k] = _relative(age[a:b], ones[: b - a] if weight.size == 0 else weight[a:b], x[a:b])


@njit(cache=True, nogil=True, fastmath=REORDERED)
def _moments(x: Any, weight: Any, failed: Any) -> tuple[float, float, float, float, float]:
    units = d = sum_failed = sum_x = sum_xx = 0.0
    for i in range(x.size):
        w = weight[i]
        f, wx = w * failed[i], w * x[i]
        units += w
        d += f
        sum_failed += f * x[i]
        sum_x += wx
        sum_xx += wx * x[i]
    return units, d, sum_failed, sum_x, sum_xx


@njit(cache=True, nogil=True, error_model="numpy")
def moments(
    offsets: Any, x: Any, weight: Any, failed: Any, failures: Any, sum_x: Any, mean: Any, variance: Any
) -> None:
    """Weight of the failures, weighted sum of x over them, and mean and variance of x over all records of each sample."""
    ones = np.ones(np.diff(offsets).max())
    for k in range(offsets.size - 1):
        a, b = offsets[k], offsets[k + 1]
        w = ones[: b - a] if weight.size == 0 else weight[a:b]
        units, failures[k], sum_x[k], first, second = _moments(x[a:b], w, failed[a:b])
        mean[k] = first / units
        variance[k] = second / units - mean[k] * mean[k]
