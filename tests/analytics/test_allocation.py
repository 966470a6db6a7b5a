import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import InvalidData
from analytics.allocation import Limit, allocate_exactly, efficient_options, efficient_steps

SMALL_TABLES = st.lists(
    st.lists(st.tuples(st.integers(0, 20), st.floats(0, 10)), min_size=1, max_size=4), min_size=1, max_size=4
)


def columns(tables: list[list[tuple[int, float]]]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [np.array([float(c) for c, _ in t]) for t in tables], [np.array([x for _, x in t]) for t in tables]


@given(SMALL_TABLES, st.integers(0, 60))
@settings(max_examples=60)
def test_no_choice_is_better_than_the_exact_one(tables: list[list[tuple[int, float]]], budget: int) -> None:
    costs, losses = columns(tables)
    every = [
        sum(losses[i][k] for i, k in enumerate(choice))
        for choice in itertools.product(*(range(len(t)) for t in tables))
        if sum(costs[i][k] for i, k in enumerate(choice)) <= budget
    ]
    if not every:
        with pytest.raises(InvalidData, match="at least"):
            allocate_exactly(losses, [Limit("money", costs, budget)], time_limit=10)
        return
    chosen, gap = allocate_exactly(losses, [Limit("money", costs, budget)], time_limit=10)
    assert sum(loss[k] for loss, k in zip(losses, chosen, strict=True)) == pytest.approx(min(every), abs=1e-6)
    assert gap <= 1e-9


@given(SMALL_TABLES)
def test_steps_lead_from_the_cheapest_to_the_least_loss(tables: list[list[tuple[int, float]]]) -> None:
    costs, losses = columns(tables)
    start, steps = efficient_steps(costs, losses)
    for own_cost, k in zip(costs, start, strict=True):
        assert own_cost[k] == own_cost.min()
    ratios = steps.gain / steps.cost
    assert np.all(np.diff(ratios) <= 1e-12)
    end = start.copy()
    end[steps.part] = steps.option
    for own_loss, k in zip(losses, end, strict=True):
        assert own_loss[k] == own_loss.min()


def test_only_the_hull_is_efficient() -> None:
    # The second option gains less for its cost than the way to the third; the fifth costs more and loses more.
    cost, loss = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([10.0, 9.0, 2.0, 1.0, 1.5])
    assert efficient_options(cost, loss).tolist() == [0, 2, 3]
    # What costs more must gain something, and of two for the same money the better one counts.
    assert efficient_options(np.array([0.0, 1.0]), np.array([5.0, 5.0])).tolist() == [0]
    assert efficient_options(np.array([1.0, 1.0]), np.array([5.0, 4.0])).tolist() == [1]


def test_limits_that_exclude_each_other_are_refused() -> None:
    cost = [np.array([0.0, 1.0])]
    limits = [Limit("mass", cost, 0.5), Limit("service", [np.array([1.0, 0.0])], 0.5)]
    with pytest.raises(InvalidData, match="all the limits together"):
        allocate_exactly(cost, limits, time_limit=10)


@pytest.mark.parametrize("k", [1e-12, 1e-6, 1e6, 1e12])
def test_the_choice_does_not_depend_on_the_unit_of_the_loss(k: float) -> None:
    costs = [np.array([0.0, 2.0, 5.0]), np.array([0.0, 3.0, 4.0]), np.array([1.0, 2.0, 6.0])]
    losses = [np.array([5.0, 3.0, 0.5]), np.array([4.0, 2.5, 1.0]), np.array([3.0, 2.9, 0.1])]
    every = {
        choice: sum(loss[at] for loss, at in zip(losses, choice, strict=True))
        for choice in itertools.product(range(3), repeat=3)
        if sum(cost[at] for cost, at in zip(costs, choice, strict=True)) <= 10.0
    }
    chosen, _ = allocate_exactly([k * loss for loss in losses], [Limit("money", costs, 10.0)], time_limit=10)
    assert tuple(chosen) == min(every, key=lambda choice: every[choice])


def test_an_option_that_takes_the_whole_limit_is_one() -> None:
    costs, losses = (
        [np.array([0.0, 10.0]), np.array([0.5, 3.0])],
        [np.array([5.0, 0.0]), np.array([1.0, 0.0])],
    )
    assert allocate_exactly(losses, [Limit("money", costs, 10.5)], time_limit=10)[0].tolist() == [1, 0]
    assert allocate_exactly(losses, [Limit("money", costs, 10.4)], time_limit=10)[0].tolist() == [0, 1]
