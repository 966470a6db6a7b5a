import numpy as np
import pytest

from analytics import (
    InvalidData,
    LifeData,
    NoFiniteMaximum,
    NotEnoughFailures,
    Result,
    fit_limited_failure_population,
    fit_weibull,
)


def burn_in(p: float, size: int, seed: int, until: float = 300.0) -> LifeData:
    rng = np.random.default_rng(seed)
    life = np.where(rng.random(size) < p, 40 * rng.weibull(0.8, size), np.inf)
    return LifeData(np.minimum(life, until), life <= until)


def test_recovers_the_share_that_can_fail() -> None:
    fit = fit_limited_failure_population(burn_in(0.03, 20_000, seed=4), confidence=0.999)
    assert 0.03 in fit.interval("p")
    assert 0.03 in fit.interval("p", bounds="likelihood_ratio")
    assert 40 in fit.interval("eta")
    assert 0.8 in fit.interval("beta")
    assert fit.warnings == ()
    assert Result.from_json(fit.to_json()) == fit


def test_other_life_distributions_of_those_that_fail() -> None:
    rng = np.random.default_rng(8)
    life = np.where(rng.random(5_000) < 0.2, np.exp(rng.normal(3.0, 0.7, 5_000)), np.inf)
    fit = fit_limited_failure_population(
        LifeData(np.minimum(life, 200.0), life <= 200), distribution="lognormal", confidence=0.999
    )
    assert all(truth in fit.interval(name) for name, truth in (("p", 0.2), ("mu", 3.0), ("sigma", 0.7)))


def test_hours_times_k_and_counts() -> None:
    data = burn_in(0.1, 500, seed=2)
    fit = fit_limited_failure_population(data)
    scaled = fit_limited_failure_population(LifeData(data.time * 3600, data.event))
    assert (scaled.p, scaled.eta) == pytest.approx((fit.p, 3600 * fit.eta), rel=1e-6)
    doubled = LifeData(np.tile(data.time, 2), np.tile(data.event, 2))
    twice = LifeData(data.time, data.event, count=2)
    assert fit_limited_failure_population(doubled).p == pytest.approx(
        fit_limited_failure_population(twice).p, rel=1e-7
    )
    assert fit.reliability(1e9) == pytest.approx(1 - fit.p)


def test_more_freedom_never_fits_worse() -> None:
    data = burn_in(0.1, 500, seed=6)
    assert fit_limited_failure_population(data).loglik >= fit_weibull(data).loglik


def test_says_when_the_data_hardly_tell() -> None:
    rng = np.random.default_rng(12)
    life = 100 * rng.weibull(1.5, 60)
    told = []
    for end in (110.0, 130.0, 150.0, 170.0, 190.0, 210.0):
        data = LifeData(np.minimum(life, end), life <= end)
        try:
            fit = fit_limited_failure_population(data)
        except NoFiniteMaximum:
            continue
        is_needless = fit.loglik < fit_weibull(data).loglik + 1.35
        assert is_needless == ("hardly tell" in "".join(fit.warnings))
        told.append(is_needless)
    assert any(told)


def test_refusals() -> None:
    with pytest.raises(NoFiniteMaximum, match="whole population fails"):
        fit_limited_failure_population(LifeData([10.0, 12.0, 14.0, 15.0, 17.0], 1))
    with pytest.raises(NotEnoughFailures, match="at least 3 failures"):
        fit_limited_failure_population(LifeData([10.0, 12.0, 50.0], [1, 1, 0]))
    with pytest.raises(InvalidData, match="no distribution"):
        fit_limited_failure_population(LifeData([10.0, 12.0, 50.0], 1), distribution="x")
