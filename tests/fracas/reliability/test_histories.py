"""Fleets under observation: who is at risk, from when, and what is counted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from analytics import mean_cumulative_function
from fracas.core.errors import Invalid
from fracas.reliability.histories import FleetHistory, event_histories, fleet_history
from tests.factories.fleet import Fleet, actor_at, day


@pytest.fixture
def fleet(session: Session) -> Fleet:
    return Fleet(session)


def history(fleet: Fleet, as_of: float = 1000, **settings: Any) -> FleetHistory:
    return fleet_history(fleet.session, settings.pop("actor", fleet.actor), as_of=day(as_of), **settings)


def test_systems_without_events_are_at_risk(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.system("S2", commissioned=400)
    fleet.fail(None, 100)
    found = history(fleet).histories
    assert found.systems == ("S1", "S2")
    assert (found.exposure, found.events_of("S1").tolist(), found.windows_of("S2")) == (
        1600,
        [100],
        [(0, 600)],
    )


def test_event_histories_go_straight_into_the_mathematics(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.system("S2")
    fleet.fail(None, 100)
    curve = mean_cumulative_function(event_histories(fleet.session, fleet.actor, as_of=day(500)))
    assert curve.estimate.tolist() == [0.5]


def test_only_windows_count(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=0)
    fleet.serve("S1", "observed_from", 300, basis="vehicles seen in the window")
    fleet.serve("S1", "observed_until", 500)
    for at in (100, 400, 600):
        fleet.fail(None, at)
    found = history(fleet)
    assert (found.histories.exposure, found.histories.time.tolist(), found.outside) == (200, [400], 2)
    assert found.histories.windows_of("S1") == [(300, 500)]
    assert "vehicles seen in the window" in str(found.at_risk)
    assert any("2 failures lie outside" in str(one) for one in found.warnings)


def test_a_system_never_commissioned_counts_from_its_window(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=None)
    fleet.serve("S1", "observed_from", 300)
    fleet.system("S2", commissioned=100)
    fleet.fail(None, 350)
    found = history(fleet, as_of=400)
    assert (found.origin, found.histories.events_of("S1").tolist()) == ("observation", [50])
    assert found.histories.windows_of("S2") == [(0, 300)]
    assert any("start of observation" in str(one) for one in found.warnings)


def test_a_register_of_strangers_is_no_fleet(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.system("RADIO", commissioned=None)
    fleet.fail(None, 10, system="RADIO")
    found = history(fleet)
    assert (found.histories.systems, found.not_observed, found.outside) == (("S1",), 1, 1)


def test_nobody_under_observation_has_no_exposure(fleet: Fleet) -> None:
    fleet.system("S1", commissioned=None)
    found = history(fleet)
    assert (found.windows, found.histories.exposure, found.exposure_estimated_share) == ((), 0, None)
    assert "No system was under observation" in str(found.warnings[0])


def test_retirement_ends_the_risk(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.serve("S1", "retired", 200)
    fleet.fail(None, 300)
    found = history(fleet)
    assert (found.histories.exposure, found.histories.time.size, found.outside) == (200, 0, 1)


def test_excluded_failures_leave_the_exposure(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.verify(fleet.fail(None, 10), "no_fault_found", 11)
    fleet.score(fleet.fail(None, 20), "count", 21)
    fleet.fail(None, 30)
    found = history(fleet)
    assert (found.counted, found.excluded, found.unscored) == (1, 1, 1)
    assert found.histories.time.tolist() == [20, 30]
    strict = history(fleet, scoring="counted")
    assert (strict.histories.time.tolist(), strict.histories.exposure) == ([20], found.histories.exposure)


def test_by_the_systems_meter(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.read("S1", 100, 1000)
    fleet.read("S1", 200, 2000)
    fleet.fail(None, 150)
    found = history(fleet, as_of=200, metric="hours")
    assert (found.origin, found.unit, found.histories.time.tolist()) == ("meter", "h", [1500])
    assert found.histories.windows_of("S1") == [(0, 2000)]
    assert found.exposure_estimated_share == 0
    assert history(fleet, as_of=250, metric="hours").exposure_estimated_share == pytest.approx(0.2)


def test_of_a_part_type_serial_or_not(fleet: Fleet) -> None:
    other = fleet.add_part_type("PUMP-1")
    fleet.system("S1")
    fleet.system("S2")
    fleet.install("A")
    fleet.install("B", position=1)
    fleet.fail("A", 10)
    fleet.fail(None, 20, part_type=fleet.part_type)
    fleet.fail(None, 30, part_type=other)
    found = history(fleet, part_type="VALVE-1")
    assert found.histories.time.tolist() == [10, 20]
    assert found.histories.systems == ("S1", "S2")


def test_a_removal_for_failure_that_nobody_reported_is_an_event_of_the_type(fleet: Fleet) -> None:
    fleet.remove(fleet.install("A"), 50, "failure")
    found = history(fleet, part_type="VALVE-1")
    assert (found.histories.time.tolist(), found.events[0].failure_number) == ([50], None)


def test_a_failure_where_the_type_has_no_place_is_told_as_outside(fleet: Fleet) -> None:
    fleet.system("S1")
    other = fleet.add_part_type("PUMP-1")
    fleet.fail(None, 30, part_type=other)
    found = history(fleet, part_type="PUMP-1")
    assert (found.histories.systems, found.outside) == ((), 1)


def test_of_one_model(fleet: Fleet) -> None:
    fleet.system("S1")
    assert history(fleet, system_model="LRV").histories.systems == ("S1",)
    with pytest.raises(Invalid, match="no system model"):
        history(fleet, system_model="TRAM")


def test_events_carry_their_kind(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.verify(fleet.fail(None, 10, position=1), "confirmed", 11, mode="LEAK")
    assert history(fleet).histories.kind == ("LEAK",)
    assert history(fleet, kind="position").histories.kind == ("P1",)
    assert history(fleet, kind="symptom").histories.kind == ("",)
    assert history(fleet, kind="part_type").histories.kind == ("VALVE-1",)
    with pytest.raises(Invalid, match="kind"):
        history(fleet, kind="colour")


def test_a_site_sees_its_own_systems(fleet: Fleet) -> None:
    other = fleet.add_site("BJ")
    fleet.system("S1")
    fleet.system("S2", site=other)
    fleet.fail(None, 10)
    fleet.fail(None, 20, system="S2")
    found = history(fleet, actor=actor_at(fleet, other))
    assert (found.histories.systems, found.histories.time.tolist()) == (("S2",), [20])
    assert [one.failure_number for one in found.events] == ["FR-00002"]
    assert history(fleet, sites=["BJ"]).histories.fingerprint == found.histories.fingerprint
