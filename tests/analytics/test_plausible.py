import numpy as np
import pytest
from scipy import stats

from analytics import InvalidData, LifeData, WeibullFit, fit_distribution, fit_exponential, fit_weibull
from analytics.plausible import plausible_lives, refuse_draws
from analytics.weibull_likelihood import WeibullLikelihood


def parameters(fit: WeibullFit, n: int, rng: np.random.Generator) -> np.ndarray:
    lives, how = plausible_lives(fit, n, rng=rng)
    assert how == "likelihood"
    return np.log([(life.eta, life.beta) for life in lives])  # type: ignore[attr-defined]


def test_draws_follow_likelihood_times_prior(rng: np.random.Generator) -> None:
    """Against the same product summed on a grid, for four failures among nine."""
    data = LifeData([30, 55, 70, 90, 90], [1, 1, 1, 1, 0], count=[1, 1, 1, 1, 5])
    drawn = parameters(fit_weibull(data), 4_000, rng)
    u, v = np.meshgrid(np.linspace(3.8, 8.0, 161), np.linspace(-2.0, 2.6, 161), indexing="ij")
    likelihood = WeibullLikelihood(data)
    value = np.array([likelihood.value(a, b) for a, b in zip(u.ravel(), v.ravel(), strict=True)])
    expected = 9 * -np.expm1(-((90 / np.exp(u.ravel())) ** np.exp(v.ravel())))
    weight = np.exp(value - value.max()) * expected
    weight /= weight.sum()
    for column, grid in ((0, u.ravel()), (1, v.ravel())):
        mean = float(weight @ grid)
        sd = float(np.sqrt(weight @ (grid - mean) ** 2))
        assert drawn[:, column].mean() == pytest.approx(mean, abs=0.08 * sd)
        assert drawn[:, column].std() == pytest.approx(sd, rel=0.08)


def test_predictions_from_complete_samples_hold_as_often_as_they_say(rng: np.random.Generator) -> None:
    """Five failures each, nothing censored: the sixth life is equally likely anywhere in its predictive distribution."""
    place = []
    for _ in range(150):
        lives, _ = plausible_lives(fit_weibull(LifeData(rng.weibull(1.5, 5), 1)), 200, rng=rng)
        at = rng.weibull(1.5)
        place.append(np.mean([1 - np.exp(-life.cumulative_hazard(at)) for life in lives]))
    assert stats.kstest(place, "uniform").pvalue > 0.01


def test_many_failures_are_drawn_as_normal(rng: np.random.Generator) -> None:
    fit = fit_weibull(LifeData(rng.weibull(2.0, 400), 1))
    lives, how = plausible_lives(fit, 2000, rng=rng)
    assert how == "normal"
    assert fit.covariance is not None
    spread = np.cov(np.log([(life.eta, life.beta) for life in lives]).T)  # type: ignore[attr-defined]
    assert spread == pytest.approx(fit.covariance, rel=0.15, abs=1e-4)


def test_other_fits_say_how_they_are_drawn(nist: LifeData, rng: np.random.Generator) -> None:
    assert plausible_lives(fit_exponential(nist), 5, rng=rng)[1] == "gamma"
    lognormal = fit_distribution(nist, "lognormal")
    assert plausible_lives(lognormal, 5, rng=rng)[1] == "likelihood"
    again = type(lognormal).from_json(lognormal.to_json())
    lives, how = plausible_lives(again, 5, rng=rng)
    assert how == "normal"
    assert len({float(life.quantile(0.5)) for life in lives}) == 5


@pytest.mark.parametrize("k", [1e-9, 1e9])
def test_draws_do_not_depend_on_the_unit_however_far_the_likelihood_is_from_1(k: float) -> None:
    ages = 1000 * np.random.default_rng(2).weibull(2.0, 90)
    lives, scaled = (
        plausible_lives(fit_weibull(LifeData(ages * unit, 1)), 40, rng=np.random.default_rng(3))[0]
        for unit in (1.0, k)
    )
    assert len({life.beta for life in lives}) > 20  # type: ignore[attr-defined]
    for one, other in zip(lives, scaled, strict=True):
        assert other.beta == pytest.approx(one.beta, rel=1e-6)  # type: ignore[attr-defined]
        assert other.eta == pytest.approx(one.eta * k, rel=1e-6)  # type: ignore[attr-defined]


@pytest.mark.parametrize("draws", [0, 100_001, 10**12])
def test_too_few_and_too_many_draws_are_refused(draws: int) -> None:
    with pytest.raises(InvalidData, match="draws must be from 1 to 100,000"):
        refuse_draws(draws)
