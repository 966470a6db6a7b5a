from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import analytics
from analytics import EventHistories, InvalidData


def histories(**changes: Any) -> EventHistories:
    settings: dict[str, Any] = {
        "system": ["a", "b", "a"],
        "time": [5.0, 3.0, 12.0],
        "start": {"a": [0, 10], "b": 1},
        "end": {"a": [6, 20], "b": 9},
        "kind": ["leak", "noise", "leak"],
        "cost": [10.0, 4.0, 7.0],
    } | changes
    return EventHistories(settings.pop("system"), settings.pop("time"), **settings)


def test_events_are_sorted_and_systems_without_events_kept() -> None:
    found = EventHistories(["x", "x"], [9, 4], end={"x": 10, "quiet": 7})
    assert found.systems == ("quiet", "x")
    assert found.time.tolist() == [4, 9]
    assert found.events_of("quiet").size == 0
    assert found.counts.failures == 2
    assert found.exposure == 17


def test_no_events_at_all_is_a_history() -> None:
    assert EventHistories([], [], end={"x": 10}).exposure == 10


def test_windows_with_a_gap() -> None:
    found = histories()
    assert found.windows_of("a") == [(0, 6), (10, 20)]
    assert found.exposure == 6 + 10 + 8
    assert found.at_risk([0, 0.5, 1, 6, 6.5, 9, 9.5, 10, 20, 21]).tolist() == [1, 1, 2, 2, 1, 1, 0, 1, 1, 0]


def test_three_ways_to_give_the_register_agree() -> None:
    mapped = EventHistories(["a", "b"], [5, 3], start=0, end={"a": 8, "b": 9})
    aligned = EventHistories(["a", "b"], [5, 3], start=[0, 0], end=[9, 8], systems=["b", "a"])
    both = EventHistories(["a", "b"], [5, 3], start={"b": 0, "a": 0}, end={"a": 8, "b": 9})
    assert mapped.fingerprint == aligned.fingerprint == both.fingerprint


def test_repeated_labels_of_systems_are_windows() -> None:
    found = EventHistories(["a"], [12], start=[0, 10], end=[6, 20], systems=["a", "a"])
    assert found.windows_of("a") == [(0, 6), (10, 20)]


def test_touching_windows_are_joined_so_that_nobody_is_counted_twice() -> None:
    found = EventHistories([], [], start={"a": [0, 5, 9]}, end={"a": [5, 7, 12]})
    assert found.windows_of("a") == [(0, 7), (9, 12)]
    assert found.at_risk([5]).tolist() == [1]


def test_both_ends_of_a_window_belong_to_it() -> None:
    assert EventHistories(["a", "a"], [0, 10], end={"a": 10}).time.tolist() == [0, 10]


def test_select_keeps_exposure_and_windows() -> None:
    leaks = histories().select("leak")
    assert leaks.time.tolist() == [5, 12]
    assert leaks.cost is not None
    assert leaks.cost.tolist() == [10, 7]
    assert leaks.exposure == histories().exposure
    assert leaks.systems == ("a", "b")
    assert leaks.fingerprint != histories().fingerprint


def test_kinds_may_be_selected_by_number() -> None:
    numbered = EventHistories(["a"] * 3, [1, 2, 3], end={"a": 4}, kind=np.array([1, 2, 1]))
    assert numbered.select(1).time.tolist() == numbered.select("1").time.tolist() == [1.0, 3.0]


def test_arrays_are_frozen() -> None:
    with pytest.raises(ValueError, match="read-only"):
        histories().time[0] = 1.0
    with pytest.raises(AttributeError):
        histories().unit = "km"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "rows", "words"),
    [
        ({"time": [5, 9.5, 12]}, (1,), r"row 1: system 'b' has an event at 9.5 h outside .*\[1, 9\]"),
        ({"time": [5, 3, 8]}, (2,), r"row 2: system 'a' .* \[0, 6\], \[10, 20\]"),
        ({"time": [5, 3, np.nan]}, (2,), "row 2: time is nan"),
        ({"time": [5, 3]}, None, "time has shape"),
        ({"time": ["5", "x", "7"]}, None, "time must be numbers"),
        ({"system": ["a", "c", "a"]}, (1,), "row 1: system 'c' has an event but no window"),
        ({"cost": [1, np.inf, 2]}, (1,), "row 1: cost is inf"),
        ({"kind": ["leak"]}, None, "kind has 1 values"),
        ({"end": {"a": [6, 20], "b": 0.5}}, (2,), "system 'b' ends at 0.5, before it starts at 1"),
        ({"start": {"a": [0, 4], "b": 1}}, None, "'a' is observed twice between 4 and 6"),
        ({"end": {"a": [6, 20]}}, None, "do not name the same windows.*'b'"),
        ({"start": 0, "end": 20}, None, "register of systems is missing"),
        ({"start": [0.0], "end": {"a": [6, 20], "b": 9}}, None, "start has shape"),
        ({"unit": None}, None, "unit must be a word"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], rows: tuple[int, ...] | None, words: str) -> None:
    with pytest.raises(InvalidData, match=words) as caught:
        histories(**changes)
    if rows is not None:
        assert caught.value.rows == rows


def test_kinds_and_systems_that_are_not_there() -> None:
    with pytest.raises(InvalidData, match="no system 'z'"):
        histories().windows_of("z")
    with pytest.raises(InvalidData, match="no system 'z'"):
        histories().events_of("z")
    with pytest.raises(InvalidData, match="carry no kinds"):
        EventHistories([], [], end={"a": 1}).select("leak")


events = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100)), max_size=20)


@given(events, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(listed: list[tuple[str, float]], shuffler: Any) -> None:
    shuffled = list(listed)
    shuffler.shuffle(shuffled)
    one, other = (
        EventHistories([s for s, _ in part], [t for _, t in part], end=dict.fromkeys("abc", 100.0))
        for part in (listed, shuffled)
    )
    assert one.fingerprint == other.fingerprint
    assert one.time.tolist() == other.time.tolist()


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 30)), min_size=1, max_size=12), st.floats(-60, 90))
def test_at_risk_counts_the_windows_that_hold_the_time(spans: list[tuple[float, float]], time: float) -> None:
    starts = [start for start, _ in spans]
    ends = [start + length for start, length in spans]
    found = EventHistories([], [], start=starts, end=ends, systems=range(len(spans)))
    held = sum(start <= time <= end for start, end in zip(starts, ends, strict=True))
    assert found.at_risk([time]).tolist() == [held]


def test_one_system_alone() -> None:
    histories = EventHistories(
        ["a", "b", "a"], [3, 4, 6], end={"a": 10, "b": 12, "c": 9}, kind=["x", "y", "z"], cost=[1, 2, 3]
    )
    only = histories.only("a", "c")
    assert (only.systems, only.time.tolist(), only.kind) == (("a", "c"), [3, 6], ("x", "z"))
    assert only.cost is not None
    assert only.cost.tolist() == [1, 3]
    assert only.exposure == 19
    same = EventHistories(["a", "a"], [3, 6], end={"a": 10, "c": 9}, kind=["x", "z"], cost=[1, 3])
    assert only.fingerprint == same.fingerprint
    with pytest.raises(InvalidData, match="no system"):
        histories.only("d")


def test_times_between_failures_are_lives_only_if_told_so() -> None:
    histories = EventHistories(
        ["a", "a", "b"], [3, 8, 12], start={"a": 0, "b": 10, "c": 0}, end={"a": 10, "b": 20, "c": 5}
    )
    with pytest.raises(InvalidData, match="trend_tests"):
        histories.times_between_failures()
    lives = histories.times_between_failures(as_renewals=True)
    # Of b the time to its first failure is not known, only the open one after it.
    assert sorted(zip(lives.time.tolist(), lives.event.tolist(), strict=True)) == [
        (2, 0),
        (3, 1),
        (5, 0),
        (5, 1),
        (8, 0),
    ]
    never_repaired = EventHistories(["a"], [8], end={"a": 8, "b": 9})
    assert never_repaired.times_between_failures().counts.failures == 1


@pytest.mark.parametrize("name", ["fit_weibull", "fit_exponential", "kaplan_meier"])
def test_nothing_fits_lives_to_histories(name: str) -> None:
    histories = EventHistories(["a", "a"], [3, 8], end={"a": 10})
    with pytest.raises(InvalidData, match="trend_tests"):
        getattr(analytics, name)(histories)
