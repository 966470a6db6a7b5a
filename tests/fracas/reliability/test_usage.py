"""Meters, in days for legibility: one second of the module is one day here only by multiplication."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fracas.reliability.usage import (
    CALENDAR_DAYS,
    DAY,
    InstalledClock,
    Meter,
    Reading,
    accumulate,
    anchored,
    first_rate,
    median_rate,
    recent_rate,
)


def at(days: float) -> float:
    return days * DAY


def meter(
    *points: tuple[float, float], before: float | None = None, after: float | None = None, **facts: float
) -> Meter:
    """A line through (day, use), carried on at rates a day."""
    return Meter(
        [(at(x), y) for x, y in points],
        rate_before=None if before is None else before / DAY,
        rate_after=None if after is None else after / DAY,
        reach_days=facts.pop("reach_days", 90),
        **facts,  # type: ignore[arg-type]
    )


def test_the_calendar_is_always_there() -> None:
    assert CALENDAR_DAYS.between(at(3), at(10)) == 7
    assert CALENDAR_DAYS.estimated(at(3), at(10)) == 0
    assert (CALENDAR_DAYS.begins_at, CALENDAR_DAYS.ends_at, CALENDAR_DAYS.age_at(0)) == (
        -math.inf,
        math.inf,
        None,
    )


def test_use_adds_up_across_a_replaced_meter() -> None:
    readings = [Reading(3, 30), Reading(1, 10), Reading(2, 25, restarts_at=5)]
    assert accumulate(readings) == [(1, 10), (2, 25), (3, 50)]


def test_a_reading_at_the_moment_of_a_replacement_is_the_old_meters() -> None:
    assert accumulate([Reading(2, 25, restarts_at=0), Reading(2, 24), Reading(3, 5)]) == [(2, 25), (3, 30)]


def test_use_never_falls() -> None:
    assert accumulate([Reading(1, 10), Reading(2, 7)]) == [(1, 10), (2, 10)]


def test_an_anchor_goes_before_the_first_reading_only() -> None:
    points = [(5.0, 100.0)]
    assert anchored(points, 1.0) == [(1.0, 0.0), (5.0, 100.0)]
    assert anchored(points, 5.0) is points
    assert anchored(points, 1.0, 200.0) is points
    assert anchored(points, None) is points
    assert anchored([], 1.0) == [(1.0, 0.0)]


def test_rates_look_over_a_year_at_either_end() -> None:
    points = [(at(0), 0.0), (at(600), 600.0), (at(900), 1500.0)]
    assert (recent_rate(points) or 0) * DAY == pytest.approx(3)
    assert (first_rate(points) or 0) * DAY == pytest.approx(1)


def test_a_rate_needs_readings_a_day_apart() -> None:
    assert recent_rate([(at(0), 0.0), (at(0.5), 100.0)]) is None
    assert recent_rate([(at(0), 0.0)]) is None
    assert recent_rate([]) is first_rate([]) is None


def test_readings_on_one_day_do_not_hide_the_one_before() -> None:
    assert (recent_rate([(at(0), 0.0), (at(10), 100.0), (at(10.1), 100.0)]) or 0) * DAY == pytest.approx(
        100 / 10.1
    )


def test_the_fleets_rate_is_the_median_of_what_is_known() -> None:
    assert median_rate([1.0, None, 3.0, 100.0]) == 3.0
    assert median_rate([None]) is None


def test_between_readings_straight_beyond_at_the_rate() -> None:
    line = meter((10, 100), (20, 200), before=5, after=2)
    assert line.between(at(12), at(18)) == pytest.approx(60)
    assert line.between(at(8), at(22)) == pytest.approx(10 + 100 + 4)
    assert line.estimated(at(8), at(22)) == pytest.approx(14)
    assert line.estimated(at(12), at(18)) == 0
    assert (line.begins_at, line.ends_at) == (at(-80), at(110))
    assert line.one_day == pytest.approx(2)


def test_without_a_rate_or_reach_the_line_ends_at_its_readings() -> None:
    assert (meter((10, 100)).begins_at, meter((10, 100)).ends_at) == (at(10), at(10))
    short = meter((10, 100), (20, 200), before=5, after=2, reach_days=0)
    assert (short.begins_at, short.ends_at) == (at(10), at(20))


def test_an_anchored_line_begins_at_its_anchor() -> None:
    assert meter((10, 0), (20, 200), before=5, is_anchored=True).begins_at == at(10)


def test_only_an_own_meter_tells_an_age() -> None:
    assert meter((10, 100), (20, 200)).age_at(at(15)) is None
    own = meter((10, 100), (20, 200), is_own=True)
    assert (own.age_at(at(15)), own.age_at(at(30))) == (150, None)


def test_a_part_on_the_shelf_does_not_run() -> None:
    clock = InstalledClock([(at(0), at(10)), (at(20), at(30))])
    assert [clock(at(x)) / DAY for x in (-1, 0, 5, 15, 20, 25, 40)] == [-1, 0, 5, 10, 10, 15, 20]
    line = meter((0, 0), (25, 150), running_seconds=clock)  # type: ignore[arg-type]
    assert line.between(at(0), at(10)) == pytest.approx(100)
    assert line.between(at(20), at(25)) == pytest.approx(50)


def test_what_a_meter_gains_on_the_bench_is_no_use() -> None:
    clock = InstalledClock([(at(0), at(10)), (at(20), at(30))])
    line = meter((0, 0), (10, 100), (15, 180), (30, 280), running_seconds=clock)  # type: ignore[arg-type]
    assert line.between(at(0), at(10)) == pytest.approx(100)
    assert line.between(at(20), at(30)) == pytest.approx(100)


@given(
    gains=st.lists(st.floats(0, 1000), min_size=1, max_size=8),
    cuts=st.lists(st.floats(-80, 170), min_size=3, max_size=3),
)
def test_use_is_additive_whatever_the_cuts(gains: list[float], cuts: list[float]) -> None:
    points, total = [(0.0, 0.0)], 0.0
    for i, gain in enumerate(gains, 1):
        total += gain
        points.append((10.0 * i, total))
    line = meter(*points, before=3, after=4)
    a, b, c = sorted(at(cut) for cut in cuts)
    assert line.between(a, b) + line.between(b, c) == pytest.approx(line.between(a, c), abs=1e-6)
    assert 0 <= line.estimated(a, c) <= line.between(a, c) + 1e-6
