import numpy as np
import pytest

from analytics import EventHistories, InvalidData, NotEnoughFailures, equal_shapes
from analytics.groupedevents import GroupedEvents
from analytics.powerlaw_checks import (
    cramer_von_mises,
    cramer_von_mises_critical,
    cramer_von_mises_p,
    grouped_chi_square,
)


@pytest.mark.parametrize("events", [2, 5, 20])
def test_critical_values_are_exceeded_as_often_as_they_say(events: int) -> None:
    # Whole power-law processes of shape 1.7, their shape estimated anew: the library draws the transformed times directly.
    drawn = np.random.default_rng(events).uniform(size=(40_000, events)) ** (1 / 1.7)
    shape = (events - 1) / -np.log(drawn).sum(axis=1)
    statistics = [cramer_von_mises(one**power) for one, power in zip(drawn, shape, strict=True)]
    for level in (0.20, 0.10, 0.05):
        exceeded = np.mean(np.array(statistics) > cramer_von_mises_critical(events, level))
        # Both sides are simulated, ours from at least as many draws: four standard errors of the difference.
        assert exceeded == pytest.approx(level, abs=4 * np.sqrt(2 * level * (1 - level) / 40_000))


def test_p_values_are_the_other_side_of_critical_values() -> None:
    for level in (0.5, 0.1, 0.01):
        assert cramer_von_mises_p(cramer_von_mises_critical(12, level), 12) == pytest.approx(level, abs=1e-4)
    assert 0 < cramer_von_mises_p(9.9, 12) < 1e-4
    with pytest.raises(InvalidData):
        cramer_von_mises_critical(12, 1.0)
    with pytest.raises(NotEnoughFailures):
        cramer_von_mises_p(0.1, 1)


def test_the_statistic() -> None:
    assert cramer_von_mises(np.array([0.75, 0.25])) == pytest.approx(1 / 24, rel=1e-12)


def test_intervals_with_few_expected_events_are_put_together() -> None:
    # A rate of 0.1: expected 1, 1, 4 | 10 | 10 and a rest of 1 that joins it.
    grouped = GroupedEvents([10, 20, 60, 160, 260, 270], [2, 0, 5, 9, 8, 3])
    statistic, degrees = grouped_chi_square(grouped, 1.0, np.log(10.0))
    assert degrees == 1
    assert statistic == pytest.approx(1 / 6 + 1 / 10 + 0.0, rel=1e-12)


def test_equal_shapes_hold_their_level_and_see_a_difference() -> None:
    rng = np.random.default_rng(11)

    def system(shape: float) -> np.ndarray:
        return 100.0 * rng.uniform(size=rng.poisson(15) + 2) ** (1 / shape)

    def p_value(shapes: tuple[float, ...]) -> float:
        times = [system(shape) for shape in shapes]
        labels = [str(k) for k, own in enumerate(times) for _ in own]
        ends = {str(k): 100.0 for k in range(len(shapes))}
        return equal_shapes(EventHistories(labels, np.concatenate(times), end=ends)).p_value

    for alike, unlike in (((0.7, 0.7), (0.5, 2.0)), ((1.5,) * 4, (0.6, 0.6, 0.6, 2.0))):
        false = np.mean([p_value(alike) < 0.1 for _ in range(400)])
        assert false == pytest.approx(0.1, abs=0.05)
        assert np.mean([p_value(unlike) < 0.1 for _ in range(60)]) > 0.6


def test_equal_shapes_does_not_ask_which_system_comes_first() -> None:
    times = {"a": [3, 40, 90], "b": [60, 95]}
    one = EventHistories(["a"] * 3 + ["b"] * 2, times["a"] + times["b"], end={"a": 100, "b": 100})
    other = EventHistories(["b"] * 3 + ["a"] * 2, times["a"] + times["b"], end={"a": 100, "b": 100})
    assert equal_shapes(one) == equal_shapes(other)


def test_refusals() -> None:
    alone = EventHistories(["a", "a"], [3, 4], end={"a": 9, "b": 9})
    with pytest.raises(NotEnoughFailures, match="two systems"):
        equal_shapes(alone)
    late = EventHistories(["a", "b"], [3, 4], start={"a": 1, "b": 1}, end={"a": 9, "b": 9})
    with pytest.raises(InvalidData, match="age 0"):
        equal_shapes(late)
