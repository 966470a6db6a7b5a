from __future__ import annotations

import math
from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.catalog import queries, workflow
from fracas.catalog.models import CodeKind, RepairAssumption
from fracas.catalog.starter import STARTER_CODES
from fracas.core.errors import Forbidden, Invalid, NotFound, Stale
from fracas.core.permissions import Actor
from fracas.organisations.workflow import add_supplier
from tests.factories.catalog import make_catalog, make_part_type
from tests.factories.organisations import make_root


@pytest.fixture
def actor(session: Session) -> Actor:
    made = make_root(session)
    make_catalog(session, made)
    return made


def test_everything_that_can_be_said_of_a_part_type(session: Session, actor: Actor) -> None:
    add_supplier(session, actor, code="V", name="Valves")
    made = workflow.add_part_type(
        session, actor, number="0012-A", name="Relay valve", is_repairable=True, repair_assumption="as_old",
        primary_metric="hours", lead_time_days=45, turn_around_days=20, repaired_share=0.75,
        unit_cost=1200.5, currency="EUR", supplier="V",
    )  # fmt: skip
    assert (made.number, made.repair_assumption, made.primary_metric and made.primary_metric.code) == (
        "0012-A", RepairAssumption.AS_OLD, "hours",
    )  # fmt: skip
    workflow.edit_part_type(
        session, actor, "0012-A", name="Valve", lead_time_days=None, supplier=None, primary_metric="calendar"
    )
    assert (made.turn_around_days, made.repaired_share) == (20, 0.75)
    assert (made.name, made.lead_time_days, made.supplier_id, made.primary_metric) == (
        "Valve",
        None,
        None,
        None,
    )
    assert (made.unit_cost, made.currency, made.is_repairable) == (1200.5, "EUR", True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "BCU-200"), ("number", " "), ("name", ""), ("lead_time_days", -1), ("turn_around_days", -1),
        ("unit_cost", math.nan), ("repaired_share", 80), ("repaired_share", -0.1), ("repaired_share", math.nan),
        ("repair_assumption", "like new"), ("primary_metric", "miles"), ("supplier", "NONE"), ("currency", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_said_of_a_part_type(session: Session, actor: Actor, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        make_part_type(session, actor, **{"number": "NEW", field: value})
    assert refused.value.field == field
    assert len(queries.part_types(session, actor)) == 2


def test_a_typing_error_of_the_programmer_is_no_fact(session: Session, actor: Actor) -> None:
    with pytest.raises(TypeError, match="a part type has no colour"):
        make_part_type(session, actor, "NEW", colour="red")


def test_a_save_based_on_an_older_version_is_refused(session: Session, actor: Actor) -> None:
    kind = queries.part_type(session, actor, "BCU-200")
    seen = kind.version
    workflow.edit_part_type(session, actor, kind, name="first", if_version=seen)
    with pytest.raises(Stale):
        workflow.edit_part_type(session, actor, kind, name="second", if_version=seen)


def test_calendar_time_needs_no_metric(session: Session, actor: Actor) -> None:
    with pytest.raises(Invalid, match="always there"):
        workflow.add_metric(session, actor, code="calendar", name="Days", unit="d")
    with pytest.raises(Invalid, match="“km” is taken"):
        workflow.add_metric(session, actor, code="km", name="Distance", unit="km")


def test_positions_form_a_tree(session: Session, actor: Actor) -> None:
    model = queries.system_model(session, actor, "LRV")
    with pytest.raises(Invalid, match="“BOX” is taken"):
        workflow.add_position(session, actor, system_model="LRV", code="BOX", name="Again")
    with pytest.raises(Invalid, match="has no position “ROOF”") as refused:
        workflow.add_position(session, actor, system_model="LRV", code="FAN", name="Fan", parent="ROOF")
    assert refused.value.field == "parent"
    with pytest.raises(Invalid) as refused:
        workflow.add_position(session, actor, system_model="LRV", code="FAN", name="Fan", part_type="NONE")
    assert refused.value.field == "part_type"
    brake, valve = (queries.position(session, actor, model, code) for code in ("BRAKE", "B1.VALVE"))
    for below in ("B1.VALVE", "B1.BCU", "BRAKE"):
        with pytest.raises(Invalid, match="so it cannot be above it as well"):
            workflow.edit_position(session, actor, brake, parent=below)
    workflow.edit_position(session, actor, valve, parent="BOX", name="Relay valve")
    workflow.edit_position(session, actor, valve.id, parent="")
    assert (valve.parent_id, valve.name) == (None, "Relay valve")
    with pytest.raises(NotFound):
        workflow.edit_position(session, make_root(session), valve, name="mine")


def test_a_code_keeps_its_leading_zeros(session: Session, actor: Actor) -> None:
    made = workflow.add_code(session, actor, kind="symptom", code="0022", name="Noise", name_zh="异响")
    assert made.code == "0022"
    workflow.add_code(session, actor, kind="symptom", code="22", name="Other")
    with pytest.raises(Invalid, match="“0022” is taken"):
        workflow.add_code(session, actor, kind="symptom", code="0022", name="Again")
    workflow.edit_code(session, actor, kind="symptom", code="0022", name="Loud noise")
    assert (made.name, made.name_zh) == ("Loud noise", "异响")


def test_a_code_is_retired_and_restored(session: Session, actor: Actor) -> None:
    made = workflow.add_code(session, actor, kind=CodeKind.MODE, code="B01", name="Leaks")
    workflow.retire_code(session, actor, kind="mode", code="B01")
    assert made.is_active is False
    workflow.restore_code(session, actor, kind="mode", code=made)
    assert made.is_active is True
    with pytest.raises(Invalid, match="no cause code “B01”"):
        workflow.retire_code(session, actor, kind="cause", code="B01")


def test_the_starter_set_is_added_once_and_leaves_what_is_there(session: Session, actor: Actor) -> None:
    own = workflow.add_code(session, actor, kind="mode", code="FTS", name="Our own wording")
    added = workflow.starter_codes(session, actor)
    assert len(added) == len(STARTER_CODES) - 1 >= 60
    assert own.name == "Our own wording"
    assert workflow.starter_codes(session, actor) == []
    for kind in CodeKind:
        assert len(queries.failure_codes(session, actor, kind)) >= 10


def test_the_starter_set_speaks_both_languages_without_repeating_itself() -> None:
    keys = [(kind, code) for kind, code, _, _ in STARTER_CODES]
    assert len(set(keys)) == len(keys)
    for _, code, name, name_zh in STARTER_CODES:
        assert code == code.strip()
        assert name.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in name_zh)


def test_nobody_may_without_the_permission(session: Session, actor: Actor) -> None:
    nobody = Actor(actor.organisation_id, None, "nobody")
    verbs = [
        getattr(workflow, name) for name in dir(workflow) if hasattr(getattr(workflow, name), "permission")
    ]
    assert len(verbs) == 11
    for verb in verbs:
        with pytest.raises(Forbidden, match=verb.permission):
            verb(session, nobody)
