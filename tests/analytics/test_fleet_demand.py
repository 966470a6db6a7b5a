import numpy as np
import pytest
from scipy import stats

from analytics.fleet_demand import fleet_pmfs, period_moments, position_pmfs
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
    mean, variance = period_moments(law, use, "as_new", fine=True)
    assert mean == pytest.approx([0.4, 2.4, 0.4], rel=1e-4)
    assert variance == pytest.approx([0.4, 2.4, 0.4], rel=1e-3)


@pytest.mark.parametrize("shape", [0.7, 1.5, 4.0])
def test_simulated_periods_have_these_moments(shape: float, rng: np.random.Generator) -> None:
    law, use = WeibullLaw(1.0, shape), planned_use(np.linspace(0, 1.5, 8), [0.4] * 5, 1.0)
    mean, variance = period_moments(law, use, "as_new")
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
    mean, variance = period_moments(law, use, "none")
    p = stats.weibull_min.cdf(1.0, 2.0)
    assert mean == pytest.approx([p, 1 - p])
    assert variance == pytest.approx([p * (1 - p)] * 2)
