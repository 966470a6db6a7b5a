from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta as beta_distribution

from analytics import InvalidData, LifeData, NotEnoughFailures
from analytics.ranks import median_rank, plotting_positions, regress


def test_adjusted_ranks_are_mean_order_numbers() -> None:
    # Johnson's definition (1964), counted out: each suspended unit would have failed somewhere after its suspension, all
    # orders of the eight failures that allow this are equally likely, and a rank is the mean of an order number.
    ages = [10, 30, 45, 49, 82, 90, 96, 100]
    events = [0, 1, 0, 1, 1, 1, 0, 1]
    orders = [
        order
        for order in permutations(range(8))
        if all(_may_follow(a, b, events) for a, b in combinations(order, 2))
    ]
    mean = [np.mean([order.index(unit) + 1 for order in orders]) for unit in range(8) if events[unit]]
    points = plotting_positions(LifeData(ages, events))
    assert points.time.tolist() == [30, 49, 82, 90, 100]
    assert points.adjusted_rank == pytest.approx(mean, rel=1e-12)


def _may_follow(first: int, second: int, events: list[int]) -> bool:
    """Whether a unit may fail before another, both numbered by age: not where the other had failed by then."""
    return first < second or not events[second]


def test_exact_median_rank_is_the_median_of_its_beta_distribution() -> None:
    found = median_rank([1.0, 2.5, 7.0], 9, ranks="exact")
    assert beta_distribution.cdf(found, [1.0, 2.5, 7.0], [9.0, 7.5, 3.0]) == pytest.approx([0.5] * 3)


def test_without_suspensions_ranks_are_order_numbers() -> None:
    points = plotting_positions(LifeData([5, 1, 3, 3], 1))
    assert points.adjusted_rank == pytest.approx([1, 2, 3, 4])
    assert points.time.tolist() == [1, 3, 3, 5]


def test_a_unit_suspended_at_the_age_of_a_failure_was_at_risk_for_it() -> None:
    tied = plotting_positions(LifeData([10, 10, 20], [1, 0, 1]))
    after = plotting_positions(LifeData([10, 11, 20], [1, 0, 1]))
    assert tied.adjusted_rank.tolist() == after.adjusted_rank.tolist()
    before = plotting_positions(LifeData([10, 9, 20], [1, 0, 1]))
    assert tied.adjusted_rank[0] < before.adjusted_rank[0]


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.integers(1, 3)), min_size=1, max_size=15))
def test_a_counted_row_is_so_many_rows(rows: list[tuple[int, bool, int]]) -> None:
    ages, failed, count = (list(column) for column in zip(*rows, strict=True))
    if not any(failed):
        return
    grouped = plotting_positions(LifeData(ages, failed, count=count))
    single = plotting_positions(LifeData(np.repeat(ages, count), np.repeat(failed, count)))
    assert grouped.adjusted_rank == pytest.approx(single.adjusted_rank)
    assert np.all(np.diff(grouped.adjusted_rank) > 0)
    assert grouped.adjusted_rank[-1] <= sum(count) + 1e-9


@pytest.mark.parametrize(
    "data",
    [
        LifeData([1, 2], [1, 2]),
        LifeData([1, 2], [1, 1], entry=[0, 1]),
        LifeData([1, 2], [1, 3], upper=[0, 3]),
    ],
)
def test_refuses_data_without_order_numbers(data: LifeData) -> None:
    with pytest.raises(InvalidData, match="row 1") as refused:
        plotting_positions(data)
    assert refused.value.rows == (1,)


def test_refuses_no_failures_and_unknown_ranks() -> None:
    with pytest.raises(NotEnoughFailures):
        plotting_positions(LifeData([1, 2], 0))
    with pytest.raises(InvalidData, match="benard"):
        median_rank(1, 2, ranks="mean")  # type: ignore[arg-type]


def test_regression_recovers_a_line_and_tells_the_two_directions_apart() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    for axis in ("x", "y"):
        line = regress(x, 2.0 * x - 1.0, on=axis)  # type: ignore[arg-type]
        assert (line.slope, line.intercept, line.r_squared) == pytest.approx((2.0, -1.0, 1.0))
    y = np.array([0.0, 3.0, 1.0, 5.0])
    # The two slopes differ by the factor r squared.
    on_x, on_y = regress(x, y, on="x"), regress(x, y, on="y")
    assert on_y.slope / on_x.slope == pytest.approx(on_x.r_squared)
    with pytest.raises(NotEnoughFailures):
        regress(np.ones(3), y[:3], on="y")
