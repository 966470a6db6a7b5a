import numpy as np
import pytest
from scipy.optimize import minimize

from analytics import (
    InvalidData,
    LifeData,
    MixtureFit,
    NoFiniteMaximum,
    NotEnoughFailures,
    Result,
    fit_mixture,
)
from analytics.compound_families import Mixture
from analytics.families import WEIBULL
from analytics.likelihood import LifeLikelihood


def two_parts(size: int, seed: int, until: float = 1200.0) -> LifeData:
    rng = np.random.default_rng(seed)
    life = np.where(rng.random(size) < 0.3, 60 * rng.weibull(0.8, size), 900 * rng.weibull(4.0, size))
    return LifeData(np.minimum(life, until), life <= until)


def test_recovers_both_parts() -> None:
    fit = fit_mixture(two_parts(2_000, seed=1), confidence=0.999)
    for name, truth in {"p1": 0.3, "eta1": 60, "beta1": 0.8, "eta2": 900, "beta2": 4.0}.items():
        assert truth in fit.interval(name)
    assert fit.warnings == ()
    assert sum(fit.shares) == pytest.approx(1.0)
    early, late = fit.membership([5.0, 900.0]).T
    assert early[0] > 0.99
    assert late[1] > 0.99


def test_no_random_start_climbs_higher() -> None:
    # An independent search: simplex from 30 random starts, on the same likelihood by its definition.
    data = two_parts(120, seed=3)
    fit = fit_mixture(data)
    likelihood = LifeLikelihood(Mixture(WEIBULL, 2), data)
    rng = np.random.default_rng(0)
    for _ in range(30):
        scales, slopes = np.log(rng.uniform(20, 1500, 2)), rng.normal(0.3, 0.5, 2)
        start = [rng.normal(), scales[0], slopes[0], scales[1], slopes[1]]
        end = minimize(
            lambda t: -likelihood.value(t),
            start,
            method="Nelder-Mead",
            options={"maxiter": 4000, "xatol": 1e-8, "fatol": 1e-9},
        )
        # A part shrunk onto a point or two is no maximum that is wanted.
        if max(end.x[2], end.x[4]) < 4:
            assert -end.fun <= fit.loglik + 1e-6


def test_recovers_three_parts_of_lognormal_lives() -> None:
    rng = np.random.default_rng(6)
    part = rng.choice(3, 3_000, p=[0.2, 0.3, 0.5])
    life = np.exp(rng.normal(np.array([2.0, 4.5, 7.0])[part], np.array([0.5, 0.4, 0.3])[part]))
    fit = fit_mixture(LifeData(life, 1), components=3, distribution="lognormal", confidence=0.999)
    assert fit.shares == pytest.approx((0.2, 0.3, 0.5), abs=0.03)
    for name, truth in {"mu1": 2.0, "mu2": 4.5, "mu3": 7.0, "sigma1": 0.5, "sigma3": 0.3}.items():
        assert truth in fit.interval(name)


def test_parts_come_in_order_whatever_the_order_of_the_rows() -> None:
    data = two_parts(200, seed=5)
    fit, back = fit_mixture(data), fit_mixture(LifeData(data.time[::-1], data.event[::-1]))
    assert fit.eta1 < fit.eta2
    assert back.working == pytest.approx(fit.working, rel=1e-5)
    scaled = fit_mixture(LifeData(data.time * 1e-6, data.event))
    assert (scaled.p1, scaled.eta2) == pytest.approx((fit.p1, fit.eta2 * 1e-6), rel=1e-6)
    split = fit_mixture(LifeData(np.tile(data.time, 2), np.tile(data.event, 2)))
    assert split.working == pytest.approx(
        fit_mixture(LifeData(data.time, data.event, count=2)).working, rel=1e-5
    )


def test_numbers_of_the_whole_population() -> None:
    fit = fit_mixture(two_parts(400, seed=8))
    assert float(fit.failure_probability(fit.b_life(20))) == pytest.approx(0.2)
    interval = fit.interval("b20")
    assert fit.b_life(20) in interval
    assert float(fit.reliability(300.0)) in fit.reliability_interval(300.0)
    back = Result.from_json(fit.to_json())
    assert isinstance(back, MixtureFit)
    assert (back, back.shares) == (fit, fit.shares)


def test_says_when_one_part_would_do() -> None:
    rng = np.random.default_rng(4)
    needless = 0
    for _ in range(6):
        try:
            fit = fit_mixture(LifeData(100 * rng.weibull(2.0, 60), 1))
        except NoFiniteMaximum:
            needless += 1
        else:
            needless += "do not call for a mixture" in "".join(fit.warnings)
    assert needless >= 5


def test_refusals() -> None:
    with pytest.raises(NotEnoughFailures, match="at least 5 failures"):
        fit_mixture(LifeData([1, 2, 30, 40], 1))
    with pytest.raises(InvalidData, match="2 to 4 components"):
        fit_mixture(LifeData([1, 2, 30, 40, 50], 1), components=1)
    with pytest.raises(InvalidData, match="not offered"):
        fit_mixture(LifeData([1, 2, 30, 40, 50], 1), distribution="normal")
    with pytest.raises(NoFiniteMaximum, match="single distribution"):
        fit_mixture(LifeData([10.0] * 6, 1))
