import numpy as np
import pytest

from analytics import batch_blocks
from analytics.batch_blocks import (
    ALONE,
    COLUMNS,
    FIELDS,
    FIRST,
    FULL,
    HAS_ENTRIES,
    LENGTH,
    LONG,
    X,
    fill_block,
    most_numbers,
    next_tile,
)
from analytics.batch_fits import TILE_RECORDS
from analytics.batch_lanes import LANES
from analytics.batch_rows import BLOCKS, GROUP


def test_tiles_hold_whole_samples_in_the_order_of_their_lengths(rng: np.random.Generator) -> None:
    lengths = np.concatenate([rng.integers(1, 300, 400), [3 * TILE_RECORDS, 1, LONG, LONG + 1, LONG + 2]])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    order, counts = np.empty(offsets.size, dtype=np.int64), np.empty(LONG + 3, dtype=np.int64)
    first, seen = 0, []
    while first < lengths.size:
        many = next_tile(offsets, first, order, counts)
        here = order[:many].tolist()
        assert sorted(here) == list(range(first, first + many))
        assert many == 1 or offsets[first + many] - offsets[first] <= TILE_RECORDS
        as_sorted = np.minimum(lengths[here], LONG + 1)
        assert (np.diff(as_sorted) >= 0).all()
        seen += here
        first += many
    assert len(seen) == lengths.size


def test_the_last_tile_ends_with_the_samples() -> None:
    # What lies in memory behind the offsets looks like more of them.
    offsets = np.arange(0, 100, 10)[:4]
    assert next_tile(offsets, 0, np.empty(9, dtype=np.int64), np.empty(LONG + 3, dtype=np.int64)) == 3


@pytest.mark.parametrize("lengths", [[1], [3, 3, 5], [7] * 20, [4] * 9 + [LONG, LONG + 1, 3_000]])
def test_blocks_give_every_record_one_place(lengths: list[int]) -> None:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    blocks = np.zeros((BLOCKS, FIELDS), dtype=np.int64)
    blocks[:, FIRST] = LANES * np.arange(BLOCKS)
    member, piece = np.empty(GROUP, dtype=np.int64), np.empty((2, GROUP), dtype=np.int64)
    order, at, seen = np.arange(len(lengths)), 0, []
    while at < len(lengths):
        before = at
        at += fill_block(blocks, 1, at, len(lengths), order, offsets, member, piece)
        starts, sizes = piece[:, LANES:]
        assert blocks[1, LENGTH] == sizes.max()
        assert blocks[1, FULL] <= sizes.min()
        assert blocks[1, ALONE] == (lengths[before] > LONG)
        assert member[LANES:][member[LANES:] >= 0].tolist() == list(range(before, at))
        assert blocks[1, LENGTH] * LANES <= most_numbers(offsets)
        seen += [k for start, size in zip(starts, sizes, strict=True) for k in range(start, start + size)]
    assert sorted(seen) == list(range(offsets[-1]))


def test_a_long_sample_has_what_all_its_lanes_found() -> None:
    blocks, lane = np.zeros((BLOCKS, FIELDS), dtype=np.int64), np.arange(3.0 * GROUP)
    blocks[1, FIRST], before = LANES, lane.copy()
    batch_blocks.put_together(blocks, 1, lane, GROUP, 2)
    batch_blocks.hand_round(blocks, 1, lane, 0)
    assert lane.tolist() == before.tolist()
    blocks[1, ALONE] = 1
    batch_blocks.put_together(blocks, 1, lane, GROUP, 2)
    rows, old = lane.reshape(3, GROUP), before.reshape(3, GROUP)
    assert rows[1:, LANES].tolist() == old[1:, LANES:].sum(axis=1).tolist()
    assert rows[:, :LANES].tolist() == old[:, :LANES].tolist()
    batch_blocks.hand_round(blocks, 1, lane, 0)
    assert (rows[0, LANES:] == old[0, LANES]).all()


@pytest.mark.parametrize(("alone", "late"), [(0, 0), (0, 1), (1, 1)])
def test_the_columns_that_there_are_stand_in_single_precision_too(
    rng: np.random.Generator, alone: int, late: int
) -> None:
    rows = 3
    columns = rng.random((COLUMNS, rows, LANES))
    singles = np.full((COLUMNS, rows + 1, LANES), np.nan, dtype=np.float32)
    blocks = np.zeros((BLOCKS, FIELDS), dtype=np.int64)
    blocks[1, [ALONE, LENGTH, HAS_ENTRIES]] = alone, rows, late
    for c in range(COLUMNS):
        blocks[1, X + c], blocks[1, X + COLUMNS + c] = columns[c].ctypes.data, singles[c].ctypes.data
    batch_blocks.put_singles(blocks, 1)
    written = 0 if alone else 4 if late else 2
    assert (singles[:written, :rows] == columns[:written].astype(np.float32)).all()
    assert np.isnan(singles[written:]).all()
