import math

import numpy as np
import pytest
from scipy import stats

from analytics.compound_families import Limited, Mixture
from analytics.families import LOGNORMAL, WEIBULL

EARLY, LATE = stats.weibull_min(0.8, scale=50.0), stats.weibull_min(3.0, scale=900.0)
THETA = [float(np.log(0.2 / 0.8)), math.log(50.0), math.log(0.8), math.log(900.0), math.log(3.0)]
AGES = np.array([1.0, 40.0, 300.0, 1000.0])


def test_a_mixture_is_the_weighted_sum_of_its_parts() -> None:
    family = Mixture(WEIBULL, 2)
    assert [p.name for p in family.parameters] == ["p1", "eta1", "beta1", "eta2", "beta2"]
    expected = 0.2 * EARLY.cdf(AGES) + 0.8 * LATE.cdf(AGES)
    assert np.exp(family.log_failure(AGES, THETA)) == pytest.approx(expected, rel=1e-12)
    assert np.exp(family.log_survival(AGES, THETA)) == pytest.approx(1 - expected, rel=1e-10)
    density = 0.2 * EARLY.pdf(AGES) + 0.8 * LATE.pdf(AGES)
    assert np.exp(family.log_density(AGES, THETA)) == pytest.approx(density, rel=1e-12)
    assert float(family.mean(THETA)) == pytest.approx(0.2 * EARLY.mean() + 0.8 * LATE.mean())
    second = 0.2 * EARLY.moment(2) + 0.8 * LATE.moment(2)
    assert family.sd(THETA) == pytest.approx(math.sqrt(second - float(family.mean(THETA)) ** 2))


def test_quantiles_of_a_mixture_invert_it() -> None:
    family = Mixture(WEIBULL, 2)
    p = np.array([0.0, 1e-6, 0.1, 0.199, 0.5, 0.999999])
    assert np.exp(family.log_failure(family.quantile(p, THETA)[1:], THETA)) == pytest.approx(p[1:], rel=1e-9)
    assert family.quantile(p, THETA)[0] == 0.0


def test_shares_of_three_parts_sum_to_one() -> None:
    family = Mixture(LOGNORMAL, 3)
    shares = family.log_shares([0.3, -0.4, *[0.0] * 6])
    assert sum(math.exp(float(share)) for share in shares) == pytest.approx(1.0)
    assert [p.name for p in family.parameters[:2]] == ["p1", "s2"]


def test_a_limited_population_never_fails_beyond_its_share() -> None:
    family, theta = Limited(WEIBULL), [float(np.log(0.3 / 0.7)), math.log(900.0), math.log(3.0)]
    assert np.exp(family.log_failure(AGES, theta)) == pytest.approx(0.3 * LATE.cdf(AGES))
    assert np.exp(family.log_survival(np.array([1e9]), theta)) == pytest.approx([0.7])
    assert family.quantile(np.array([0.15, 0.31, 0.5]), theta) == pytest.approx(
        [LATE.ppf(0.5), np.inf, np.inf]
    )
    assert family.mean(theta) == math.inf
    assert family.sd(theta) == math.inf
    failed, survived = family.probabilities(float(family.score(np.array(700.0), theta)))
    assert failed == pytest.approx(0.3 * LATE.cdf(700.0))
    assert survived == pytest.approx(1 - failed)
