import math

import pytest

from analytics import InvalidData, LifeData, fit_distribution, fit_mixture, fit_weibull
from analytics.life_fit import LifeFit


@pytest.fixture(params=["own", "general"])
def fit(request: pytest.FixtureRequest, nist: LifeData) -> LifeFit:
    """A Weibull fit by its own code, and by that for all families."""
    return fit_weibull(nist) if request.param == "own" else fit_distribution(nist, "weibull")


def test_both_kinds_of_fit_say_the_same(nist: LifeData) -> None:
    own, general = fit_weibull(nist), fit_distribution(nist, "weibull")
    for name in ("aic", "aicc", "bic", "median", "units", "free", "mean", "eta", "beta"):
        assert getattr(own, name) == pytest.approx(getattr(general, name))
    for bounds in ("wald", "likelihood_ratio", "calibrated"):
        for name in ("eta", "beta", "mean", "median", "b10"):
            one, other = (each.interval(name, bounds=bounds) for each in (own, general))  # type: ignore[arg-type]
            assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper), rel=1e-6)
            assert one.method == other.method == bounds
        one, other = (each.reliability_interval(100.0, bounds=bounds) for each in (own, general))  # type: ignore[arg-type]
        assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper), rel=1e-6)


def test_information_criteria_by_their_definitions(fit: LifeFit) -> None:
    """Two parameters, 20 units (NIST's example)."""
    assert fit.loglik is not None
    assert fit.aic == pytest.approx(4 - 2 * fit.loglik)
    assert fit.aicc == pytest.approx(4 - 2 * fit.loglik + 2 * 2 * 3 / 17)
    assert fit.bic == pytest.approx(2 * math.log(20) - 2 * fit.loglik)


def test_a_lower_bound_on_reliability_is_an_upper_one_on_failure(fit: LifeFit) -> None:
    lower = fit.reliability_interval(100.0, side="lower", confidence=0.95)
    upper = fit.failure_probability_interval(100.0, side="upper", confidence=0.95)
    assert lower.upper is None
    assert upper.lower is None
    assert lower.lower == pytest.approx(1.0 - upper.upper)  # type: ignore[operator]
    assert lower.lower < float(fit.reliability(100.0))  # type: ignore[operator]
    assert (lower.side, lower.confidence) == ("lower", 0.95)


def test_bands_are_intervals_at_each_age(fit: LifeFit) -> None:
    band = fit.hazard_band([50.0, 300.0], confidence=0.8)
    assert band.lower is not None
    assert band.lower.tolist() == [fit.hazard_interval(t, confidence=0.8).lower for t in (50.0, 300.0)]
    assert fit.reliability_band([]).at.size == 0


@pytest.mark.parametrize("name", ["gamma", "b0", "b100", "life", "b"])
def test_an_unknown_number_is_refused(fit: LifeFit, name: str) -> None:
    with pytest.raises(InvalidData):
        fit.interval(name)


def test_what_has_no_bounds_of_a_kind_refuses_them(fit: LifeFit) -> None:
    with pytest.raises(InvalidData, match="bounds must be"):
        fit.interval("eta", bounds="exact")  # type: ignore[arg-type]
    with pytest.raises(InvalidData, match="age above 0"):
        fit.reliability_interval(0.0)
    with pytest.raises(InvalidData, match="with_data"):
        type(fit).from_json(fit.to_json()).interval("eta", bounds="likelihood_ratio")
    with pytest.raises(InvalidData, match="fingerprints differ"):
        fit.with_data(LifeData([1.0, 2.0], 1))
    with pytest.raises(InvalidData, match="do not exist for this model"):
        fit_mixture(LifeData([1.0, 2.0, 30.0, 40.0], 1), bounds="calibrated")


def test_aicc_is_finite_from_two_units_more_than_parameters_on() -> None:
    """Hurvich and Tsai (1989): AIC + 2 k (k + 1) / (n - k - 1); for k = 2 and n = 4 that is 12 more."""
    three, four = (fit_weibull(LifeData([5, 9, 30], [1, 1, 0], count=[1, 1, n])) for n in (1, 2))
    assert three.aicc == math.inf
    assert four.aicc == pytest.approx(four.aic + 12)
