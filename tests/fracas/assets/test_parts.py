from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.assets import queries, workflow
from fracas.core.errors import Invalid, NotFound
from fracas.core.permissions import Actor
from tests.factories.assets import Register, day


def test_a_serial_is_registered_once_a_type(register: Register) -> None:
    register.part("A")
    with pytest.raises(Invalid, match="There is a BCU-200 with serial “A” already") as refused:
        register.part("A")
    assert refused.value.field == "serial"
    register.part("A", "V-7")


def test_the_shelf_may_be_left_out_by_who_has_one_site(register: Register, session: Session) -> None:
    with pytest.raises(Invalid, match="at which site"):
        register.part("A", site=None)
    local = Actor(
        register.actor.organisation_id, None, "local",
        permissions=frozenset({"part.register"}), site_ids=frozenset({register.yard.id}),
    )  # fmt: skip
    made = workflow.register_part(session, local, serial="A", part_type="BCU-200")
    assert made.site_id == register.yard.id
    with pytest.raises(Invalid) as refused:
        workflow.register_part(session, local, serial="B", part_type="BCU-200", site="DEPOT")
    assert refused.value.field == "site"


def test_leading_zeros_stay(register: Register, session: Session) -> None:
    register.part("0007")
    assert queries.part(session, register.actor, "0007").serial == "0007"
    with pytest.raises(NotFound):
        queries.part(session, register.actor, "7")


def test_lot_and_shelf_can_be_changed_while_it_is_on_the_shelf(register: Register, session: Session) -> None:
    part = register.part("A", lot="L1", is_flagged=True)
    workflow.edit_part(session, register.actor, "A", lot="L2", site="YARD")
    assert (part.lot, part.site_id, part.is_flagged) == ("L2", register.yard.id, False)
    register.install("A", system="S1")
    with pytest.raises(Invalid, match="A is installed in S1 and is where that is"):
        workflow.edit_part(session, register.actor, "A", site="YARD")


def test_a_condition_needs_its_basis(register: Register, session: Session) -> None:
    register.part("A")
    for condition in ("unserviceable", "quarantined", "retired"):
        with pytest.raises(Invalid, match=f"Say why the part is {condition}"):
            workflow.set_condition(session, register.actor, "A", condition=condition, occurred_at=day(1))
    workflow.set_condition(session, register.actor, "A", condition="serviceable", occurred_at=day(1))
    with pytest.raises(Invalid, match="is not one of: serviceable"):
        workflow.set_condition(session, register.actor, "A", condition="fine", occurred_at=day(1))


def test_a_quarantined_or_retired_part_is_not_installed(register: Register, session: Session) -> None:
    register.part("A")
    state = {"condition": "quarantined", "basis": "lot L1 under investigation"}
    workflow.set_condition(session, register.actor, "A", occurred_at=day(10), **state)
    with pytest.raises(Invalid, match=r"A is quarantined since 2023-01-11.*\(lot L1 under investigation\)"):
        register.install("A", at=11)
    register.install("A", at=3, removed_at=day(9), removal_cause="preventive")  # before the quarantine
    workflow.set_condition(session, register.actor, "A", condition="serviceable", occurred_at=day(12))
    register.install("A", at=13)


def test_an_installed_part_is_not_retired(register: Register, session: Session) -> None:
    register.part("A")
    register.install("A", at=3)
    with pytest.raises(Invalid, match="the register has it in S1 at B1.BCU from 2023-01-04"):
        workflow.set_condition(
            session, register.actor, "A", condition="retired", basis="worn", occurred_at=day(5)
        )
    register.remove("A", 5)
    workflow.set_condition(
        session, register.actor, "A", condition="retired", basis="worn", occurred_at=day(5)
    )


def test_a_part_is_not_installed_before_it_was_made(register: Register) -> None:
    register.part("A", manufactured_at=day(10))
    with pytest.raises(Invalid, match="A was made on 2023-01-11"):
        register.install("A", at=9)
