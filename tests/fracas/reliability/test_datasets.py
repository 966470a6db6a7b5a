"""Every sentence of the life-data rules, on facts in the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analytics import mtbf
from fracas.core.errors import Invalid
from fracas.reliability.datasets import life_table
from fracas.reliability.lifetable import LifeTable
from tests.factories.fleet import Fleet, actor_at, day


@pytest.fixture
def fleet(session: Session) -> Fleet:
    return Fleet(session)


def table(fleet: Fleet, as_of: float = 1000, **settings: Any) -> LifeTable:
    settings = {"part_type": "VALVE-1", "as_of": day(as_of), **settings}
    return life_table(fleet.session, settings.pop("actor", fleet.actor), **settings)


def rows(found: LifeTable) -> list[tuple[Any, ...]]:
    """(serial, entry, exit, event) of each row."""
    ages = zip(found.entry.round(6).tolist(), found.exit.round(6).tolist(), strict=True)
    return [
        (serial, *age, event)
        for serial, age, event in zip(found.serial, ages, found.event.tolist(), strict=True)
    ]


# ---------------------------------------------------------------- acceptance


def test_one_unit_two_failures_in_a_thousand_days(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail("A", 100)
    fleet.fail("A", 300)
    found = table(fleet)
    assert rows(found) == [("A", 0, 100, 1), ("A", 0, 200, 1), ("A", 0, 700, 0)]
    result = mtbf(found.failures, found.total_exposure, confidence=0.80, unit=found.unit)
    assert (result.estimate, round(result.lower or 0), round(result.upper or 0)) == (500.0, 188, 1880)


def test_no_failure_in_a_thousand_days(fleet: Fleet) -> None:
    fleet.install("A")
    found = table(fleet)
    assert rows(found) == [("A", 0, 1000, 0)]
    assert found.is_running.tolist() == [True]
    bounds = [mtbf(0, found.total_exposure, confidence=level) for level in (0.75, 0.90)]
    assert [(b.estimate, round(b.lower or 0), b.side) for b in bounds] == [
        (None, 721, "lower"),
        (None, 434, "lower"),
    ]


# ---------------------------------------------------------------- survivors, removals, ages


def test_a_part_taken_out_for_another_reason_is_censored(fleet: Fleet) -> None:
    fleet.remove(fleet.install("A"), 250, "upgrade")
    found = table(fleet)
    assert rows(found) == [("A", 0, 250, 0)]
    assert found.is_running.tolist() == [False]


def test_age_travels_with_the_serial_through_places(fleet: Fleet) -> None:
    fleet.remove(fleet.install("A", "S1", 0), 100, "move")
    fleet.install("A", "S2", 150, position=1, as_="continued")
    fleet.fail("A", 250, system="S2")
    assert rows(table(fleet)) == [("A", 0, 100, 0), ("A", 100, 200, 1), ("A", 0, 750, 0)]


def test_a_stated_age_enters_late(fleet: Fleet) -> None:
    fleet.install("A", at=100, as_="age_stated", age={"calendar": 400.0})
    assert rows(table(fleet)) == [("A", 400, 1300, 0)]


def test_installed_as_new_begins_at_nothing(fleet: Fleet) -> None:
    fleet.remove(fleet.install("A"), 100)
    fleet.install("A", at=200)
    assert rows(table(fleet)) == [("A", 0, 100, 0), ("A", 0, 800, 0)]


def test_an_unknown_age_gives_exposure_but_no_point(fleet: Fleet) -> None:
    fleet.install("A", as_="age_unknown")
    fleet.install("B", position=1)
    found = table(fleet)
    assert found.age_known.tolist() == [False, True]
    assert found.total_exposure == 2000
    assert found.counts.age_unknown == 1
    assert len(found.life_data()) == 1
    assert any("age nobody knows" in str(one) for one in found.warnings)


def test_after_a_repair_as_new_even_an_unknown_age_is_known(fleet: Fleet) -> None:
    fleet.install("A", as_="age_unknown")
    fleet.fail("A", 400)
    found = table(fleet)
    assert list(zip(found.event, found.age_known, found.exit, strict=True)) == [
        (1, False, 400),
        (0, True, 600),
    ]


def test_only_lives_of_unknown_age_are_no_life_data(fleet: Fleet) -> None:
    fleet.install("A", as_="age_unknown")
    with pytest.raises(Invalid, match="no life of known age"):
        table(fleet).life_data()


# ---------------------------------------------------------------- repair assumption


def test_as_old_goes_on_at_the_age_of_the_failure(session: Session) -> None:
    fleet = Fleet(session, assumption="as_old")
    fleet.install("A")
    fleet.fail("A", 100)
    found = table(fleet)
    assert rows(found) == [("A", 0, 100, 1), ("A", 100, 1000, 0)]
    assert found.repair.tolist() == ["as_old", None]


def test_the_choice_at_the_failure_beats_the_part_types(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail("A", 100, repair_assumption="as_old")
    assert rows(table(fleet)) == [("A", 0, 100, 1), ("A", 100, 1000, 0)]


@pytest.mark.parametrize(("assumption", "entry"), [("as_new", 0), ("as_old", 100)])
def test_repaired_on_the_bench_and_put_back(session: Session, assumption: str, entry: float) -> None:
    fleet = Fleet(session, assumption=assumption)
    removal = fleet.remove(fleet.install("A"), 110, "failure")
    fleet.fail("A", 100, removal=removal)
    fleet.install("A", "S2", 200, as_="continued")
    found = table(fleet)
    assert rows(found) == [("A", 0, 100, 1), ("A", entry, entry + 800, 0)]


# ---------------------------------------------------------------- failures and removals


def test_the_way_from_failure_to_removal_is_no_exposure(fleet: Fleet) -> None:
    removal = fleet.remove(fleet.install("A"), 120, "failure")
    fleet.fail("A", 100, removal=removal)
    fleet.install("B", at=120)
    found = table(fleet)
    assert rows(found) == [("A", 0, 100, 1), ("B", 0, 880, 0)]
    assert found.total_exposure == 980


def test_a_removal_for_failure_finds_its_report_without_a_swap(fleet: Fleet) -> None:
    fleet.remove(fleet.install("A"), 120, "failure")
    fleet.fail("A", 100)
    assert rows(table(fleet)) == [("A", 0, 100, 1)]


@pytest.mark.parametrize("facts", [{"restored": 101}, {"maintenance_kind": "repair"}])
def test_a_failure_repaired_in_place_does_not_explain_a_later_removal(
    fleet: Fleet, facts: dict[str, Any]
) -> None:
    fleet.remove(fleet.install("A"), 500, "failure")
    fleet.fail("A", 100, **facts)
    found = table(fleet)
    assert rows(found) == [("A", 0, 100, 1), ("A", 0, 400, 1)]
    assert found.counts.unscored == 2
    assert any("have no report" in str(one) for one in found.warnings)


def test_a_removal_for_failure_that_nobody_reported_is_a_failure(fleet: Fleet) -> None:
    fleet.remove(fleet.install("A"), 120, "failure")
    found = table(fleet)
    assert rows(found) == [("A", 0, 120, 1)]
    assert found.failure_number.tolist() == [None]
    assert rows(table(fleet, scoring="counted")) == [("A", 0, 120, 0)]


def test_a_failure_that_did_not_count_leaves_the_life(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.score(fleet.fail("A", 100), "do_not_count", 101)
    found = table(fleet)
    assert rows(found) == [("A", 0, 1000, 0)]
    assert (found.counts.excluded, found.counts.failures) == (1, 0)


def test_no_fault_found_with_removal_is_a_censored_exit_at_the_removal(fleet: Fleet) -> None:
    removal = fleet.remove(fleet.install("A"), 120, "failure")
    fleet.verify(fleet.fail("A", 100, removal=removal), "no_fault_found", 130)
    assert rows(table(fleet)) == [("A", 0, 120, 0)]


def test_scoring_changes_events_and_never_exposure(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.score(fleet.fail("A", 100), "count", 101)
    fleet.fail("A", 300)
    default, strict = table(fleet), table(fleet, scoring="counted")
    assert (default.counts.counted, default.counts.unscored, default.counts.excluded) == (1, 1, 0)
    assert (default.failures, strict.failures) == (2, 1)
    assert default.total_exposure == strict.total_exposure == 1000
    assert default.scoring.tolist() == ["counted", "unscored", None]


def test_a_preventive_visit_is_no_failure(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail("A", 100, maintenance_kind="preventive")
    assert rows(table(fleet)) == [("A", 0, 1000, 0)]


def test_dead_on_arrival_failed_within_its_first_day(fleet: Fleet) -> None:
    fleet.install("A", at=50)
    fleet.fail("A", 50)
    found = table(fleet)
    assert rows(found) == [("A", 0, 0, 3), ("A", 0, 950, 0)]
    assert found.life_data().counts.failures == 1
    assert found.upper[0] == 1.0


def test_a_failure_while_waiting_for_removal_is_reported_not_counted_twice(fleet: Fleet) -> None:
    removal = fleet.remove(fleet.install("A"), 120, "failure")
    fleet.fail("A", 100, removal=removal)
    fleet.fail("A", 110)
    found = table(fleet)
    assert rows(found) == [("A", 0, 100, 1)]
    assert found.counts.outside == 1
    assert "FR-00002" in " ".join(map(str, found.warnings))


# ---------------------------------------------------------------- found later


def test_a_failure_found_at_inspection_is_interval_censored(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail("A", 300, good=200)
    found = table(fleet)
    assert (found.event.tolist(), found.lower[0], found.upper[0]) == ([3, 0], 200, 300)
    # Half of the interval is exposure, as LifeData takes it.
    assert found.total_exposure == 250 + 700
    data = found.life_data()
    assert (data.time[0], data.upper[0], data.exposure) == (200, 300, 950)


def test_detected_after_it_occurred_is_exact_without_last_known_good(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail("A", 300, found=320)
    assert rows(table(fleet))[0] == ("A", 0, 300, 1)


def test_before_it_was_found_nobody_knew(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail("A", 250, found=300, good=200)
    assert rows(table(fleet, as_of=280)) == [("A", 0, 280, 0)]


# ---------------------------------------------------------------- whose failure


def test_a_place_and_a_time_name_the_serial(fleet: Fleet) -> None:
    fleet.remove(fleet.install("A"), 100, "preventive")
    fleet.install("B", at=100)
    fleet.fail(None, 100, position=0)
    fleet.fail(None, 150, position=0)
    assert rows(table(fleet)) == [("A", 0, 100, 1), ("B", 0, 50, 1), ("B", 0, 850, 0)]


def test_the_only_part_of_its_type_is_meant(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail(None, 100, part_type=fleet.part_type)
    assert table(fleet).failures == 1


def test_one_of_two_is_not_guessed(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.install("B", position=1)
    fleet.fail(None, 100, part_type=fleet.part_type)
    found = table(fleet)
    assert (found.failures, found.counts.without_serial) == (0, 1)
    assert any("name no serial" in str(one) for one in found.warnings)


def test_the_part_taken_out_names_the_serial(fleet: Fleet) -> None:
    fleet.install("A")
    removal = fleet.remove(fleet.install("B", position=1), 105, "failure")
    fleet.fail(None, 100, part_type=fleet.part_type, removal=removal)
    assert rows(table(fleet)) == [("A", 0, 1000, 0), ("B", 0, 100, 1)]


def test_a_failure_of_another_type_is_none_of_ours(fleet: Fleet) -> None:
    fleet.install("A")
    other = fleet.add_part_type("PUMP-1")
    fleet.part("X", part_type=other)
    fleet.fail("X", 100, part_type=other)
    fleet.fail(None, 100, part_type=other, position=0)
    fleet.fail(None, 100)
    found = table(fleet)
    assert (found.failures, found.counts.outside, found.counts.without_serial) == (0, 0, 0)


def test_a_failure_of_a_serial_on_the_shelf_is_reported(fleet: Fleet) -> None:
    fleet.remove(fleet.install("A"), 100)
    fleet.fail("A", 150)
    found = table(fleet)
    assert (found.failures, found.counts.outside) == (0, 1)
    assert "not installed" in str(found.warnings[0])


# ---------------------------------------------------------------- observation


def test_a_window_lets_old_parts_enter_late(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=0)
    fleet.serve("S1", "observed_from", 400)
    fleet.serve("S1", "observed_until", 900)
    fleet.install("A")
    fleet.fail("A", 200)
    found = table(fleet)
    assert rows(found) == [("A", 200, 700, 0)]
    assert found.counts.outside == 1
    assert found.is_running.tolist() == [True]


def test_retirement_ends_observation(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.serve("S1", "retired", 600)
    assert rows(table(fleet)) == [("A", 0, 600, 0)]


def test_a_system_without_commissioning_or_window_is_seen_through_its_parts(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=None)
    fleet.install("A", at=300)
    assert rows(table(fleet)) == [("A", 0, 700, 0)]


def test_two_windows_are_two_rows_of_one_life(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=None)
    for start, end in ((0, 100), (200, 300)):
        fleet.serve("S1", "observed_from", start)
        fleet.serve("S1", "observed_until", end)
    fleet.install("A")
    fleet.fail("A", 250)
    assert rows(table(fleet)) == [("A", 0, 100, 0), ("A", 200, 250, 1), ("A", 0, 50, 0)]


# ---------------------------------------------------------------- usage


def test_usage_is_interpolated_and_carried_on_for_ninety_days(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.read("S1", 100, 1000)
    found = table(fleet, metric="hours")
    assert rows(found) == [("A", 0, 1900, 0)]
    assert found.unit == "h"
    assert found.exposure_estimated_share == pytest.approx(900 / 1900)
    assert "estimated beyond readings" in str(found.warnings[-1])


def test_a_failed_row_says_when_it_would_have_been_censored_by_the_use_of_its_place(fleet: Fleet) -> None:
    installation = fleet.install("A")
    fleet.read("S1", 100, 1000)
    fleet.read("S1", 200, 5000)
    fleet.fail("A", 50, removal=fleet.remove(installation, 60, "failure"))
    fleet.install("B", at=60)
    found = table(fleet, as_of=200, metric="hours")
    assert rows(found) == [("A", 0, 500, 1), ("B", 0, 4400, 0)]
    assert found.planned_exit.tolist() == [5000, 4400]
    planned = found.life_data().planned_exit
    assert planned is not None
    assert planned.tolist() == [5000, 4400]
    calendar = table(fleet, as_of=200, metric="calendar")
    assert calendar.planned_exit.tolist() == [200, 140]


def test_without_extrapolation_the_view_stops_at_the_last_reading(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.read("S1", 100, 1000)
    found = table(fleet, metric="hours", extrapolate=False)
    assert rows(found) == [("A", 0, 1000, 0)]
    assert found.exposure_estimated_share == 0


def test_before_the_last_reading_use_is_interpolated(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.read("S1", 100, 1000)
    fleet.read("S1", 200, 3000)
    found = table(fleet, as_of=150, metric="hours")
    assert rows(found) == [("A", 0, 2000, 0)]
    assert found.exposure_estimated_share == 0


def test_a_replaced_meter_goes_on_where_the_old_one_ended(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.read("S1", 100, 1000, replaced_by=20)
    fleet.read("S1", 200, 520)
    fleet.fail("A", 150)
    found = table(fleet, as_of=200, metric="hours")
    assert rows(found) == [("A", 0, 1250, 1), ("A", 0, 250, 0)]


def test_the_fleets_rate_stands_in_for_a_unit_without_readings(fleet: Fleet) -> None:
    fleet.install("A", "S1")
    fleet.install("B", "S2", 0)
    fleet.install("C", "S3", 0)
    fleet.read("S2", 100, 1000)
    fleet.read("S3", 100, 3000)
    found = table(fleet, as_of=50, metric="hours")
    assert rows(found) == [("A", 0, 1000, 0), ("B", 0, 500, 0), ("C", 0, 1500, 0)]
    assert found.estimated.round(6).tolist() == [1000, 0, 0]


def test_own_recent_rate_looks_back_a_year(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.read("S1", 1000, 1000)
    fleet.read("S1", 1365, 1000 + 3650)
    found = table(fleet, as_of=1375, metric="hours")
    assert found.exit.round(6).tolist() == [4650 + 100]


def test_a_part_without_any_reading_is_counted_not_hidden(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=None)
    fleet.install("A")
    fleet.fail("A", 10)
    found = table(fleet, metric="hours")
    assert (len(found), found.counts.without_usage, found.counts.outside) == (0, 1, 1)


def test_a_failure_beyond_the_last_usage_is_reported(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.read("S1", 100, 1000)
    fleet.fail("A", 500)
    found = table(fleet, metric="hours")
    assert rows(found) == [("A", 0, 1900, 0)]
    assert found.counts.outside == 1


def test_a_parts_own_meter_wins_and_stands_still_on_the_shelf(fleet: Fleet) -> None:
    fleet.read("S1", 100, 9999)
    first = fleet.install("A", "S1", 0)
    fleet.remove(first, 100)
    fleet.install("A", "S1", 200, as_="continued")
    fleet.read("A", 50, 500)
    fleet.read("A", 250, 1500)
    found = table(fleet, as_of=250, metric="hours")
    assert rows(found) == [("A", 0, 1000, 0), ("A", 1000, 1500, 0)]


def test_usage_age_at_install_may_be_stated(fleet: Fleet) -> None:
    fleet.install("A", at=50, as_="age_stated", age={"hours": 200.0, "calendar": 30.0})
    fleet.read("S1", 100, 1000)
    assert rows(table(fleet, as_of=100, metric="hours")) == [("A", 200, 700, 0)]
    assert rows(table(fleet, as_of=100)) == [("A", 30, 80, 0)]


def test_an_unknown_metric_is_refused(fleet: Fleet) -> None:
    with pytest.raises(Invalid, match="no usage metric"):
        table(fleet, metric="furlongs")


def test_an_unknown_part_type_is_refused(fleet: Fleet) -> None:
    with pytest.raises(Invalid, match="no part type"):
        table(fleet, part_type="NOPE")


# ---------------------------------------------------------------- two dates


def test_what_was_not_known_is_not_in_the_table_of_that_day(fleet: Fleet) -> None:
    fleet.install("A")
    report = fleet.fail("A", 100, entered=150)
    fleet.score(report, "do_not_count", 200)
    assert table(fleet, as_of=120, known_at=day(120)).failures == 0
    assert table(fleet, as_of=120, known_at=day(160)).failures == 1
    assert table(fleet, as_of=120).failures == 0
    assert table(fleet, as_of=120).counts.excluded == 1


def test_the_wording_of_the_day_is_read(fleet: Fleet) -> None:
    fleet.install("A")
    report = fleet.fail("A", 100)
    fleet.amend(report, 300, occurred_at=day(90))
    assert rows(table(fleet, as_of=200, known_at=day(200)))[0] == ("A", 0, 100, 1)
    assert rows(table(fleet, as_of=200, known_at=day(300)))[0] == ("A", 0, 90, 1)


def test_a_corrected_removal_is_read_as_it_was_known(fleet: Fleet) -> None:
    installation = fleet.install("A")
    wrong = fleet.remove(installation, 100)
    fleet.retract(wrong, 150)
    fleet.remove(installation, 110, entered=150)
    assert rows(table(fleet, known_at=day(149))) == [("A", 0, 100, 0)]
    assert rows(table(fleet, known_at=day(150))) == [("A", 0, 110, 0)]


def test_the_future_is_refused(fleet: Fleet) -> None:
    with pytest.raises(Invalid, match="future"):
        table(fleet, as_of=40_000)


# ---------------------------------------------------------------- whose view


def test_a_site_sees_its_own_lives_with_the_ages_they_have(fleet: Fleet) -> None:
    other = fleet.add_site("BJ")
    fleet.system("S2", site=other)
    fleet.remove(fleet.install("A", "S1"), 100, "move")
    fleet.install("A", "S2", 100, as_="continued")
    fleet.fail("A", 50)
    fleet.fail("A", 150, system="S2")
    found = table(fleet, actor=actor_at(fleet, other))
    assert rows(found) == [("A", 50, 100, 1), ("A", 0, 850, 0)]
    assert found.failure_number.tolist() == ["FR-00002", None]
    assert found.counts.unscored == 1
    assert rows(table(fleet, sites=["BJ"])) == rows(found)


def test_a_failure_at_another_site_keeps_its_place_but_not_its_number(fleet: Fleet) -> None:
    other = fleet.add_site("BJ")
    fleet.install("A")
    fleet.fail("A", 100, site=other)
    found = table(fleet, actor=actor_at(fleet, fleet.site))
    assert (found.event.tolist(), found.failure_id.tolist()) == ([1, 0], [None, None])


def test_another_organisations_lives_are_not_seen(session: Session) -> None:
    ours, theirs = Fleet(session), Fleet(session, number="VALVE-2")
    ours.install("A")
    with pytest.raises(Invalid, match="no part type"):
        table(theirs, part_type="VALVE-1")


# ---------------------------------------------------------------- the table itself


def test_grouped_by_lot_and_by_mode(fleet: Fleet) -> None:
    fleet.install("A", lot="L1")
    fleet.install("B", position=1, lot="L2")
    fleet.verify(fleet.fail("A", 100), "confirmed", 101, mode="LEAK")
    fleet.verify(fleet.fail("B", 300), "confirmed", 301, mode="STUCK")
    found = table(fleet)
    assert {label: (part.failures, part.total_exposure) for label, part in found.groups("lot")} == {
        "L1": (1, 1000),
        "L2": (1, 1000),
    }
    assert {label: (part.failures, part.total_exposure) for label, part in found.groups("mode")} == {
        "LEAK": (1, 2000),
        "STUCK": (1, 2000),
    }
    with pytest.raises(Invalid, match="grouped"):
        list(found.groups("moon"))


def test_the_frame_holds_every_column(fleet: Fleet) -> None:
    fleet.install("A")
    fleet.fail("A", 100)
    frame = table(fleet).to_frame()
    assert frame["ended_at"].iloc[0] == day(100)
    assert {"metric", "unit", *LifeTable.columns()} == set(frame.columns)
    assert np.allclose(frame["exit"] - frame["entry"], frame["exposure"])
