import numpy as np
import pytest

from analytics.families import FAMILIES
from analytics.lifedata import LifeData
from analytics.likelihood import LifeLikelihood
from analytics.regression_likelihood import Design, RegressionLikelihood

DATA = LifeData(
    [10, 20, 30, 8, 5, 7],
    [1, 0, 3, 2, 1, 1],
    upper=[np.nan, np.nan, 45, np.nan, np.nan, np.nan],
    entry=[0, 5, 0, 0, 2, 3],
    truncated_above=[np.inf] * 4 + [25, np.inf],
    count=[1, 3, 2, 1, 1, 4],
)
COLUMNS = np.random.default_rng(2).normal(size=(6, 2))
THETAS = {
    "exponential": [2.6],
    "weibull": [2.6, 0.3],
    "lognormal": [2.6, -0.2],
    "generalised_gamma": [2.6, -0.2, 0.4],
}


@pytest.mark.parametrize("name", THETAS)
def test_derivatives_are_those_of_the_value(name: str) -> None:
    likelihood = RegressionLikelihood(FAMILIES[name], DATA, Design(0.1 * COLUMNS[:, 0], COLUMNS))
    theta = np.array([*THETAS[name], 0.3, -0.2])
    at, step = likelihood.derivatives(theta), 1e-5
    assert at.value == pytest.approx(likelihood.value(theta), abs=1e-12)
    for i, direction in enumerate(np.eye(theta.size) * step):
        slope = (likelihood.value(theta + direction) - likelihood.value(theta - direction)) / (2 * step)
        assert at.gradient[i] == pytest.approx(slope, rel=1e-6, abs=1e-6)
        bend = (
            likelihood.derivatives(theta + direction).gradient
            - likelihood.derivatives(theta - direction).gradient
        )
        assert at.hessian[i] == pytest.approx(bend / (2 * step), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", THETAS)
def test_no_slope_is_the_plain_likelihood(name: str) -> None:
    theta = np.array(THETAS[name])
    plain = LifeLikelihood(FAMILIES[name], DATA, 3.0)
    likelihood = RegressionLikelihood(FAMILIES[name], DATA, Design(np.zeros(6), COLUMNS), 3.0)
    assert likelihood.value([*theta, 0.0, 0.0]) == pytest.approx(plain.value(theta), rel=1e-13)
    at, same = likelihood.derivatives([*theta, 0.0, 0.0]), plain.derivatives(theta)
    assert at.gradient[: theta.size] == pytest.approx(same.gradient, rel=1e-12)
    assert at.hessian[: theta.size, : theta.size] == pytest.approx(same.hessian, rel=1e-12)


def test_where_it_is_no_number_it_is_minus_infinity() -> None:
    likelihood = RegressionLikelihood(FAMILIES["weibull"], DATA, Design(np.zeros(6), COLUMNS))
    assert likelihood.value([np.nan, 0.0, 0.0, 0.0]) == -np.inf
