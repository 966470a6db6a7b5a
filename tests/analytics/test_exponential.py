import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from analytics import (
    ExponentialFit,
    InvalidData,
    LifeData,
    NoFiniteMaximum,
    NotEnoughFailures,
    Result,
    fit_distribution,
    fit_exponential,
)
from analytics.exponential import _LogThetaProfile

# ---------------------------------------------------------------- published (more in tests/published)


def test_a_search_that_lands_on_the_maximum_itself_ends_there() -> None:
    # Cracks found in heat-exchanger tubes at yearly inspections of three plants (Meeker and Escobar 1998, example 1.5).
    tubes = LifeData(
        [0, 1, 2, 1, 2, 3],
        [3, 3, 3, 0, 0, 0],
        upper=[1, 2, 3, np.nan, np.nan, np.nan],
        count=[4, 5, 2, 99, 95, 95],
        unit="years",
    )
    fit = fit_exponential(tubes, bounds="wald")
    assert fit.theta == pytest.approx(fit_distribution(tubes, "exponential").theta, rel=1e-8)


def test_one_unit_two_failures_in_a_thousand_days() -> None:
    data = LifeData([100, 300, 1000], [1, 1, 0], entry=[0, 100, 300], unit="d")
    fit = fit_exponential(data, confidence=0.80)
    interval = fit.interval("theta")
    assert fit.theta == 500
    assert interval.lower == pytest.approx(188, abs=0.5)
    assert interval.upper == pytest.approx(1880, abs=0.5)


@pytest.mark.parametrize(("confidence", "bound"), [(0.75, 721), (0.90, 434)])
def test_no_failures_give_a_lower_bound_only(confidence: float, bound: float) -> None:
    fit = fit_exponential(LifeData([1000.0], [0]), confidence=confidence)
    assert fit.theta is None
    assert fit.rate is None
    interval = fit.interval()
    assert (interval.side, interval.upper, interval.confidence) == ("lower", None, confidence)
    assert interval.lower == pytest.approx(bound, abs=0.5)
    rate = fit.interval("rate")
    assert (rate.side, rate.lower) == ("upper", None)
    assert rate.upper == pytest.approx(1 / bound, rel=1e-3)
    assert "no failures" in fit.warnings[0]


def test_time_terminated_bounds_by_chi_square_on_every_name() -> None:
    """MIL-HDBK-338B, 8.3.2.5.2: 2 T / chi-square, of 2 r + 2 degrees of freedom below and 2 r above."""
    fit = fit_exponential(LifeData([100.0, 300.0, 600.0], [1, 1, 0]), confidence=0.80)
    lower, upper = 2000 / chi2.ppf(0.9, 6), 2000 / chi2.ppf(0.1, 4)
    rate, median, b10 = (fit.interval(name) for name in ("rate", "median", "b10"))
    assert (rate.lower, rate.upper) == pytest.approx((1 / upper, 1 / lower))
    assert (median.lower, median.upper) == pytest.approx((lower * math.log(2), upper * math.log(2)))
    assert (b10.lower, b10.upper) == pytest.approx((-lower * math.log(0.9), -upper * math.log(0.9)))
    survival = fit.reliability_interval(50.0)
    assert (survival.lower, survival.upper) == pytest.approx((math.exp(-50 / lower), math.exp(-50 / upper)))
    one_sided = fit.interval("rate", side="upper")
    assert (one_sided.lower, one_sided.upper) == (None, pytest.approx(chi2.ppf(0.8, 6) / 2000))
    assert fit.interval("rate", side="lower").lower == pytest.approx(chi2.ppf(0.2, 4) / 2000)


# ---------------------------------------------------------------- recovery


def test_recovers_the_truth_and_covers_it() -> None:
    rng = np.random.default_rng(11)
    repeats, held = 2_000, 0
    for _ in range(repeats):
        life = rng.exponential(500.0, 12)
        held += 500.0 in fit_exponential(LifeData(life, 1), terminated="failure").interval()
    # Exact for a complete sample; Monte Carlo standard error 0.67 %.
    assert held / repeats == pytest.approx(0.90, abs=0.025)


def test_recovers_the_truth_from_inspections(rng: np.random.Generator) -> None:
    life = rng.exponential(500.0, 20_000)
    low = np.floor(life / 200) * 200
    data = LifeData(np.where(low > 1500, 1600, low), np.where(low > 1500, 0, 3), upper=low + 200)
    fit = fit_exponential(data)
    assert fit.bounds == "wald"
    assert 500 in fit.interval("theta", confidence=0.999)
    assert fit.theta == pytest.approx(500, rel=0.03)


@pytest.mark.parametrize("method", ["rrx", "rry"])
def test_rank_regression_recovers_the_truth(method: str, rng: np.random.Generator) -> None:
    life = 100 + rng.exponential(500.0, 5_000)
    fit = fit_exponential(LifeData(life, 1), method=method, location="estimate")  # type: ignore[arg-type]
    assert fit.theta == pytest.approx(500, rel=0.05)
    assert fit.location == pytest.approx(100, rel=0.25)
    assert float(fit.reliability(50.0)) == 1.0 or fit.location < 50
    through_origin = fit_exponential(LifeData(life - 100, 1), method=method)  # type: ignore[arg-type]
    assert through_origin.theta == pytest.approx(500, rel=0.05)


def test_sampled_theta_lies_between_the_chi_square_bounds_as_often_as_it_should(
    rng: np.random.Generator,
) -> None:
    fit = fit_exponential(LifeData([100.0, 300.0, 600.0], [1, 1, 0]))
    theta = fit.sample_parameters(40_000, rng=rng)["theta"]
    interval = fit.interval(confidence=0.90)
    assert interval.lower is not None
    assert interval.upper is not None
    # The draws use r + 1/2, midway between the r + 1 of the lower and the r of the upper bound.
    assert np.mean(theta < interval.lower) < 0.05 < np.mean(theta < interval.lower * 1.5)
    assert np.mean(theta > interval.upper) < 0.05
    assert np.median(theta) == pytest.approx(1000.0 * 2 / chi2.ppf(0.5, 5), rel=0.02)
    none = fit_exponential(LifeData([1000.0], [0])).sample_parameters(10, rng=rng)["theta"]
    assert np.all(none > 0)
    inexact = fit_exponential(LifeData([10.0, 20.0, 30.0], [3, 1, 0], upper=[15, np.nan, np.nan]))
    assert np.median(inexact.sample_parameters(4_000, rng=rng)["theta"]) == pytest.approx(
        inexact.theta, rel=0.1
    )


# ---------------------------------------------------------------- invariance


@given(
    st.lists(
        st.tuples(st.floats(1.0, 1000.0), st.integers(0, 1), st.integers(1, 3)), min_size=1, max_size=10
    ),
    st.sampled_from([1e-6, 0.3, 1e9]),
)
def test_scale_and_counts(rows: list[tuple[float, int, int]], k: float) -> None:
    time, event, count = (np.array(column) for column in zip(*rows, strict=True))
    fit = fit_exponential(LifeData(time, event, count=count))
    other = fit_exponential(LifeData(np.repeat(time, count) * k, np.repeat(event, count)))
    if fit.theta is None:
        assert other.theta is None
    else:
        assert other.theta == pytest.approx(fit.theta * k)
        assert fit.interval().upper == pytest.approx((other.interval().upper or 0) / k)
    assert other.interval().lower == pytest.approx((fit.interval().lower or 0) * k)


@pytest.mark.parametrize("k", [1e-6, 1e-3, 1e9])
def test_inspections_in_another_unit_are_the_same_fit(k: float) -> None:
    hours = LifeData([10.0, 20.0, 30.0, 0.0], [3, 1, 0, 3], upper=[15.0, np.nan, np.nan, 8.0])
    scaled = LifeData(hours.time * k, hours.event, upper=hours.upper * k)
    fit, other = fit_exponential(hours), fit_exponential(scaled)
    assert other.theta == pytest.approx((fit.theta or 0.0) * k, rel=1e-9)
    assert other.interval().lower == pytest.approx((fit.interval().lower or 0.0) * k, rel=1e-9)
    drawn, again = (one.sample_parameters(50, rng=np.random.default_rng(1))["theta"] for one in (fit, other))
    assert again == pytest.approx(drawn * k, rel=1e-9)


def test_draws_from_inspections_are_normal_on_the_log_scale(rng: np.random.Generator) -> None:
    fit = fit_exponential(LifeData([0.1, 0.2, 0.3], [3, 1, 0], upper=[0.15, np.nan, np.nan]))
    drawn = np.log(fit.sample_parameters(40_000, rng=rng)["theta"])
    low, high = fit.interval(confidence=0.90).lower, fit.interval(confidence=0.90).upper
    assert np.quantile(drawn, [0.05, 0.95]) == pytest.approx(np.log([low, high]), abs=0.03)


def test_narrow_intervals_are_exact_ages() -> None:
    exact = fit_exponential(LifeData([10.0, 20.0, 30.0], [1, 1, 0]), bounds="wald")
    narrow = fit_exponential(LifeData([9.9999, 19.9999, 30.0], [3, 3, 0], upper=[10.0001, 20.0001, np.nan]))
    assert narrow.theta == pytest.approx(exact.theta, rel=1e-6)
    assert narrow.interval().lower == pytest.approx(exact.interval().lower, rel=1e-5)


# ---------------------------------------------------------------- what a fit says


def test_curves_and_named_intervals() -> None:
    fit = fit_exponential(LifeData([100.0, 300.0, 600.0], [1, 1, 0]))
    assert fit.theta == 500
    assert fit.mean == 500
    assert fit.rate == 0.002
    assert float(fit.reliability(500.0)) == pytest.approx(math.exp(-1))
    assert float(fit.failure_probability(500.0)) == pytest.approx(1 - math.exp(-1))
    assert fit.hazard([1.0, 2.0]).tolist() == [0.002, 0.002]
    assert fit.b_life(10) == pytest.approx(-500 * math.log(0.9))
    theta, b10 = fit.interval("theta"), fit.interval("b10")
    assert b10.lower == pytest.approx(-(theta.lower or 0) * math.log(0.9))
    assert fit.interval("rate").upper == pytest.approx(1 / (theta.lower or 0))
    assert fit.interval("rate", side="upper").lower is None
    assert fit.interval("median").lower == pytest.approx((theta.lower or 0) * math.log(2))
    assert fit.reliability_interval(500.0).lower == pytest.approx(math.exp(-500 / (theta.lower or 1)))
    assert fit.aic == pytest.approx(2 - 2 * (2 * math.log(0.002) - 2))


def test_failure_terminated_bounds_are_tighter_below() -> None:
    data = LifeData([100.0, 300.0, 600.0], 1)
    by_time, by_failure = fit_exponential(data), fit_exponential(data, terminated="failure")
    assert by_failure.interval().lower == pytest.approx(2 * 1000 / chi2.ppf(0.95, 6))
    assert by_time.interval().lower == pytest.approx(2 * 1000 / chi2.ppf(0.95, 8))
    assert by_failure.interval().upper == by_time.interval().upper


def test_round_trip() -> None:
    fit = fit_exponential(LifeData([100.0, 300.0, 600.0], [1, 1, 0]))
    again = Result.from_json(fit.to_json())
    assert isinstance(again, ExponentialFit)
    assert again == fit
    assert again.interval() == fit.interval()


# ---------------------------------------------------------------- refusal


def test_refusals() -> None:
    none, some = LifeData([1000.0], [0]), LifeData([100.0, 300.0], [1, 0])
    with pytest.raises(NotEnoughFailures):
        fit_exponential(none, terminated="failure")
    with pytest.raises(NotEnoughFailures):
        fit_exponential(none, bounds="wald")
    with pytest.raises(NotEnoughFailures):
        fit_exponential(none).reliability(10.0)
    with pytest.raises(NotEnoughFailures):
        fit_exponential(none).interval("theta", side="upper")
    with pytest.raises(NotEnoughFailures):
        fit_exponential(none, method="rry")
    with pytest.raises(NoFiniteMaximum, match="no exposure"):
        fit_exponential(LifeData([0.0], [0]))
    with pytest.raises(NoFiniteMaximum, match="goes to 0"):
        fit_exponential(LifeData([5.0, 6.0], 2))
    with pytest.raises(NoFiniteMaximum, match="as theta grows"):
        fit_exponential(LifeData([80.0, 90.0], 1, truncated_above=100.0))
    with pytest.raises(InvalidData, match="chi-square"):
        fit_exponential(LifeData([5.0, 6.0], [2, 0]), bounds="chi_square")
    with pytest.raises(InvalidData, match="rank regression"):
        fit_exponential(some, location="estimate")
    with pytest.raises(InvalidData, match="confidence"):
        fit_exponential(some, confidence=90)
    with pytest.raises(InvalidData, match="no bounds"):
        fit_exponential(LifeData([1.0, 2.0], 1), method="rry").interval()
    for p in (-0.1, 1.0):
        with pytest.raises(InvalidData, match="at least 0 and below 1"):
            fit_exponential(some).quantile(p)
    with pytest.raises(InvalidData, match="no interval is known"):
        fit_exponential(some).interval("beta")


def test_likelihood_ratio_bounds_are_where_the_likelihood_has_fallen() -> None:
    data = LifeData([10.0, 20.0, 30.0, 40.0], [1, 1, 0, 0], entry=[0.0, 5.0, 0.0, 0.0])
    fit = fit_exponential(data, bounds="likelihood_ratio", confidence=0.95)
    found = fit.interval("theta")
    for end in (found.lower, found.upper):
        assert end is not None
        at_end = -2 * math.log(end) - data.exposure / end
        best = -2 * math.log(data.exposure / 2) - 2
        assert 2 * (best - at_end) == pytest.approx(1.959963984540054**2, abs=1e-8)
    # With exact ages the fit needs nothing but its counts, so it keeps its bounds through JSON.
    assert type(fit).from_json(fit.to_json()).interval("theta").upper == pytest.approx(found.upper)
    assert fit.interval("rate").upper == pytest.approx(1 / found.lower)  # type: ignore[operator]


def test_likelihood_ratio_bounds_of_inspections_need_the_data() -> None:
    data = LifeData([10.0, 20.0, 30.0], [2, 3, 0], upper=[np.nan, 25.0, np.nan])
    fit = fit_exponential(data, bounds="likelihood_ratio")
    wald = fit_exponential(data, bounds="wald").interval("theta")
    found = fit.interval("theta")
    assert found.lower == pytest.approx(wald.lower, rel=0.3)
    back = type(fit).from_json(fit.to_json())
    with pytest.raises(InvalidData, match="with_data"):
        back.interval("theta")
    assert back.with_data(data).interval("theta") == found
    with pytest.raises(InvalidData, match="fingerprints differ"):
        back.with_data(LifeData([1.0], 1))


@pytest.mark.parametrize("age", [-3.0, math.nan, math.inf])
def test_bounds_at_an_age_that_no_part_has_are_refused(age: float) -> None:
    fit = fit_exponential(LifeData([100, 200, 300], [1, 1, 0]))
    with pytest.raises(InvalidData, match="an age of at least 0"):
        fit.reliability_interval(age)
    at_start = fit.reliability_interval(0.0)
    assert at_start.lower == 1.0


@pytest.mark.parametrize(("method", "ages"), [("rry", [20, 35, 60, 110, 140]), ("rrx", [0.3, 0.4, 1.1, 1.9])])
def test_the_line_through_the_origin_is_the_least_squares_one(method: str, ages: list[float]) -> None:
    fit = fit_exponential(LifeData(ages, 1), method=method)  # type: ignore[arg-type]
    n = len(ages)
    y = np.log1p(-(np.arange(1, n + 1) - 0.3) / (n + 0.4))
    given, asked = (np.array(ages), y) if method == "rry" else (y, np.array(ages))
    (slope,), (left,), *_ = np.linalg.lstsq(given[:, None], asked, rcond=None)
    assert fit.theta == pytest.approx(-1 / slope if method == "rry" else -slope)
    assert fit.r_squared == pytest.approx(1 - left / (asked @ asked))


def test_the_slope_of_the_profile_is_that_of_its_value() -> None:
    exact = fit_exponential(LifeData([10.0, 20.0, 30.0], [1, 1, 0]), bounds="likelihood_ratio")
    inspected = fit_exponential(LifeData([10.0, 20.0, 30.0], [2, 3, 0], upper=[np.nan, 25.0, np.nan]))
    for fit in (exact, type(exact).from_json(exact.to_json()), inspected):
        profile, h = _LogThetaProfile(fit), 1e-5
        for log_theta in (2.0, 3.5, 5.0):
            value, slope = profile.at(log_theta)
            ahead, behind = profile.at(log_theta + h)[0], profile.at(log_theta - h)[0]
            assert slope == pytest.approx((ahead - behind) / (2 * h), rel=1e-6, abs=1e-8)
            assert value <= profile.maximum
