import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import InvalidData, LifeData, fit_distribution, fit_exponential, fit_lognormal, fit_weibull3
from analytics.batch_location_scale import Along
from analytics.distribution_fit import DistributionFit
from analytics.families import FAMILIES
from analytics.family_lives import CALIBRATED, ExponentialLives, FamilyLives, family_lives
from analytics.resampling import ROWS, plan_of, signed_roots

LIFE = LifeData([16, 34, 53, 75, 93, 120], [1] * 6)
TRUTHS = {
    "exponential": [4.6],
    "weibull": [4.6, 0.5],
    "lognormal": [4.6, -0.5],
    "loglogistic": [4.6, -1.2],
    "normal": [99.0, 3.3],
    "gumbel": [99.0, 3.3],
}


def late(distribution: str) -> LifeData:
    rng = np.random.default_rng(6)
    life = FAMILIES[distribution].quantile(rng.random(30), TRUTHS[distribution])
    end, entry = rng.uniform(60, 160, 30), rng.uniform(0, 50, 30)
    seen = life > entry
    return LifeData(
        np.minimum(life, end)[seen], (life <= end)[seen], entry=entry[seen], planned_exit=end[seen]
    )


def test_bounds_for_complete_normal_samples_are_those_of_student_and_chi_square() -> None:
    logs = np.log(LIFE.time)
    fit = fit_lognormal(LIFE, bounds="calibrated")
    reach = 2.015048 * logs.std(ddof=1) / math.sqrt(6)
    found = fit.interval("mu")
    assert found.method == "calibrated"
    assert found.lower == pytest.approx(logs.mean() - reach, abs=0.04)
    assert found.upper == pytest.approx(logs.mean() + reach, abs=0.04)
    # The likelihood ratio has its tails at other values of chi-square than the pivot, each of 5 %.
    squares = 5 * logs.var(ddof=1)
    found = fit.interval("sigma")
    assert found.lower == pytest.approx(math.sqrt(squares / 11.0705), rel=0.04)
    assert found.upper == pytest.approx(math.sqrt(squares / 1.14548), rel=0.04)


def test_bounds_of_an_exponential_are_chi_square_for_complete_samples() -> None:
    life = LifeData(np.random.default_rng(4).exponential(100, 8), 1)
    exact = fit_exponential(life, terminated="failure").interval()
    for found in (
        fit_exponential(life, bounds="calibrated").interval(),
        fit_distribution(life, "exponential", bounds="calibrated").interval("theta"),
    ):
        assert found.lower == pytest.approx(exact.lower, rel=0.04)
        assert found.upper == pytest.approx(exact.upper, rel=0.06)
        assert found.method == "calibrated"


def test_one_failure_among_units_watched_alike_is_bounded_between_the_lumps() -> None:
    # 20 units, one failed at a tenth of the time. At theta, P(two or more fail, or one and so early) must be 5 %.
    data = LifeData([0.1, 1.0], [1, 0], count=[1, 19], planned_exit=1.0)
    upper = fit_exponential(data, bounds="calibrated").interval().upper
    assert upper is not None
    fails = -math.expm1(-1.0 / upper)
    none, one = (1 - fails) ** 20, 20 * fails * (1 - fails) ** 19
    early = -math.expm1(-0.1 / upper) / fails
    assert 1 - none - one + one * early == pytest.approx(0.05, abs=0.015)


def test_without_failures_an_exponential_carries_the_exact_bound() -> None:
    none = LifeData([100.0], [0], count=[10])
    fit = fit_exponential(none, bounds="calibrated")
    assert fit.bounds == "chi_square"
    assert fit.interval() == fit_exponential(none).interval()


@pytest.mark.parametrize(
    "distribution",
    [
        name if name in ("lognormal", "exponential") else pytest.param(name, marks=pytest.mark.slow)
        for name in CALIBRATED
    ],
)
def test_every_number_has_calibrated_bounds(distribution: str) -> None:
    fit = fit_distribution(late(distribution), distribution, bounds="calibrated")
    assert fit.warnings == ()
    for name in (*fit.parameters, "mean", "b10"):
        found, plain = fit.interval(name), fit.interval(name, bounds="likelihood_ratio")
        assert found.method == "calibrated"
        assert found.lower is not None
        width = plain.upper - plain.lower  # type: ignore[operator]
        assert found.lower == pytest.approx(plain.lower, abs=0.25 * width)
        assert found.upper == pytest.approx(plain.upper, abs=0.6 * width)
    age = fit.interval("b10", side="lower").lower
    assert age is not None
    if age > 0.0:
        assert fit.reliability_interval(age, side="lower").lower == pytest.approx(0.9, abs=0.006)
    band = fit.reliability_band([40.0, 80.0])
    assert band.lower is not None
    assert band.lower[1] == pytest.approx(fit.reliability_interval(80.0).lower, abs=0.03)
    assert fit.hazard_interval(80.0).lower < float(fit.hazard(80.0))  # type: ignore[operator]


@pytest.mark.parametrize("distribution", ["lognormal", "gumbel"])
def test_a_truth_inside_the_bounds_is_one_that_is_not_rejected(distribution: str) -> None:
    data = late(distribution)
    fit = fit_distribution(data, distribution, bounds="calibrated")
    lives = family_lives(fit.family, plan_of(data), fit.working)
    for name in ("mu", "sigma", "b10", "mean"):
        quantity = fit._named(name)
        profile = fit._profile(quantity)
        low, high = fit._working_bounds(quantity, 0.90, "two", "calibrated")
        for value, direction in ((low, 1.0), (high, -1.0)):
            truth = np.repeat(np.array(profile.best(value))[:, None], 2_000, axis=1)
            roots, rows = signed_roots(lives, quantity, value, truth, rng=np.random.default_rng(77))
            # Hardly a sample is lost, and one in twenty lies as far as these data.
            assert rows.size > 1_980
            own = math.sqrt(2.0 * (profile.maximum - profile.at(value)[0]))
            assert np.mean(direction * roots >= own) == pytest.approx(0.05, abs=0.02)


@settings(max_examples=4)
@given(st.floats(1e-4, 1e6))
def test_bounds_scale_with_the_unit(scale: float) -> None:
    found = fit_lognormal(LIFE, bounds="calibrated").interval("mean")
    scaled = fit_lognormal(LifeData(LIFE.time * scale, 1), bounds="calibrated").interval("mean")
    assert scaled.lower == pytest.approx(found.lower * scale, rel=1e-6)  # type: ignore[operator]
    assert scaled.upper == pytest.approx(found.upper * scale, rel=1e-6)  # type: ignore[operator]


def test_the_plan_is_told_where_it_is_estimated_and_small_samples_are_no_fault(nist: LifeData) -> None:
    fit = fit_lognormal(nist, bounds="calibrated")
    assert any("planned_exit" in note for note in fit.warnings)
    assert fit_lognormal(LIFE, bounds="calibrated").warnings == ()
    assert "less often" in fit_lognormal(LIFE).warnings[0]


def test_refuses_what_has_no_plan_or_no_family(nist: LifeData) -> None:
    for distribution in ("gamma", "generalised_gamma"):
        with pytest.raises(InvalidData, match="calibrated bounds exist for"):
            fit_distribution(nist, distribution, bounds="calibrated")
    with pytest.raises(InvalidData, match="calibrated bounds exist for"):
        fit_weibull3(nist, bounds="calibrated")
    with pytest.raises(InvalidData, match="calibrated bounds exist for"):
        fit_distribution(nist, "gamma").interval("k", bounds="calibrated")
    truncated = LifeData([3, 5, 8], [1, 1, 1], truncated_above=[9, 9, 9])
    with pytest.raises(InvalidData, match="truncated"):
        fit_lognormal(truncated, bounds="calibrated")
    with pytest.raises(InvalidData, match="truncated"):
        fit_exponential(truncated, bounds="calibrated")
    with pytest.raises(InvalidData, match="ended at a failure"):
        fit_exponential(LIFE, bounds="calibrated", terminated="failure")
    again = DistributionFit.from_json(fit_lognormal(nist, bounds="calibrated").to_json())
    with pytest.raises(InvalidData, match="with_data"):
        again.interval("mu")
    assert again.with_data(nist).interval("mu").method == "calibrated"


@pytest.mark.parametrize(("of_age", "of_log_age"), [("normal", "lognormal"), ("gumbel", "weibull")])
def test_bounds_for_ages_are_those_for_logarithms_of_ages(of_age: str, of_log_age: str) -> None:
    """Lognormal ages have normal logarithms: both are calibrated on the same samples, censored and entered late."""
    data = late(of_log_age)
    assert data.planned_exit is not None
    # The logarithm of an age of 1 is where nothing has failed yet on the other scale.
    entry = np.where(data.entry > 1, data.entry, 0.0)
    ages = LifeData(data.time, data.event, entry=entry, planned_exit=data.planned_exit)
    logs = LifeData(
        np.log(data.time),
        data.event,
        entry=np.log(np.maximum(entry, 1.0)),
        planned_exit=np.log(data.planned_exit),
    )
    found = fit_distribution(logs, of_age, bounds="calibrated").interval("median")
    expected = fit_distribution(ages, of_log_age, bounds="calibrated").interval("median")
    assert found.lower == pytest.approx(math.log(expected.lower or 0.0), abs=1e-3)
    assert found.upper == pytest.approx(math.log(expected.upper or 0.0), abs=1e-3)


def test_samples_of_a_constant_rate_are_told_by_the_parameter_that_they_are_of() -> None:
    """40 units watched for 100: at a theta of 50 most of them fail, at one of 10,000 hardly one."""
    plan = plan_of(LifeData([100.0], [0], count=[40]))
    theta = np.where(np.arange(2 * ROWS + 30) % 3 == 0, 50.0, 1e4)
    fails_often = np.zeros(theta.size, dtype=bool)
    lives = ExponentialLives(plan, np.log([50.0]))
    for totals, free, rows in lives.drawn(np.log(theta)[None], rng=np.random.default_rng(1)):
        fails_often[rows] = totals.failures > 15
        some = totals.failures > 0
        assert np.exp(free[some]) * totals.failures[some] == pytest.approx(totals.exposure[some])
    assert fails_often.tolist() == (theta == 50.0).tolist()


@pytest.mark.parametrize("name", ["mu", "sigma", "b10", "mean"])
@pytest.mark.parametrize("distribution", ["lognormal", "gumbel"])
def test_the_curve_of_a_quantity_keeps_its_value_and_knows_its_derivatives(
    distribution: str, name: str
) -> None:
    data = late(distribution)
    fit = fit_distribution(data, distribution)
    lives, quantity = family_lives(fit.family, plan_of(data), fit.working), fit._named(name)
    assert isinstance(lives, FamilyLives)
    value, log_largest = quantity.estimate + 0.3, np.array([1.0, 2.0, -0.5])
    moves = name != "sigma"

    def along(w: np.ndarray) -> Along:
        near = lives._natural(np.array([0.2, 0.0, -0.1]), np.array([0.1, -0.4, 0.3]))  # type: ignore[union-attr]
        return lives._curve(quantity, value, w, near, log_largest, moves)  # type: ignore[union-attr]

    w, h = np.array([-0.3, 0.1, 0.4]), 1e-4
    at, ahead, behind = along(w), along(w + h), along(w - h)
    assert at.first == pytest.approx((ahead.at - behind.at) / (2 * h), rel=1e-5, abs=1e-6)
    assert at.second == pytest.approx((ahead.first - behind.first) / (2 * h), rel=1e-5, abs=1e-6)
    a, b = at.at
    for mu, log_sigma in zip(*lives._natural(a / b + log_largest, -np.log(b)), strict=True):
        assert quantity.slopes(np.array([mu, log_sigma]), value)[0].value == pytest.approx(0.0, abs=1e-7)
