import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

from analytics import (
    DistributionFit,
    InvalidData,
    LifeData,
    Result,
    fit_distribution,
    fit_lognormal,
    fit_weibull,
)
from analytics.families import FAMILIES


@pytest.mark.parametrize("name", FAMILIES)
def test_every_fit_survives_a_trip_through_json(nist: LifeData, name: str) -> None:
    fit = fit_distribution(nist, name)
    back = Result.from_json(fit.to_json())
    assert isinstance(back, DistributionFit)
    assert back == fit
    assert back.parameters == fit.parameters
    assert back.interval("b10") == fit.interval("b10")
    with pytest.raises(InvalidData, match="with_data"):
        back.interval("b10", bounds="likelihood_ratio")
    attached = back.with_data(nist).interval("b10", bounds="likelihood_ratio")
    assert attached == fit.interval("b10", bounds="likelihood_ratio")


def test_a_fit_can_be_copied_and_sent_to_another_process(nist: LifeData) -> None:
    fit = fit_lognormal(nist)
    assert copy.copy(fit) == fit
    assert pickle.loads(pickle.dumps(fit)).mu == fit.mu


def test_the_curves_belong_together(nist: LifeData) -> None:
    fit = fit_distribution(nist, "gamma")
    t = np.array([0.0, 50.0, 300.0, 800.0])
    assert fit.reliability(t) + fit.failure_probability(t) == pytest.approx(np.ones(4))
    assert fit.cumulative_hazard(t) == pytest.approx(-np.log(fit.reliability(t)))
    assert fit.hazard(t[1:]) * fit.reliability(t[1:]) == pytest.approx(fit.density(t[1:]))
    assert fit.reliability(-5.0) == 1.0
    assert float(fit.failure_probability(fit.b_life(10))) == pytest.approx(0.1)
    assert fit.median == pytest.approx(float(fit.quantile(0.5)))
    h = 1e-4
    assert float(fit.density(300)) == pytest.approx(
        float(fit.failure_probability(300 + h) - fit.failure_probability(300 - h)) / (2 * h), rel=1e-6
    )


def test_information_criteria(nist: LifeData) -> None:
    fit, known = fit_distribution(nist, "weibull"), fit_weibull(nist)
    assert (fit.aic, fit.aicc, fit.bic) == pytest.approx((known.aic, known.aicc, known.bic))
    assert fit_distribution(LifeData([5, 9, 30], [1, 1, 0]), "weibull").aicc == math.inf


def test_bands_are_intervals_at_each_age(nist: LifeData) -> None:
    fit = fit_lognormal(nist)
    band = fit.reliability_band([100.0, 400.0], side="lower", confidence=0.95)
    assert band.upper is None
    assert band.lower is not None
    assert band.lower[1] == fit.reliability_interval(400.0, side="lower", confidence=0.95).lower
    assert fit.hazard_band([100.0]).estimate == pytest.approx(fit.hazard(100.0))


def test_wald_bounds_on_the_mean_by_the_delta_method(nist: LifeData) -> None:
    """A lognormal mean is exp(mu + sigma^2 / 2), so its logarithm moves by 1 with mu and by sigma^2 with log sigma."""
    fit = fit_lognormal(LifeData(nist.time / 1000, nist.event, count=nist.count, unit="kh"), bounds="wald")
    slope = np.array([1.0, fit.sigma**2])
    error = math.sqrt(slope @ fit.covariance @ slope)
    found = fit.interval("mean", confidence=0.90)
    assert fit.mean == pytest.approx(math.exp(fit.mu + fit.sigma**2 / 2))
    assert found.lower == pytest.approx(fit.mean * math.exp(-1.6448536269514722 * error), rel=1e-6)
    assert found.upper == pytest.approx(fit.mean * math.exp(1.6448536269514722 * error), rel=1e-6)


@pytest.mark.parametrize("name", ["lognormal", "loglogistic", "gamma", "weibull"])
def test_a_ratio_bound_on_an_age_and_one_on_its_reliability_are_one_statement(
    nist: LifeData, name: str
) -> None:
    """Where the likelihood has fallen so far with B10 held at an age, 90 % survive to that age."""
    fit = fit_distribution(nist, name, bounds="likelihood_ratio")
    age = fit.interval("b10")
    assert age.lower is not None
    assert age.upper is not None
    low, high = fit.reliability_interval(age.lower), fit.reliability_interval(age.upper)
    assert (low.lower, high.upper) == pytest.approx((0.9, 0.9), abs=1e-5)
    failed = fit.failure_probability_interval(age.lower)
    assert failed.upper == pytest.approx(0.1, abs=1e-5)
    assert failed.lower == pytest.approx(1.0 - (low.upper or 0.0))


@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
@pytest.mark.parametrize("name", ["lognormal", "normal", "gamma"])
def test_bounds_are_in_the_unit_of_age(nist: LifeData, name: str, bounds: Any) -> None:
    fits = [
        fit_distribution(LifeData(k * nist.time, nist.event, count=nist.count), name, bounds=bounds)
        for k in (1.0, 1e-3)
    ]
    for of in ("mean", "median", "b10"):
        hours, kilohours = (fit.interval(of) for fit in fits)
        assert (kilohours.lower, kilohours.upper) == pytest.approx(
            (hours.lower / 1e3, hours.upper / 1e3), rel=1e-4
        )
    hours, kilohours = (fit.hazard_interval(300.0 * k) for fit, k in zip(fits, (1.0, 1e-3), strict=True))
    assert (kilohours.lower, kilohours.upper) == pytest.approx(
        (hours.lower * 1e3, hours.upper * 1e3), rel=1e-4
    )
    hours, kilohours = (fit.reliability_interval(300.0 * k) for fit, k in zip(fits, (1.0, 1e-3), strict=True))
    assert (kilohours.lower, kilohours.upper) == pytest.approx((hours.lower, hours.upper), rel=1e-4)


def test_drawn_parameters_have_the_covariance_of_the_fit(nist: LifeData, rng: np.random.Generator) -> None:
    fit = fit_distribution(nist, "loglogistic")
    drawn = fit.sample_parameters(20_000, rng=rng)
    working = np.cov(drawn["mu"], np.log(drawn["sigma"]))
    assert working == pytest.approx(fit.covariance, rel=0.05, abs=1e-3)


def test_small_failure_probabilities_keep_their_digits(nist: LifeData) -> None:
    found = fit_distribution(nist, "loglogistic").failure_probability_interval(1e-6)
    assert found.lower is not None
    assert found.upper is not None
    assert 0.0 < found.lower < found.upper < 1e-9


@pytest.mark.parametrize("name", ["eta", "b0", "b100", "life"])
def test_an_unknown_number_is_refused(nist: LifeData, name: str) -> None:
    with pytest.raises(InvalidData):
        fit_lognormal(nist).interval(name)


def test_refusals(nist: LifeData) -> None:
    fit = fit_lognormal(nist)
    with pytest.raises(InvalidData, match="age above 0"):
        fit.reliability_interval(0.0)
    with pytest.raises(InvalidData, match="at least 0 and below 1"):
        fit.quantile(1.0)
    with pytest.raises(InvalidData, match="fingerprints differ"):
        fit.with_data(LifeData([1.0, 2.0], 1))
    with pytest.raises(InvalidData, match="bounds must be"):
        fit.interval("mu", bounds="exact")  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="no attribute 'eta'"):
        _ = fit.eta


def test_a_mean_that_does_not_exist_has_no_bounds() -> None:
    fit = fit_distribution(LifeData([1.0, 10.0, 100.0, 1000.0, 10000.0], 1), "loglogistic")
    assert fit.mean == math.inf
    with pytest.raises(InvalidData, match="no finite mean"):
        fit.interval("mean")


def test_a_constant_rate_is_there_from_the_start() -> None:
    fit = fit_distribution(LifeData([100, 200, 300, 150], [1, 1, 0, 1]), "exponential")
    rate = 3 / 750
    assert fit.hazard([0.0, 100.0]) == pytest.approx([rate, rate])
    assert fit.density(0.0) == pytest.approx(rate)
    assert fit.failure_probability(0.0) == 0.0


def test_before_the_failure_free_time_nothing_fails() -> None:
    fit = fit_distribution(LifeData([120, 130, 150, 190, 260], 1), "exponential", location="estimate")
    before = [-5.0, 0.0, 0.5 * fit.gamma]
    for curve in (fit.hazard, fit.density, fit.failure_probability, fit.cumulative_hazard):
        assert curve(before).tolist() == [0.0] * 3
    assert fit.reliability(before).tolist() == [1.0] * 3
    assert fit.hazard([150.0, 250.0]) == pytest.approx([1 / fit.theta] * 2)


def test_wald_bounds_on_the_median_of_normal_lives_are_those_of_their_mean(nist: LifeData) -> None:
    """On the scale of age itself, on which they are symmetric, though every age is positive."""
    fit = fit_distribution(nist, "normal", bounds="wald")
    median, mu = fit.interval("median"), fit.interval("mu")
    assert (median.lower, median.upper) == pytest.approx((mu.lower, mu.upper))
    assert (median.lower + median.upper) / 2 == pytest.approx(fit.mu)
