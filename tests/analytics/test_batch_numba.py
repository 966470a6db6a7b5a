import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import batch, batch_numba
from analytics.batch import Fits, gather, maximise


def both(monkeypatch: pytest.MonkeyPatch, *arguments: object, **settings: object) -> tuple[Fits, Fits]:
    compiled = maximise(gather(*arguments, **settings))
    monkeypatch.setattr(batch, "compiled", lambda: None)
    return compiled, maximise(gather(*arguments, **settings))


@pytest.mark.parametrize("late", [False, True])
def test_the_results_are_those_of_numpy_to_ten_digits(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    life, end = 500.0 * rng.weibull(1.8, (3_000, 25)), rng.uniform(100.0, 700.0, (3_000, 25))
    time, event = np.minimum(life, end), life <= end
    entry = time * rng.random(time.shape) * 0.5 if late else None
    one, other = both(
        monkeypatch, time, event, entry=entry, weight=rng.integers(1, 3, time.shape).astype(float)
    )
    assert one.status.tolist() == other.status.tolist()
    for name in ("log_eta", "log_beta", "loglik"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-10, abs=1e-10, nan_ok=True), (
            name
        )


def test_moments_and_relative_ages_are_the_definition(rng: np.random.Generator) -> None:
    age, weight = rng.uniform(1.0, 9.0, 10), rng.integers(0, 3, 10).astype(float)
    offsets, x, scale = np.array([0, 4, 10]), np.empty(10), np.empty(2)
    batch_numba.relative_ages(offsets, age, weight, x, scale)
    failed, sums = (rng.random(10) < 0.5).astype(np.int8), [np.empty(2) for _ in range(4)]
    batch_numba.moments(offsets, x, weight, failed, *sums)
    for k, at in enumerate((slice(0, 4), slice(4, 10))):
        assert scale[k] == age[at][weight[at] > 0].max()
        assert x[at] == pytest.approx(age[at] / scale[k])
        mean = np.average(x[at], weights=weight[at])
        expected = (weight[at] @ failed[at], (weight * x)[at] @ failed[at], mean)
        assert (sums[0][k], sums[1][k], sums[2][k]) == pytest.approx(expected)
        assert sums[3][k] == pytest.approx(np.average((x[at] - mean) ** 2, weights=weight[at]))


def test_a_sample_without_an_age_above_0_keeps_a_scale() -> None:
    x, scale = np.empty(4), np.empty(2)
    batch_numba.relative_ages(np.array([0, 2, 4]), np.array([0.0, 0.0, 3.0, 6.0]), np.empty(0), x, scale)
    assert (scale.tolist(), x.tolist()) == ([1.0, 6.0], [1.0, 1.0, 0.5, 1.0])


@given(
    st.floats(-5, 5),
    st.floats(-9, 9),
    st.sampled_from([-3.0, -0.1, 0.1, 3.0]),
    st.sampled_from([-2.0, 0.5]),
    st.one_of(st.just(math.inf), st.floats(0.01, 4)),
    st.one_of(st.just(math.inf), st.floats(0.01, 4)),
)
@settings(deadline=None)  # the first call compiles
def test_a_step_stays_between_what_is_known_and_is_that_of_numpy(
    here: float, step: float, score: float, slope: float, below: float, above: float
) -> None:
    low, high = here - below, here + above
    found = batch_numba._next(here, step, score, slope, low, high)
    with np.errstate(invalid="ignore"):
        by_numpy = batch.next_log_beta(
            *(np.array([value]) for value in (here, step, score, slope, low, high))
        )
    assert found == by_numpy[0]
    if math.isfinite(low + high):
        assert low < found < high
    # A step is taken where it goes uphill and does not leave; no step is longer than a factor of e squared.
    if slope < 0 < step * score and abs(step) <= 2.0 and low < here + step < high:
        assert found == here + step
    assert abs(found - here) <= 2.0 or math.isfinite(low + high)


def test_a_sample_left_out_is_not_searched() -> None:
    out = np.zeros((8, 1))
    limits = np.array([1e-6, 1e-6, -9.0, 9.0, -0.78, 50])
    nothing = np.empty(0)
    arguments = (
        np.array([0, 2]),
        np.array([-1.0, 0.0]),
        nothing,
        nothing,
        nothing,
        np.array([[2.0], [-1.0]]),
    )
    batch_numba.search(*arguments, np.array([np.nan]), limits, out)
    assert (out == 0.0).all()
    batch_numba.search(*arguments, np.zeros(1), limits, out)
    assert out[7, 0] == 1.0
