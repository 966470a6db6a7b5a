import numpy as np
import pytest
from lifelines.statistics import multivariate_logrank_test
from scipy.stats import hypergeom

from analytics import InvalidData, LifeData, NotEnoughFailures, Result, log_rank_test
from tests.analytics.test_cumulative_hazard import EVENT, WEEKS

PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def remissions() -> LifeData:
    return LifeData(WEEKS + PLACEBO, EVENT + [1] * 21, group=["6-MP"] * 21 + ["placebo"] * 21)


def test_published_remissions() -> None:
    # Freireich's data as R's survdiff prints them: observed 9 and 21, expected 19.3 and 10.7, chi-square 16.8.
    test = log_rank_test(remissions())
    assert test.observed.tolist() == [9.0, 21.0]
    assert test.expected == pytest.approx([19.3, 10.7], abs=0.051)
    assert test.statistic == pytest.approx(16.8, abs=0.051)


@pytest.mark.parametrize("weights", ["log_rank", "wilcoxon"])
def test_remissions_by_two_by_two_tables(weights: str) -> None:
    # Week by week the relapses of the 6-MP arm against their hypergeometric mean and variance.
    data = remissions()
    weeks = np.unique(data.time[data.event == 1])
    treated = np.arange(42) < 21
    excess, variance = 0.0, 0.0
    for week in weeks:
        at_risk, relapsed = data.time >= week, (data.time == week) & (data.event == 1)
        law = hypergeom(at_risk.sum(), (at_risk & treated).sum(), relapsed.sum())
        weight = 1.0 if weights == "log_rank" else float(at_risk.sum())
        excess += weight * ((relapsed & treated).sum() - law.mean())
        variance += weight**2 * law.var()
    found = log_rank_test(data, weights=weights)  # type: ignore[arg-type]
    assert found.statistic == pytest.approx(excess**2 / variance, rel=1e-10)


@pytest.mark.parametrize(("ours", "theirs"), [("log_rank", None), ("wilcoxon", "wilcoxon")])
def test_agrees_with_lifelines(ours: str, theirs: str | None) -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 3, 120)
    life, limit = np.ceil((20 + 5 * group) * rng.weibull(1.5, 120)), np.ceil(rng.uniform(5, 40, 120))
    time, event = np.minimum(life, limit), life <= limit
    expected = multivariate_logrank_test(time, group, event, weightings=theirs)
    found = log_rank_test(LifeData(time, event, group=group), weights=ours)  # type: ignore[arg-type]
    assert found.statistic == pytest.approx(expected.test_statistic)
    assert found.p_value == pytest.approx(expected.p_value)
    assert found.degrees_of_freedom == 2


@pytest.mark.slow
def test_equal_groups_are_rarely_told_apart() -> None:
    rng = np.random.default_rng(3)
    group = np.repeat([0, 1], 40)
    found = [log_rank_test(LifeData(rng.weibull(2, 80), 1, group=group)).p_value < 0.05 for _ in range(300)]
    # Monte Carlo standard error 1.3 %.
    assert np.mean(found) == pytest.approx(0.05, abs=0.03)


def test_units_counts_and_cut_lives_do_not_matter() -> None:
    data, found = remissions(), log_rank_test(remissions())
    assert log_rank_test(LifeData(data.time * 168, data.event, group=data.group)).statistic == pytest.approx(
        found.statistic
    )
    cut = data.time / 2
    assert data.group is not None
    pieces = LifeData(
        np.concatenate([cut, data.time]),
        np.concatenate([np.zeros(42), data.event]),
        entry=np.concatenate([np.zeros(42), cut]),
        group=np.concatenate([data.group, data.group]),
    )
    assert log_rank_test(pieces).statistic == pytest.approx(found.statistic)
    assert Result.from_json(found.to_json()) == found


def test_refusals() -> None:
    with pytest.raises(InvalidData, match="two groups"):
        log_rank_test(LifeData([1, 2], 1))
    with pytest.raises(NotEnoughFailures, match="nothing failed"):
        log_rank_test(LifeData([1, 2], 0, group=["a", "b"]))
    with pytest.raises(NotEnoughFailures, match="two groups were at risk"):
        log_rank_test(LifeData([1, 9], [0, 1], entry=[0, 5], group=["a", "b"]))
    with pytest.raises(InvalidData, match="exact and right-censored"):
        log_rank_test(LifeData([1, 2], [1, 2], group=["a", "b"]))
