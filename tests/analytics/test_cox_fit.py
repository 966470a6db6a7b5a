import math

import numpy as np
import pytest
from scipy.stats import norm

from analytics import InvalidData, LifeData, fit_cox, nelson_aalen
from analytics.cox_fit import ProportionalityTest, doubtful_proportionality

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=80), RNG.normal(size=80)
LIFE = 10.0 * np.exp(-X) * RNG.exponential(size=80)
DATA = LifeData(np.minimum(LIFE, 30.0), LIFE < 30.0, covariates={"x": X, "y": Y})
FIT = fit_cox(DATA)


def test_intervals() -> None:
    found = FIT.interval("x", confidence=0.95)
    z = norm.ppf(0.975)
    assert found.upper == pytest.approx(FIT.coefficients["x"] + z * FIT.standard_error("x"))
    ratio = FIT.hazard_ratio_interval("x", confidence=0.95)
    assert (ratio.lower, ratio.upper) == pytest.approx(
        (math.exp(found.lower or 0), math.exp(found.upper or 0))
    )
    assert FIT.hazard_ratio_interval("x", side="lower").upper is None
    assert FIT.interval("x", side="upper").lower is None
    assert FIT.p_value("x") == pytest.approx(
        2 * norm.sf(abs(FIT.coefficients["x"]) / FIT.standard_error("x"))
    )
    assert FIT.aic == pytest.approx(4 - 2 * FIT.loglik)


def test_reliability_of_other_conditions_is_a_power() -> None:
    at = {"x": 1.0, "y": -1.0}
    ages = np.array([1.0, 5.0, 20.0])
    assert FIT.reliability(ages, at) == pytest.approx(FIT.reliability(ages) ** FIT.relative_hazard(at))
    assert FIT.relative_hazard(FIT.conditions) == pytest.approx(1.0)
    assert FIT.relative_hazard({**FIT.conditions, "x": FIT.conditions["x"] + 1}) == pytest.approx(
        FIT.hazard_ratios["x"]
    )
    assert FIT.reliability(0.0) == 1.0
    assert np.isnan(FIT.reliability(1e6))


def test_without_an_effect_it_is_the_nelson_aalen_curve() -> None:
    ages = [1.0, 3.0, 4.0, 6.0, 8.0, 9.0]
    data = LifeData(ages * 2, 1, covariates={"x": [0] * 6 + [1] * 6})
    fit, curve = fit_cox(data, ties="breslow"), nelson_aalen(LifeData(ages * 2, 1))
    assert fit.coefficients["x"] == pytest.approx(0.0, abs=1e-9)
    assert fit.cumulative_hazard == pytest.approx(curve.estimate)


def test_band_carries_the_uncertainty_of_the_coefficients() -> None:
    """By refitting with covariates counted from the conditions: there the drift is the band's own."""
    at = {"x": 1.5, "y": 0.5}
    moved = LifeData(DATA.time, DATA.event, covariates={"x": X - 1.5, "y": Y - 0.5})
    here = FIT.reliability_band([1.0, 4.0], at)
    there = fit_cox(moved).reliability_band([1.0, 4.0], {"x": 0.0, "y": 0.0})
    assert here.lower == pytest.approx(there.lower)
    assert here.upper == pytest.approx(there.upper)
    middle = FIT.reliability_band([4.0])
    assert np.log(-np.log(here.lower[1])) - np.log(-np.log(here.upper[1])) > np.log(
        -np.log(middle.lower[0])
    ) - np.log(-np.log(middle.upper[0]))
    assert FIT.reliability_band([4.0], side="lower").upper is None


@pytest.mark.slow
def test_band_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=60)
        life = 10.0 * np.exp(-x) * rng.exponential(size=60)
        band = fit_cox(LifeData(life, 1, covariates={"x": x})).reliability_band([4.0], {"x": 1.0})
        held += bool(band.lower[0] <= math.exp(-0.4 * math.e) <= band.upper[0])
    # 180 expected, with a standard deviation of 4.2.
    assert 165 <= held <= 193


def test_warning_names_the_worst() -> None:
    tests = {
        "a": ProportionalityTest(1.0, 1, 0.3),
        "b": ProportionalityTest(9.0, 1, 0.003),
        "global": ProportionalityTest(9.1, 2, 0.01),
    }
    assert "least so by b" in doubtful_proportionality(tests, ["a", "b"])[0]
    assert doubtful_proportionality(tests, ["a", "b"], 0.005) == ()


def test_refusals() -> None:
    with pytest.raises(InvalidData, match="no covariate of the fit"):
        FIT.interval("z")
    with pytest.raises(InvalidData, match="missing: y"):
        FIT.relative_hazard({"x": 1.0})
    with pytest.raises(InvalidData, match="side must be"):
        FIT.interval("x", side="left")  # type: ignore[arg-type]
