import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import LifeData, batch, batch_numba, fit_weibull
from analytics.batch import gather, maximise
from analytics.batch_fits import Fits, Status
from analytics.batch_numba import BETA, FAILED, GROUP, HERE, HIGH, LOW, MEAN_FAILED, ROWS, S0, S1, S2


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


@pytest.mark.parametrize("columns", ["", "weight", "entry", "weight entry"])
def test_a_sample_has_the_same_fit_wherever_it_stands(rng: np.random.Generator, columns: str) -> None:
    # Short and long, of scales far apart: no lane may take anything from the lane beside it.
    lengths = np.array([9, 40, 2_000, 3_000, 40, 1_025, 7, 5_000, 300])
    offsets, size = np.concatenate([[0], np.cumsum(lengths)]), int(lengths.sum())
    scale = np.repeat(10.0 ** np.array([2, -3, 5, -5, 0, 3, 1, -1, 4]), lengths)
    life, end = rng.weibull(1.7, size), rng.uniform(0.3, 1.2, size)
    age, event = scale * np.minimum(life, end), (life <= end).astype(np.int8)
    given = {
        "weight": rng.integers(1, 4, size).astype(float) if "weight" in columns else None,
        "entry": rng.choice([0.0, 0.3], size) * age if "entry" in columns else None,
    }
    found, sums = batch.fit_records(age, event, offsets, **given)
    assert (found.status == Status.OK).all()
    for k, (a, b) in enumerate(pairwise(offsets)):
        own = {name: None if column is None else column[a:b] for name, column in given.items()}
        alone, own_sums = batch.fit_records(age[a:b], event[a:b], np.array([0, b - a]), **own)
        assert (found.numbers[:, k].tolist(), sums[:, k].tolist()) == (
            alone.numbers[:, 0].tolist(),
            own_sums[:, 0].tolist(),
        )
        checked = fit_weibull(LifeData(age[a:b], event[a:b], entry=own["entry"], count=own["weight"]))
        assert found.logs[:, k] == pytest.approx(np.log([checked.eta, checked.beta]), abs=1e-9)
        assert found.loglik[k] == pytest.approx(checked.loglik, rel=1e-10)


def test_moments_and_relative_ages_are_the_definition(rng: np.random.Generator) -> None:
    age, weight = rng.uniform(1.0, 9.0, 10), rng.integers(0, 3, 10).astype(float)
    offsets, x, scale = np.array([0, 4, 10]), np.empty(10), np.empty(2)
    batch_numba.relative_ages(offsets, age, weight, x, scale)
    failed, sums = (rng.random(10) < 0.5).astype(np.int8), [np.empty(2) for _ in range(4)]
    batch_numba.moments(offsets, x, weight, failed, *sums)
    for k, at in enumerate((slice(0, 4), slice(4, 10))):
        assert scale[k] == age[at][weight[at] > 0].max()
        assert x[at] == pytest.approx(np.where(weight[at] > 0, age[at] / scale[k], 1.0))
        mean = np.average(x[at], weights=weight[at])
        expected = (weight[at] @ failed[at], (weight * x)[at] @ failed[at], mean)
        assert (sums[0][k], sums[1][k], sums[2][k]) == pytest.approx(expected)
        assert sums[3][k] == pytest.approx(np.average((x[at] - mean) ** 2, weights=weight[at]))


def test_a_sample_without_an_age_above_0_keeps_a_scale() -> None:
    x, scale = np.empty(4), np.empty(2)
    batch_numba.relative_ages(np.array([0, 2, 4]), np.array([0.0, 0.0, 3.0, 6.0]), np.empty(0), x, scale)
    assert (scale.tolist(), x.tolist()) == ([1.0, 6.0], [1.0, 1.0, 0.5, 1.0])


@given(st.lists(st.tuples(*[st.floats(0.0, 1.0)] * 6), min_size=GROUP, max_size=GROUP))
def test_the_search_stays_between_what_is_known(samples: list[tuple[float, ...]]) -> None:
    lane = np.zeros(ROWS * GROUP)
    for j, (here, s0, mean, spread, mean_failed, width) in enumerate(samples):
        lane[HERE + j], lane[BETA + j] = 4.0 * here - 2.0, math.exp(4.0 * here - 2.0)
        lane[S0 + j] = 0.1 + s0
        lane[S1 + j], lane[S2 + j] = -3.0 * mean * (0.1 + s0), (9.0 * mean**2 + spread) * (0.1 + s0)
        lane[FAILED + j], lane[MEAN_FAILED + j] = 3.0, -3.0 * mean_failed
        reach = 0.01 + 3.0 * width if width < 0.9 else np.inf
        lane[LOW + j], lane[HIGH + j] = lane[HERE + j] - reach, lane[HERE + j] + reach
    before = lane.copy()
    batch_numba._advance(lane)
    for j in range(GROUP):
        here, to, low, high = before[HERE + j], lane[HERE + j], lane[LOW + j], lane[HIGH + j]
        beta, s0 = before[BETA + j], before[S0 + j]
        # The slope of the profile log-likelihood says on which side its maximum lies.
        rises = 1.0 + beta * (before[MEAN_FAILED + j] - before[S1 + j] / s0) > 0.0
        assert (low, high) == ((here, before[HIGH + j]) if rises else (before[LOW + j], here))
        assert low < to < high
        assert abs(to - here) <= 2.0


def test_a_sample_left_out_is_not_searched() -> None:
    fits = Fits.empty(1)
    samples = gather([[50.0, 80.0, 100.0]], [[1, 1, 0]])
    batch._search_compiled(samples, np.array([np.nan]), fits)
    assert fits.status[0] == Status.NOT_CONVERGED
    assert np.isnan(fits.numbers).all()
    batch._search_compiled(samples, np.zeros(1), fits)
    assert fits.status[0] == Status.OK
    assert np.isfinite(fits.numbers).all()


@pytest.mark.parametrize("n", [1, 2, 8, 9, 10, 1_000])
def test_changes_of_labels_are_found(rng: np.random.Generator, n: int) -> None:
    values = rng.integers(0, 3, n)
    expected = [0, *(1 + np.flatnonzero(values[1:] != values[:-1])).tolist()]
    assert batch_numba.where_changed(values).tolist() == expected
