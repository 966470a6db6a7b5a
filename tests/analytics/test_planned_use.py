from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import InvalidData
from analytics.planned_use import planned_use


def test_use_adds_up_period_by_period() -> None:
    use = planned_use([30.0, 10.0], [5.0, 10.0], [[1.0, 2.0], [0.0, 3.0]])
    assert use.ages.tolist() == [10.0, 30.0]
    assert use.reached.tolist() == [[0.0, 0.0, 30.0], [0.0, 5.0, 25.0]]
    assert (use.horizon, use.total.tolist()) == (15.0, [30.0, 25.0])
    assert use.by(5.0).tolist() == [0.0, 5.0]
    assert use.by(10.0).tolist() == [15.0, 15.0]


@pytest.mark.parametrize("rate", [2.0, [2.0, 2.0], [[2.0, 2.0, 2.0]], [[2.0] * 3, [2.0] * 3]])
def test_ways_to_say_the_same(rate: Any) -> None:
    assert planned_use([1.0, 2.0], [1, 1, 1], rate).reached.tolist() == [[0, 2, 4, 6], [0, 2, 4, 6]]


@given(st.permutations(range(4)))
def test_the_order_of_positions_does_not_matter(order: list[int]) -> None:
    ages, rate = [3.0, 1.0, 1.0, 2.0], [1.0, 5.0, 4.0, 1.0]
    found = planned_use([ages[i] for i in order], 2.0, [rate[i] for i in order])
    assert found.reached.tolist() == planned_use(ages, 2.0, rate).reached.tolist()


def test_positions_alike_are_counted_once() -> None:
    ages, reached, count = planned_use([5.0, 1.0, 5.0], 2.0, 1.0).distinct
    assert (ages.tolist(), reached.tolist(), count.tolist()) == ([1.0, 5.0], [[0.0, 2.0]] * 2, [1.0, 2.0])


@pytest.mark.parametrize(
    ("ages", "horizon", "rate", "words"),
    [
        ([-1.0], 1.0, 1.0, "row 0: ages"),
        ([1.0, 2.0], [1.0, 2.0], [[1, 1], [1, -1]], "row 1: usage_per_unit"),
        ([1.0], [1.0, -1.0], 1.0, "horizon"),
        ([1.0], [[1.0]], 1.0, "one"),
        ([1.0], [], 1.0, "one"),
        ([1.0, 2.0], 1.0, [1.0, 2.0, 3.0], "one length"),
    ],
)
def test_what_is_refused(ages: Any, horizon: Any, rate: Any, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        planned_use(ages, horizon, rate)
