import math

import pytest

from analytics import LifeData, fit_distribution, fit_weibull

NAMES = ["eta", "beta", "mean", "median", "b10", "b0.1"]


@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
@pytest.mark.parametrize("side", ["two", "lower", "upper"])
def test_bounds_agree_with_the_closed_formulas_of_the_weibull_distribution(
    nist: LifeData, bounds: str, side: str
) -> None:
    ours, theirs = fit_distribution(nist, "weibull"), fit_weibull(nist)
    settings: dict = {"bounds": bounds, "side": side, "confidence": 0.93}  # type: ignore[type-arg]
    pairs = [(ours.interval(name, **settings), theirs.interval(name, **settings)) for name in NAMES]
    for t in (20.0, 400.0, 1500.0):
        pairs += [
            (getattr(ours, name)(t, **settings), getattr(theirs, name)(t, **settings))
            for name in ("reliability_interval", "failure_probability_interval", "hazard_interval")
        ]
    for found, expected in pairs:
        assert (found.side, found.method) == (expected.side, expected.method)
        for end in ("lower", "upper"):
            value = getattr(expected, end)
            assert getattr(found, end) == (None if value is None else pytest.approx(value, rel=1e-8))


@pytest.mark.parametrize("family", ["exponential", "lognormal", "normal", "gamma", "loglogistic", "gumbel"])
def test_likelihood_ratio_bounds_are_where_the_profile_has_fallen(nist: LifeData, family: str) -> None:
    # An independent profile: a brute grid over the other parameter at the bound itself.
    from analytics.likelihood import LifeLikelihood

    fit = fit_distribution(nist, family, bounds="likelihood_ratio", confidence=0.95)
    likelihood = LifeLikelihood(fit.family, nist)
    first = fit.family.parameters[0]
    bound = fit.interval(first.name)
    drop = 1.959963984540054**2 / 2
    for end in (bound.lower, bound.upper):
        assert end is not None
        held = first.to_working(end)
        if len(fit.working) == 1:
            best = likelihood.value([held])
        else:
            grid = [fit.working[1] + step / 2000 for step in range(-4000, 4001)]
            best = max(likelihood.value([held, other]) for other in grid)
        assert fit.loglik - best == pytest.approx(drop, abs=1e-5)


def test_a_bound_on_the_location_stays_below_the_first_failure() -> None:
    ages = [17.88, 28.92, 33.0, 41.52, 42.12, 45.6, 48.4, 51.84, 51.96, 54.12, 55.56, 67.8]
    ages += [68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.4]
    fit = fit_distribution(LifeData(ages, 1), "weibull", location="estimate")
    found = fit.interval("gamma", bounds="likelihood_ratio")
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < fit.gamma < found.upper < min(ages)


def test_a_bound_that_the_data_do_not_give_is_infinite() -> None:
    # Left-censored failures but one: the upper bound of a lognormal sigma runs away.
    data = LifeData([10.0, 10.0, 12.0, 40.0], [2, 2, 1, 0])
    found = fit_distribution(data, "lognormal").interval("sigma", bounds="likelihood_ratio", confidence=0.99)
    assert found.upper is not None
    assert found.upper > 5 or math.isinf(found.upper)
