import numpy as np
import pytest
from scipy import stats

from analytics import (
    InvalidData,
    LifeData,
    NotEnoughFailures,
    Result,
    compare_distributions,
    fit_distribution,
)
from analytics.comparison import anderson_darling


def test_published_nist_comparison(nist: LifeData) -> None:
    # NIST/SEMATECH e-Handbook 8.4.1.3: AIC 154.27 Weibull, 154.39 lognormal; the Weibull is preferred, barely.
    found = compare_distributions(nist, ["lognormal", "weibull"])
    assert found.best == "weibull"
    assert [round(found.fits[row.distribution].aic, 2) for row in found.rows] == [154.27, 154.39]
    assert "do not tell them apart" in found.warnings[0]
    assert sum(row.weight or 0 for row in found.rows) == pytest.approx(1.0)


def test_the_distance_is_the_usual_statistic_for_a_complete_sample() -> None:
    sample = stats.lognorm.rvs(0.5, scale=100, size=25, random_state=3)
    fit = fit_distribution(LifeData(sample, 1), "lognormal")
    u = np.sort(stats.norm.cdf((np.log(sample) - fit.mu) / fit.sigma))
    i = np.arange(1, 26)
    classical = -25 - np.mean((2 * i - 1) * (np.log(u) + np.log1p(-u[::-1])))
    assert anderson_darling(fit, LifeData(sample, 1)) == pytest.approx(classical)


@pytest.mark.parametrize("truth", ["weibull", "lognormal"])
def test_recovers_the_distribution_of_a_large_sample(truth: str) -> None:
    rng = np.random.default_rng(2)
    life = 100 * rng.weibull(2.0, 1_500) if truth == "weibull" else np.exp(rng.normal(4, 0.7, 1_500))
    end = rng.uniform(50, 300, 1_500)
    found = compare_distributions(
        LifeData(np.minimum(life, end), life <= end), ["weibull", "lognormal", "loglogistic"]
    )
    assert found.best == truth
    assert found.rows[0].weight > 0.95


def test_a_wrong_distribution_has_a_small_p_value_and_a_right_one_has_not() -> None:
    rng = np.random.default_rng(7)
    life, end = np.exp(rng.normal(4, 0.9, 150)), rng.uniform(50, 400, 150)
    data = LifeData(np.minimum(life, end), life <= end, planned_exit=np.maximum(end, np.minimum(life, end)))
    found = compare_distributions(data, ["lognormal", "exponential"], bootstrap=60, rng=rng)
    p_value = {row.distribution: row.p_value for row in found.rows}
    assert p_value["lognormal"] > 0.1
    assert p_value["exponential"] < 0.05


def test_units_and_counts_do_not_matter(nist: LifeData) -> None:
    found = compare_distributions(nist, ["weibull", "gamma", "gumbel"])
    again = np.repeat(np.arange(len(nist)), nist.count.astype(int))
    other = compare_distributions(
        LifeData(nist.time[again] * 60, nist.event[again]), ["weibull", "gamma", "gumbel"]
    )
    assert [row.distribution for row in other.rows] == [row.distribution for row in found.rows]
    for ours, theirs in zip(found.rows, other.rows, strict=True):
        assert theirs.weight == pytest.approx(ours.weight, rel=1e-5)
        assert theirs.anderson_darling == pytest.approx(ours.anderson_darling, rel=1e-5)


def test_a_distribution_that_cannot_be_fitted_is_listed_with_the_reason() -> None:
    found = compare_distributions(
        LifeData([5.0, 9.0, 20.0], [1, 1, 0]), ["weibull", "generalised_gamma", "weibull3"]
    )
    assert [row.status == "ok" for row in found.rows] == [True, False, False]
    assert "at least 3 failures" in found.rows[1].status
    assert Result.from_json(found.to_json()) == found


def test_inexact_ages_have_no_distance(nist: LifeData) -> None:
    data = LifeData([50.0, 80.0, 90.0, 120.0, 150.0, 60.0], [2, 1, 1, 1, 0, 0])
    found = compare_distributions(data, ["weibull", "lognormal"], criterion="bic")
    assert found.rows[0].anderson_darling is None
    with pytest.raises(InvalidData, match="exact ages"):
        compare_distributions(data, ["weibull"], bootstrap=10, rng=np.random.default_rng(1))


def test_all_families_at_once(nist: LifeData) -> None:
    found = compare_distributions(nist, criterion="loglik")
    assert len(found.rows) == 8
    assert found.rows[0].loglik == max(row.loglik or -1e9 for row in found.rows)


def test_refusals(nist: LifeData) -> None:
    with pytest.raises(NotEnoughFailures, match="weibull"):
        compare_distributions(LifeData([5.0], 0), ["weibull"])
    with pytest.raises(InvalidData, match="no distribution is called"):
        compare_distributions(nist, ["weibul"])
    with pytest.raises(InvalidData, match="random numbers"):
        compare_distributions(nist, bootstrap=10)
