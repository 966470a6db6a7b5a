from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.assets import lifespan, workflow
from fracas.core.errors import Invalid
from tests.factories.assets import Register, day


def test_without_a_commissioning_there_is_no_first_day(register: Register, session: Session) -> None:
    lifespan.refuse_outside_service(session, register.s1, day(-5000), "occurred_at")


def test_the_first_and_the_last_day_belong_to_the_service(register: Register, session: Session) -> None:
    workflow.commission(session, register.actor, "S1", occurred_at=day(1))
    workflow.retire_system(session, register.actor, "S1", occurred_at=day(9), basis="sold")
    for at in (1, 9):
        lifespan.refuse_outside_service(session, register.s1, day(at), "start")
    for at, message in ((0.9, "before S1 was commissioned"), (9.1, "after S1 was retired")):
        with pytest.raises(Invalid, match=message) as refused:
            lifespan.refuse_outside_service(session, register.s1, day(at), "start")
        assert refused.value.field == "start"
    lifespan.refuse_outside_service(session, register.s1, day(9.1), "start", stripping=True)


def test_parts_may_be_stripped_after_the_retirement(register: Register, session: Session) -> None:
    for serial, position, cause in (("A", "B1.BCU", "cannibalised"), ("B", "B2.BCU", "failure")):
        register.part(serial)
        register.install(serial, position=position, at=0)
        register.remove(serial, 20, cause)
    with pytest.raises(Invalid, match="the register holds B2.BCU → B on 2023-01-21"):
        workflow.retire_system(session, register.actor, "S1", occurred_at=day(10), basis="scrapped")
    workflow.retire_system(session, register.actor, "S1", occurred_at=day(20), basis="scrapped")


def test_a_retracted_fact_stands_in_nobodys_way(register: Register, session: Session) -> None:
    wrong = register.read(5, 30)
    with pytest.raises(Invalid, match="5 h on 2023-01-31"):
        lifespan.refuse_facts_after(session, register.s1, day(10))
    workflow.retract_reading(session, register.actor, wrong, reason="other vehicle")
    lifespan.refuse_facts_after(session, register.s1, day(10))
    register.read(5, 3)
    with pytest.raises(Invalid, match="5 h on 2023-01-04 00:00 UTC, which is earlier"):
        lifespan.refuse_facts_before(session, register.s1, day(10))
