import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy import stats

from analytics import InvalidData, LifeData, fit_weibull
from analytics.renewal import expected_replacements, grid_steps, renewal_function, replacement_probabilities
from analytics.results import FloatArray
from analytics.synthetic import WeibullLaw


@pytest.mark.parametrize(
    ("beta", "time", "expected"),
    [
        # Computed with Xie's recursion and Richardson extrapolation, confirmed with relife 3.0.0.
        (1.5, 0.5, 0.3302698445),
        (1.5, 1.0, 0.8415781366),
        (1.5, 2.0, 1.9455008),
        (2.0, 1.0, 0.7536912775),
        (3.0, 2.0, 1.801075257),
    ],
)
def test_known_values_of_the_weibull_renewal_function(beta: float, time: float, expected: float) -> None:
    assert renewal_function(WeibullLaw(1.0, beta), time) == pytest.approx(expected, rel=2e-9)


@given(st.floats(0.01, 20), st.floats(0.1, 1e5))
@settings(max_examples=25)
def test_constant_rate_renews_at_that_rate(lives: float, eta: float) -> None:
    assert renewal_function(WeibullLaw(eta, 1.0), lives * eta) == pytest.approx(lives, rel=1e-7)


def test_long_run_is_one_renewal_a_mean_life() -> None:
    """Smith's theorem: M(t) - t / mu tends to (sigma^2 / mu^2 - 1) / 2."""
    law = WeibullLaw(1.0, 3.0)
    mean = math.gamma(1 + 1 / 3)
    variance = math.gamma(1 + 2 / 3) - mean**2
    expected = 30 / mean + (variance / mean**2 - 1) / 2
    assert renewal_function(law, 30.0) == pytest.approx(expected, rel=1e-6)


def test_hours_times_k_are_the_same_renewals() -> None:
    assert renewal_function(WeibullLaw(700.0, 1.7), 900.0) == pytest.approx(
        renewal_function(WeibullLaw(7.0, 1.7), 9.0), rel=1e-12
    )


def test_nothing_renews_in_no_time() -> None:
    assert renewal_function(WeibullLaw(1.0, 2.0), 0.0) == 0.0
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(InvalidData, match="time must be"):
            renewal_function(WeibullLaw(1.0, 2.0), bad)


def test_a_fit_is_a_law(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    law = WeibullLaw(fit.eta, fit.beta)
    assert renewal_function(fit, 1000.0) == pytest.approx(renewal_function(law, 1000.0), rel=1e-12)


def test_constant_rate_gives_poisson_counts_at_every_age() -> None:
    ages, usage = np.array([0.0, 3.0, 40.0]), np.array([2.0, 2.0, 0.5])
    found = replacement_probabilities(WeibullLaw(1.0, 1.0), ages, usage, steps=512)
    for row, mean in zip(found, usage, strict=True):
        assert row == pytest.approx(stats.poisson.pmf(np.arange(row.size), mean), abs=2e-5)


@given(
    st.floats(0.5, 6),
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=6),
)
@settings(max_examples=60)
def test_probabilities_are_probabilities(beta: float, positions: list[tuple[float, float]]) -> None:
    ages, usage = np.array(positions).T
    found = replacement_probabilities(WeibullLaw(1.0, beta), ages, usage)
    assert np.all(found >= 0)
    assert found.sum(axis=1) == pytest.approx(1.0, abs=1e-9)
    # No failure at all is exact: the reliability over the usage given the age.
    assert found[:, 0] == pytest.approx(np.exp(ages**beta - (ages + usage) ** beta), abs=1e-12)


@pytest.mark.parametrize("beta", [0.7, 1.5, 4.0])
def test_against_simulation_with_ages_and_different_use(beta: float, rng: np.random.Generator) -> None:
    ages, usage, rounds = np.array([0.0, 0.6, 1.4]), np.array([2.5, 1.0, 1.8]), 40_000
    found = replacement_probabilities(WeibullLaw(1.0, beta), ages, usage)
    for row, age, use in zip(found, ages, usage, strict=True):
        # The first life is drawn given that it has reached its age.
        clock = (age**beta + rng.exponential(size=rounds)) ** (1 / beta) - age
        counts = np.zeros(rounds, dtype=int)
        while np.any(clock <= use):
            counts += clock <= use
            clock = clock + rng.weibull(beta, rounds)
        simulated = np.bincount(counts, minlength=row.size)[: row.size] / rounds
        error = np.sqrt(row * (1 - row) / rounds)
        assert np.all(np.abs(simulated - row) < 4 * error + 2e-3)


def test_blocks_of_positions_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    ages, usage = rng.uniform(0, 2, 50), np.repeat([0.5, 1.5], 25)
    whole = replacement_probabilities(WeibullLaw(1.0, 2.0), ages, usage)
    monkeypatch.setattr("analytics.renewal.BLOCK_CELLS", 200)
    assert replacement_probabilities(WeibullLaw(1.0, 2.0), ages, usage) == pytest.approx(whole, abs=1e-14)


def test_no_usage_needs_no_part() -> None:
    assert replacement_probabilities(WeibullLaw(1.0, 2.0), np.ones(3), np.zeros(3)).tolist() == [[1.0]] * 3


def test_a_narrow_distribution_gets_a_fine_grid() -> None:
    assert grid_steps(WeibullLaw(1.0, 10.0), 1.0, 24, 1024) > grid_steps(WeibullLaw(1.0, 2.0), 1.0, 24, 1024)
    assert grid_steps(WeibullLaw(1.0, 1e9), 1.0, 24, 1024) == 1024


@pytest.mark.parametrize("shape", [0.6, 1.0, 3.0])
def test_expected_replacements_are_the_means_of_the_counts(shape: float) -> None:
    law, ages = WeibullLaw(1.0, shape), np.array([0.0, 0.5, 1.5])
    reached = np.array([[0.0, 0.3, 2.0], [0.0, 1.0, 1.0], [0.0, 0.7, 1.9]])
    expected, again = expected_replacements(law, ages, reached, steps=1024)
    for k in (1, 2):
        chances = replacement_probabilities(law, ages, reached[:, k], steps=1024)
        assert expected[:, k] == pytest.approx(chances @ np.arange(chances.shape[1]), rel=5e-3)
    if shape == 1.0:
        assert again == pytest.approx(np.diff(reached, axis=1) / 2, rel=1e-2)
    none, again = expected_replacements(law, ages, np.zeros((3, 2)))
    assert (none.tolist(), again.tolist()) == ([[0.0, 0.0]] * 3, [[0.0]] * 3)


def test_a_constant_rate_is_expected_to_fail_at_that_rate() -> None:
    reached = np.array([[0.0, 0.3, 2.0], [0.0, 1.0, 5.0]])
    expected, again = expected_replacements(WeibullLaw(1.0, 1.0), np.array([0.0, 3.0]), reached, steps=256)
    assert expected == pytest.approx(reached, rel=5e-4)
    # A straight line within a cell of the grid misses the parabola by an eighth of its width squared.
    assert again == pytest.approx(np.diff(reached, axis=1) / 2, abs=(5 / 256) ** 2 / 8 / 0.3)


def test_more_failures_than_are_counted_are_refused_not_cut() -> None:
    law = WeibullLaw(eta=1.0, beta=2.0)
    with pytest.raises(InvalidData, match="more than 400 times"):
        renewal_function(law, 1e3)
    new, use = np.zeros(1), np.array([500.0])
    for refused in (
        lambda: replacement_probabilities(law, new, use, all_counts=True),
        lambda: expected_replacements(law, new, np.array([[0.0, 500.0]]), all_counts=True),
    ):
        with pytest.raises(InvalidData, match="more than 400 times"):
            refused()


def test_where_not_asked_for_every_count_they_end_at_400() -> None:
    law, new = WeibullLaw(eta=1.0, beta=2.0), np.zeros(1)
    chances = replacement_probabilities(law, new, np.array([500.0]))
    assert chances.shape[1] == 401
    assert chances[0, 400] == pytest.approx(1.0, abs=1e-6)
    assert 400.0 <= expected_replacements(law, new, np.array([[0.0, 500.0]]))[0][0, 1] <= 401.0


class Erlang:
    """The sum of two lives of constant rate 1."""

    def cumulative_hazard(self, t: ArrayLike) -> FloatArray:
        return np.asarray(-stats.gamma.logsf(t, 2))

    def quantile(self, p: ArrayLike) -> FloatArray:
        return np.asarray(stats.gamma.ppf(p, 2))


@pytest.mark.parametrize("time", [0.5, 3.0, 40.0])
def test_two_stages_of_constant_rate_renew_as_by_laplace_transform(time: float) -> None:
    """Cox (1962), 4.2: M(t) = t / 2 - 1 / 4 + exp(-2 t) / 4."""
    expected = time / 2 - 0.25 + math.exp(-2 * time) / 4
    assert renewal_function(Erlang(), time) == pytest.approx(expected, rel=5e-9)
