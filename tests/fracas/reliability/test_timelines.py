"""One serial's life, pure: days in, rows out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fracas.assets.models import InstalledAs, RemovalCause
from fracas.reliability.observation import Window
from fracas.reliability.timelines import Breakdown, Life, Place, Stay, trace
from fracas.reliability.usage import CALENDAR_DAYS, DAY, Meter

ALWAYS: Sequence[Window] = ((-math.inf, math.inf),)


def stay(start: float, end: float | None = None, cause: str | None = None, **facts: Any) -> Stay:
    key = f"{start}"
    return Stay(
        installation_id=f"i{key}",
        part_id="p",
        system_id="s",
        position_id="x",
        start=start * DAY,
        end=None if end is None else end * DAY,
        installed_as=InstalledAs(facts.pop("as_", "new")),
        removal_id=None if end is None else f"r{key}",
        removal_cause=None if end is None else RemovalCause(cause or "preventive"),
        **facts,
    )


def broke(at: float, **facts: Any) -> Breakdown:
    for name in ("found_at", "good_at", "restored_at"):
        if name in facts:
            facts[name] *= DAY
    defaults = {"scoring": "unscored", "counts": True, "is_as_new": True}
    return Breakdown(facts.pop("failure_id", f"f{at}"), at * DAY, **{**defaults, **facts})


def life(
    stays: Sequence[Stay],
    breakdowns: Sequence[Breakdown] = (),
    *,
    until: float = 1000,
    windows: Sequence[Window] = ALWAYS,
) -> Life:
    places = [Place(CALENDAR_DAYS, tuple((a * DAY, b * DAY) for a, b in windows)) for _ in stays]
    return trace(stays, breakdowns, places, until * DAY)


def ages(found: Life) -> list[tuple[float, float, int]]:
    return [(round(one.entry, 9), round(one.exit, 9), one.event) for one in found.segments]


def test_each_failure_in_place_begins_a_life() -> None:
    assert ages(life([stay(0)], [broke(100), broke(300)])) == [(0, 100, 1), (0, 200, 1), (0, 700, 0)]


def test_as_old_enters_where_it_failed() -> None:
    found = life([stay(0)], [broke(100, is_as_new=False), broke(300)])
    assert ages(found) == [(0, 100, 1), (100, 300, 1), (0, 700, 0)]


def test_the_last_stretch_of_a_stay_is_marked() -> None:
    found = life([stay(0, 50), stay(60, as_="continued")], [broke(70)])
    assert [one.is_last for one in found.segments] == [True, False, True]


def test_dead_time_runs_from_failure_to_removal() -> None:
    found = life([stay(0, 120, "failure")], [broke(100, removal_id="r0")])
    assert ages(found) == [(0, 100, 1)]
    assert [(start / DAY, end / DAY) for _, start, end in found.dead] == [(100, 120)]


def test_a_swap_names_the_stay_even_after_its_end() -> None:
    found = life([stay(0, 100, "failure")], [broke(105, removal_id="r0")])
    assert ages(found) == [(0, 100, 1)]
    assert found.outside == ()


def test_a_swap_that_cannot_be_is_read_by_the_clock() -> None:
    found = life(
        [stay(0, 100, "move"), stay(200, 300, "failure", as_="continued")], [broke(50, removal_id="r200")]
    )
    assert [(one.entry, one.event) for one in found.segments][:2] == [(0, 1), (0, 0)]


def test_where_two_stays_meet_the_earlier_one_failed() -> None:
    found = life([stay(0, 100), stay(100, as_="continued")], [broke(100)])
    assert ages(found) == [(0, 100, 1), (0, 900, 0)]


def test_nobody_reported_the_failure_that_took_it_out() -> None:
    found = life([stay(0, 100, "failure")])
    assert ages(found) == [(0, 100, 1)]
    assert found.unreported == 1
    strict = trace([stay(0, 100, "failure")], [], [Place(CALENDAR_DAYS, ALWAYS)], 1e9, counts_unscored=False)
    assert ages(strict) == [(0, 100, 0)]


def test_an_excluded_failure_explains_the_removal_all_the_same() -> None:
    found = life([stay(0, 100, "failure")], [broke(90, counts=False)])
    assert (ages(found), found.unreported) == ([(0, 100, 0)], 0)


def test_interval_from_last_known_good() -> None:
    (first, second) = life([stay(0)], [broke(300, good_at=200)]).segments
    assert (first.event, first.lower, first.upper, first.exposure) == (3, 200, 300, 250)
    assert (second.entry, second.exit) == (0, 700)


def test_good_before_the_life_began_means_since_it_began() -> None:
    (first, _) = life([stay(100)], [broke(150, good_at=50)]).segments
    assert (first.lower, first.upper) == (0, 50)


def test_good_after_found_is_no_interval() -> None:
    assert ages(life([stay(0)], [broke(100, good_at=100)]))[0] == (0, 100, 1)


def test_windows_cut_a_life_and_report_what_they_hide() -> None:
    found = life([stay(0)], [broke(150), broke(250)], windows=((0, 100), (200, 1000)))
    assert ages(found) == [(0, 100, 0), (50, 100, 1), (0, 750, 0)]
    assert [one.why for one in found.outside] == ["window"]


def test_a_window_that_begins_with_the_failure_shows_it() -> None:
    assert ages(life([stay(0)], [broke(200)], windows=((200, 300),))) == [(200, 200, 1), (0, 100, 0)]


def test_on_the_shelf_it_cannot_fail_in_service() -> None:
    found = life([stay(0, 10)], [broke(20)])
    assert [(one.why, one.stay) for one in found.outside] == [("not_installed", None)]


def test_where_use_is_unknown_age_is_lost_until_it_is_known_again() -> None:
    meter = Meter([(0.0, 0.0), (100 * DAY, 1000.0)], rate_before=None, rate_after=None, reach_days=0)
    stays = [stay(0, 150, "move"), stay(160, 170, as_="continued")]
    places = [Place(meter, ALWAYS), Place(CALENDAR_DAYS, ALWAYS)]
    found = trace(stays, [], places, 1e9).segments
    assert [(one.exit, one.age_known) for one in found] == [(1000, True), (1010, False)]


def test_installed_today_is_part_of_the_fleet() -> None:
    assert ages(life([stay(1000)])) == [(0, 0, 0)]


def test_a_life_remembers_when_it_began() -> None:
    found = life([stay(0, 50), stay(60, as_="continued")], [broke(70)])
    assert [one.life_start / DAY for one in found.segments] == [0, 0, 70]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Stay], list[Breakdown], list[Window]]:
    """Stays that do not overlap, failures anywhere, one or two windows."""
    cuts = sorted(draw(st.lists(st.integers(0, 900), min_size=2, max_size=8, unique=True)))
    stays = [
        stay(
            start,
            end,
            draw(st.sampled_from(["failure", "preventive", "move"])),
            as_=draw(st.sampled_from(["new", "continued", "age_unknown", "age_stated"])),
            stated_age=draw(st.floats(0, 500)),
        )
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    breakdowns = [
        broke(
            at,
            failure_id=f"f{number}",
            counts=draw(st.booleans()),
            is_as_new=draw(st.booleans()),
            **({"good_at": at - draw(st.integers(1, 60))} if draw(st.booleans()) else {}),
        )
        for number, at in enumerate(draw(st.lists(st.integers(0, 950), max_size=8)))
    ]
    edges = sorted(draw(st.lists(st.integers(0, 1000), min_size=4, max_size=4, unique=True)))
    windows = [(-1.0, 2000.0)] if draw(st.booleans()) else [(edges[0], edges[1]), (edges[2], edges[3])]
    return stays, breakdowns, [(float(a), float(b)) for a, b in windows]


def inside(windows: Sequence[Window], start: float, end: float) -> float:
    return sum(max(min(end, b * DAY) - max(start, a * DAY), 0.0) for a, b in windows) / DAY


@given(histories())
def test_every_installed_day_is_lived_or_dead_and_every_failure_told(
    history: tuple[list[Stay], list[Breakdown], list[Window]],
) -> None:
    stays, breakdowns, windows = history
    found = life(stays, breakdowns, windows=windows)
    installed = sum(inside(windows, one.start, one.end or math.nan) for one in stays)
    lived = sum(one.exit - one.entry for one in found.segments)
    dead = sum(inside(windows, start, end) for _, start, end in found.dead)
    assert lived + dead == pytest.approx(installed, abs=1e-6)
    shown = sum(1 for one in found.segments if one.event)
    assert shown + len(found.outside) == sum(one.counts for one in breakdowns) + found.unreported
    for one in found.segments:
        assert 0 <= one.entry <= one.exit
        assert one.exposure >= 0
        assert one.event != 3 or one.lower < one.upper


@given(histories())
def test_what_does_not_count_changes_no_exposure(
    history: tuple[list[Stay], list[Breakdown], list[Window]],
) -> None:
    stays, breakdowns, windows = history
    without = [one for one in breakdowns if one.counts]
    stays = [one for one in stays if one.removal_cause != RemovalCause.FAILURE]
    both = [life(stays, some, windows=windows) for some in (breakdowns, without)]
    assert ages(both[0]) == ages(both[1])


def planned(found: Life) -> list[float]:
    return [round(one.planned_exit, 9) for one in found.segments]


def test_a_failure_would_have_been_censored_where_its_place_stopped_being_watched() -> None:
    swapped = [stay(0, 100, "failure")]
    assert planned(life(swapped, [broke(100, removal_id="r0")])) == [1000]
    assert planned(life(swapped, [broke(100, removal_id="r0")], windows=[(0, 400), (500, 900)])) == [400]
    # As old: the row began at age 100. As new: the second life is 200 days younger than its place.
    assert planned(life([stay(0)], [broke(100, is_as_new=False), broke(300)])) == [1000, 1000, 700]
    # A removal without failure is where the row ended, by plan or not.
    assert planned(life([stay(0, 300)])) == [300]
    # Found later: from the inspection on.
    assert planned(life([stay(0)], [broke(300, good_at=200, found_at=300)])) == [1000, 700]


def test_a_meter_that_left_with_its_part_says_nothing_of_the_place() -> None:
    own = Meter(
        [(0.0, 0.0), (100 * DAY, 500.0)], rate_before=None, rate_after=None, reach_days=0, is_own=True
    )
    place = [Place(own, ((0.0, 1000 * DAY),))]
    gone = trace([stay(0, 50, "failure")], [broke(50, removal_id="r0")], place, 1000 * DAY).segments[0]
    assert (gone.exit, math.isnan(gone.planned_exit)) == (250, True)
    stays_in = trace([stay(0)], [broke(50)], place, 1000 * DAY).segments[0]
    assert (stays_in.exit, stays_in.planned_exit) == (250, 500)
