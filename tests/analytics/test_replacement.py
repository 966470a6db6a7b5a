import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from analytics import (
    InvalidData,
    LifeData,
    ReplacementPlan,
    Result,
    fit_lognormal,
    fit_weibull,
    optimal_replacement,
)
from analytics.replacement import Policy, cost_rate
from analytics.synthetic import WeibullLaw


def test_the_published_example_of_age_replacement() -> None:
    # reliability 0.9.0 documentation, optimal_replacement_time: Weibull(1000, 2.5), costs 1 and 5.
    plan = optimal_replacement(WeibullLaw(1000.0, 2.5), 1.0, 5.0)
    assert plan.age == pytest.approx(493.19, abs=0.2)
    assert plan.cost_rate == pytest.approx(0.0035, abs=5e-5)


def test_minimal_repair_has_its_closed_form() -> None:
    # d/dT (c_p + c_f (T/eta)^beta) / T = 0 at eta (c_p / (c_f (beta - 1)))^(1/beta); Barlow and Proschan (1965), ch. 4.
    plan = optimal_replacement(WeibullLaw(1000.0, 2.5), 1.0, 5.0, policy="minimal_repair")
    assert plan.age == pytest.approx(1000.0 * (1.0 / (5.0 * 1.5)) ** (1 / 2.5), rel=1e-6)


@pytest.mark.parametrize("age", [1.0, 300.0, 900.0, 5_000.0])
def test_the_cost_of_age_replacement_is_its_integral(age: float) -> None:
    law = WeibullLaw(1000.0, 3.5)
    mean = quad(lambda t: math.exp(-((t / 1000.0) ** 3.5)), 0, age, points=[min(age, 900.0) / 2])[0]
    survival = math.exp(-((age / 1000.0) ** 3.5))
    assert cost_rate(law, age, 2.0, 7.0)[0] == pytest.approx(
        (2 * survival + 7 * (1 - survival)) / mean, rel=1e-9
    )


@pytest.mark.parametrize("policy", ["age", "block", "minimal_repair"])
def test_the_cost_is_what_a_simulation_costs(policy: Policy) -> None:
    rng = np.random.default_rng(2)
    age, beta, repeats = 0.7, 2.0, 40_000
    if policy == "age":
        life = rng.weibull(beta, repeats)
        cost, time = np.where(life < age, 5.0, 1.0).sum(), np.minimum(life, age).sum()
    elif policy == "block":
        failures, begin = 0, np.zeros(repeats)
        while begin.size:
            begin = begin + rng.weibull(beta, begin.size)
            begin = begin[begin < age]
            failures += begin.size
        cost, time = repeats + 5.0 * failures, repeats * age
    else:
        cost, time = repeats + 5.0 * rng.poisson(age**beta, repeats).sum(), repeats * age
    assert cost_rate(WeibullLaw(1.0, beta), age, 1.0, 5.0, policy=policy)[0] == pytest.approx(
        cost / time, rel=0.02
    )


@pytest.mark.parametrize("policy", ["age", "block", "minimal_repair"])
def test_a_rate_that_does_not_rise_is_run_to_failure(policy: Policy) -> None:
    plan = optimal_replacement(WeibullLaw(1000.0, 0.9), 1.0, 5.0, policy=policy)
    assert plan.age is None
    assert plan.saving == 0.0


def test_a_planned_replacement_as_dear_as_a_failure_is_never_worth_it() -> None:
    assert optimal_replacement(WeibullLaw(1000.0, 4.0), 5.0, 5.0).age is None


@pytest.mark.slow
def test_the_interval_holds_the_true_optimum_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    truth = optimal_replacement(WeibullLaw(1000.0, 3.0), 1.0, 8.0).age
    assert truth is not None
    held = 0
    for _ in range(100):
        fit = fit_weibull(LifeData(1000.0 * rng.weibull(3.0, 60), 1))
        held += truth in optimal_replacement(fit, 1.0, 8.0, draws=100).interval()
    assert 82 <= held <= 98


def test_what_the_data_leave_open_is_carried() -> None:
    life = 1000.0 * np.random.default_rng(1).weibull(1.2, 12)
    plan = optimal_replacement(fit_weibull(LifeData(life, 1)), 1.0, 5.0)
    assert plan.probability_worthwhile is not None
    assert 0.05 < plan.probability_worthwhile < 0.95
    assert plan.upper is None
    assert plan.counts.failures == 12


@settings(max_examples=20)
@given(st.floats(1e-5, 1e7), st.floats(1e-3, 1e3))
def test_the_unit_of_time_and_the_currency_do_not_matter(scale: float, money: float) -> None:
    plain = optimal_replacement(WeibullLaw(1.0, 2.5), 1.0, 5.0)
    scaled = optimal_replacement(WeibullLaw(scale, 2.5), money, 5.0 * money)
    assert scaled.age == pytest.approx(plain.age * scale, rel=1e-5)  # type: ignore[operator]
    assert scaled.cost_rate == pytest.approx(plain.cost_rate * money / scale, rel=1e-9)


def test_results_come_back_from_json() -> None:
    fit = fit_weibull(LifeData([100, 200, 300, 350], 1, unit="km"))
    plan = optimal_replacement(fit, 1.0, 5.0, draws=20)
    assert plan.unit == "km"
    again = Result.from_json(plan.to_json())
    assert isinstance(again, ReplacementPlan)
    assert again == plan


@pytest.mark.parametrize(
    ("costs", "how", "message"),
    [
        ((0.0, 5.0), {}, "planned_cost"),
        ((1.0, math.nan), {}, "failure_cost"),
        ((1.0, 5.0), {"draws": 0}, "draws"),
        ((1.0, 5.0), {"confidence": 90}, "confidence"),
    ],
)
def test_refuses_what_has_no_cost(costs: tuple[float, float], how: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        optimal_replacement(WeibullLaw(1.0, 2.0), *costs, **how)  # type: ignore[arg-type]


def test_the_uncertainty_of_any_fitted_distribution_is_carried(rng: np.random.Generator) -> None:
    fit = fit_lognormal(LifeData(100 * rng.lognormal(0.0, 0.3, 40), 1))
    plan = optimal_replacement(fit, 1.0, 5.0, draws=60)
    assert plan.age is not None
    assert plan.lower is not None
    assert plan.upper is not None
    assert plan.lower < plan.age < plan.upper
    assert plan.probability_worthwhile == 1.0
