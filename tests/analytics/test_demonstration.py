import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics import DemonstrationPlan, InvalidData, Result, plan_demonstration_test


def test_success_run() -> None:
    # reliability 0.9.0 documentation, sample_size_no_failures; n = ln(1 - C) / ln R rounded up.
    plan = plan_demonstration_test(reliability=0.999, confidence=0.95)
    assert (plan.units, plan.failures_allowed) == (2995, 0)
    assert plan.consumer_risk <= 0.05


@pytest.mark.parametrize(
    ("ratio", "duration", "allowed", "producer", "consumer"),
    [
        # MIL-HDBK-781A, fixed-duration plans IX-D to XVII-D (XI-D and XVII-D as in surpyval 0.25, tests/test_planning):
        # discrimination ratio, duration in multiples of the lower MTBF, failures with which the test is passed. The risks of
        # producer and consumer are what the Poisson law gives for such a plan, to three digits.
        (1.5, 45.0, 36, 0.120, 0.099),
        (1.5, 29.9, 25, 0.109, 0.214),
        (1.5, 21.5, 17, 0.197, 0.196),
        (2.0, 18.8, 13, 0.096, 0.106),
        (2.0, 12.4, 9, 0.098, 0.209),
        (2.0, 7.8, 5, 0.199, 0.210),
        (3.0, 9.3, 5, 0.094, 0.099),
        (3.0, 5.4, 3, 0.109, 0.213),
        (3.0, 4.3, 2, 0.175, 0.197),
    ],
)
def test_fixed_duration_plans_of_the_handbook(
    ratio: float, duration: float, allowed: int, producer: float, consumer: float
) -> None:
    assert stats.poisson.sf(allowed, duration / ratio) == pytest.approx(producer, abs=5.1e-4)
    assert stats.poisson.cdf(allowed, duration) == pytest.approx(consumer, abs=5.1e-4)
    plan = plan_demonstration_test(mtbf=1.0, design=ratio, confidence=1 - consumer, failures_allowed=allowed)
    assert plan.total_time == pytest.approx(duration, abs=0.05)
    assert plan.producer_risk == pytest.approx(producer, abs=0.001)
    assert plan.consumer_risk == pytest.approx(consumer)


def test_the_fewest_failures_that_keep_both_risks() -> None:
    plan = plan_demonstration_test(mtbf=100, design=150, confidence=0.80, producer_risk=0.20)
    assert plan.failures_allowed == 17
    one_less = plan_demonstration_test(mtbf=100, design=150, confidence=0.80, failures_allowed=16)
    assert one_less.producer_risk > 0.20  # type: ignore[operator]


def test_the_binomial_plan_needs_as_many_units_as_the_sum_says() -> None:
    for allowed in range(5):
        n = plan_demonstration_test(reliability=0.9, confidence=0.9, failures_allowed=allowed).units
        assert n is not None
        assert stats.binom.cdf(allowed, n, 0.1) <= 0.1 < stats.binom.cdf(allowed, n - 1, 0.1)


def test_longer_tests_stand_for_more_units_by_the_shape() -> None:
    # Twice the mission at shape 2 is four missions: a quarter of the units, but for rounding.
    one = plan_demonstration_test(reliability=0.95, confidence=0.9).units
    two = plan_demonstration_test(
        reliability=0.95, confidence=0.9, time_per_unit=200, mission_time=100, shape=2
    ).units
    assert (one, two) == (45, 12)


def test_the_time_for_given_units_gives_the_risk_exactly() -> None:
    plan = plan_demonstration_test(
        reliability=0.9, confidence=0.9, units=5, mission_time=1000, shape=1.5, failures_allowed=1
    )
    assert plan.consumer_risk == pytest.approx(0.1)
    assert plan.total_time == pytest.approx(5 * plan.time_per_unit)  # type: ignore[operator]


def test_the_operating_characteristic_is_what_a_simulation_passes() -> None:
    rng = np.random.default_rng(1)
    plan = plan_demonstration_test(mtbf=100, confidence=0.8, failures_allowed=2, design=250)
    assert plan.total_time is not None
    passed = rng.poisson(plan.total_time / 180.0, 50_000) <= 2
    assert plan.probability_of_passing(180.0) == pytest.approx(passed.mean(), abs=0.01)
    assert plan.producer_risk == pytest.approx(1 - plan.probability_of_passing(250.0))


@given(st.floats(1e-6, 1e9))
def test_an_mtbf_test_scales_with_the_unit(scale: float) -> None:
    plan = plan_demonstration_test(mtbf=scale, confidence=0.9, failures_allowed=3)
    assert plan.total_time == pytest.approx(scale * stats.chi2.ppf(0.9, 8) / 2)


def test_results_come_back_from_json() -> None:
    plan = plan_demonstration_test(mtbf=100, confidence=0.9, units=4)
    again = Result.from_json(plan.to_json())
    assert isinstance(again, DemonstrationPlan)
    assert again == plan
    assert plan.time_per_unit == pytest.approx(plan.total_time / 4)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "one of them"),
        ({"reliability": 0.9, "mtbf": 5}, "one of them"),
        ({"reliability": 1.0}, "between 0 and 1"),
        ({"mtbf": -5}, "positive"),
        ({"mtbf": math.inf}, "positive"),
        ({"reliability": 0.9, "design": 0.8}, "design reliability"),
        ({"mtbf": 100, "design": 90}, "design MTBF"),
        ({"mtbf": 100, "producer_risk": 0.1}, "needs a design"),
        ({"mtbf": 100, "design": 200, "producer_risk": 1.5}, "producer_risk"),
        ({"reliability": 0.9, "failures_allowed": -1}, "failures_allowed"),
        ({"reliability": 0.9, "units": 0}, "units must"),
        ({"reliability": 0.9, "units": 5}, "mission_time and an assumed shape"),
        (
            {"reliability": 0.9, "units": 5, "time_per_unit": 3, "mission_time": 1, "shape": 1},
            "the other follows",
        ),
        (
            {"reliability": 0.9, "units": 2, "failures_allowed": 2, "mission_time": 1, "shape": 1},
            "cannot show",
        ),
        ({"reliability": 0.9, "time_per_unit": 5, "mission_time": 1, "shape": -1}, "shape"),
        ({"reliability": 1 - 1e-9}, "more than"),
        ({"mtbf": 100, "confidence": 95}, "confidence"),
        ({"mtbf": 100, "shape": 2.0}, "constant failure rate"),
        ({"mtbf": 100, "time_per_unit": 50.0}, "constant failure rate"),
        ({"mtbf": 100, "mission_time": 10.0}, "constant failure rate"),
        ({"mtbf": 100, "design": 100.01, "confidence": 0.9, "producer_risk": 0.01}, "both risks"),
    ],
)
def test_refuses_what_is_no_plan(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        plan_demonstration_test(**settings)  # type: ignore[arg-type]
