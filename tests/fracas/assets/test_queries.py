from __future__ import annotations

import uuid

import pytest
from sqlalchemy.orm import Session

from fracas import loop
from fracas.assets import queries, workflow
from fracas.core.errors import Invalid, NotFound
from fracas.core.paging import page
from fracas.core.permissions import Actor
from fracas.organisations import workflow as organisations
from fracas.organisations.queries import customers
from tests.factories.assets import Register, day


def test_a_system_is_found_by_itself_its_id_and_its_serial(register: Register, session: Session) -> None:
    for key in (register.s1, register.s1.id, str(register.s1.id), "S1", " S1 "):
        assert queries.system(session, register.actor, key) is register.s1
    for key in ("S", uuid.uuid4(), None, 7):
        with pytest.raises(NotFound, match="no system with serial"):
            queries.system(session, register.actor, key)


def test_site_and_customer_are_a_wall(register: Register, session: Session) -> None:
    register.part("A", site="DEPOT")
    made = register.install("A", system="S1")
    read = register.read(5, 1, system="S1")
    removal = register.remove("A", 5)
    local = Actor(register.actor.organisation_id, None, "local", site_ids=frozenset({register.yard.id}))
    customer = Actor(register.actor.organisation_id, None, "customer", customer_id=register.customer.id)
    for actor in (local, customer):
        for finder, key in (
            (queries.system, "S1"), (queries.system, register.s1), (queries.part, "A"),
            (queries.installation, made), (queries.installation, made.id), (queries.removal, removal.id),
            (queries.reading, read.id), (queries.reading, read),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                finder(session, actor, key)
        assert queries.system(session, actor, "S2") is register.s2
        assert [row.serial for row in session.scalars(queries.systems(actor)).unique()] == ["S2"]
        for rows in (queries.parts(actor), queries.installations(actor), queries.readings(actor)):
            assert session.scalars(rows).unique().all() == []


def test_a_customer_is_known_where_it_owns_something(register: Register, session: Session) -> None:
    """The customer of the factory owns S2, which is at home in the yard."""
    loop.wire()
    other = organisations.add_customer(session, register.actor, code="ELSEWHERE", name="Elsewhere")
    for sites, codes in (({register.yard.id}, [register.customer.code]), ({register.depot.id}, [])):
        local = Actor(register.actor.organisation_id, None, "local", site_ids=frozenset(sites))
        assert [row.code for row in customers(session, local)] == codes
    assert other.code in [row.code for row in customers(session, register.actor)]


def test_a_serial_that_two_types_share_needs_its_type(register: Register, session: Session) -> None:
    one, other = register.part("7"), register.part("7", "V-7")
    with pytest.raises(Invalid, match="Serial “7” exists more than once: as BCU-200, V-7"):
        queries.part(session, register.actor, "7")
    assert queries.part(session, register.actor, "7", other.part_type) is other
    assert queries.part(session, register.actor, one.id) is one
    with pytest.raises(NotFound, match="no part with serial “8” of type V-7"):
        queries.part(session, register.actor, "8", other.part_type)


def test_facts_are_found_by_id(register: Register, session: Session) -> None:
    part = register.part("A")
    made, removal, read = register.install("A"), register.remove("A", 1), register.read(5, 1)
    own = register.read(5, 1, system=None, part="A")
    for finder, fact in (
        (queries.installation, made), (queries.removal, removal), (queries.reading, read), (queries.reading, own),
    ):  # fmt: skip
        assert finder(session, register.actor, fact.id) is fact
        assert finder(session, register.actor, str(fact.id)) is fact
        for key in ("no id", uuid.uuid4()):
            with pytest.raises(NotFound):
                finder(session, register.actor, key)
    rows = queries.readings(register.actor, part_id=part.id)
    assert session.scalars(rows).unique().all() == [own]


def test_lists_are_narrowed(register: Register, session: Session) -> None:
    workflow.edit_system(session, register.actor, "S2", name="Tram_10%")
    register.system("S3", is_flagged=True)
    register.part("A", lot="L1")
    register.part("B", "V-7", site="YARD")

    def serials(rows: object) -> list[str]:
        return sorted(row.serial for row in session.scalars(rows).unique())  # type: ignore[call-overload]

    actor = register.actor
    assert serials(queries.systems(actor, text="s")) == ["S1", "S2", "S3"]
    assert serials(queries.systems(actor, text="10%")) == ["S2"]
    assert serials(queries.systems(actor, text="1%")) == []
    assert serials(queries.systems(actor, site_id=register.yard.id)) == ["S2"]
    assert serials(queries.systems(actor, customer_id=register.customer.id)) == ["S2"]
    assert serials(queries.systems(actor, is_flagged=True)) == ["S3"]
    assert serials(queries.systems(actor, system_model_id=uuid.uuid4())) == []
    assert serials(queries.parts(actor, lot="L1")) == ["A"]
    assert serials(queries.parts(actor, site_id=register.yard.id)) == ["B"]


def test_systems_come_in_pages(register: Register, session: Session) -> None:
    from fracas.assets.models import System

    for number in range(5):
        register.system(f"T{number}")
    seen, cursor = [], None
    while True:
        found = page(
            session,
            queries.systems(register.actor, text="T"),
            System.serial,
            key=System.id,
            cursor=cursor,
            limit=2,
        )
        seen += [row.serial for row in found.rows]
        cursor = found.next_cursor
        if cursor is None:
            break
    assert seen == ["T4", "T3", "T2", "T1", "T0"]


def test_the_service_lives_of_many_systems(register: Register, session: Session) -> None:
    workflow.commission(session, register.actor, "S1", occurred_at=day(1))
    lives = queries.service_lives(session, [register.s1.id, register.s2.id])
    assert (lives[register.s1.id].commissioned_at, lives[register.s2.id].commissioned_at) == (day(1), None)
    assert lives[register.s1.id] == queries.service_life(session, register.s1)
