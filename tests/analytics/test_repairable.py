import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import (
    EventHistories,
    InvalidData,
    MeanCumulativeFunction,
    NotEnoughFailures,
    Result,
    mean_cumulative_function,
)

# ReliaWiki, Recurrent Event Data Analysis, example of five systems.
FIVE_TIMES = {
    "1": [5, 10, 15],
    "2": [6, 13, 17],
    "3": [12, 20, 25],
    "4": [13, 15],
    "5": [16, 22, 25],
}
FIVE_ENDS = {"1": 17, "2": 19, "3": 26, "4": 24, "5": 28}


def five_systems() -> EventHistories:
    return EventHistories(
        [system for system, times in FIVE_TIMES.items() for _ in times],
        [time for times in FIVE_TIMES.values() for time in times],
        end=FIVE_ENDS,
    )


def by_the_formula(histories: EventHistories, amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The estimate and Lawless and Nadeau's variance exactly as printed, with a table of times x systems."""
    times = np.unique(histories.time)
    watched = np.zeros((times.size, len(histories.systems)))
    for owner, start, end in zip(
        histories.window_system, histories.window_start, histories.window_end, strict=True
    ):
        watched[(start <= times) & (times <= end), owner] = 1
    events = np.zeros_like(watched)
    np.add.at(events, (np.searchsorted(times, histories.time), histories.event_system), amounts)
    at_risk = watched.sum(axis=1, keepdims=True)
    mean = events.sum(axis=1, keepdims=True) / at_risk
    paths = np.cumsum(watched / at_risk * (events - mean), axis=0)
    return np.cumsum(mean[:, 0]), np.sum(paths**2, axis=1)


def test_published_five_systems() -> None:
    curve = mean_cumulative_function(five_systems())
    expected = {5: 0.2, 12: 0.8, 13: 1.2, 17: 2.0, 20: 2.33333, 22: 2.66667, 25: 3.66667}
    assert {t: round(float(curve.at(t)), 5) for t in expected} == expected
    variances = dict(zip(curve.time.tolist(), (curve.standard_error**2).tolist(), strict=True))
    robust = {5: 0.032, 6: 0.048, 22: 0.145185, 25: 0.145185}
    assert {t: round(variances[t], 6) for t in robust} == robust
    assert curve.variance == "robust"


def test_published_five_systems_with_independent_steps() -> None:
    curve = mean_cumulative_function(five_systems(), variance="reliasoft")
    variances = dict(zip(curve.time.tolist(), (curve.standard_error**2).tolist(), strict=True))
    printed = {5: 0.032, 6: 0.064, 22: 0.468148, 25: 0.718148}
    assert {t: round(variances[t], 6) for t in printed} == printed
    assert curve.variance == "reliasoft"


def test_bounds_are_on_the_log_scale() -> None:
    curve = mean_cumulative_function(five_systems(), confidence=0.80)
    reach = 1.2815515655446004 * curve.standard_error / curve.estimate
    assert curve.lower == pytest.approx(curve.estimate * np.exp(-reach), rel=1e-12)
    assert curve.upper == pytest.approx(curve.estimate * np.exp(reach), rel=1e-12)
    assert np.all(curve.lower > 0)
    last = curve.interval(26)
    assert (last.lower, last.upper) == (curve.lower[-1], curve.upper[-1])
    assert curve.interval(26, confidence=0.95).upper > last.upper  # type: ignore[operator]


def test_a_system_counts_only_while_it_is_watched() -> None:
    late = EventHistories(
        ["old", "new", "old"], [4, 12, 13], start={"old": [0, 10], "new": 8}, end={"old": [6, 20], "new": 20}
    )
    curve = mean_cumulative_function(late)
    assert curve.at_risk.tolist() == [1, 2, 2]
    assert curve.estimate.tolist() == [1, 1.5, 2]
    assert "only one system is at risk" in " ".join(curve.warnings)


def test_systems_without_events_count() -> None:
    alone = mean_cumulative_function(EventHistories(["a"], [5], end={"a": 10}))
    among_four = mean_cumulative_function(EventHistories(["a"], [5], end=dict.fromkeys("abcd", 10)))
    assert alone.estimate.tolist() == [1]
    assert among_four.estimate.tolist() == [0.25]
    assert among_four.systems == 4
    # Nelson's variance of a share: p (1 - p) / n.
    assert among_four.standard_error[0] ** 2 == pytest.approx(0.25 * 0.75 / 4, rel=1e-12)


def test_cost_of_one_an_event_is_the_count() -> None:
    five = five_systems()
    labels = [five.systems[index] for index in five.event_system]
    costed = EventHistories(labels, five.time, end=FIVE_ENDS, cost=np.ones(five.time.size))
    by_cost, by_count = mean_cumulative_function(costed, value="cost"), mean_cumulative_function(five)
    for name in ("estimate", "standard_error", "lower", "upper"):
        assert getattr(by_cost, name).tolist() == getattr(by_count, name).tolist()


def test_cost_that_begins_at_nothing_has_no_bounds_there() -> None:
    curve = mean_cumulative_function(
        EventHistories(["a", "b"], [1, 2], end={"a": 9, "b": 9}, cost=[0, 5]), value="cost"
    )
    assert math.isnan(curve.lower[0])
    assert math.isnan(curve.upper[0])
    assert np.isfinite(curve.upper[1])
    assert Result.from_json(curve.to_json()) == curve


def test_the_result_survives_json() -> None:
    curve = mean_cumulative_function(five_systems())
    again = MeanCumulativeFunction.from_json(curve.to_json())
    assert again == curve
    assert again.at(13) == curve.at(13)
    assert again.fingerprint == five_systems().fingerprint


@st.composite
def fleets(draw: st.DrawFn) -> EventHistories:
    """A few systems with up to two windows each, and events inside them; whole numbers, so that times tie."""
    system, time, owners, starts, ends = [], [], [], [], []
    for label in "abcd"[: draw(st.integers(1, 4))]:
        edges = sorted(draw(st.lists(st.integers(0, 30), min_size=2, max_size=4, unique=True)))
        for start, end in zip(edges[0::2], edges[1::2], strict=False):
            owners.append(label)
            starts.append(start)
            ends.append(end)
            inside = draw(st.lists(st.integers(start, end), max_size=5))
            system += [label] * len(inside)
            time += inside
    cost = draw(st.lists(st.floats(0.1, 9), min_size=len(time), max_size=len(time)))
    return EventHistories(system, time, start=starts, end=ends, systems=owners, cost=cost)


@given(fleets(), st.sampled_from(["count", "cost"]))
@settings(max_examples=150)
def test_one_pass_gives_what_the_formula_gives(histories: EventHistories, value: str) -> None:
    if histories.time.size == 0:
        return
    curve = mean_cumulative_function(histories, value=value)  # type: ignore[arg-type]
    assert histories.cost is not None
    amounts = histories.cost if value == "cost" else np.ones(histories.time.size)
    estimate, variance = by_the_formula(histories, amounts)
    assert curve.estimate == pytest.approx(estimate, rel=1e-12)
    assert curve.standard_error**2 == pytest.approx(variance, rel=1e-9, abs=1e-12 * float(amounts.max()) ** 2)


@given(fleets(), st.floats(1e-3, 1e3))
@settings(max_examples=50)
def test_another_unit_of_time_changes_the_times_only(histories: EventHistories, factor: float) -> None:
    if histories.time.size == 0:
        return
    scaled = EventHistories(
        [histories.systems[index] for index in histories.event_system],
        histories.time * factor,
        start=histories.window_start * factor,
        end=histories.window_end * factor,
        systems=[histories.systems[index] for index in histories.window_system],
    )
    one, other = mean_cumulative_function(histories), mean_cumulative_function(scaled)
    assert other.time == pytest.approx(one.time * factor)
    assert other.estimate.tolist() == one.estimate.tolist()
    assert other.standard_error.tolist() == one.standard_error.tolist()


def test_recovers_a_known_rate_and_holds_it_in_its_bounds(rng: np.random.Generator) -> None:
    """60 systems with their own rates (so that events of one system hang together), mean rate 0.02 to age 100."""
    inside, estimates = 0, []
    for _ in range(300):
        rates = rng.gamma(2.0, 0.01, size=60)
        ends = rng.uniform(60, 140, size=60)
        events = [
            np.sort(rng.uniform(0, end, rng.poisson(rate * end)))
            for rate, end in zip(rates, ends, strict=True)
        ]
        histories = EventHistories(
            np.repeat(np.arange(60), [len(times) for times in events]).tolist(),
            np.concatenate(events),
            start=np.zeros(60),
            end=ends,
            systems=range(60),
        )
        curve = mean_cumulative_function(histories)
        estimates.append(float(curve.at(100)))
        inside += 2.0 in curve.interval(100)
    # Truth 2; standard error of the mean of 300 about 0.02; 0.90 holds within 3 binomial standard errors.
    assert np.mean(estimates) == pytest.approx(2.0, abs=0.06)
    assert inside / 300 == pytest.approx(0.90, abs=0.055)


def test_what_is_refused() -> None:
    five = five_systems()
    with pytest.raises(NotEnoughFailures, match=r"no events in 10 h.*mtbf\(0, exposure\)"):
        mean_cumulative_function(EventHistories([], [], end={"a": 10}))
    with pytest.raises(InvalidData, match="carry no costs"):
        mean_cumulative_function(five, value="cost")
    with pytest.raises(InvalidData, match="confidence"):
        mean_cumulative_function(five, confidence=90)
    with pytest.raises(InvalidData, match="negative"):
        mean_cumulative_function(EventHistories(["a"], [1], end={"a": 2}, cost=[-1]), value="cost")
    with pytest.raises(NotEnoughFailures, match="nothing has accumulated by 3 h"):
        mean_cumulative_function(five).interval(3)


def test_the_bounds_of_one_system_are_said_to_be_none() -> None:
    curve = mean_cumulative_function(EventHistories(["A", "A"], [10, 30], end={"A": 100}))
    assert curve.lower.tolist() == curve.estimate.tolist()
    assert curve.warnings == (
        "only one system: a single history shows no variance between systems, so the bounds are the curve itself",
    )
