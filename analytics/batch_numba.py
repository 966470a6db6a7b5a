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

from analytics.batch_blocks import (
    ALONE,
    COLUMNS,
    ENTRY,
    ENTRY_WEIGHT,
    FIELDS,
    FIRST,
    FULL,
    HAS_ENTRIES,
    LENGTH,
    LONG,
    WEIGHT,
    X,
    address,
    aligned,
    fill_block,
    hand_round,
    most_numbers,
    next_tile,
    put_column,
    put_singles,
    put_together,
)
from analytics.batch_fits import TILE_RECORDS, Status, estimates, halley
from analytics.batch_lanes import LANES
from analytics.batch_rows import (
    BLOCKS,
    FAR_BELOW,
    GROUP,
    changes,
    exp,
    largest,
    log,
    logs,
    powers,
    rough_powers,
    weighted_logs,
    weighted_powers,
    weighted_rough_powers,
)

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
FAILED, SUM_FAILED, UNITS, SUM_X, SUM_XX, EXPOSURE, EARLY, WIDTH, MIDDLE, LATE, LONGEST = range(
    14 * GROUP, 25 * GROUP, GROUP
)
E0 = UNITS
ROWS = 25

_estimates: Any = njit(estimates)
_halley: Any = njit(error_model="numpy")(halley)


@njit(cache=True, nogil=True, error_model="numpy")
def _advance(lane: Any) -> None:
    """Halley's step for each sample of a group, and where it leads: no branches, so that all go at once."""
    for j in range(GROUP):
        here = lane[HERE + j]
        score, slope, step = _halley(
            lane[BETA + j], lane[MEAN_FAILED + j], lane[S0 + j], lane[S1 + j], lane[S2 + j]
        )
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


@njit(cache=True, nogil=True)
def _sums(rough: bool, x: int, weight: int, rows: int, beta: int, sums: int) -> None:
    """Power sums of the samples side by side, with weights if there are any."""
    if rough and weight:
        weighted_rough_powers(x, weight, rows, beta, sums)
    elif rough:
        rough_powers(x, rows, beta, sums)
    elif weight:
        weighted_powers(x, weight, rows, beta, sums)
    else:
        powers(x, rows, beta, sums)


@njit(cache=True, nogil=True)
def _pass(blocks: Any, b: int, lane: Any, lane_at: int, rough: bool) -> None:
    """Power sums of the samples of a block, less those of their entries."""
    first, rows = blocks[b, FIRST], blocks[b, LENGTH]
    hand_round(blocks, b, lane, BETA)
    beta, sums = lane_at + 8 * (BETA + first), lane_at + 8 * (S0 + first)
    rough = rough and not blocks[b, ALONE]
    c = COLUMNS if rough else 0
    _sums(rough, blocks[b, X + c], blocks[b, WEIGHT + c], rows, beta, sums)
    if blocks[b, HAS_ENTRIES]:
        late = lane_at + 8 * (E0 + first)
        _sums(rough, blocks[b, ENTRY + c], blocks[b, ENTRY_WEIGHT + c], rows, beta, late)
        for k in range(0, 3 * GROUP, GROUP):
            for j in range(first, first + LANES):
                lane[S0 + k + j] -= lane[E0 + k + j]
    put_together(blocks, b, lane, S0, 3)


@njit(cache=True, nogil=True, error_model="numpy")
def _end(searched: int, limits: Any, lane: Any, open_: Any, member: Any, numbers: Any, status: Any) -> int:
    """Write down the samples whose search has ended; returns how many go on."""
    verified, last_step, least, most, farthest, _, _ = limits
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
    searched: int,
    limits: Any,
    blocks: Any,
    lane: Any,
    lane_at: int,
    open_: Any,
    member: Any,
    numbers: Any,
    status: Any,
) -> None:
    """Halley's method for the open samples of a group, from the log beta in `HERE`: the first steps in single precision,
    at a third of the cost; no answer rests on them."""
    passes, rough_passes = int(limits[5]), int(limits[6])
    for k in range(rough_passes + passes):
        if searched == 0:
            return
        rough = k < rough_passes
        if k in (0, rough_passes):
            # No rough score says on which side of the maximum it is.
            for j in range(GROUP):
                lane[LOW + j], lane[HIGH + j] = -np.inf, np.inf
        for j in range(GROUP):
            lane[BETA + j] = exp(lane[HERE + j])
        for b in range(BLOCKS):
            if blocks[b, LENGTH]:
                _pass(blocks, b, lane, lane_at, rough)
        _advance(lane)
        if not rough:
            searched = _end(searched, limits, lane, open_, member, numbers, status)


@njit(cache=True, nogil=True)
def _room(offsets: Any) -> Any:
    """What a search works on, made once: numbers, open lanes and samples of a group, its blocks, pieces, order and counts."""
    blocks = np.zeros((BLOCKS, FIELDS), dtype=np.int64)
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
def _give_room(blocks: Any, b: int, c: int, room: Any, most: int) -> None:
    """Places for a column of a block, in both precisions."""
    for k in (c, c + COLUMNS):
        blocks[b, X + k] = aligned(room) + 8 * (2 * COLUMNS * b + k) * most


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
    log eta, the most passes and the rough ones before them. `numbers` and `status` are those of `Fits`, and stay as they are
    where log beta is NaN.
    """
    lane, open_, member, blocks, piece, order, counts = _room(offsets)
    lane_at, pieces_at = address(lane), address(piece)
    columns = (address(x), address(weight), address(entry), address(entry_weight))
    most = most_numbers(offsets)
    room = np.empty(2 * COLUMNS * BLOCKS * most + LANES)
    for b in range(BLOCKS):
        for c in range(COLUMNS):
            if columns[c]:
                _give_room(blocks, b, c, room, most)
        blocks[b, HAS_ENTRIES] = columns[2] != 0
    first = 0
    while first < offsets.size - 1:
        many, at = next_tile(offsets, first, order, counts), 0
        while at < many:
            searched = 0
            for b in range(BLOCKS):
                at += fill_block(blocks, b, at, many, order, offsets, member, piece)
                for c in range(COLUMNS):
                    if columns[c]:
                        filler = 0.0 if c % 2 else FAR_BELOW
                        put_column(blocks, b, columns[c], pieces_at, blocks[b, X + c], filler)
                put_singles(blocks, b)
                for j in range(blocks[b, FIRST], blocks[b, FIRST] + LANES):
                    k = member[j]
                    lane[HERE + j] = 0.0
                    if k >= 0 and not math.isnan(log_beta[k]):
                        lane[HERE + j], lane[LOG_SCALE + j] = log_beta[k], sums[2, k]
                        lane[FAILED + j], lane[SUM_FAILED + j] = sums[0, k], sums[1, k]
                        lane[MEAN_FAILED + j] = sums[1, k] / sums[0, k]
                        open_[searched] = j
                        searched += 1
                hand_round(blocks, b, lane, HERE)
            _search(searched, limits, blocks, lane, lane_at, open_, member, numbers, status)
        first += many
    # After its last mention an array is gone, and up to here its address was in use.
    lane[0] = room[0] = piece[0, 0] = 0


@njit(cache=True, nogil=True, fastmath=REORDERED)
def _sign(age: Any, event: Any, signed: Any) -> bool:
    """Give the ages of survivors a minus; says whether all ages are positive."""
    zeros = 0
    for i in range(age.size):
        signed[i] = age[i] if event[i] != 0 else -age[i]
        zeros += age[i] <= 0.0
    return zeros == 0


@njit(cache=True, nogil=True, fastmath=REORDERED)
def _leave_out(signed: Any, weight: Any, entry: Any) -> bool:
    """Make nothing of a record that weighs nothing or was never at risk; says whether there is none."""
    left = 0
    for i in range(signed.size):
        out = (weight[i] <= 0.0) | ((signed[i] <= 0.0) & (-signed[i] <= entry[i]))
        left += out
        signed[i] = 0.0 if out else signed[i]
        entry[i] = 0.0 if out else entry[i]
        weight[i] = 0.0 if out else weight[i]
    return left == 0


@njit(cache=True, nogil=True)
def _prepare(blocks: Any, b: int, all_there: bool, lane: Any, lane_at: int) -> None:
    """Signed ages of a block to logarithms over the largest of each sample, and their sums."""
    first, full, rows = blocks[b, FIRST], blocks[b, FULL] * all_there, blocks[b, LENGTH]
    scale, sums = lane_at + 8 * (SCALE + first), lane_at + 8 * (FAILED + first)
    largest(blocks[b, X], rows, scale)
    if blocks[b, ALONE]:
        for j in range(first + 1, first + LANES):
            lane[SCALE + first] = max(lane[SCALE + first], lane[SCALE + j])
        hand_round(blocks, b, lane, SCALE)
    for j in range(first, first + LANES):
        lane[SCALE + j] = lane[SCALE + j] if lane[SCALE + j] > 0.0 else 1.0
    if not blocks[b, WEIGHT]:
        logs(blocks[b, X], full, rows, scale, sums)
        put_together(blocks, b, lane, FAILED, 6)
        return
    weighted_logs(
        blocks[b, X], blocks[b, WEIGHT], blocks[b, ENTRY], blocks[b, ENTRY_WEIGHT], full, rows, scale, sums
    )
    put_together(blocks, b, lane, FAILED, 10)
    blocks[b, HAS_ENTRIES] = 0
    for j in range(first, first + LANES):
        blocks[b, HAS_ENTRIES] |= lane[LATE + j] > 0.0
    if blocks[b, ALONE]:
        for j in range(first + 1, first + LANES):
            lane[LONGEST + first] = max(lane[LONGEST + first], lane[LONGEST + j])


@njit(cache=True, nogil=True, error_model="numpy")
def _has_maximum(lane: Any, j: int, weighted: bool) -> bool:
    """Whether the profile rises at small beta and falls at large, as `analytics.batch.gather` has it."""
    mean = lane[MEAN_FAILED + j]
    if not weighted:
        return bool(mean < -1e-13)  # not so without failures either
    if not mean < lane[LONGEST + j] - 1e-13:
        return False
    return bool(lane[EARLY + j] > 0.0 or mean > lane[MIDDLE + j] / lane[WIDTH + j])


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
def fit(
    offsets: Any,
    age: Any,
    event: Any,
    weight: Any,
    entry: Any,
    limits: Any,
    sums: Any,
    numbers: Any,
    status: Any,
) -> None:
    """The same from ages and events, weights and ages at entry (or none of both); an age of 0 counts for nothing.

    `sums` gets failures and exposure of each sample.
    """
    lane, open_, member, blocks, piece, order, counts = _room(offsets)
    longest, weighted = max(np.diff(offsets).max(), TILE_RECORDS), weight.size > 0
    columns = 3 if weighted else 1
    tile = np.empty((columns, longest))
    lane_at, pieces_at, tile_at = address(lane), address(piece), address(tile)
    most = most_numbers(offsets)
    room = np.empty(2 * COLUMNS * BLOCKS * most + LANES)
    for b in range(BLOCKS):
        for c in range(COLUMNS if weighted else 1):
            _give_room(blocks, b, c, room, most)
    first = 0
    while first < offsets.size - 1:
        many, at = next_tile(offsets, first, order, counts), 0
        begin, end = offsets[first], offsets[first + many]
        all_there = _sign(age[begin:end], event[begin:end], tile[0])
        if weighted:
            tile[1, : end - begin], tile[2, : end - begin] = weight[begin:end], entry[begin:end]
            all_there = _leave_out(tile[0, : end - begin], tile[1], tile[2])
        while at < many:
            for b in range(BLOCKS):
                at += fill_block(blocks, b, at, many, order, offsets, member, piece)
                for c in range(columns):
                    column = tile_at + 8 * (c * longest - begin)
                    put_column(blocks, b, column, pieces_at, blocks[b, X + c], 0.0)
                _prepare(blocks, b, all_there, lane, lane_at)
                put_singles(blocks, b)
            _start(lane)
            searched = 0
            for j in range(GROUP):
                k = member[j]
                if k >= 0:
                    sums[0, k], sums[1, k] = lane[FAILED + j], lane[EXPOSURE + j]
                    if _has_maximum(lane, j, weighted):
                        open_[searched] = j
                        searched += 1
                    else:
                        status[k] = NO_FINITE_MAXIMUM if lane[FAILED + j] > 0.0 else NO_FAILURES
            for b in range(BLOCKS):
                hand_round(blocks, b, lane, HERE)
            _search(searched, limits, blocks, lane, lane_at, open_, member, numbers, status)
        first += many
    lane[0] = room[0] = tile[0, 0] = piece[0, 0] = 0


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


@njit(cache=True, nogil=True)
def where_changed(values: Any) -> Any:
    """The numbers of the values, all whole numbers, that are not the one before, and 0."""
    found = np.empty(values.size + LANES, dtype=np.int64)
    vectors = (values.size - 1) // LANES
    many = changes(address(values) + 8, vectors, address(found) + 8) + 1
    # They are counted from the second value on, the first that is compared to one before.
    found[0] = -1
    found[:many] += 1
    for i in range(1 + vectors * LANES, values.size):
        found[many] = i
        many += values[i] != values[i - 1]
    return found[:many]


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
