import numpy as np
import pytest
from numba import njit

from analytics import batch_numba


@njit
def power_sums(x: np.ndarray, weight: np.ndarray, beta: float) -> tuple[float, float, float]:
    return batch_numba._weighted_power_sums(x.ctypes.data, weight.ctypes.data, x.size, beta)


@njit
def plain_power_sums(x: np.ndarray, beta: float) -> tuple[float, float, float]:
    return batch_numba._power_sums(x.ctypes.data, x.size, beta)


def test_the_exponential_keeps_fourteen_digits() -> None:
    x = -np.geomspace(1e-12, 700.0, 10_000)
    for at in x[::7]:
        found = power_sums(np.array([at]), np.ones(1), 1.0)[0]
        # Beyond -50 the rounding of the argument itself shows.
        assert found == pytest.approx(np.exp(at), rel=1e-13 if at < -50 else 1e-14)
    assert power_sums(np.array([-1e9]), np.ones(1), 1.0)[0] < 1e-300


@pytest.mark.parametrize("records", [1, 7, 8, 9, 16, 31])
def test_sums_run_over_the_records_there_are(rng: np.random.Generator, records: int) -> None:
    # What lies behind the last record would show at once.
    x = np.append(-rng.exponential(1.0, records), np.full(40, np.nan))
    weight = np.append(rng.integers(0, 4, records).astype(float), np.full(40, np.nan))
    expected = [(weight[:records] * np.exp(1.7 * x[:records]) * x[:records] ** k).sum() for k in range(3)]
    assert power_sums(x[:records], weight[:records], 1.7) == pytest.approx(expected, rel=1e-13)
    ones = power_sums(x[:records], np.ones(records), 1.7)
    assert plain_power_sums(x[:records], 1.7) == ones
