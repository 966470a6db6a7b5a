"""What is exported can be imported again, and only what a person may see is in it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.assets import workflow as assets
from fracas.core.errors import Forbidden, Invalid
from fracas.core.permissions import Actor
from fracas.exchange import importing
from fracas.exchange.exporting import EXPORTS, PERMISSION, export
from fracas.exchange.mapping import read_map, shipped_maps
from fracas.exchange.writing import write
from tests.factories.assets import day
from tests.factories.exchange import Desk
from tests.factories.organisations import make_root

HEAD = (
    "external_id,system,occurred_at,symptom,usage_value,metric,position,"
    "maintenance_kind,part_out,part_in,restored_at,outcome,mode,answers,CREW\n"
)
IDENTITIES = {"number", "stage"}
"""Given out anew by the other tracker."""


@pytest.fixture
def history(desk: Desk) -> Desk:
    """A register and reports with something of everything."""
    desk.part("V1", "V-7", lot="L1")
    desk.part("V2", "V-7")
    desk.part("SPARE", "V-7")
    assets.set_condition(
        desk.session, desk.actor, "SPARE", condition="quarantined", basis="recall", occurred_at=day(9)
    )
    assets.commission(desk.session, desk.actor, desk.s1, occurred_at=day(0))
    assets.observe(desk.session, desk.actor, desk.s2, start=day(0), end=day(10), basis="feed")
    desk.install("V1", position="B1.VALVE", installed_as="age_stated", age_at_install={"km": 500.0})
    rows = "A-1,S1,2023-04-11,=leaks,1200,km,B1.VALVE,replace,V1,V2,2023-04-12T08:00,confirmed,ELK,no,7\n"
    rows += "A-2,S2,2023-04-11,0022 rattles,10,hours,,,,,,,,,\n"
    assert desk.bring("failures", HEAD + rows, '[extra]\ncolumns = ["CREW"]').bad == []
    problem = "external_id,title,failures,mode,mechanism,cause,cause_class,evidence\nP-1,Seat,A-1,ELK,W,S,primary,photo\n"
    assert desk.bring("problems", problem, shipped_maps()["another_fracas"]).bad == []
    assert (
        desk.bring(
            "actions", "external_id,problem,type,title,due_on\nC-1,P-1,corrective,Harder,2030-06-30\n"
        ).bad
        == []
    )
    return desk


def rows_of(session: Session, actor: Actor, kind: str) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in IDENTITIES and value not in (None, "", [])}
        for row in export(session, actor, kind).rows
    ]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_another_tracker_reads_back_what_this_one_wrote(history: Desk, form: str) -> None:
    session, here, there = history.session, history.actor, make_root(history.session)
    mapping = read_map(shipped_maps()["another_fracas"])
    for kind in EXPORTS:
        content = write(export(session, here, kind), form)
        table = importing.read_table(content, mapping)
        report = importing.import_table(
            session, there, importing.kind_of(kind), table, mapping, file_name=f"{kind}.{form}"
        )
        assert (kind, [str(row.findings[0]) for row in report.bad]) == (kind, [])
        again = importing.import_table(
            session, there, importing.kind_of(kind), table, mapping, file_name=f"{kind}.{form}"
        )
        assert (kind, again.good, again.outcomes["unchanged"], again.differing) == (
            kind,
            again.good,
            again.good,
            [],
        )  # type: ignore[index]
    for kind in EXPORTS:
        assert rows_of(session, there, kind) == rows_of(session, here, kind), kind


def test_nothing_is_empty_in_that_test(history: Desk) -> None:
    assert {
        kind: len(rows_of(history.session, history.actor, kind)) > 0 for kind in EXPORTS
    } == dict.fromkeys(EXPORTS, True)


def test_only_what_the_person_may_see(history: Desk) -> None:
    local = Actor(
        history.actor.organisation_id,
        None,
        "local",
        frozenset({PERMISSION}),
        site_ids=frozenset({history.yard.id}),
    )
    seen = {kind: len(rows_of(history.session, local, kind)) for kind in EXPORTS}
    assert (seen["systems"], seen["failures"], seen["installations"], seen["usage"]) == (1, 1, 0, 1)
    assert (seen["problems"], seen["actions"], seen["parts"]) == (0, 0, 0)
    stranger = make_root(history.session)
    assert sum(len(rows_of(history.session, stranger, kind)) for kind in EXPORTS) == 0


def test_it_needs_the_permission(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        export(desk.session, Actor(desk.actor.organisation_id, None, "clerk"), "parts")


def test_unknown_kinds_are_refused(desk: Desk) -> None:
    with pytest.raises(Invalid, match="life-data"):
        export(desk.session, desk.actor, "weather")


def test_life_data_of_a_part_type(history: Desk) -> None:
    sheet = export(history.session, history.actor, "life-data", part_type="V-7")
    rows = list(sheet.rows)
    assert {"serial", "entry", "exit"} <= set(sheet.columns)
    assert {row["serial"] for row in rows} == {"V1", "V2"}
    with pytest.raises(Invalid, match="part type"):
        export(history.session, history.actor, "life-data")


def test_an_ended_report_is_closed_elsewhere_for_the_other_tracker(history: Desk) -> None:
    table = "external_id,system,occurred_at,symptom,usage_not_read_reason,state\nB-1,S1,2023-05-11,x,dark,closed_elsewhere\n"
    history.bring("failures", table)
    rows = {row["external_id"]: row for row in export(history.session, history.actor, "failures").rows}
    assert (rows["B-1"]["stage"], rows["B-1"]["state"]) == ("closed_elsewhere", "closed_elsewhere")
    assert (rows["A-1"]["stage"], rows["A-1"]["state"]) == ("scored", "open")
