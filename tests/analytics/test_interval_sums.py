import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.interval_sums import IntervalSums


@given(size=st.integers(1, 40), ranges=st.integers(0, 30), seed=st.integers(0, 1000))
def test_sums_one_by_one(size: int, ranges: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, last = rng.integers(0, size + 1, ranges), rng.integers(-1, size, ranges)
    sums = IntervalSums(first, last, size)
    values, weights = rng.normal(size=(ranges, 2)), rng.normal(size=size)
    covers = (first[:, None] <= np.arange(size)) & (np.arange(size) <= last[:, None])
    assert sums.covering(values) == pytest.approx(covers.T @ values, abs=1e-12)
    assert sums.within(weights) == pytest.approx(covers @ weights, abs=1e-12)


def test_small_sums_beside_large_ones_keep_their_digits() -> None:
    sums = IntervalSums(np.array([0, 1, 2]), np.array([0, 1, 2]), 3)
    assert sums.covering(np.array([[1e20], [1.25e-20], [1e20]]))[1, 0] == 1.25e-20
    assert sums.within(np.array([1e20, 1.25e-20, 1e20]))[1] == 1.25e-20
