from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.orm import Session

from fracas.assets import queries, workflow
from fracas.assets.models import Condition
from fracas.core import clock
from fracas.core.errors import NotFound
from fracas.core.permissions import Actor
from tests.factories.assets import Register, day
from tests.factories.catalog import make_part_type


def state(register: Register, condition: str, at: float) -> None:
    workflow.set_condition(
        register.session, register.actor, "A", condition=condition, basis="bench test", occurred_at=day(at)
    )


def test_a_part_on_the_shelf_is_serviceable_until_somebody_says_otherwise(register: Register) -> None:
    part = register.part("A")
    now = queries.part_state(register.session, register.actor, part)
    assert (now.condition, now.since, now.stay) == (Condition.SERVICEABLE, None, None)


@pytest.mark.parametrize(
    ("cause", "condition"),
    [
        ("failure", "unserviceable"), ("preventive", "unserviceable"), ("upgrade", "unserviceable"),
        ("retirement", "unserviceable"), ("other", "unserviceable"), ("cannibalised", "serviceable"),
    ],
)  # fmt: skip
def test_what_a_removal_says_of_the_part(register: Register, cause: str, condition: str) -> None:
    part = register.part("A")
    register.install("A", at=0)
    register.remove("A", 5, cause)
    now = queries.part_state(register.session, register.actor, part)
    assert (now.condition, now.stay) == (condition, None)


def test_the_latest_of_statement_installation_and_removal_holds(register: Register) -> None:
    part = register.part("A")

    def condition(at: float) -> str:
        return queries.part_state(register.session, register.actor, part, as_of=day(at)).condition.value

    register.install("A", at=0)
    register.remove("A", 10, "failure")
    state(register, "serviceable", 20)
    register.install("A", at=30)
    state(register, "unserviceable", 35)
    register.remove("A", 40, "cannibalised")
    assert [condition(at) for at in (5, 15, 25, 32, 36, 45)] == [
        "serviceable", "unserviceable", "serviceable", "serviceable", "unserviceable", "unserviceable",
    ]  # fmt: skip


def test_a_quarantine_lasts_until_it_is_lifted(register: Register) -> None:
    part = register.part("A")
    register.install("A", at=0)
    state(register, "quarantined", 5)
    register.remove("A", 10, "cannibalised")
    now = queries.part_state(register.session, register.actor, part)
    assert (now.condition, now.since, now.basis) == (Condition.QUARANTINED, day(5), "bench test")


def test_stock_on_hand_is_what_is_serviceable_and_installed_nowhere(
    register: Register, session: Session
) -> None:
    kind = make_part_type(session, register.actor, "PUMP")
    for serial in ("NEW", "IN", "BROKEN", "HELD"):
        register.part(serial, "PUMP")
    register.part("LATER", "PUMP", manufactured_at=day(60))
    register.part("OTHER", "BCU-200")
    register.install("IN", position="BOX", at=0)
    register.install("BROKEN", system="S2", position="BOX", at=0)
    register.remove("BROKEN", 30, "failure")
    workflow.set_condition(
        session, register.actor, "HELD", condition="quarantined", basis="lot", occurred_at=day(40)
    )

    def stock(at: float | None) -> list[str]:
        as_of = None if at is None else day(at)
        return [part.serial for part in queries.stock_on_hand(session, register.actor, kind, as_of=as_of)]

    assert stock(None) == ["LATER", "NEW"]
    assert stock(35) == ["HELD", "NEW"]
    assert stock(10) == ["HELD", "NEW"]

    before = clock.now()
    workflow.set_condition(session, register.actor, "BROKEN", condition="serviceable", occurred_at=day(70))
    assert stock(None) == ["BROKEN", "LATER", "NEW"]
    known = queries.stock_on_hand(session, register.actor, kind, known_at=before)
    assert [part.serial for part in known] == ["LATER", "NEW"]


def test_stock_of_another_site_is_not_mine(register: Register, session: Session) -> None:
    register.part("HERE")
    there = register.part("THERE", site="YARD")
    local = Actor(register.actor.organisation_id, None, "local", site_ids=frozenset({register.depot.id}))
    stock = queries.stock_on_hand(session, local, there.part_type)
    assert [part.serial for part in stock] == ["HERE"]
    with pytest.raises(NotFound):
        queries.part_state(session, local, there)


def test_states_of_many_parts_take_three_statements(
    register: Register,
    session: Session,
    count_statements: Callable[[Session], AbstractContextManager[list[str]]],
) -> None:
    for number in range(12):
        register.part(f"P{number}")
        register.install(f"P{number}", at=number, removed_at=day(number + 1), removal_cause="failure")
    session.expire_all()
    with count_statements(session) as statements:
        states = queries.part_states(session, register.actor)
    assert len(states) == 12
    assert len(statements) == 3
