"""Keys, moments and facts, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from fracas.assets.models import ServiceEvent, ServiceEventKind
from fracas.core.db import known, make_engine, uuid7
from fracas.core.outbox import OutboxMessage
from tests.factories.assets import Register


def test_keys_are_ordered_by_the_time_they_were_made() -> None:
    keys = [uuid7() for _ in range(2000)]
    assert len(set(keys)) == len(keys)
    stamps = [key.int >> 80 for key in keys]
    assert stamps == sorted(stamps)
    assert {key.version for key in keys} == {7}
    assert {key.variant for key in keys} == {"specified in RFC 4122"}
    assert abs(stamps[-1] / 1000 - datetime.now(UTC).timestamp()) < 5


def test_a_moment_comes_back_in_utc(session: Session) -> None:
    there = datetime(2026, 5, 31, 14, 30, tzinfo=timezone(timedelta(hours=8)))
    session.add(OutboxMessage(recipient="a@example.org", subject="s", body="b", entered_at=there))
    session.flush()
    session.expire_all()
    back = session.scalars(select(OutboxMessage.entered_at)).one()
    assert back == there
    assert back.tzinfo is UTC


def test_a_naive_moment_is_refused(session: Session) -> None:
    naive = datetime(2026, 5, 31, 14, 30)
    session.add(OutboxMessage(recipient="a@example.org", subject="s", body="b", entered_at=naive))
    with pytest.raises(StatementError, match="time zone"):
        session.flush()


def test_a_choice_outside_the_list_is_refused_by_the_database(session: Session) -> None:
    Register(session)
    session.execute(text("UPDATE part_type SET repair_assumption = 'as_old'"))
    with pytest.raises(IntegrityError, match="repairassumption"), session.begin_nested():
        session.execute(text("UPDATE part_type SET repair_assumption = 'as_never'"))


def test_what_was_known_on_a_past_day_can_be_asked_for(session: Session) -> None:
    register = Register(session)
    monday = datetime(2026, 6, 1, tzinfo=UTC)
    fact = ServiceEvent(
        organisation_id=register.s1.organisation_id, system_id=register.s1.id, kind=ServiceEventKind.OBSERVED_FROM,
        occurred_at=monday, entered_at=monday, retracted_at=monday + timedelta(days=10),
    )  # fmt: skip
    session.add(fact)
    session.flush()

    def is_known(day: int | None) -> bool:
        moment = None if day is None else monday + timedelta(days=day)
        rows = select(ServiceEvent.id).where(ServiceEvent.id == fact.id, known(ServiceEvent, moment))
        return session.scalar(rows) is not None

    assert [is_known(day) for day in (-1, 0, 9, 10, None)] == [False, True, True, False, False]


def test_sqlite_checks_foreign_keys_and_keeps_what_it_acknowledged(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('db')}/new/folder/file.sqlite")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    engine.dispose()
