import numpy as np
import pytest

from analytics.errors import InvalidData
from analytics.lifedata import LifeData
from analytics.regression import REGRESSED, fit_regression

RNG = np.random.default_rng(8)
LOAD = RNG.uniform(1.0, 3.0, 60)
LIFE = np.exp(5.0 - LOAD + 0.4 * np.log(RNG.exponential(size=60)))


@pytest.mark.parametrize("distribution", REGRESSED)
def test_a_covariate_far_from_0_costs_no_digits(distribution: str) -> None:
    """A year as covariate, and a load in pascal: brought to one scale before the search."""
    year = 2000.0 + np.arange(60) % 7
    settings = {"distribution": distribution, "confidence": 0.9, "bounds": "wald"}
    data = LifeData(LIFE, 1, covariates={"load": 1e9 * LOAD, "year": year})
    near = LifeData(LIFE, 1, covariates={"load": LOAD, "year": year - 2003.0})
    fit = fit_regression(data, ["load", "year"], ["linear"] * 2, None, **settings)  # type: ignore[arg-type]
    other = fit_regression(near, ["load", "year"], ["linear"] * 2, None, **settings)  # type: ignore[arg-type]
    assert fit.score_norm < 1e-7
    assert fit.slopes["load"] * 1e9 == pytest.approx(other.slopes["load"], rel=1e-8)
    assert fit.slopes["year"] == pytest.approx(other.slopes["year"], rel=1e-7, abs=1e-9)
    assert fit.working[0] == pytest.approx(other.working[0], rel=1e-9)
    assert fit.covariance[0, 0] == pytest.approx(other.covariance[0, 0], rel=1e-6)


def test_given_at_the_mean_unless_told() -> None:
    data = LifeData(LIFE, 1, count=2, covariates={"load": LOAD})
    fit = fit_regression(
        data, ["load"], ["linear"], None, distribution="weibull", confidence=0.9, bounds="wald"
    )
    assert fit.conditions == {"load": pytest.approx(LOAD.mean())}


def test_refuses_collinear_covariates() -> None:
    data = LifeData(LIFE, 1, covariates={"load": LOAD, "twice": 2.0 * LOAD})
    with pytest.raises(InvalidData, match="load, twice are collinear"):
        fit_regression(
            data,
            ["load", "twice"],
            ["linear"] * 2,
            None,
            distribution="weibull",
            confidence=0.9,
            bounds="wald",
        )
