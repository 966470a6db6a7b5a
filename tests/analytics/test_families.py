import math

import numpy as np
import pytest
from scipy import stats

from analytics import InvalidData
from analytics.families import FAMILIES, SHIFTABLE, Shifted, family_named

THETA = {
    "exponential": [math.log(300.0)],
    "weibull": [math.log(300.0), math.log(1.7)],
    "lognormal": [5.5, math.log(0.8)],
    "normal": [300.0, math.log(90.0)],
    "gamma": [math.log(2.3), math.log(120.0)],
    "loglogistic": [5.5, math.log(0.3)],
    "gumbel": [300.0, math.log(90.0)],
    "generalised_gamma": [5.5, math.log(0.6), 0.7],
}
ORACLE = {
    "exponential": stats.expon(scale=300.0),
    "weibull": stats.weibull_min(1.7, scale=300.0),
    "lognormal": stats.lognorm(0.8, scale=math.exp(5.5)),
    "normal": stats.norm(300.0, 90.0),
    "gamma": stats.gamma(2.3, scale=120.0),
    "loglogistic": stats.fisk(1 / 0.3, scale=math.exp(5.5)),
    "gumbel": stats.gumbel_l(300.0, 90.0),
    # Stacy's form: shape a = q^-2, power c = q / sigma, scale e^mu q^(2 / c).
    "generalised_gamma": stats.gengamma(0.7**-2, 0.7 / 0.6, scale=math.exp(5.5) * 0.7 ** (2 * 0.6 / 0.7)),
}
AGES = np.array([20.0, 150.0, 300.0, 520.0])
P = np.array([0.001, 0.1, 0.5, 0.99])


@pytest.mark.parametrize("name", FAMILIES)
def test_every_curve_agrees_with_scipy(name: str) -> None:
    family, theta, oracle = FAMILIES[name], THETA[name], ORACLE[name]
    assert family.log_density(AGES, theta) == pytest.approx(oracle.logpdf(AGES), rel=1e-9)
    assert family.log_survival(AGES, theta) == pytest.approx(oracle.logsf(AGES), rel=1e-9)
    assert family.log_failure(AGES, theta) == pytest.approx(oracle.logcdf(AGES), rel=1e-9)
    assert family.quantile(P, theta) == pytest.approx(oracle.ppf(P), rel=1e-9)
    assert float(family.mean(theta)) == pytest.approx(oracle.mean(), rel=1e-9)
    assert family.sd(theta) == pytest.approx(oracle.std(), rel=1e-8)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_place_leads_back_to_its_parameters(name: str) -> None:
    family, theta = FAMILIES[name], THETA[name]
    mu, log_sigma, q = (float(value) for value in family.place(theta))
    assert family.unplace(mu, log_sigma, q) == pytest.approx(theta)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_score_gives_back_its_probabilities(name: str) -> None:
    family, theta = FAMILIES[name], THETA[name]
    failed, survived = family.probabilities(float(family.score(np.array(150.0), theta)))
    assert failed == pytest.approx(ORACLE[name].cdf(150.0), rel=1e-9)
    assert survived == pytest.approx(ORACLE[name].sf(150.0), rel=1e-9)


@pytest.mark.parametrize("name", SHIFTABLE)
def test_a_location_moves_everything_by_itself(name: str) -> None:
    family, theta = family_named(name, location=True), [*THETA[name], 40.0]
    assert isinstance(family, Shifted)
    base = FAMILIES[name]
    assert family.log_survival(AGES + 40, theta) == pytest.approx(base.log_survival(AGES, theta[:-1]))
    assert float(family.mean(theta)) == pytest.approx(float(base.mean(theta[:-1])) + 40)
    assert family.sd(theta) == base.sd(theta[:-1])
    assert family.quantile(P, theta) == pytest.approx(base.quantile(P, theta[:-1]) + 40)
    # Nothing fails before it.
    assert family.log_density(np.array([39.0]), theta)[0] == -math.inf


def test_a_mean_that_does_not_exist_is_infinite() -> None:
    assert FAMILIES["loglogistic"].mean([5.5, math.log(1.2)]) == math.inf
    assert FAMILIES["loglogistic"].sd([5.5, math.log(0.7)]) == math.inf


@pytest.mark.parametrize(("sigma", "q"), [(1.0, 2.0), (0.4, -0.7), (0.3, 1.5)])
def test_the_moments_of_a_generalised_gamma(sigma: float, q: float) -> None:
    law = stats.gengamma(q**-2, q / sigma, scale=math.exp(2.0) * (q * q) ** (sigma / q))
    theta, family = [2.0, math.log(sigma), q], FAMILIES["generalised_gamma"]
    assert float(family.mean(theta)) == pytest.approx(law.mean(), rel=1e-9)
    assert family.sd(theta) == pytest.approx(law.std(), rel=1e-7)


def test_a_heavy_tail_of_a_generalised_gamma_has_no_moments() -> None:
    """With q < 0 the tail falls as t ** (1 / (q sigma)), so that the r-th moment ends at r sigma |q| = 1."""
    family = FAMILIES["generalised_gamma"]
    for sigma, has_mean, has_sd in ((0.4, True, True), (0.6, True, False), (1.2, False, False)):
        theta = [2.0, math.log(sigma), -1.0]
        assert math.isfinite(float(family.mean(theta))) == has_mean
        assert not has_mean or math.isfinite(family.sd(theta)) == has_sd


@pytest.mark.parametrize("name", FAMILIES)
def test_a_change_of_unit_moves_parameters_as_each_says(name: str) -> None:
    family, theta = FAMILIES[name], THETA[name]
    scaled = [p.rescale(value, 24.0) for p, value in zip(family.parameters, theta, strict=True)]
    assert family.log_survival(AGES * 24, scaled) == pytest.approx(family.log_survival(AGES, theta))
    for parameter, value in zip(family.parameters, theta, strict=True):
        moved = parameter.rescale(value + 1.0, 24.0) - parameter.rescale(value, 24.0)
        assert parameter.stretch(24.0) == pytest.approx(moved)


def test_unknown_families_are_refused() -> None:
    with pytest.raises(InvalidData, match="no distribution is called 'weibul'"):
        family_named("weibul")
    with pytest.raises(InvalidData, match="no failure-free time"):
        family_named("normal", location=True)


@pytest.mark.parametrize("name", ["weibull3", "Weibull_3P", "weibull-3"])
def test_names_of_other_programs_lead_to_the_failure_free_time(name: str) -> None:
    with pytest.raises(
        InvalidData, match=r'fitted by fit_weibull3, or fit_distribution\(data, "weibull", location='
    ):
        family_named(name)


def test_only_families_that_have_a_failure_free_time_are_led_to_it() -> None:
    with pytest.raises(InvalidData, match=r'fitted by fit_distribution\(data, "lognormal", location='):
        family_named("lognormal3")
    with pytest.raises(InvalidData, match="generalised_gamma$"):
        family_named("normal3")
