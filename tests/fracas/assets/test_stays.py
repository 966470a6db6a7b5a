from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from fracas.assets import queries, workflow
from fracas.core import clock
from fracas.core.permissions import Actor
from tests.factories.assets import Register, day


def test_what_had_happened_and_what_had_been_entered(register: Register) -> None:
    register.part("A")
    with clock.at(day(1)):
        register.install("A", at=0)
    with clock.at(day(20)):
        register.remove("A", 10, "failure")
    still_in, out = (
        ("A", "S1", "B1.BCU", 0, None, None, "new"),
        ("A", "S1", "B1.BCU", 0, 10, "failure", "new"),
    )
    assert register.told(as_of=day(5)) == [still_in]
    assert register.told(as_of=day(10)) == [out]
    assert register.told(as_of=day(15), known_at=day(15)) == [still_in]
    assert register.told(as_of=day(15), known_at=day(20)) == [out]
    assert register.told(as_of=day(-1)) == []
    assert register.told(known_at=day(0.5)) == []


def test_each_site_and_each_customer_sees_its_own(register: Register, session: Session) -> None:
    register.part("A")
    register.part("B")
    register.install("A", system="S1")
    register.install("B", system="S2")

    def seen(**limits: object) -> list[str]:
        actor = Actor(register.actor.organisation_id, None, "person", **limits)  # type: ignore[arg-type]
        return [stay.serial for stay in queries.intervals(session, actor)]

    assert seen() == ["A", "B"]
    assert seen(site_ids=frozenset({register.depot.id})) == ["A"]
    assert seen(customer_id=register.customer.id) == ["B"]
    assert seen(site_ids=frozenset()) == []
    other = Register(session)
    assert queries.intervals(session, other.actor) == []


def test_the_tree_of_a_system_shows_what_is_where(
    register: Register,
    session: Session,
    count_statements: Callable[[Session], AbstractContextManager[list[str]]],
) -> None:
    for serial, part_type, position in (("A", "BCU-200", "B1.BCU"), ("V", "V-7", "B1.VALVE")):
        register.part(serial, part_type)
        register.install(serial, position=position, at=1)
    register.part("OLD")
    register.install("OLD", position="B2.BCU", at=0, removed_at=day(2), removal_cause="failure")
    with count_statements(session) as statements:
        tree = queries.system_tree(session, register.actor, register.s1)
    drawn = [(line.depth, line.position.code, line.stay.serial if line.stay else None) for line in tree]
    assert drawn == [
        (0, "BOX", None), (0, "BRAKE", None), (1, "B1.BCU", "A"), (2, "B1.VALVE", "V"), (1, "B2.BCU", None),
    ]  # fmt: skip
    assert len(statements) == 2
    earlier = queries.system_tree(session, register.actor, register.s1, as_of=day(1.5))
    assert [line.stay.serial for line in earlier if line.stay] == ["A", "V", "OLD"]


def test_where_a_part_is(register: Register, session: Session) -> None:
    part = register.part("A")
    assert queries.whereabouts(session, part) is None
    register.install("A", at=0)
    register.move("A", 5)
    register.remove("A", 9)
    found = [queries.whereabouts(session, part, as_of=day(at)) for at in (-1, 3, 5, 8, 9)]
    assert [one.position.code if one else None for one in found] == [None, "B1.BCU", "B2.BCU", "B2.BCU", None]


def test_occupants_by_position(register: Register, session: Session) -> None:
    register.part("A")
    made = register.install("A", at=0)
    there = queries.occupants(session, register.actor, register.s1)
    assert {position_id: stay.serial for position_id, stay in there.items()} == {made.position_id: "A"}
    workflow.retract_installation(session, register.actor, made, reason="never happened")
    assert queries.occupants(session, register.actor, register.s1) == {}
