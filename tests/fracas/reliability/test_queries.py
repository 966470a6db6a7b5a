"""Raw facts, on both databases: what was known when, and no more than was asked for."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from fracas.assets import queries as assets
from fracas.reliability import queries
from fracas.reliability.keys import as_key, as_uuid
from fracas.reliability.queries import Horizon
from tests.factories.fleet import Fleet, actor_at, day


@pytest.fixture
def fleet(session: Session) -> Fleet:
    return Fleet(session)


def horizon(fleet: Fleet, as_of: float = 100, known_at: float | None = None) -> Horizon:
    return Horizon(fleet.organisation.id, day(as_of), None if known_at is None else day(known_at))


def test_ids_go_out_as_uuids_and_come_in_as_keys(fleet: Fleet) -> None:
    fleet.system("S1")
    (key,) = queries.system_names(fleet.session, fleet.actor)
    assert as_uuid(key) == fleet.systems["S1"].id
    assert as_key(fleet.session, fleet.systems["S1"].id) == key
    assert isinstance(as_uuid(key), UUID)


@pytest.mark.parametrize(("as_of", "known_at"), [(100, None), (15, None), (100, 12), (100, 5)])
def test_stays_are_those_of_the_register(fleet: Fleet, as_of: float, known_at: float | None) -> None:
    installation = fleet.install("A", at=1)
    wrong = fleet.remove(installation, 10)
    fleet.retract(wrong, 20)
    fleet.remove(installation, 18, entered=20)
    fleet.install("B", at=30, age={"hours": 3.0}, as_="age_stated")
    raw = list(queries.stays(fleet.session, horizon(fleet, as_of, known_at), fleet.part_type.id))
    theirs = assets.intervals(
        fleet.session,
        fleet.actor,
        as_of=day(as_of),
        known_at=None if known_at is None else day(known_at),
        part_type_id=fleet.part_type.id,
        everywhere=True,
    )
    ours = [
        (as_uuid(one.installation_id), one.installed_at, one.removed_at, dict(one.age_at_install), one.cause)
        for one in raw
    ]
    assert ours == [
        (
            one.installation_id,
            one.installed_at.timestamp(),
            one.removed_at.timestamp() if one.removed_at else None,
            one.age_at_install,
            one.cause,
        )
        for one in theirs
    ]


def test_reports_are_read_as_they_were_worded(fleet: Fleet) -> None:
    fleet.system("S1")
    report = fleet.fail(None, 10)
    fleet.amend(report, 30, configuration="v2")
    worded = [
        [
            (one.number, one.configuration)
            for one in queries.failures(fleet.session, horizon(fleet, known_at=known_at))
        ]
        for known_at in (5, 20, 30, None)
    ]
    assert worded == [[], [("FR-00001", None)], [("FR-00001", "v2")], [("FR-00001", "v2")]]
    assert queries.failures(fleet.session, horizon(fleet, as_of=9)) == []


def test_a_report_found_later_is_seen_when_it_was_found(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.fail(None, 10, found=12)
    fleet.fail(None, 20, found=25, good=15)
    seen = [one.seen_at for one in queries.failures(fleet.session, horizon(fleet))]
    assert seen == [day(10).timestamp(), day(25).timestamp()]


def test_failures_of_a_type_by_type_serial_place_or_swap(fleet: Fleet) -> None:
    other = fleet.add_part_type("PUMP-1")
    fleet.system("S2")
    removal = fleet.remove(fleet.install("A"), 50, "failure")
    ours = [
        fleet.fail("A", 10),
        fleet.fail(None, 20, part_type=fleet.part_type, system="S2"),
        fleet.fail(None, 30, position=0),
        fleet.fail(None, 40, removal=removal),
    ]
    fleet.fail(None, 60)
    fleet.fail(None, 70, position=0, system="S2")
    fleet.fail(None, 80, part_type=other, system="S2")
    rows = queries.part_type_failures(fleet.session, horizon(fleet), fleet.part_type.id)
    assert [one.number for one in rows] == [one.number for one in ours]


def test_what_was_said_is_bound_by_knowledge_alone(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.verify(fleet.fail(None, 10), "confirmed", 200, mode="LEAK")
    assert list(queries.verifications(fleet.session, horizon(fleet)).values()) == [("confirmed", "LEAK")]
    assert queries.verifications(fleet.session, horizon(fleet, known_at=100)) == {}


def test_readings_after_the_day_serve_to_interpolate(fleet: Fleet) -> None:
    fleet.read("S1", 50, 10)
    fleet.read("S1", 150, 20)
    fleet.part("A")
    fleet.read("A", 60, 5)
    metric = fleet.hours.id
    assert [one.value for one in queries.system_readings(fleet.session, horizon(fleet), metric)] == [10, 20]
    assert [
        one.value for one in queries.part_readings(fleet.session, horizon(fleet), metric, fleet.part_type.id)
    ] == [5]


def test_who_may_open_which_report(fleet: Fleet) -> None:
    other = fleet.add_site("BJ")
    fleet.fail(None, 10)
    mine = fleet.fail(None, 20, site=other)
    assert queries.visible_failures(fleet.session, fleet.actor) is None
    found = queries.visible_failures(fleet.session, actor_at(fleet, other))
    assert found is not None
    assert {as_uuid(key) for key in found} == {mine.id}


def test_how_windows_were_chosen(fleet: Fleet) -> None:
    fleet.system("S1")
    fleet.serve("S1", "observed_from", 5, basis="seen in the feed")
    keys = queries.system_names(fleet.session, fleet.actor).keys()
    assert queries.window_bases(fleet.session, horizon(fleet), keys) == ["seen in the feed"]
    assert queries.window_bases(fleet.session, horizon(fleet), []) == []
