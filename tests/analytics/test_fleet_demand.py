import math
from functools import partial

import numpy as np
import pytest
from scipy import stats

from analytics.counts import count_quantile, mean_count
from analytics.fleet_demand import fleet_pmfs, period_moments, position_pmfs
from analytics.fleet_groups import fleet_groups
from analytics.planned_use import planned_use
from analytics.synthetic import WeibullLaw


def test_positions_add_up_to_the_fleet() -> None:
    law, use = WeibullLaw(100.0, 2.0), planned_use([10.0, 50.0, 90.0], 60.0, 1.0)
    for replacement in ("as_new", "none"):
        each = position_pmfs(law, use.ages, use.total, replacement)  # type: ignore[arg-type]
        expected = np.ones(1)
        for row in each:
            expected = np.convolve(expected, row)
        found = fleet_pmfs([law], use, replacement)[0]  # type: ignore[arg-type]
        assert found == pytest.approx(expected[: found.size], abs=1e-12)


def test_moments_of_a_constant_rate_are_those_of_a_poisson_count() -> None:
    law, use = WeibullLaw(50.0, 1.0), planned_use([0.0, 20.0], [10.0, 60.0, 10.0], 1.0)
    (mean,), (variance,) = period_moments([law], use, "as_new", fine=True)
    assert mean == pytest.approx([0.4, 2.4, 0.4], rel=1e-4)
    assert variance == pytest.approx([0.4, 2.4, 0.4], rel=1e-3)


@pytest.mark.parametrize("shape", [0.7, 1.5, 4.0])
def test_simulated_periods_have_these_moments(shape: float, rng: np.random.Generator) -> None:
    law, use = WeibullLaw(1.0, shape), planned_use(np.linspace(0, 1.5, 8), [0.4] * 5, 1.0)
    (mean,), (variance,) = period_moments([law], use, "as_new")
    rounds = 6000
    counts = np.zeros((rounds, 5))
    for age in use.ages:
        clock = (age**shape + rng.exponential(size=rounds)) ** (1 / shape) - age
        while np.any(clock < 2.0):
            live = np.flatnonzero(clock < 2.0)
            np.add.at(counts, (live, (clock[live] / 0.4).astype(int)), 1)
            clock = clock + rng.weibull(shape, rounds)
    error = counts.std(axis=0) / np.sqrt(rounds)
    assert np.all(np.abs(mean - counts.mean(axis=0)) < 4 * error + 0.005 * mean)
    assert variance == pytest.approx(counts.var(axis=0), rel=0.12)


def test_without_replacement_a_position_fails_once() -> None:
    law, use = WeibullLaw(1.0, 2.0), planned_use([0.0], [1.0, 9.0], 1.0)
    (mean,), (variance,) = period_moments([law], use, "none")
    p = stats.weibull_min.cdf(1.0, 2.0)
    assert mean == pytest.approx([p, 1 - p])
    assert variance == pytest.approx([p * (1 - p)] * 2)


@pytest.mark.parametrize("shape", [0.7, 2.0, 4.0])
@pytest.mark.parametrize("rate", ["same", "own"])
def test_groups_change_the_answer_by_less_than_a_thousandth(
    shape: float, rate: str, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages = np.where(rng.random(4000) < 0.3, rng.exponential(0.05, 4000), rng.uniform(0, 1.5, 4000))
    use = planned_use(ages, [0.3, 0.4], 1.0 if rate == "same" else rng.uniform(0.3, 1.2, 4000))
    law = WeibullLaw(1.0, shape)
    returns: dict[str, float] = {"repaired": 0.5, "back_from": 0.5}
    grouped = [fleet_pmfs([law], use, "as_new")[0], fleet_pmfs([law], use, "none", **returns)[0]]
    mean, variance = period_moments([law], use, "as_new")
    monkeypatch.setattr("analytics.fleet_demand.fleet_groups", partial(fleet_groups, most=math.inf))
    exact = [fleet_pmfs([law], use, "as_new")[0], fleet_pmfs([law], use, "none", **returns)[0]]
    for found, expected in zip(grouped, exact, strict=True):
        assert mean_count(found) == pytest.approx(mean_count(expected), rel=1e-3)
        for p in (0.05, 0.5, 0.95, 0.999):
            assert abs(count_quantile(found, p) - count_quantile(expected, p)) <= 1 + 1e-3 * mean_count(
                expected
            )
    for found_moment, expected_moment in zip(
        (mean, variance), period_moments([law], use, "as_new"), strict=True
    ):
        assert found_moment == pytest.approx(expected_moment, rel=1e-3)


def test_simulated_fleet_of_twenty_thousand_positions(rng: np.random.Generator) -> None:
    """Ages and uses of their own; 200 simulated horizons of the whole fleet."""
    n, shape = 20_000, 2.5
    ages, rate = rng.uniform(0, 1.5, n), rng.uniform(0.3, 1.2, n)
    found = fleet_pmfs([WeibullLaw(1.0, shape)], planned_use(ages, 0.8, rate), "as_new")[0]
    totals = []
    for _ in range(200):
        clock = (ages**shape + rng.exponential(size=n)) ** (1 / shape) - ages
        total = 0
        while (due := np.flatnonzero(clock <= 0.8 * rate)).size:
            total += due.size
            clock[due] += rng.weibull(shape, due.size)
        totals.append(total)
    variance = found @ np.square(np.arange(found.size)) - mean_count(found) ** 2
    assert abs(np.mean(totals) - mean_count(found)) < 3.5 * math.sqrt(variance / 200) + 1e-3 * mean_count(
        found
    )
    assert np.std(totals) == pytest.approx(math.sqrt(variance), rel=0.2)
    inside = [count_quantile(found, 0.05) <= total <= count_quantile(found, 0.95) for total in totals]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.08)
