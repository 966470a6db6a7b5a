"""Keyset pages: every row once, whatever is filed meanwhile."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core.errors import Invalid
from fracas.core.outbox import OutboxMessage
from fracas.core.paging import page

KEY = "01a202b4-4788-7753-be2f-8703243d60f7"
START = datetime(2026, 1, 1, tzinfo=UTC)


def _add(session: Session, name: str, minutes: int) -> None:
    at = START + timedelta(minutes=minutes)
    session.add(OutboxMessage(recipient=name, subject="s", body="b", entered_at=at))
    session.flush()


def _read(session: Session, cursor: str | None) -> tuple[list[str], str | None]:
    order = OutboxMessage.entered_at
    found = page(session, select(OutboxMessage), order, key=OutboxMessage.id, cursor=cursor, limit=3)
    return [row.recipient for row in found.rows], found.next_cursor


def test_pages_neither_repeat_nor_lose_rows_while_others_are_filed(session: Session) -> None:
    for number in range(7):
        _add(session, f"r{number}", number // 2)  # ties on the time
    seen, cursor = _read(session, None)
    while cursor:
        _add(session, "late", 10_000)
        rows, cursor = _read(session, cursor)
        seen += rows
    assert sorted(seen) == [f"r{number}" for number in range(7)]
    assert [int(name[1:]) // 2 for name in seen] == [3, 2, 2, 1, 1, 0, 0]


@pytest.mark.parametrize("cursor", ["nonsense", "e30", "WyJ0IiwgIngiLCAieSJd"])
def test_a_cursor_of_somebody_elses_is_refused(session: Session, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        _read(session, cursor)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize(
    "said",
    [["2026-01-01", KEY], ["2026-01-01T00:00:00+00:00", "x"], [5, KEY], [{"a": 1}, KEY], [None, KEY], KEY,
     ["0001-01-01T00:00:00+14:00", KEY]],
)  # fmt: skip
def test_a_cursor_that_fits_another_list_is_refused(session: Session, said: object) -> None:
    with pytest.raises(Invalid):
        _read(session, base64.urlsafe_b64encode(json.dumps(said).encode()).decode())


def test_a_cursor_without_an_end_is_refused(session: Session) -> None:
    with pytest.raises(Invalid):
        _read(session, base64.urlsafe_b64encode(b"[" * 20_000).decode())


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_limit_out_of_range_is_refused(session: Session, limit: int) -> None:
    with pytest.raises(Invalid):
        page(session, select(OutboxMessage), OutboxMessage.entered_at, key=OutboxMessage.id, limit=limit)


def test_what_is_known_by_a_name_is_listed_from_a_to_z(session: Session) -> None:
    for number, name in enumerate("DBACB"):
        _add(session, name, number)
    seen, cursor = [], None
    while True:
        order = OutboxMessage.recipient
        rows = select(OutboxMessage)
        found = page(session, rows, order, key=OutboxMessage.id, cursor=cursor, limit=2, ascending=True)
        seen += [row.recipient for row in found.rows]
        cursor = found.next_cursor
        if cursor is None:
            break
    assert seen == ["A", "B", "B", "C", "D"]
