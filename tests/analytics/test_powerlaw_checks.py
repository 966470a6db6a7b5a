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

# MIL-HDBK-189, critical values of the Cramer-von Mises statistic, significance .20 .15 .10 .05.
HANDBOOK = {
    2: (0.138, 0.149, 0.162, 0.175),
    3: (0.121, 0.135, 0.154, 0.184),
    5: (0.121, 0.137, 0.160, 0.199),
    10: (0.125, 0.142, 0.167, 0.212),
    20: (0.128, 0.146, 0.172, 0.217),
    60: (0.128, 0.147, 0.173, 0.220),
}


@pytest.mark.parametrize("events", HANDBOOK)
def test_critical_values_of_the_handbook(events: int) -> None:
    # The handbook's own values come from 15,000 samples, which leave an error of about 0.002 at 5 %.
    found = [cramer_von_mises_critical(events, level) for level in (0.20, 0.15, 0.10, 0.05)]
    assert found == pytest.approx(HANDBOOK[events], abs=0.004)


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
