import numpy as np
import pytest

from analytics.fleet_groups import MOST_PARTS, fleet_groups
from analytics.planned_use import planned_use


def test_a_small_fleet_is_left_as_it_is() -> None:
    parts, count = fleet_groups(planned_use([5.0, 1.0, 5.0], 2.0, 1.0))
    assert (parts.ages.tolist(), parts.total.tolist(), count.tolist()) == ([1.0, 5.0], [2.0, 2.0], [1.0, 2.0])


@pytest.mark.parametrize("rate", ["same", "own", "own by season"])
def test_parts_have_the_moments_of_the_positions(rate: str, rng: np.random.Generator) -> None:
    n = 6000
    ages = np.where(rng.random(n) < 0.2, 0.0, 300 * np.exp(rng.normal(size=n)))
    rates = {"same": 2.0, "own": rng.uniform(1, 9, n), "own by season": rng.uniform(1, 9, (n, 2))}[rate]
    use = planned_use(ages, [10.0, 20.0], rates)
    parts, count = fleet_groups(use)
    assert parts.ages.size <= MOST_PARTS
    assert count.sum() == pytest.approx(n)
    assert np.all(parts.ages >= 0)
    assert np.all(np.diff(parts.reached, axis=1) >= 0)
    for of_parts, of_positions in (
        (parts.ages, use.ages),
        (parts.total, use.total),
        (parts.reached[:, 1], use.reached[:, 1]),
    ):
        assert count @ of_parts == pytest.approx(of_positions.sum(), rel=1e-9)


def test_parts_away_from_zero_have_the_spread_of_the_positions(rng: np.random.Generator) -> None:
    """Groups that reach down to age or use 0 give some of it up; others do not."""
    ages, rates = rng.uniform(1000, 3000, 6000), rng.uniform(5, 9, (6000, 2))
    use = planned_use(ages, [10.0, 20.0], rates)
    parts, count = fleet_groups(use)
    assert count @ parts.ages**2 == pytest.approx(np.sum(use.ages**2), rel=1e-9)
    assert count @ (parts.ages * parts.total) == pytest.approx(np.sum(use.ages * use.total), rel=1e-9)


def test_outliers_do_not_take_all_groups(rng: np.random.Generator) -> None:
    ages = np.concatenate([rng.uniform(0, 1, 5000), rng.uniform(0, 1e9, 50)])
    parts, count = fleet_groups(planned_use(ages, 1.0, 1.0))
    assert np.sum(parts.ages < 1) > MOST_PARTS / 4
    assert count[parts.ages < 1].sum() == pytest.approx(5000)


def test_schedules_that_differ_in_every_way_are_left_alone(rng: np.random.Generator) -> None:
    parts, count = fleet_groups(planned_use(rng.uniform(0, 1, 3000), [1.0] * 5, rng.uniform(0, 1, (3000, 5))))
    assert (parts.ages.size, count.max()) == (3000, 1.0)
