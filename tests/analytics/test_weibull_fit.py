import math
import pickle

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import weibull_min

from analytics import InvalidData, LifeData, Result, WeibullFit, fit_weibull


def test_curves_agree_with_scipy(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    other, ages = weibull_min(fit.beta, scale=fit.eta), np.array([1.0, 54.0, 500.0, 3000.0])
    assert fit.reliability(ages) == pytest.approx(other.sf(ages))
    assert fit.failure_probability(ages) == pytest.approx(other.cdf(ages))
    assert fit.density(ages) == pytest.approx(other.pdf(ages))
    assert fit.hazard(ages) == pytest.approx(other.pdf(ages) / other.sf(ages))
    assert fit.quantile([0.0, 0.1, 0.5]) == pytest.approx(other.ppf([0.0, 0.1, 0.5]))
    assert (fit.mean, fit.sd, fit.median) == pytest.approx((other.mean(), other.std(), other.median()))
    assert fit.b_life(10) == pytest.approx(other.ppf(0.1))
    assert fit.reliability(0.0) == 1.0
    assert integrate.quad(lambda t: float(fit.reliability(t)), 0, np.inf)[0] == pytest.approx(fit.mean)


def test_small_probabilities_keep_their_digits(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    assert float(fit.failure_probability(1e-9)) == pytest.approx((1e-9 / fit.eta) ** fit.beta, rel=1e-12)


def test_every_interval_holds_its_estimate_and_one_sided_ones_are_tighter(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    estimates = {
        "eta": fit.eta,
        "beta": fit.beta,
        "mean": fit.mean,
        "median": fit.median,
        "b5": fit.b_life(5),
    }
    for name, estimate in estimates.items():
        two = fit.interval(name)
        lower, upper = fit.interval(name, side="lower"), fit.interval(name, side="upper")
        assert estimate in two
        assert lower.upper is None
        assert upper.lower is None
        assert two.lower is not None
        assert lower.lower is not None
        assert two.lower < lower.lower < estimate
        # A one-sided 95 % bound is one end of the two-sided 90 % interval.
        assert fit.interval(name, confidence=0.95, side="lower").lower == pytest.approx(two.lower)
        assert fit.interval(name, confidence=0.95, side="upper").upper == pytest.approx(two.upper)
    assert fit.quantile_interval(0.1) == fit.interval("b10")
    assert fit.interval("b10").confidence == fit.confidence == 0.90
    assert fit.interval("b10", confidence=0.95).confidence == 0.95


@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
def test_bounds_on_curves(nist: LifeData, bounds: str) -> None:
    fit = fit_weibull(nist, bounds=bounds)  # type: ignore[arg-type]
    reliability, failure = fit.reliability_interval(200.0), fit.failure_probability_interval(200.0)
    assert reliability.method == bounds
    assert float(fit.reliability(200.0)) in reliability
    assert reliability.lower is not None
    assert reliability.upper is not None
    assert failure.lower == pytest.approx(1 - reliability.upper)
    assert failure.upper == pytest.approx(1 - reliability.lower)
    assert float(fit.hazard(200.0)) in fit.hazard_interval(200.0)
    assert fit.reliability_interval(200.0, side="lower").upper is None
    band = fit.reliability_band([100.0, 200.0])
    assert band.lower is not None
    assert band.lower[1] == pytest.approx(reliability.lower)
    assert band.estimate == pytest.approx(fit.reliability([100.0, 200.0]))
    assert fit.hazard_band([100.0], side="upper").lower is None


def test_calibrated_bands_do_not_depend_on_the_unit_of_age(nist: LifeData) -> None:
    fit = fit_weibull(nist, bounds="calibrated")
    in_years = LifeData(nist.time / 8766.0, nist.event, count=nist.count)
    ages = np.array([20.0, 150.0, 500.0, 1200.0])
    band = fit.reliability_band(ages)
    other = fit_weibull(in_years, bounds="calibrated").reliability_band(ages / 8766.0)
    assert other.lower == pytest.approx(band.lower, rel=1e-6)
    assert other.upper == pytest.approx(band.upper, rel=1e-6)


def test_the_fit_says_what_stands_behind_it(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    assert (fit.counts.failures, fit.counts.suspensions, fit.units) == (10, 10, 20)
    assert fit.exposure == nist.exposure
    assert fit.fingerprint == nist.fingerprint
    assert fit.warnings == ()
    assert fit.score_norm is not None
    assert fit.score_norm < 1e-6
    with pytest.raises(AttributeError):
        fit.eta = 1.0  # type: ignore[misc]


def test_round_trip_and_data_attached_again(nist: LifeData) -> None:
    fit = fit_weibull(nist, bounds="likelihood_ratio")
    again = Result.from_json(fit.to_json())
    assert isinstance(again, WeibullFit)
    assert again == fit
    assert again.interval("eta", bounds="wald") == fit.interval("eta", bounds="wald")
    with pytest.raises(InvalidData, match="with_data"):
        again.interval("eta")
    assert again.with_data(nist).interval("eta") == fit.interval("eta")
    with pytest.raises(InvalidData, match="fingerprints"):
        again.with_data(LifeData([1, 2], 1))
    assert pickle.loads(pickle.dumps(fit)) == fit


def test_sampled_parameters_have_the_fitted_distribution(nist: LifeData, rng: np.random.Generator) -> None:
    fit = fit_weibull(nist)
    drawn = fit.sample_parameters(40_000, rng=rng)
    logs = np.log([drawn["eta"], drawn["beta"]])
    assert logs.mean(axis=1) == pytest.approx([math.log(fit.eta), math.log(fit.beta)], abs=0.01)
    assert np.cov(logs) == pytest.approx(fit.covariance, abs=0.003)


def test_refusals(nist: LifeData) -> None:
    fit = fit_weibull(nist)
    for name in ("gamma", "b", "bx", "b0", "b100", "b-1"):
        with pytest.raises(InvalidData):
            fit.interval(name)
    with pytest.raises(InvalidData, match="age above 0"):
        fit.reliability_interval(0.0)
    with pytest.raises(InvalidData, match="below 1"):
        fit.quantile(1.0)
    with pytest.raises(InvalidData, match="side"):
        fit.interval("eta", side="both")  # type: ignore[arg-type]
