import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics import (
    DemandForecast,
    InvalidData,
    LifeData,
    NotEnoughFailures,
    WeibullFit,
    fit_exponential,
    fit_weibull,
    forecast_spares,
)
from analytics.renewal import renewal_function
from analytics.synthetic import WeibullLaw


@pytest.fixture
def fit(nist: LifeData) -> WeibullFit:
    return fit_weibull(nist)


def weibull_lives(rng: np.random.Generator, eta: float, beta: float, size: int) -> LifeData:
    life, end = eta * rng.weibull(beta, size), rng.uniform(0.1 * eta, 0.9 * eta, size)
    return LifeData(np.minimum(life, end), (life <= end).astype(int))


def test_new_parts_ask_for_the_renewal_function(fit: WeibullFit) -> None:
    found = forecast_spares(fit, np.zeros(20), 900, parameter_uncertainty=False)
    assert found.mean == pytest.approx(20 * renewal_function(fit, 900), rel=1e-5)
    assert found.mean == found.estimate_mean
    assert (found.draws, found.mean_standard_error) == (0, 0.0)


def test_constant_rate_is_a_poisson_demand_whatever_the_ages() -> None:
    fit = fit_exponential(LifeData([100.0, 300.0, 1000.0], [1, 1, 0]))
    assert fit.theta is not None
    found = forecast_spares(fit, [0, 50, 5000], 300, parameter_uncertainty=False)
    expected = stats.poisson.pmf(np.arange(found.pmf.size), 900 / fit.theta)
    assert found.pmf == pytest.approx(expected, abs=1e-5)


def test_minimal_repair_is_a_poisson_demand(fit: WeibullFit) -> None:
    ages = np.array([100.0, 400.0])
    found = forecast_spares(fit, ages, 200, replacement="as_old", parameter_uncertainty=False)
    mean = float(np.sum(fit.cumulative_hazard(ages + 200) - fit.cumulative_hazard(ages)))
    np.testing.assert_allclose(found.pmf, stats.poisson.pmf(np.arange(found.pmf.size), mean), atol=1e-12)


@pytest.mark.parametrize(
    ("turn_around", "hours"), [(0.0, 150.0), (60.0, 180.0), (300.0, 300.0), (500.0, 300.0)]
)
def test_repaired_parts_that_are_back_in_time_are_not_asked_for(turn_around: float, hours: float) -> None:
    """Half are repaired: at a constant rate those of the first 300 h less the turn-around count half (Palm's theorem)."""
    fit = fit_exponential(LifeData([100.0, 300.0, 1000.0], [1, 1, 0]))
    assert fit.theta is not None
    found = forecast_spares(
        fit,
        [0, 50, 5000],
        300,
        repair_fraction=0.5,
        turn_around=turn_around,
        parameter_uncertainty=False,
    )
    expected = stats.poisson.pmf(np.arange(found.pmf.size), 3 * hours / fit.theta)
    assert found.pmf == pytest.approx(expected, abs=1e-5)
    assert (found.repair_fraction, found.turn_around) == (0.5, turn_around)


def test_one_draw_is_enough(fit: WeibullFit) -> None:
    one = forecast_spares(fit, [100.0, 400.0], 200, draws=1)
    assert (one.draws, one.mean_standard_error) == (1, 0.0)
    assert one.pmf.sum() == pytest.approx(1.0)


def test_without_replacement_each_position_asks_once(fit: WeibullFit) -> None:
    ages = [100.0, 400.0, 400.0]
    found = forecast_spares(fit, ages, 300, replacement="none", parameter_uncertainty=False)
    fails = [1 - float(fit.reliability(age + 300) / fit.reliability(age)) for age in ages]
    expected = np.ones(1)
    for p in fails:
        expected = np.convolve(expected, [1 - p, p])
    assert found.pmf == pytest.approx(expected, abs=1e-12)
    assert found.pmf.size == 4


def test_wear_makes_old_parts_ask_for_more(fit: WeibullFit) -> None:
    young, old = (forecast_spares(fit, [age] * 10, 50, parameter_uncertainty=False) for age in (10.0, 400.0))
    assert fit.beta > 1
    assert old.mean > 2 * young.mean


def test_parameter_uncertainty_widens_the_forecast(fit: WeibullFit) -> None:
    ages = np.linspace(0, 500, 100)
    drawn = forecast_spares(fit, ages, 100)
    fixed = forecast_spares(fit, ages, 100, parameter_uncertainty=False)
    assert drawn.upper - drawn.lower > 1.3 * (fixed.upper - fixed.lower)
    assert drawn.mean_standard_error > 0
    assert drawn.estimate_mean == pytest.approx(fixed.mean)
    assert "taken as the truth" in fixed.warnings[-1]


def test_draws_average_to_the_stated_standard_error(fit: WeibullFit) -> None:
    ages = np.linspace(0, 500, 8)
    found = [
        forecast_spares(fit, ages, 100, draws=100, rng=np.random.default_rng(seed)) for seed in range(30)
    ]
    spread = np.std([one.mean for one in found], ddof=1)
    stated = np.mean([one.mean_standard_error for one in found])
    # The standard deviation of 30 values is known to 13 %, the stated one scatters as well.
    assert spread == pytest.approx(stated, rel=0.45)


def test_the_same_question_has_the_same_answer(fit: WeibullFit) -> None:
    assert forecast_spares(fit, [100.0, 300.0], 90) == forecast_spares(fit, [300.0, 100.0], 90)
    other = forecast_spares(fit, [100.0, 300.0], 90, rng=np.random.default_rng(7))
    assert other.mean != forecast_spares(fit, [100.0, 300.0], 90).mean


def test_no_failures_still_give_a_forecast() -> None:
    none = fit_exponential(LifeData([1000.0], [0], count=[5]))
    found = forecast_spares(none, [100] * 5, 300)
    assert found.estimate_mean is None
    assert 0 < found.mean < 1
    with pytest.raises(NotEnoughFailures):
        forecast_spares(none, [100] * 5, 300, parameter_uncertainty=False)


def test_usage_and_horizon_multiply(fit: WeibullFit) -> None:
    ages = [100.0, 300.0]
    by_day = forecast_spares(fit, ages, 30, usage_per_unit=8.0)
    by_hour = forecast_spares(fit, ages, 240)
    assert by_day.pmf.tolist() == by_hour.pmf.tolist()
    assert (by_day.horizon, by_day.horizon_exposure, by_day.positions) == (30, 480, 2)


def test_each_position_has_its_own_use(fit: WeibullFit) -> None:
    both = forecast_spares(fit, [100.0, 300.0], 100, usage_per_unit=[1.0, 0.25], parameter_uncertainty=False)
    one = forecast_spares(fit, [100.0], 100, parameter_uncertainty=False)
    other = forecast_spares(fit, [300.0], 25, parameter_uncertainty=False)
    assert both.mean == pytest.approx(one.mean + other.mean, rel=1e-4)


@given(st.floats(1e-3, 1e3))
@settings(max_examples=10)
def test_hours_times_k_are_the_same_demand(k: float) -> None:
    ages = np.array([54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500.0])
    event, count = [1] * 10 + [0], [1] * 10 + [10]
    one = forecast_spares(
        fit_weibull(LifeData(ages, event, count=count)), ages, 100, parameter_uncertainty=False
    )
    scaled = fit_weibull(LifeData(k * ages, event, count=count))
    other = forecast_spares(scaled, k * ages, k * 100, parameter_uncertainty=False)
    assert other.mean == pytest.approx(one.mean, rel=1e-5)


def test_quantiles_interval_and_stock_agree(fit: WeibullFit) -> None:
    found = forecast_spares(fit, np.linspace(0, 500, 25), 100)
    assert (found.lower, found.upper) == (found.quantile(0.05), found.quantile(0.95))
    assert found.stock_for(0.95) == found.upper
    assert found.cdf[found.upper] >= 0.95 > found.cdf[found.upper - 1]
    assert found.cdf[-1] == pytest.approx(1.0, abs=1e-12)
    upper = found.interval(confidence=0.95, side="upper")
    assert (upper.lower, upper.upper, upper.method) == (None, float(found.upper), "prediction")
    assert found.counts.failures == 10


def test_no_positions_and_no_time_ask_for_nothing(fit: WeibullFit) -> None:
    assert forecast_spares(fit, [], 100).pmf.tolist() == [1.0]
    assert forecast_spares(fit, [100.0], 0).mean == 0.0


def test_the_result_survives_json(fit: WeibullFit) -> None:
    found = forecast_spares(fit, [100.0], 100)
    assert DemandForecast.from_json(found.to_json()) == found


def test_a_fit_that_came_from_json_forecasts_the_same(fit: WeibullFit) -> None:
    again = WeibullFit.from_json(fit.to_json())
    ages, whole = [100.0, 300.0], forecast_spares(fit, [100.0, 300.0], 100)
    assert fit.data is not None
    assert forecast_spares(again.with_data(fit.data), ages, 100) == whole
    # Without its data the likelihood is gone, and the forecast says so.
    without = forecast_spares(again, ages, 100)
    assert "carries no data" in without.warnings[-1]
    assert without.mean == pytest.approx(whole.mean, rel=0.15)


def test_recovers_the_mean_demand_of_a_known_fleet(rng: np.random.Generator) -> None:
    """With the true parameters the forecast is the truth: 300 fleets of 15 parts simulated beside it."""
    law, ages = WeibullLaw(1.0, 2.0), np.linspace(0, 1.4, 15)
    data = weibull_lives(rng, 1.0, 2.0, 20_000)
    found = forecast_spares(fit_weibull(data), ages, 0.8, parameter_uncertainty=False)
    counts = np.zeros(2000)
    for age in ages:
        clock = (age**law.beta + rng.exponential(size=2000)) ** (1 / law.beta) - age
        while np.any(clock <= 0.8):
            counts += clock <= 0.8
            clock = clock + rng.weibull(law.beta, 2000)
    assert found.mean == pytest.approx(counts.mean(), rel=0.03)
    simulated = np.bincount(counts.astype(int), minlength=found.pmf.size)[: found.pmf.size] / counts.size
    assert found.pmf == pytest.approx(simulated, abs=0.04)


@pytest.mark.slow
def test_prediction_intervals_hold_the_demand_to_come(rng: np.random.Generator) -> None:
    """Fleets of 60 with some 6 or 20 failures seen: how often the demand of the next period lies inside."""
    rounds, ages = 200, np.linspace(0, 0.9, 60)
    for units in (24, 80):
        below = above = failures = done = 0
        while done < rounds:
            lives = weibull_lives(rng, 1.0, 2.0, units)
            if lives.counts.failures < 2:
                continue
            fit = fit_weibull(lives)
            found = forecast_spares(fit, ages, 0.5, draws=200, rng=rng)
            first = (ages**2 + rng.exponential(size=60)) ** 0.5 - ages
            demand = int(np.sum(first <= 0.5) + np.sum(first + rng.weibull(2.0, 60) <= 0.5))
            below, above = below + (demand < found.lower), above + (demand > found.upper)
            failures, done = failures + fit.counts.failures, done + 1
        sys.stdout.write(
            f"\n{failures / rounds:.1f} failures: {1 - (below + above) / rounds:.1%} inside, {below / rounds:.1%} below, "
            f"{above / rounds:.1%} above (standard error {math.sqrt(0.09 / rounds):.1%})"
        )
        assert 1 - (below + above) / rounds > 0.90 - 3 * math.sqrt(0.09 / rounds)


@pytest.mark.parametrize(
    ("ages", "horizon", "changes", "words"),
    [
        ([1.0], 10, {"repair_fraction": 1.5}, "repair_fraction"),
        ([1.0], 10, {"turn_around": -1.0}, "turn_around"),
        ([1.0], [], {}, "one-dimensional"),
        ([1.0], [5, 5], {"usage_per_unit": [[1.0, 1.0, 1.0]]}, "one length"),
        ([1.0, -1.0], 10, {}, "row 1: ages is -1"),
        ([1.0, math.nan], 10, {}, "row 1: ages is nan"),
        (["x"], 10, {}, "must be numbers"),
        ([[1.0]], 10, {}, "one-dimensional"),
        ([1.0], -1, {}, "horizon"),
        ([1.0], math.inf, {}, "horizon"),
        ([1.0], 10, {"usage_per_unit": -1}, "usage_per_unit"),
        ([1.0, 2.0], 10, {"usage_per_unit": [1, 2, 3]}, "one length"),
        ([1.0], 10, {"draws": 0}, "draws"),
        ([1.0], 10, {"confidence": 90}, "confidence"),
        ([1e9], 1e9, {"replacement": "as_old"}, "beyond any stock"),
    ],
)
def test_what_is_refused(
    fit: WeibullFit, ages: list[Any], horizon: float, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidData, match=words):
        forecast_spares(fit, ages, horizon, **changes)


def test_a_part_that_fails_two_hundred_times_within_the_horizon_is_forecast() -> None:
    """From 89 failures of one position the bound on the sum passed the largest float, and the forecast crashed."""
    fit = fit_weibull(LifeData([100, 200, 300, 400, 500, 600], [1, 1, 0, 1, 1, 0]))
    horizon = 200.0 * fit.mean
    forecast = forecast_spares(fit, [0.0], horizon, parameter_uncertainty=False)
    assert forecast.mean == pytest.approx(renewal_function(fit, horizon), rel=1e-3)


def test_a_horizon_of_more_failures_than_are_counted_is_refused() -> None:
    fit = fit_weibull(LifeData([100, 200, 300, 400, 500, 600], [1, 1, 0, 1, 1, 0]))
    with pytest.raises(InvalidData, match="more than 400 times"):
        forecast_spares(fit, [0.0], 1e6, parameter_uncertainty=False)


def test_every_part_may_be_repaired_and_where_none_is_no_turn_around_is_told(fit: WeibullFit) -> None:
    terms: dict[str, Any] = {"horizon": 100, "parameter_uncertainty": False}
    all_back = forecast_spares(fit, [100.0] * 5, repair_fraction=1.0, turn_around=0.0, **terms)
    assert all_back.mean == pytest.approx(0.0, abs=1e-9)
    bought = forecast_spares(fit, [100.0] * 5, turn_around=30.0, **terms)
    assert (bought.repair_fraction, bought.turn_around) == (0.0, 0.0)
    repaired = forecast_spares(fit, [100.0] * 5, repair_fraction=0.5, turn_around=30.0, **terms)
    assert (repaired.repair_fraction, repaired.turn_around) == (0.5, 30.0)
    assert all_back.mean < repaired.mean < bought.mean
