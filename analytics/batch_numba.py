"""The loops of `analytics.batch` compiled: samples side by side, one in each lane of the processor's vectors.

Imported where numba is installed (extra `fast`). Sums are taken in another order than numpy's, so the results agree with
its to rounding, not to the bit; among themselves they are the same bits for a sample wherever it stands.

The loops over records are written in vector instructions (`analytics.batch_rows`): left to itself the compiler takes the
records of one sample as a vector, and the few of a part of a fleet are over before that pays. Samples of about the
same length are put beside one another, a column each, and every step of the search is a step of all of them. A long sample
is cut into as many pieces as there are lanes.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from analytics.batch_fits import Status, estimates
from analytics.batch_lanes import LANES
from analytics.batch_rows import (
    BLOCKS,
    FAR_BELOW,
    GROUP,
    exp,
    largest,
    log,
    logs,
    pieces_side_by_side,
    powers,
    weighted_powers,
)

# A sample longer than this has a block of lanes to itself.
LONG = 1024
# Records read at a time, from which the samples of a group are chosen: they stay in the cache of a core.
TILE_RECORDS = 32_768
OK, NO_FAILURES, NO_FINITE_MAXIMUM = (
    int(s) for s in (Status.OK, Status.NO_FAILURES, Status.NO_FINITE_MAXIMUM)
)
# In the short sums over ages the order may change.
REORDERED = {"reassoc", "contract", "nsz"}


# Rows of the numbers that a search keeps for each lane.
LAST, STEP, NORM, SLOPE, S0, S1, S2, HERE, LOW, HIGH, BETA, MEAN_FAILED, LOG_SCALE, SCALE = range(
    0, 14 * GROUP, GROUP
)
# What is summed up over the ages of a sample before the search, and over its entries during it.
FAILED, SUM_FAILED, UNITS, SUM_X, SUM_XX, EXPOSURE = range(14 * GROUP, 20 * GROUP, GROUP)
E0 = UNITS
ROWS = 20

_estimates: Any = njit(estimates)


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
        norm = abs(score) * math.sqrt(lane[FAILED + j] / abs(slope))
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


# What a block is: its first lane, whether one sample has all lanes, its rows, and where its columns begin (0: there is none).
FIRST, ALONE, LENGTH, X, WEIGHT, ENTRY, ENTRY_WEIGHT = range(7)


@njit(cache=True, nogil=True)
def _hand_round(block: Any, lane: Any, row: int) -> None:
    """Where a block is one long sample: give all its lanes what the first has."""
    first = block[FIRST]
    if block[ALONE]:
        for j in range(first + 1, first + LANES):
            lane[row + j] = lane[row + first]


@njit(cache=True, nogil=True)
def _put_together(block: Any, lane: Any, row: int, rows: int) -> None:
    """Where a block is one long sample: give its first lane the sum of all, in some rows of numbers."""
    first = block[FIRST]
    if block[ALONE]:
        for k in range(row, row + rows * GROUP, GROUP):
            for j in range(first + 1, first + LANES):
                lane[k + first] += lane[k + j]


@njit(cache=True, nogil=True)
def _pass(block: Any, lane: Any, lane_at: int) -> None:
    """Power sums of the samples of a block, less those of their entries."""
    first, rows = block[FIRST], block[LENGTH]
    _hand_round(block, lane, BETA)
    beta, sums = lane_at + 8 * (BETA + first), lane_at + 8 * (S0 + first)
    if block[WEIGHT]:
        weighted_powers(block[X], block[WEIGHT], rows, beta, sums)
    else:
        powers(block[X], rows, beta, sums)
    if block[ENTRY]:
        weighted_powers(block[ENTRY], block[ENTRY_WEIGHT], rows, beta, lane_at + 8 * (E0 + first))
        for k in range(0, 3 * GROUP, GROUP):
            for j in range(first, first + LANES):
                lane[S0 + k + j] -= lane[E0 + k + j]
    _put_together(block, lane, S0, 3)


@njit(cache=True, nogil=True, error_model="numpy")
def _end(searched: int, limits: Any, lane: Any, open_: Any, member: Any, numbers: Any, status: Any) -> int:
    """Write down the samples whose search has ended; returns how many go on."""
    verified, last_step, least, most, farthest = limits[:5]
    still = 0
    for i in range(searched):
        j = open_[i]
        last, step = lane[LAST + j], lane[STEP + j]
        if lane[NORM + j] < verified and abs(step) < last_step:
            k = member[j]
            found = _estimates(
                last,
                lane[BETA + j],
                step,
                lane[SLOPE + j],
                lane[S0 + j],
                lane[S1 + j],
                lane[FAILED + j],
                lane[SUM_FAILED + j],
                lane[LOG_SCALE + j],
            )
            for row in range(6):
                numbers[row, k] = found[row]
            numbers[6, k] = lane[NORM + j]
            status[k] = NO_FINITE_MAXIMUM if abs(found[6]) > farthest else OK
        elif last < least or last > most:
            status[member[j]] = NO_FINITE_MAXIMUM
        else:
            open_[still] = j
            still += 1
    return still


@njit(cache=True, nogil=True)
def _search(
    searched: int, limits: Any, blocks: Any, lane: Any, open_: Any, member: Any, numbers: Any, status: Any
) -> None:
    """Halley's method for the open samples of a group, from the log beta in `HERE`."""
    skewness, passes = limits[5:]
    lane_at = _address(lane)
    for j in range(GROUP):
        lane[LOW + j], lane[HIGH + j] = -np.inf, np.inf
    for _ in range(int(passes)):
        if searched == 0:
            return
        for j in range(GROUP):
            lane[BETA + j] = exp(lane[HERE + j])
        for b in range(BLOCKS):
            if blocks[b, LENGTH]:
                _pass(blocks[b], lane, lane_at)
        _advance(lane, skewness)
        searched = _end(searched, limits, lane, open_, member, numbers, status)


@njit(cache=True, nogil=True)
def _tile(offsets: Any, first: int, order: Any, counts: Any) -> int:
    """Put the samples from `first` on that make up a tile in the order of their lengths; returns how many they are."""
    last = first + 1
    while last < offsets.size - 1 and offsets[last + 1] - offsets[first] <= TILE_RECORDS:
        last += 1
    counts[:] = 0
    for k in range(first, last):
        counts[min(offsets[k + 1] - offsets[k], LONG + 1) + 1] += 1
    for length in range(1, counts.size):
        counts[length] += counts[length - 1]
    for k in range(first, last):
        length = min(offsets[k + 1] - offsets[k], LONG + 1)
        order[counts[length]] = k
        counts[length] += 1
    return last - first


@njit(cache=True, nogil=True)
def _fill_block(block: Any, at: int, many: int, order: Any, offsets: Any, member: Any, piece: Any) -> int:
    """Give each of the next samples a lane, or a long one all; returns how many have a place.

    `piece` gets the first record of each lane, and how many it has.
    """
    first = block[FIRST]
    for j in range(first, first + LANES):
        member[j], piece[0, j], piece[1, j] = -1, 0, 0
    block[LENGTH] = block[ALONE] = placed = 0
    while placed < LANES and at + placed < many:
        k = order[at + placed]
        records = offsets[k + 1] - offsets[k]
        if records > LONG and placed > 0:
            break
        member[first + placed] = k
        if records > LONG:
            each = (records + LANES - 1) // LANES
            block[ALONE], block[LENGTH] = 1, each
            for j in range(LANES):
                piece[0, first + j] = offsets[k] + j * each
                piece[1, first + j] = max(min(each, records - j * each), 0)
            return 1
        piece[0, first + placed], piece[1, first + placed] = offsets[k], records
        block[LENGTH] = max(block[LENGTH], records)
        placed += 1
    return placed


@njit(cache=True, nogil=True)
def _room(offsets: Any) -> Any:
    """What a search works on, made once: numbers, open lanes and samples of a group, its blocks, pieces, order and counts."""
    blocks = np.zeros((BLOCKS, 7), dtype=np.int64)
    blocks[:, FIRST] = LANES * np.arange(BLOCKS)
    return (
        np.zeros(ROWS * GROUP),
        np.empty(GROUP, dtype=np.int64),
        np.empty(GROUP, dtype=np.int64),
        blocks,
        np.empty((2, GROUP), dtype=np.int64),
        np.empty(offsets.size, dtype=np.int64),
        np.empty(LONG + 3, dtype=np.int64),
    )


@njit(cache=True, nogil=True)
def _most_numbers(offsets: Any) -> Any:
    """In the columns of a block, at most; they are filled eight rows at a time."""
    longest = np.diff(offsets).max()
    return LANES * (max(min(longest, LONG), (longest + LANES - 1) // LANES) + LANES + 1)


@njit(inline="always")
def _address(column: Any) -> Any:
    """Where a column begins; 0 for one that there is not."""
    return np.int64(column.ctypes.data) * np.int64(column.size > 0)


@njit(inline="always")
def _aligned(room: Any) -> Any:
    """The first address in a column at which a whole vector lies in one line of the cache."""
    return (_address(room) + 63) // 64 * 64


@njit(cache=True, nogil=True, error_model="numpy")
def search(
    offsets: Any,
    x: Any,
    weight: Any,
    entry: Any,
    entry_weight: Any,
    sums: Any,
    log_beta: Any,
    limits: Any,
    numbers: Any,
    status: Any,
) -> None:
    """Halley's method of `analytics.batch` for each sample.

    `sums` holds failures, sum_x and log_scale; `limits` the score to reach, the last step, the range of log beta, the farthest
    log eta, the skewness and the most passes. `numbers` and `status` are those of `Fits`, and stay as they are where log beta
    is NaN.
    """
    lane, open_, member, blocks, piece, order, counts = _room(offsets)
    columns = (_address(x), _address(weight), _address(entry), _address(entry_weight))
    room = np.empty((BLOCKS, 4, _most_numbers(offsets)))
    first = 0
    while first < offsets.size - 1:
        many, at = _tile(offsets, first, order, counts), 0
        while at < many:
            searched = 0
            for b in range(BLOCKS):
                at += _fill_block(blocks[b], at, many, order, offsets, member, piece)
                for c in range(4):
                    if columns[c]:
                        blocks[b, X + c] = _aligned(room[b, c])
                        _columns(blocks[b], columns[c], piece, blocks[b, X + c], 0.0 if c % 2 else FAR_BELOW)
                for j in range(blocks[b, FIRST], blocks[b, FIRST] + LANES):
                    k = member[j]
                    lane[HERE + j] = 0.0
                    if k >= 0 and not math.isnan(log_beta[k]):
                        lane[HERE + j], lane[LOG_SCALE + j] = log_beta[k], sums[2, k]
                        lane[FAILED + j], lane[SUM_FAILED + j] = sums[0, k], sums[1, k]
                        lane[MEAN_FAILED + j] = sums[1, k] / sums[0, k]
                        open_[searched] = j
                        searched += 1
                _hand_round(blocks[b], lane, HERE)
            _search(searched, limits, blocks, lane, open_, member, numbers, status)
        first += many


@njit(cache=True, nogil=True)
def _columns(block: Any, column: int, piece: Any, room: int, filler: float) -> None:
    """Put the pieces of a column that the lanes of a block work on side by side."""
    piece_at = _address(piece) + 8 * block[FIRST]
    pieces_side_by_side(column, piece_at, piece_at + 8 * GROUP, block[LENGTH], room, filler)


@njit(cache=True, nogil=True)
def _sign(age: Any, event: Any, signed: Any) -> None:
    for i in range(age.size):
        signed[i] = age[i] if event[i] != 0 else -age[i]


@njit(cache=True, nogil=True)
def _prepare(block: Any, lane: Any, lane_at: int) -> None:
    """Signed ages of a block to logarithms over the largest of each sample, and their sums."""
    first = block[FIRST]
    scale = lane_at + 8 * (SCALE + first)
    largest(block[X], block[LENGTH], scale)
    if block[ALONE]:
        for j in range(first + 1, first + LANES):
            lane[SCALE + first] = max(lane[SCALE + first], lane[SCALE + j])
        _hand_round(block, lane, SCALE)
    for j in range(first, first + LANES):
        lane[SCALE + j] = lane[SCALE + j] if lane[SCALE + j] > 0.0 else 1.0
    logs(block[X], block[LENGTH], scale, lane_at + 8 * (FAILED + first))
    _put_together(block, lane, FAILED, 6)


@njit(cache=True, nogil=True, error_model="numpy")
def _start(lane: Any) -> None:
    """The first log beta of each sample of a group, as `analytics.batch.log_moment_start` has it."""
    for j in range(GROUP):
        d, units = lane[FAILED + j], lane[UNITS + j]
        mean, failed = lane[SUM_X + j] / units, lane[SUM_FAILED + j] / d
        spread = (lane[SUM_XX + j] / units - mean * mean) / (math.pi**2 / 6.0)
        behind = failed - mean
        root = math.sqrt(behind * behind + 4.0 * spread)
        beta = (behind + root) / (2.0 * spread) if behind > 0.0 else 2.0 / (root - behind)
        beta = min(max(beta, 1e-3), 1e4) if beta < np.inf else 1.0
        lane[HERE + j], lane[MEAN_FAILED + j], lane[LOG_SCALE + j] = log(beta), failed, log(lane[SCALE + j])


@njit(cache=True, nogil=True)
def fit(offsets: Any, age: Any, event: Any, limits: Any, sums: Any, numbers: Any, status: Any) -> None:
    """The same from ages and events, of samples without weights and entries; an age of 0 counts for nothing.

    `sums` gets failures and sum of the ages of each sample.
    """
    lane, open_, member, blocks, piece, order, counts = _room(offsets)
    lane_at = _address(lane)
    signed = np.empty(max(np.diff(offsets).max(), TILE_RECORDS))
    room = np.empty((BLOCKS, _most_numbers(offsets)))
    first = 0
    while first < offsets.size - 1:
        many, at = _tile(offsets, first, order, counts), 0
        begin, end = offsets[first], offsets[first + many]
        _sign(age[begin:end], event[begin:end], signed)
        while at < many:
            for b in range(BLOCKS):
                at += _fill_block(blocks[b], at, many, order, offsets, member, piece)
                # Taken anew each time: after its last mention an array may be gone, though its address is still in use.
                blocks[b, X] = _aligned(room[b])
                _columns(blocks[b], _address(signed) - 8 * begin, piece, blocks[b, X], 0.0)
                _prepare(blocks[b], lane, lane_at)
            _start(lane)
            searched = 0
            for j in range(GROUP):
                k = member[j]
                if k >= 0:
                    sums[0, k], sums[1, k] = lane[FAILED + j], lane[EXPOSURE + j]
                    if lane[MEAN_FAILED + j] < -1e-13:  # not so without failures either
                        open_[searched] = j
                        searched += 1
                    else:
                        status[k] = NO_FINITE_MAXIMUM if lane[FAILED + j] > 0.0 else NO_FAILURES
            for b in range(BLOCKS):
                _hand_round(blocks[b], lane, HERE)
            _search(searched, limits, blocks, lane, open_, member, numbers, status)
        first += many


@njit(cache=True, nogil=True, fastmath=REORDERED)
def _added(total: Any, values: Any) -> Any:
    for value in values:
        total += value
    return total


@njit(cache=True, nogil=True)
def add_up(values: Any, offsets: Any, sums: Any) -> None:
    """Add each sample's values to its sum."""
    for k in range(sums.size):
        sums[k] = _added(sums[k], values[offsets[k] : offsets[k + 1]])


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
