"""Rows of the register, and the same rows again."""

from __future__ import annotations

import pytest

from fracas.assets import queries
from fracas.assets.models import Installation, Part, Removal, System, UsageReading
from fracas.catalog.models import PartType
from tests.factories.assets import day
from tests.factories.exchange import Desk, reasons

PARTS = (
    "part_type,serial,lot,site,condition,condition_reason\n"
    "BCU-200,0022,L1,DEPOT,,\nBCU-200,0033,L1,YARD,quarantined,recall 7\n"
)
STAYS = (
    "part_type,serial,system,position,installed_at,installed_as,removed_at,removal_cause\n"
    "BCU-200,0022,S1,B1.BCU,2023-01-01,new,2023-04-11,failure\n"
    "BCU-200,0033,S1,B1.BCU,2023-04-11,new,,\n"
)


def counts(desk: Desk, kind: str, table: str, map_text: str = "") -> tuple[int, int, int, int]:
    report = desk.bring(kind, table, map_text)
    outcomes = report.outcomes
    return outcomes["new"], outcomes["changed"], outcomes["unchanged"], len(report.bad)  # type: ignore[index]


def test_part_types(desk: Desk) -> None:
    table = (
        "number,name,is_repairable,lead_time_days,turn_around_days,可修比例,unit_cost,primary_metric\n"
        "P-1,Pump,yes,90,30,0.8,12.5,km\nP-2,Seal,no,,,,,\n"
    )
    assert counts(desk, "part-types", table) == (2, 0, 0, 0)
    assert counts(desk, "part-types", table) == (0, 0, 2, 0)
    made = (
        desk.session.query(PartType).filter_by(number="P-1", organisation_id=desk.actor.organisation_id).one()
    )
    assert (made.turn_around_days, made.repaired_share) == (30, 0.8)
    assert (made.is_repairable, made.lead_time_days, made.primary_metric.code) == (True, 90, "km")  # type: ignore[union-attr]


def test_a_share_in_percent_is_refused(desk: Desk) -> None:
    report = desk.bring("part-types", "number,name,repaired_share\nP-1,Pump,80\n")
    assert [("repaired_share" in str(one), "from 0 to 1" in str(one)) for one in report.bad] == [(True, True)]


def test_a_record_that_is_here_and_differs_is_left_alone_and_named(desk: Desk) -> None:
    desk.bring("part-types", "number,name\nP-1,Pump\n")
    report = desk.bring("part-types", "number,name\nP-1,Big pump\n")
    assert report.differing == ["P-1 (name)"]
    assert "P-1 (name)" in " ".join(str(note) for note in report.closing_notes())
    assert (
        desk.session.query(PartType).filter_by(number="P-1").order_by(PartType.id.desc()).first().name
        == "Pump"
    )  # type: ignore[union-attr]


def test_systems_learn_their_commissioning_and_retirement(desk: Desk) -> None:
    first = "serial,model,site,customer\nS1,LRV,DEPOT,\nS9,LRV,YARD,METRO\n"
    assert counts(desk, "systems", first) == (1, 0, 1, 0)
    later = "serial,model,site,commissioned_at,retired_at,retired_reason\nS9,LRV,YARD,2023-01-01,2024-01-01,scrapped\n"
    assert counts(desk, "systems", later) == (0, 1, 0, 0)
    assert counts(desk, "systems", later) == (0, 0, 1, 0)
    life = queries.service_life(desk.session, queries.system(desk.session, desk.actor, "S9"))
    assert (life.commissioned_at, life.retired.basis) == (day(0), "scrapped")  # type: ignore[union-attr]


def test_windows_of_observation_in_a_column(desk: Desk) -> None:
    table = (
        "serial,model,site,observed\n"
        "S1,LRV,DEPOT,2023-01-01T00:00+00:00/2023-01-11T00:00+00:00; 2023-02-01T00:00+00:00/..\n"
    )
    assert counts(desk, "systems", table) == (0, 1, 0, 0)
    assert counts(desk, "systems", table) == (0, 0, 1, 0)
    life = queries.service_life(desk.session, desk.s1)
    assert life.windows == ((day(0), day(10)), (day(31), None))
    assert counts(desk, "systems", "serial,model,site,observed\nS2,LRV,YARD,always\n") == (0, 0, 0, 1)


def test_parts(desk: Desk) -> None:
    assert counts(desk, "parts", PARTS) == (2, 0, 0, 0)
    assert counts(desk, "parts", PARTS) == (0, 0, 2, 0)
    part = queries.part(desk.session, desk.actor, "0033")
    state = queries.part_state(desk.session, desk.actor, part)
    assert (part.serial, part.lot, state.condition) == ("0033", "L1", "quarantined")


def test_installations_and_their_ends(desk: Desk) -> None:
    desk.bring("parts", PARTS)
    assert counts(desk, "installations", STAYS) == (2, 0, 0, 0)
    assert counts(desk, "installations", STAYS) == (0, 0, 2, 0)
    ended = STAYS.replace("2023-04-11,new,,", "2023-04-11,new,2023-06-01,upgrade")
    assert counts(desk, "installations", ended) == (0, 1, 1, 0)
    assert counts(desk, "installations", ended) == (0, 0, 2, 0)
    assert (desk.count(Installation), desk.count(Removal)) == (2, 2)


def test_an_end_that_contradicts_the_register_is_refused(desk: Desk) -> None:
    desk.bring("parts", PARTS)
    desk.bring("installations", STAYS)
    report = desk.bring("installations", STAYS.replace("2023-04-11,failure", "2023-05-11,failure"))
    assert reasons(report)[0][0] == 2
    assert "2023-04-11" in reasons(report)[0][1]


def test_a_removal_before_its_installation_names_the_column_of_the_file(desk: Desk) -> None:
    desk.bring("parts", PARTS)
    report = desk.bring("installations", STAYS.replace("2023-04-11,failure", "2022-04-11,failure"))
    assert [row.findings[0].field for row in report.bad][:1] == ["removed_at"]


def test_unknown_serials_can_be_made(desk: Desk) -> None:
    assert [line for line, _ in reasons(desk.bring("installations", STAYS))] == [2, 3]
    report = desk.bring("installations", STAYS, '[unknown]\npart = "create-flagged"')
    assert report.created == {"part": ["0022", "0033"]}
    assert queries.part(desk.session, desk.actor, "0022").is_flagged


def test_ages_at_installation(desk: Desk) -> None:
    desk.bring("parts", PARTS)
    table = "serial,system,position,installed_at,installed_as,age_at_install\n0022,S1,B1.BCU,2023-01-01,age_stated,km=500\n"
    assert counts(desk, "installations", table) == (1, 0, 0, 0)
    assert desk.session.query(Installation).one().age_at_install == {"km": 500}


def test_usage(desk: Desk) -> None:
    table = "system,metric,value,read_at,kind,restarts_at\nS1,km,1000,2023-02-01,,\nS1,km,2000,2023-03-01,meter_replaced,0\n"
    assert counts(desk, "usage", table) == (2, 0, 0, 0)
    assert counts(desk, "usage", table) == (0, 0, 2, 0)
    assert desk.count(UsageReading) == 2


@pytest.mark.parametrize(
    ("row", "field", "told"),
    [
        ("S1,,km,-5,2023-02-01", "value", "negative|zero"),
        ("S1,,km,many,2023-02-01", "value", "not a number"),
        ("S1,,km,5,2999-02-01", "read_at", "future"),
        ("NOPE,,km,5,2023-02-01", "system", "no system"),
        ("S1,,miles,5,2023-02-01", "metric", "no usage metric"),
        (",NOPE,km,5,2023-02-01", "part", "no part"),
        (",,km,5,2023-02-01", "system", "system or the part"),
    ],
)
def test_bad_readings(desk: Desk, row: str, field: str, told: str) -> None:
    report = desk.bring("usage", f"system,part,metric,value,read_at\n{row}\n")
    finding = report.bad[0].findings[0]
    assert finding.field == field
    assert any(word in str(finding).lower() for word in told.split("|"))
    assert desk.count(UsageReading) == 0


def test_a_reading_that_goes_backwards_is_refused_with_the_other_one(desk: Desk) -> None:
    report = desk.bring("usage", "system,metric,value,read_at\nS1,km,1000,2023-02-01\nS1,km,900,2023-03-01\n")
    assert "1,000" in reasons(report)[0][1]
    assert desk.session.query(System).filter_by(serial="S1").count() >= 1
    assert desk.count(Part) == 0
