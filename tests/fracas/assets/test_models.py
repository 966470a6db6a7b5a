from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fracas.assets.models import System, UsageReading
from fracas.catalog import queries as catalog
from fracas.core.history import entries
from tests.factories.assets import Register, day


def test_a_reading_is_told_on_the_timeline_of_its_bearer(register: Register, session: Session) -> None:
    part = register.part("A")
    register.read(5, 1)
    register.read(7, 1, system=None, part="A")
    for kind, subject_id, value in (("system", register.s1.id, 5), ("part", part.id, 7)):
        told = session.scalars(entries(kind, subject_id)).all()
        assert [e.changes["value"] for e in told if e.table == "usage_reading"] == [[None, value]]


@pytest.mark.parametrize("wrong", [{"value": -1.0}, {"system_id": None}, {"part": True}])
def test_the_database_refuses_what_no_meter_shows(
    register: Register, session: Session, wrong: dict[str, Any]
) -> None:
    part = register.part("A")
    facts: dict[str, Any] = {"system_id": register.s1.id, "value": 1.0, **wrong}
    if facts.pop("part", None):
        facts["part_id"] = part.id
    metric = catalog.metric(session, register.actor, "hours")
    row = UsageReading(
        organisation_id=part.organisation_id, metric=metric, occurred_at=day(1), entered_at=day(1), **facts
    )
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(row)


def test_a_serial_is_one_system_of_an_organisation(register: Register, session: Session) -> None:
    twin = System(
        organisation_id=register.s1.organisation_id, serial="S1", system_model=register.model,
        site=register.depot, entered_at=day(1),
    )  # fmt: skip
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(twin)
