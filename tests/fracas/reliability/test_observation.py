"""Windows of observation from service events."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fracas.assets.models import ServiceEventKind
from fracas.reliability.observation import Observation, observe, overlap

INF = math.inf


def observed(*events: tuple[float, str], until: float = 100) -> Observation:
    return observe([(at, ServiceEventKind(kind)) for at, kind in events], until)


@pytest.mark.parametrize(
    ("events", "windows"),
    [
        ([], [(-INF, 100)]),
        ([(10, "commissioned")], [(10, 100)]),
        ([(10, "commissioned"), (60, "retired")], [(10, 60)]),
        ([(60, "retired")], [(-INF, 60)]),
        ([(10, "commissioned"), (40, "retired"), (70, "commissioned")], [(10, 40), (70, 100)]),
        ([(40, "retired"), (70, "commissioned")], [(-INF, 40), (70, 100)]),
        ([(20, "observed_from"), (50, "observed_until")], [(20, 50)]),
        ([(20, "observed_from")], [(20, 100)]),
        ([(50, "observed_until")], [(-INF, 50)]),
        ([(0, "commissioned"), (20, "observed_from"), (50, "observed_until")], [(20, 50)]),
        ([(30, "commissioned"), (20, "observed_from"), (50, "observed_until")], [(30, 50)]),
        ([(0, "commissioned"), (50, "observed_until"), (70, "observed_from")], [(0, 50), (70, 100)]),
        # Two years of one feed that meet, and two that overlap, are one window.
        (
            [(0, "observed_from"), (50, "observed_until"), (50, "observed_from"), (90, "observed_until")],
            [(0, 90)],
        ),
        (
            [(0, "observed_from"), (40, "observed_from"), (50, "observed_until"), (90, "observed_until")],
            [(0, 90)],
        ),
        ([(20, "observed_from"), (150, "observed_until")], [(20, 100)]),
        # Not in service yet, or the record not begun, on the day that is asked for.
        ([(150, "commissioned")], []),
        ([(0, "commissioned"), (150, "observed_from")], []),
        ([(150, "retired")], [(-INF, 100)]),
        ([(10, "commissioned"), (100, "observed_from")], [(100, 100)]),
    ],
)
def test_windows(events: list[tuple[float, str]], windows: list[tuple[float, float]]) -> None:
    assert list(observed(*events).windows) == windows


def test_what_the_register_states() -> None:
    assert not observed().is_stated
    assert not observed((60, "retired")).is_stated
    assert observed((20, "observed_from")).is_stated
    commissioned = observed((30, "commissioned"), (10, "commissioned"))
    assert (commissioned.is_stated, commissioned.commissioned_at) == (True, 10)


def test_a_retired_system_is_never_watched_after() -> None:
    assert observed((10, "commissioned"), (20, "retired"), (40, "observed_from")).windows == ()


EVENTS = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(list(ServiceEventKind))), max_size=8)


@given(EVENTS, st.integers(0, 60), st.integers(0, 60))
def test_what_was_seen_up_to_a_day_does_not_depend_on_the_day_of_asking(
    events: list[tuple[float, ServiceEventKind]], first: float, second: float
) -> None:
    early, late = sorted((first, second))
    seen_later = observe(events, late).windows
    assert list(observe(events, early).windows) == overlap(seen_later, [(-INF, early)])


def test_overlap_of_two_lists() -> None:
    assert overlap([(0, 10), (20, 30)], [(5, 25), (28, 40)]) == [(5, 10), (20, 25), (28, 30)]
    assert overlap([], [(0, 1)]) == []
