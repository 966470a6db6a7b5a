"""Samples in blocks, for the compiled search: one in each lane of the processor's vectors, a long one cut into as many pieces.

Addresses are numbers here: what lies at one must be held by its array, until after the last mention of that.
"""

from typing import Any

import numpy as np
from numba import njit

from analytics.batch_fits import TILE_RECORDS
from analytics.batch_lanes import LANES
from analytics.batch_rows import FAR_BELOW_SINGLE, GROUP, pieces_side_by_side, to_single

# A sample longer than this has a block of lanes to itself.
LONG = 1024
# What a block is: its first lane, whether one sample has all lanes, its rows, how many of them have a record in every lane,
# whether any record came late, and where its columns begin (0: there is none), and `COLUMNS` further on these in single
# precision.
FIRST, ALONE, LENGTH, FULL, HAS_ENTRIES, X, WEIGHT, ENTRY, ENTRY_WEIGHT = range(9)
COLUMNS = 4
FIELDS = X + 2 * COLUMNS


@njit(cache=True, nogil=True)
def next_tile(offsets: Any, first: int, order: Any, counts: Any) -> int:
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
def fill_block(
    blocks: Any, b: int, at: int, many: int, order: Any, offsets: Any, member: Any, piece: Any
) -> int:
    """Give each of the next samples a lane, or a long one all; returns how many have a place.

    `piece` gets the first record of each lane, and how many it has.
    """
    first = blocks[b, FIRST]
    for j in range(first, first + LANES):
        member[j], piece[0, j], piece[1, j] = -1, 0, 0
    blocks[b, LENGTH] = blocks[b, FULL] = blocks[b, ALONE] = placed = 0
    while placed < LANES and at + placed < many:
        k = order[at + placed]
        records = offsets[k + 1] - offsets[k]
        if records > LONG and placed > 0:
            break
        member[first + placed] = k
        if records > LONG:
            each = (records + LANES - 1) // LANES
            blocks[b, ALONE], blocks[b, LENGTH] = 1, each
            for j in range(LANES):
                piece[0, first + j] = offsets[k] + j * each
                piece[1, first + j] = max(min(each, records - j * each), 0)
            blocks[b, FULL] = piece[1, first + LANES - 1]
            return 1
        piece[0, first + placed], piece[1, first + placed] = offsets[k], records
        # Samples come in the order of their lengths.
        blocks[b, LENGTH] = records
        placed += 1
    if placed == LANES:
        blocks[b, FULL] = piece[1, first]
    return placed


@njit(cache=True, nogil=True)
def hand_round(blocks: Any, b: int, lane: Any, row: int) -> None:
    """Where a block is one long sample: give all its lanes what the first has."""
    first = blocks[b, FIRST]
    if blocks[b, ALONE]:
        for j in range(first + 1, first + LANES):
            lane[row + j] = lane[row + first]


@njit(cache=True, nogil=True)
def put_together(blocks: Any, b: int, lane: Any, row: int, rows: int) -> None:
    """Where a block is one long sample: give its first lane the sum of all, in some rows of numbers."""
    first = blocks[b, FIRST]
    if blocks[b, ALONE]:
        for k in range(row, row + rows * GROUP, GROUP):
            for j in range(first + 1, first + LANES):
                lane[k + first] += lane[k + j]


@njit(cache=True, nogil=True)
def most_numbers(offsets: Any) -> Any:
    """In the columns of a block, at most; they are filled eight rows at a time."""
    longest = np.diff(offsets).max()
    return LANES * (max(min(longest, LONG), (longest + LANES - 1) // LANES) + LANES + 1)


@njit(inline="always")
def address(column: Any) -> Any:
    """Where a column begins; 0 for one that there is not."""
    return np.int64(column.ctypes.data) * np.int64(column.size > 0)


@njit(inline="always")
def aligned(room: Any) -> Any:
    """The first address in a column at which a whole vector lies in one line of the cache."""
    return (address(room) + 63) // 64 * 64


@njit(cache=True, nogil=True)
def put_singles(blocks: Any, b: int) -> None:
    """Write the columns of a block in single precision too."""
    if blocks[b, ALONE]:
        return  # so many rows would leave no digits of a sum
    for c in range(COLUMNS):
        if blocks[b, X + c] and (c < 2 or blocks[b, HAS_ENTRIES]):
            least = 0.0 if c % 2 else FAR_BELOW_SINGLE
            to_single(blocks[b, X + c], blocks[b, LENGTH], least, blocks[b, X + c + COLUMNS])


@njit(cache=True, nogil=True)
def put_column(blocks: Any, b: int, column: int, pieces_at: int, room: int, filler: float) -> None:
    """Put the pieces of a column that the lanes of a block work on side by side."""
    piece_at = pieces_at + 8 * blocks[b, FIRST]
    pieces_side_by_side(
        column, piece_at, piece_at + 8 * GROUP, blocks[b, FULL], blocks[b, LENGTH], room, filler
    )
