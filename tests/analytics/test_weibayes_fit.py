import math

import numpy as np
import pytest

from analytics import InvalidData, LifeData, NotEnoughFailures, Result, fit_exponential, fit_weibull, weibayes


def test_published_zero_failures() -> None:
    # Abernethy's rule: [n t^beta / -ln(1 - C)]^(1 / beta).
    fit = weibayes(LifeData([500], 0, count=10), 2.0)
    assert fit.interval("eta", confidence=0.95).lower == pytest.approx((10 * 500**2 / -math.log(0.05)) ** 0.5)
    # "One failure imminent" is the bound at 63.2 %.
    imminent = fit.interval("eta", confidence=1 - math.exp(-1)).lower
    assert imminent == pytest.approx((10 * 500**2) ** 0.5)
    assert "beta = 2 was assumed" in fit.warnings[0]


def test_with_the_estimated_shape_it_gives_the_estimated_scale(nist: LifeData) -> None:
    known = fit_weibull(nist)
    fit = weibayes(nist, known.beta)
    assert fit.eta == pytest.approx(known.eta, rel=1e-9)
    assert fit.mean == pytest.approx(known.mean, rel=1e-9)
    t = np.array([50.0, 400.0])
    for curve in ("reliability", "failure_probability", "hazard", "cumulative_hazard"):
        assert getattr(fit, curve)(t) == pytest.approx(getattr(known, curve)(t), rel=1e-9)
    assert fit.b_life(10) == pytest.approx(known.b_life(10), rel=1e-9)


def test_with_a_shape_of_one_it_is_exponential(nist: LifeData) -> None:
    fit, known = weibayes(nist, 1.0), fit_exponential(nist)
    assert fit.eta == pytest.approx(known.theta)
    assert fit.interval("eta").upper == pytest.approx(known.interval("theta").upper)


def test_intervals_and_late_entries_count(nist: LifeData) -> None:
    cuts = np.minimum(nist.time / 3, 100.0)
    cut = LifeData(
        np.concatenate([cuts, nist.time]),
        np.concatenate([np.zeros(len(nist)), nist.event]),
        entry=np.concatenate([np.zeros(len(nist)), cuts]),
        count=np.concatenate([nist.count, nist.count]),
    )
    assert weibayes(cut, 2.5).eta == pytest.approx(weibayes(nist, 2.5).eta, rel=1e-9)
    narrow = LifeData(nist.time - 0.01 * nist.event, nist.event * 3, upper=nist.time + 0.01, count=nist.count)
    fit = weibayes(narrow, 2.5, bounds="likelihood_ratio")
    assert fit.eta == pytest.approx(weibayes(nist, 2.5).eta, rel=1e-4)
    assert fit.interval("b10").method == "likelihood_ratio"


def test_bounds_cover_at_their_nominal_rate() -> None:
    rng = np.random.default_rng(5)
    tests = [
        weibayes(LifeData(1000 * rng.weibull(2.0, 4), 1), 2.0, terminated="failure", confidence=0.8)
        for _ in range(1_500)
    ]
    held = np.mean([1000 in fit.interval("eta") for fit in tests])
    # Exact for failure termination; Monte Carlo standard error 1.0 %.
    assert held == pytest.approx(0.80, abs=0.035)


@pytest.mark.parametrize("k", [1e-6, 1e9])
def test_hours_times_k(nist: LifeData, k: float) -> None:
    scaled = weibayes(LifeData(nist.time * k, nist.event, count=nist.count), 3.0)
    fit = weibayes(nist, 3.0)
    assert scaled.eta == pytest.approx(k * fit.eta)  # type: ignore[operator]
    assert scaled.interval("b1").lower == pytest.approx(k * fit.interval("b1").lower)  # type: ignore[operator]


def test_reliability_bounds_and_json() -> None:
    fit = weibayes(LifeData([500, 300], [0, 1], count=[10, 1]), 2.0)
    found, eta = fit.reliability_interval(100), fit.interval("eta")
    assert found.lower == pytest.approx(math.exp(-((100 / eta.lower) ** 2)))  # type: ignore[operator]
    assert Result.from_json(fit.to_json()) == fit
    drawn = fit.sample_parameters(5, rng=np.random.default_rng(1))
    assert drawn["beta"].tolist() == [2.0] * 5
    assert drawn["eta"].shape == (5,)


def test_refusals() -> None:
    none = weibayes(LifeData([500], 0, count=10), 2.0)
    with pytest.raises(NotEnoughFailures):
        none.b_life(10)
    with pytest.raises(NotEnoughFailures):
        none.interval("eta", side="upper")
    with pytest.raises(InvalidData, match="no interval is known"):
        none.interval("beta")
    with pytest.raises(InvalidData, match="must be positive"):
        weibayes(LifeData([500], 0), 0.0)


@pytest.mark.parametrize("age", [-3.0, math.nan, math.inf])
def test_bounds_at_an_age_that_no_part_has_are_refused(age: float) -> None:
    fit = weibayes(LifeData([500], 0, count=10), 2.0)
    with pytest.raises(InvalidData, match="an age of at least 0"):
        fit.reliability_interval(age)
    at_start = fit.reliability_interval(0.0)
    assert at_start.lower == 1.0


def test_calibration_knows_the_planned_exits() -> None:
    ages, failed = [54, 187, 216, 240, 500], [1, 1, 1, 1, 0]
    fit = weibayes(LifeData(ages, failed, planned_exit=[500] * 5), 2.0, bounds="calibrated")
    assert fit.bounds == "calibrated"
    assert not any("planned_exit" in warning for warning in fit.warnings)
    unknown = weibayes(LifeData(ages, failed), 2.0, bounds="calibrated")
    assert any("planned_exit" in warning for warning in unknown.warnings)
    powered = fit_exponential(
        LifeData(np.square(ages) / 500**2, failed, planned_exit=[1.0] * 5), bounds="calibrated"
    )
    assert fit.interval("eta").lower == pytest.approx(500 * powered.interval("theta").lower ** 0.5, rel=1e-9)
