import numpy as np
import pytest
from numba import njit

from analytics import batch_rows
from analytics.batch_lanes import LANES
from analytics.batch_rows import FAR_BELOW, FAR_BELOW_SINGLE, GROUP


@njit
def powers(x: np.ndarray, rows: int, beta: np.ndarray, sums: np.ndarray) -> None:
    batch_rows.powers(x.ctypes.data, rows, beta.ctypes.data, sums.ctypes.data)


@njit
def weighted_powers(x: np.ndarray, w: np.ndarray, rows: int, beta: np.ndarray, sums: np.ndarray) -> None:
    batch_rows.weighted_powers(x.ctypes.data, w.ctypes.data, rows, beta.ctypes.data, sums.ctypes.data)


@njit
def to_single(column: np.ndarray, rows: int, least: float, room: np.ndarray) -> None:
    batch_rows.to_single(column.ctypes.data, rows, least, room.ctypes.data)


@njit
def rough_powers(x: np.ndarray, rows: int, beta: np.ndarray, sums: np.ndarray) -> None:
    batch_rows.rough_powers(x.ctypes.data, rows, beta.ctypes.data, sums.ctypes.data)


@njit
def weighted_rough_powers(
    x: np.ndarray, w: np.ndarray, rows: int, beta: np.ndarray, sums: np.ndarray
) -> None:
    batch_rows.weighted_rough_powers(x.ctypes.data, w.ctypes.data, rows, beta.ctypes.data, sums.ctypes.data)


@njit
def largest(signed: np.ndarray, rows: int, found: np.ndarray) -> None:
    batch_rows.largest(signed.ctypes.data, rows, found.ctypes.data)


@njit
def logs(signed: np.ndarray, full: int, rows: int, scale: np.ndarray, sums: np.ndarray) -> None:
    batch_rows.logs(signed.ctypes.data, full, rows, scale.ctypes.data, sums.ctypes.data)


@njit
def weighted_logs(columns: np.ndarray, full: int, rows: int, scale: np.ndarray, sums: np.ndarray) -> None:
    x, weight, entry, entry_weight = columns
    batch_rows.weighted_logs(
        x.ctypes.data,
        weight.ctypes.data,
        entry.ctypes.data,
        entry_weight.ctypes.data,
        full,
        rows,
        scale.ctypes.data,
        sums.ctypes.data,
    )


@njit
def side_by_side(
    column: np.ndarray, piece: np.ndarray, full: int, rows: int, room: np.ndarray, filler: float
) -> None:
    starts, sizes = piece[0].ctypes.data, piece[1].ctypes.data
    batch_rows.pieces_side_by_side(column.ctypes.data, starts, sizes, full, rows, room.ctypes.data, filler)


@njit
def changes(values: np.ndarray, vectors: int, found: np.ndarray) -> int:
    return int(batch_rows.changes(values.ctypes.data + 8, vectors, found.ctypes.data))


@pytest.mark.parametrize("rows", [1, 2, 31])
def test_power_sums_are_those_of_each_column(rng: np.random.Generator, rows: int) -> None:
    # What lies behind the last row would show at once.
    x = np.concatenate([-rng.exponential(1.0, (rows, LANES)), np.full((9, LANES), np.nan)])
    weight = np.concatenate([rng.integers(0, 4, (rows, LANES)).astype(float), np.full((9, LANES), np.nan)])
    beta, sums = rng.uniform(0.5, 3.0, LANES), np.full(3 * GROUP, np.nan)
    at, w = x[:rows], weight[:rows]
    for given, run in (
        (w, lambda: weighted_powers(x, weight, rows, beta, sums)),
        (1.0, lambda: powers(x, rows, beta, sums)),
    ):
        run()
        expected = [(given * np.exp(beta * at) * at**k).sum(axis=0) for k in range(3)]
        for k in range(3):
            assert sums[k * GROUP : k * GROUP + LANES] == pytest.approx(expected[k], rel=1e-13)
        assert np.isnan(sums[LANES:GROUP]).all()


@pytest.mark.parametrize("rows", [1, 2, 31])
def test_rough_power_sums_have_six_digits(rng: np.random.Generator, rows: int) -> None:
    x, weight = -rng.exponential(1.0, (rows, LANES)), rng.integers(0, 4, (rows, LANES)).astype(float)
    x[rng.random((rows, LANES)) < 0.2] = FAR_BELOW
    # What lies behind the last row and the one that is added would show at once.
    singles = np.full((2, rows + 9, LANES), np.nan, dtype=np.float32)
    to_single(x, rows, FAR_BELOW_SINGLE, singles[0])
    to_single(weight, rows, 0.0, singles[1])
    beta, sums = rng.uniform(0.5, 3.0, LANES), np.full(3 * GROUP, np.nan)
    for given, run in (
        (weight, lambda: weighted_rough_powers(*singles, rows, beta, sums)),
        (1.0, lambda: rough_powers(singles[0], rows, beta, sums)),
    ):
        run()
        expected = [(given * np.exp(beta * x) * x**k).sum(axis=0) for k in range(3)]
        for k in range(3):
            assert sums[k * GROUP : k * GROUP + LANES] == pytest.approx(expected[k], rel=1e-6, abs=1e-15)
        assert np.isnan(sums[LANES:GROUP]).all()


@pytest.mark.parametrize("scale", [1e-310, 1e-160, 1.0, 1e160, 1e306])
def test_signed_ages_become_logarithms_over_the_largest(rng: np.random.Generator, scale: float) -> None:
    rows, full = 9, 4
    age, failed = scale * rng.uniform(0.01, 1.0, (rows, LANES)), rng.random((rows, LANES)) < 0.4
    age[full:][rng.random((rows - full, LANES)) < 0.4] = 0.0
    signed = np.where(failed, age, -age)
    found = np.zeros(GROUP)
    largest(signed, rows, found)
    assert found[:LANES].tolist() == age.max(axis=0).tolist()
    there, sums = age > 0.0, np.zeros(6 * GROUP)
    with np.errstate(divide="ignore"):
        expected = np.log(age / age.max(axis=0))
    logs(signed, full, rows, found, sums)
    masked, the_same = np.where(failed, age, -age), np.zeros(6 * GROUP)
    logs(masked, 0, rows, found, the_same)
    assert (masked.tolist(), the_same.tolist()) == (signed.tolist(), sums.tolist())
    assert (signed[~there] == FAR_BELOW).all()
    assert signed[there] == pytest.approx(expected[there], rel=1e-13, abs=1e-13 if scale > 1e-300 else 1e-9)
    x = np.where(there, expected, 0.0)
    failed &= there
    for k, each in enumerate((failed, failed * x, there, x, x * x, age)):
        assert sums[k * GROUP : k * GROUP + LANES] == pytest.approx(
            each.sum(axis=0), rel=1e-9, abs=1e-9 * scale if k == 5 else 1e-9
        ), k


@pytest.mark.parametrize("full", [0, 4])
def test_weights_and_entries_are_summed_beside_the_ages(rng: np.random.Generator, full: int) -> None:
    shape = rows, _ = 9, LANES
    age, failed = rng.uniform(0.5, 90.0, shape), rng.random(shape) < 0.4
    there, late = np.ones(shape, dtype=bool), rng.random(shape) < 0.5
    there[full:] = rng.random((rows - full, LANES)) < 0.7
    late[:, 0], late[:, 1] = True, False
    age, weight = age * there, rng.integers(1, 5, shape) * there
    entry = np.where(late, age * rng.uniform(0.1, 1.0, shape), 0.0)
    entry[rows - 1] = age[rows - 1] * late[rows - 1]  # of no length
    late &= there
    columns = np.stack([np.where(failed, age, -age), weight, entry, np.full(shape, np.nan)])
    scale, sums = np.zeros(GROUP), np.zeros(11 * GROUP)
    scale[:LANES] = age.max(axis=0)
    weighted_logs(columns, full, rows, scale, sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (np.log(each / age.max(axis=0)) for each in (age, entry))
        assert columns[0] == pytest.approx(np.where(there, x, FAR_BELOW), abs=1e-13)
        assert columns[2] == pytest.approx(np.where(late, y, FAR_BELOW), abs=1e-13)
        assert columns[3].tolist() == np.where(late, weight, 0.0).tolist()
        x, y = np.where(there, x, 0.0), np.where(late, y, 0.0)
    exposed, width = age > entry, weight * np.where(late, x - y, 0.0)
    failures = weight * (failed & there)
    expected = (
        *(failures, failures * x, weight, weight * x, weight * x * x, weight * (age - entry)),
        *(weight * (exposed & ~late), width, width * (x + y) / 2.0, weight * late),
    )
    for k, each in enumerate(expected):
        assert sums[k * GROUP : k * GROUP + LANES] == pytest.approx(each.sum(axis=0), abs=1e-11), k
    longest = np.where(exposed, x, FAR_BELOW).max(axis=0)
    assert sums[10 * GROUP : 10 * GROUP + LANES] == pytest.approx(longest, abs=1e-13)


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 20])
def test_pieces_are_put_side_by_side(rng: np.random.Generator, rows: int) -> None:
    column = np.arange(200.0)
    full = rows // 2 if rows < 20 else 17
    starts, sizes = rng.integers(0, 150, LANES), rng.integers(full, rows + 1, LANES)
    room = np.full((rows + LANES, LANES), np.nan)
    side_by_side(column, np.stack([starts, sizes]), full, rows, room, -1.0)
    filled = -(-rows // LANES) * LANES
    for j, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        assert room[:size, j].tolist() == column[start : start + size].tolist()
        assert (room[size:filled, j] == -1.0).all()
    assert np.isnan(room[filled:]).all()


@pytest.mark.parametrize("vectors", [0, 1, 12])
def test_changes_are_where_a_number_is_not_the_one_before(rng: np.random.Generator, vectors: int) -> None:
    values, found = rng.integers(-1, 1, 1 + vectors * LANES + 3), np.full(200, -7)
    many = changes(values, vectors, found)
    # Counted from the second value, to which the first is compared; what follows the last vector is not looked at.
    expected = np.flatnonzero(np.diff(values[: 1 + vectors * LANES]))
    assert found[:many].tolist() == expected.tolist()
    assert (found[many:] == -7).all()
