import math

import numpy as np
import pytest
from scipy import stats

from analytics import LifeData
from analytics.families import FAMILIES, LOGNORMAL, WEIBULL
from analytics.likelihood import LifeLikelihood
from analytics.weibull_likelihood import WeibullLikelihood
from tests.analytics.test_families import ORACLE, THETA

EVERYTHING = LifeData(
    [54.0, 187.0, 216.0, 300.0, 120.0, 250.0, 90.0, 400.0, 150.0],
    [1, 1, 0, 0, 2, 3, 3, 1, 0],
    entry=[0, 50, 0, 120, 30, 60, 100, 0, 20],
    upper=[np.nan] * 5 + [320.0, 180.0, np.nan, np.nan],
    truncated_above=[np.nan] * 7 + [600.0, 500.0],
    count=[1, 2, 3, 1, 1, 2, 1, 1, 1],
)


def by_hand(data: LifeData, oracle: object) -> float:
    """The definition, term by term, from the probabilities of scipy."""
    sf = lambda t: oracle.sf(t) if t > 0 else 1.0  # type: ignore[attr-defined]  # noqa: E731
    total = 0.0
    low, high = data.failure_intervals()
    for row in range(len(data)):
        event, t, entry, above = (
            data.event[row],
            data.time[row],
            data.entry[row],
            data.truncated_above[row],
        )
        outside = oracle.sf(above) if math.isfinite(above) else 0.0  # type: ignore[attr-defined]
        seen = {
            0: lambda t=t, outside=outside: sf(t) - outside,
            1: lambda t=t: oracle.pdf(t),  # type: ignore[attr-defined]
            2: lambda row=row: sf(low[row]) - sf(high[row]),
            3: lambda row=row: sf(low[row]) - sf(high[row]),
        }[int(event)]()
        total += data.count[row] * math.log(seen / (sf(entry) - outside))
    return total


@pytest.mark.parametrize("name", FAMILIES)
def test_every_kind_of_record_under_every_family(name: str) -> None:
    likelihood = LifeLikelihood(FAMILIES[name], EVERYTHING)
    assert likelihood.value(THETA[name]) == pytest.approx(by_hand(EVERYTHING, ORACLE[name]), rel=1e-9)


@pytest.mark.parametrize("name", FAMILIES)
def test_derivatives_are_those_of_the_value(name: str) -> None:
    likelihood, theta = LifeLikelihood(FAMILIES[name], EVERYTHING, 200.0), np.array(THETA[name])
    theta = np.array([p.rescale(v, 1 / 200) for p, v in zip(FAMILIES[name].parameters, theta, strict=True)])
    found = likelihood.derivatives(theta)
    assert found.value == pytest.approx(likelihood.value(theta), rel=1e-12)
    for at, step in enumerate(1e-5 * np.eye(theta.size)):
        up, down = likelihood.derivatives(theta + step), likelihood.derivatives(theta - step)
        assert found.gradient[at] == pytest.approx((up.value - down.value) / 2e-5, abs=1e-4, rel=1e-5)
        assert found.hessian[at] == pytest.approx((up.gradient - down.gradient) / 2e-5, abs=1e-4, rel=1e-5)


def test_it_is_the_weibull_likelihood() -> None:
    ours, theirs = LifeLikelihood(WEIBULL, EVERYTHING), WeibullLikelihood(EVERYTHING)
    at = theirs.derivatives(*THETA["weibull"])
    found = ours.derivatives(THETA["weibull"])
    assert found.value == pytest.approx(at.value, rel=1e-12)
    assert found.gradient == pytest.approx(at.gradient, rel=1e-10)
    assert found.hessian[[0, 0, 1], [0, 1, 1]] == pytest.approx(at.hessian, rel=1e-10)


@pytest.mark.parametrize("at", [1e-3, 5.0, 1e3])
def test_narrow_intervals_keep_their_digits_in_both_tails(at: float) -> None:
    # Around the switch from differences to density times width, 0.0 of probability is never a difference of ones.
    oracle = stats.lognorm(0.8, scale=1.0)
    for width in (1e-9, 1e-7, 1e-5, 1e-3):
        data = LifeData([at], [3], upper=[at * (1 + width)])
        expected = oracle.logpdf(at * (1 + width / 2)) + math.log(at * width)
        found = LifeLikelihood(LOGNORMAL, data).value([0.0, math.log(0.8)])
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_parameters_that_make_the_data_impossible_have_no_likelihood() -> None:
    from analytics.families import Shifted

    data = LifeData([10.0, 20.0], 1)
    assert LifeLikelihood(Shifted(WEIBULL), data).value([1.0, 0.0, 15.0]) == -math.inf


@pytest.mark.parametrize("k", [1e-4, 1e4])
def test_another_unit_moves_the_likelihood_by_that_of_the_exact_ages(k: float) -> None:
    """Each density of age is k times lower; probabilities stay."""
    data = EVERYTHING
    scaled = LifeData(
        k * data.time, data.event, entry=k * data.entry, upper=k * data.upper,
        truncated_above=k * data.truncated_above, count=data.count,
    )  # fmt: skip
    theta = THETA["weibull"]
    moved = [p.rescale(value, k) for p, value in zip(WEIBULL.parameters, theta, strict=True)]
    exact = data.count[data.event == 1].sum()
    found = LifeLikelihood(WEIBULL, scaled).value(moved)
    assert found == pytest.approx(LifeLikelihood(WEIBULL, data).value(theta) - exact * math.log(k))


@pytest.mark.parametrize("far", [100.0, 400.0])
def test_an_interval_in_either_tail_keeps_its_digits(far: float) -> None:
    """Survival of exp(-100) beside 1, or a failure probability of that size: no difference of floats would show them."""
    low = LifeData([far], 3, upper=far + 1.0)
    found = LifeLikelihood(FAMILIES["exponential"], low).value([0.0])
    assert found == pytest.approx(-far + math.log(-math.expm1(-1.0)), rel=1e-12)
    z = -math.sqrt(far)
    early = LifeData([math.exp(z)], 3, upper=math.exp(z + 0.5))
    inside = stats.norm.logcdf(z + 0.5) + math.log(
        -math.expm1(stats.norm.logcdf(z) - stats.norm.logcdf(z + 0.5))
    )
    assert LifeLikelihood(LOGNORMAL, early).value([0.0, 0.0]) == pytest.approx(inside, rel=1e-10)
    late = LifeData([math.exp(-z - 0.5)], 3, upper=math.exp(-z))
    assert LifeLikelihood(LOGNORMAL, late).value([0.0, 0.0]) == pytest.approx(inside, rel=1e-10)
