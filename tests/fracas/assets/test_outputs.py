from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import g
from sqlalchemy.orm import Session

from fracas.assets import outputs
from fracas.core.permissions import Actor
from tests.factories.assets import day
from tests.factories.served import Served


@pytest.fixture
def asking(served: Served) -> Callable[[Actor], AbstractContextManager[None]]:
    """A request of ``actor``'s that reads with the test's session."""
    from contextlib import contextmanager

    @contextmanager
    def ask(actor: Actor):  # type: ignore[no-untyped-def]
        with served.app.test_request_context():
            g.actor, g.session = actor, served.session
            yield
            g.pop("session")

    return ask


def test_many_records_take_as_many_statements_as_one(
    served: Served,
    asking: Callable[[Actor], AbstractContextManager[None]],
    count_statements: Callable[[Session], AbstractContextManager[list[str]]],
) -> None:
    register = served.loop
    for number in range(6):
        register.system(f"T{number}", commissioned_at=day(number))
        register.part(f"P{number}")
    rows = [
        register.install(
            f"P{number}", system=f"T{number}", at=number + 1, removed_at=day(30), removal_cause="failure"
        )
        for number in range(6)
    ]
    systems = [row.system for row in rows]
    with asking(register.actor):
        with count_statements(served.session) as few:
            outputs.systems_out(systems[:1])
            outputs.installations_out(rows[:1])
        with count_statements(served.session) as many:
            shown = outputs.systems_out(systems)
            installed = outputs.installations_out(rows)
    assert len(many) == len(few)
    assert [shown[row.id].commissioned_at for row in systems] == [day(number) for number in range(6)]
    assert {one.removal_cause for one in installed.values()} == {"failure"}


def test_a_system_of_another_site_is_not_named(
    served: Served, asking: Callable[[Actor], AbstractContextManager[None]]
) -> None:
    register = served.loop
    part = register.part("A")
    register.install("A", system="S1")
    local = Actor(register.actor.organisation_id, None, "local", site_ids=frozenset({register.yard.id}))
    with asking(register.actor):
        assert outputs.part_detail(part).system == "S1"
    part.site_id = register.yard.id  # as if the part were known at the yard as well
    served.session.flush()
    with asking(local):
        assert outputs.part_detail(part).system is None


def test_facts_are_shown_with_their_words(
    served: Served, asking: Callable[[Actor], AbstractContextManager[None]]
) -> None:
    register = served.loop
    register.part("A", lot="L1")
    made, removal, reading = register.install("A"), register.remove("A", 5, note="dry"), register.read(7, 1)
    with asking(register.actor):
        removed, read = outputs.removal_out(removal), outputs.reading_out(reading)
        plain = outputs.part_out(made.part)
        assert outputs.one_installation_out(made).removal_id == removal.id
        assert outputs.system_out(register.s2).customer == "METRO"
    assert (removed.part, removed.position, removed.cause, removed.note) == (
        "A",
        "B1.BCU",
        "preventive",
        "dry",
    )
    assert (read.metric, read.unit, read.kind) == ("hours", "h", "reading")
    assert (plain.part_type, plain.lot) == ("BCU-200", "L1")
