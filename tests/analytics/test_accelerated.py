import math

import numpy as np
import pytest

from analytics import InvalidData, LifeData, fit_aft, fit_distribution, fit_life_stress
from analytics.accelerated import Regressed
from analytics.families import FAMILIES

RNG = np.random.default_rng(3)
X, Y = RNG.uniform(0.0, 2.0, 50), RNG.integers(0, 2, 50)
DATA = LifeData(
    np.exp(6.0 - X + 0.5 * Y + 0.5 * RNG.normal(size=50)), RNG.random(50) < 0.8, covariates={"x": X, "y": Y}
)
HERE, THERE = {"x": 1.0, "y": 0.0}, {"x": 2.0, "y": 1.0}


def test_the_same_fit_at_other_conditions() -> None:
    fit = fit_aft(DATA, at=HERE, distribution="lognormal")
    moved = fit.at(THERE)
    assert moved.conditions == THERE
    assert moved.mu == pytest.approx(fit.mu + fit.slopes["x"] + fit.slopes["y"])
    assert moved.slopes == fit.slopes
    assert moved.loglik == fit.loglik
    back = moved.at(HERE)
    assert back.working == pytest.approx(fit.working)
    assert back.covariance == pytest.approx(fit.covariance)
    direct = fit_aft(DATA, at=THERE, distribution="lognormal")
    assert moved.interval("b10").lower == pytest.approx(direct.interval("b10").lower)
    assert moved.intercept == pytest.approx(fit.intercept)


def test_bounds_at_conditions_are_those_of_the_location_there() -> None:
    """With the covariate counted from the condition, the intercept is the location there."""
    from_there = LifeData(DATA.time, DATA.event, covariates={"x": X - 2.0, "y": Y - 1.0})
    fit = fit_aft(DATA, at=THERE, distribution="lognormal")
    other = fit_aft(from_there, distribution="lognormal")
    for bounds in ("wald", "likelihood_ratio"):
        found = fit.interval("mu", bounds=bounds)  # type: ignore[arg-type]
        same = other.interval("intercept", bounds=bounds)  # type: ignore[arg-type]
        assert (found.lower, found.upper) == pytest.approx((same.lower, same.upper), rel=1e-7)


@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
def test_acceleration_factor(bounds: str) -> None:
    fit = fit_aft(DATA, at=HERE)
    factor = fit.acceleration_factor(THERE)
    assert factor == pytest.approx(fit.b_life(10) / fit.at(THERE).b_life(10))
    assert factor == pytest.approx(fit.b_life(50) / fit.at(THERE).b_life(50))
    found = fit.acceleration_factor_interval(THERE, bounds=bounds)  # type: ignore[arg-type]
    back = fit.at(THERE).acceleration_factor_interval(HERE, bounds=bounds)  # type: ignore[arg-type]
    assert factor in found
    assert (found.lower, found.upper) == pytest.approx((1.0 / back.upper, 1.0 / back.lower), rel=1e-7)
    assert fit.acceleration_factor(HERE) == pytest.approx(1.0)


def test_time_ratios() -> None:
    fit = fit_aft(DATA, at=HERE)
    assert fit.time_ratios["x"] == pytest.approx(1.0 / fit.acceleration_factor({"x": 2.0, "y": 0.0}))
    found, slope = fit.time_ratio_interval("x", side="lower"), fit.interval("x", side="lower")
    assert found.upper is None
    assert found.lower == pytest.approx(math.exp(slope.lower or 0.0))


def test_at_its_conditions_it_is_a_distribution_like_any_other() -> None:
    fit = fit_aft(DATA, at=HERE, distribution="lognormal")
    plain = fit_distribution(LifeData([1.0, 2.0, 3.0], 1), "lognormal")
    assert {name for name in dir(plain) if not name.startswith("_")} <= set(dir(fit))
    assert fit.median == pytest.approx(math.exp(fit.mu))
    assert fit.mean == pytest.approx(math.exp(fit.mu + fit.sigma**2 / 2))
    assert fit.mean in fit.interval("mean")
    assert float(fit.reliability(fit.b_life(10))) == pytest.approx(0.9)
    band = fit.reliability_band([50.0, 100.0])
    assert np.all(band.lower < band.estimate)
    assert fit.aic == pytest.approx(2 * 4 - 2 * fit.loglik)
    assert fit.sample_parameters(5, rng=np.random.default_rng(1))["x"].shape == (5,)


def test_slopes_have_bounds_and_p_values() -> None:
    fit = fit_aft(DATA, at=HERE)
    assert fit.x == fit.slopes["x"]
    found = fit.interval("x", confidence=0.95)
    assert (found.upper or 0) - (found.lower or 0) == pytest.approx(
        2 * 1.959964 * fit.standard_error("x"), rel=1e-6
    )
    assert fit.p_value("x") < 1e-4


def test_a_family_at_set_conditions_starts_without_slopes() -> None:
    family = Regressed(FAMILIES["weibull"], ("x",))
    assert family.name == "weibull"
    assert all(start[-1] == 0.0 for start in family.starts(np.array([1.0, 2.0]), 0.5))
    assert [parameter.name for parameter in family.parameters] == ["eta", "beta", "x"]
    assert family.sd([0.0, 0.0, 5.0]) == pytest.approx(1.0)


def test_refusals() -> None:
    fit = fit_aft(DATA, at=HERE)
    with pytest.raises(InvalidData, match="missing: y"):
        fit.at({"x": 1.0})
    with pytest.raises(InvalidData, match="conditions are those of the fit"):
        fit.acceleration_factor_interval(HERE)
    with pytest.raises(InvalidData, match="no covariate of the fit"):
        fit.p_value("beta")
    with pytest.raises(InvalidData, match="activation energy needs one temperature"):
        _ = fit.activation_energy
    with pytest.raises(InvalidData, match="no interval is known"):
        fit.interval("humidity")
    hot = LifeData(DATA.time, DATA.event, covariates={"x": 100.0 + X})
    with pytest.raises(InvalidData, match="no time ratio"):
        fit_life_stress(hot, "arrhenius").time_ratio_interval("x")
