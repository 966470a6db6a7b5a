import numpy as np
import pytest
from numba import njit

from analytics import batch_rows
from analytics.batch_lanes import LANES
from analytics.batch_rows import FAR_BELOW, GROUP


@njit
def powers(x: np.ndarray, rows: int, beta: np.ndarray, sums: np.ndarray) -> None:
    batch_rows.powers(x.ctypes.data, rows, beta.ctypes.data, sums.ctypes.data)


@njit
def weighted_powers(x: np.ndarray, w: np.ndarray, rows: int, beta: np.ndarray, sums: np.ndarray) -> None:
    batch_rows.weighted_powers(x.ctypes.data, w.ctypes.data, rows, beta.ctypes.data, sums.ctypes.data)


@njit
def largest(signed: np.ndarray, rows: int, found: np.ndarray) -> None:
    batch_rows.largest(signed.ctypes.data, rows, found.ctypes.data)


@njit
def logs(signed: np.ndarray, rows: int, scale: np.ndarray, sums: np.ndarray) -> None:
    batch_rows.logs(signed.ctypes.data, rows, scale.ctypes.data, sums.ctypes.data)


@njit
def side_by_side(column: np.ndarray, piece: np.ndarray, rows: int, room: np.ndarray, filler: float) -> None:
    starts, sizes = piece[0].ctypes.data, piece[1].ctypes.data
    batch_rows.pieces_side_by_side(column.ctypes.data, starts, sizes, rows, room.ctypes.data, filler)


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


@pytest.mark.parametrize("scale", [1e-310, 1e-160, 1.0, 1e160, 1e306])
def test_signed_ages_become_logarithms_over_the_largest(rng: np.random.Generator, scale: float) -> None:
    rows = 9
    age, failed = scale * rng.uniform(0.01, 1.0, (rows, LANES)), rng.random((rows, LANES)) < 0.4
    age[rng.random((rows, LANES)) < 0.2] = 0.0
    signed = np.where(failed, age, -age)
    found = np.zeros(GROUP)
    largest(signed, rows, found)
    assert found[:LANES].tolist() == age.max(axis=0).tolist()
    there, sums = age > 0.0, np.zeros(6 * GROUP)
    with np.errstate(divide="ignore"):
        expected = np.log(age / age.max(axis=0))
    logs(signed, rows, found, sums)
    assert (signed[~there] == FAR_BELOW).all()
    assert signed[there] == pytest.approx(expected[there], rel=1e-13, abs=1e-13 if scale > 1e-300 else 1e-9)
    x = np.where(there, expected, 0.0)
    failed &= there
    for k, each in enumerate((failed, failed * x, there, x, x * x, age)):
        assert sums[k * GROUP : k * GROUP + LANES] == pytest.approx(
            each.sum(axis=0), rel=1e-9, abs=1e-9 * scale if k == 5 else 1e-9
        ), k


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 20])
def test_pieces_are_put_side_by_side(rng: np.random.Generator, rows: int) -> None:
    column = np.arange(200.0)
    starts, sizes = rng.integers(0, 150, LANES), rng.integers(0, rows + 1, LANES)
    room = np.full((rows + LANES, LANES), np.nan)
    side_by_side(column, np.stack([starts, sizes]), rows, room, -1.0)
    filled = -(-rows // LANES) * LANES
    for j, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        assert room[:size, j].tolist() == column[start : start + size].tolist()
        assert (room[size:filled, j] == -1.0).all()
    assert np.isnan(room[filled:]).all()
