from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.assets import placement, workflow
from fracas.assets.models import Installation
from fracas.core.db import make_engine, session_factory
from fracas.core.errors import Invalid
from fracas.core.permissions import Actor
from tests.factories.assets import Register, day


def test_a_stay_holds_from_its_first_moment_to_before_its_last(register: Register, session: Session) -> None:
    part = register.part("A")
    register.install("A", at=5, removed_at=day(9), removal_cause="other")
    (stay,) = placement.stays_of(session, part)
    assert [stay.holds(day(at)) for at in (4.99, 5, 8.99, 9)] == [False, True, True, False]
    assert stay.words == {
        "serial": "A", "system": "S1", "position": "B1.BCU",
        "start": "2023-01-06 00:00 UTC", "end": "2023-01-10 00:00 UTC",
    }  # fmt: skip


def test_which_stay_holds(register: Register, session: Session) -> None:
    part = register.part("A")
    register.install("A", at=0, removed_at=day(1), removal_cause="other")
    register.install("A", position="BOX", at=3)
    holding = [placement.stay_at(session, part, day(at)) for at in (-1, 0, 1, 3, 99)]
    assert [stay.installation.position.code if stay else None for stay in holding] == [
        None, "B1.BCU", None, "BOX", "BOX",
    ]  # fmt: skip
    first = placement.earlier_stay(session, part, day(3))
    assert first is not None
    assert first.installation.position.code == "B1.BCU"
    assert placement.earlier_stay(session, part, day(0)) is None
    assert placement.open_stay(session, part, day(4)).installation.position.code == "BOX"
    with pytest.raises(Invalid, match="it was removed then"):
        placement.open_stay(session, part, day(0.5))


def test_of_two_people_one_gets_the_position(empty_database_url: str) -> None:
    """Two sessions at once: the second waits for the first and is then refused, on either database."""
    engine = make_engine(empty_database_url)
    sessions = session_factory(engine)
    with sessions() as session:
        register = Register(session)
        for serial in ("A", "B"):
            register.part(serial)
        organisation_id = register.actor.organisation_id
        session.commit()

    started, outcome = threading.Event(), []

    def install(session: Session, serial: str) -> Installation:
        actor = Actor.system(organisation_id)
        made: Installation = workflow.install(
            session, actor, serial, system="S1", position="B1.BCU", occurred_at=day(1)
        )
        return made

    def second() -> None:
        with sessions() as session:
            started.set()
            try:
                install(session, "B")
                session.commit()
                outcome.append("installed")
            except Invalid as refused:
                outcome.append(str(refused))

    with sessions() as session:
        install(session, "A")
        other: Any = threading.Thread(target=second)
        other.start()
        started.wait(10)
        session.commit()
    other.join(60)
    engine.dispose()
    assert len(outcome) == 1
    assert "the register has A in S1 at B1.BCU" in outcome[0]
