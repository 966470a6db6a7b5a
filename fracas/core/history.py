"""The append-only history: who, when, old, new, why. Written by the session itself, so that no verb can forget it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Index, Select, Table, event, insert, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fracas.core import clock
from fracas.core.db import Base, Key, Short
from fracas.core.permissions import Actor

SILENT = {"id", "organisation_id", "version", "entered_at", "entered_by", "state_since"}


class HistoryEntry(Base):
    """One change of one row. ``subject`` is the record on whose page it is shown; plain ids, as it outlives both."""

    __tablename__ = "history_entry"
    __table_args__ = (Index("ix_history_entry_subject", "subject_kind", "subject_id", "entered_at"),)

    id: Mapped[Key]
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    subject_kind: Mapped[Short]
    subject_id: Mapped[UUID]
    table: Mapped[Short] = mapped_column(comment="the table that changed")
    row_id: Mapped[UUID]
    verb: Mapped[Short]
    changes: Mapped[dict[str, Any]] = mapped_column(comment="field -> [old, new]")
    reason: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[Short]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)


# The plain table: rows of history need no identity in the session that writes them.
_INSERT = insert(cast(Table, HistoryEntry.__table__))


@contextmanager
def acting(session: Session, actor: Actor, verb: str, reason: str | None = None) -> Iterator[None]:
    """Say who is changing what is flushed inside the block. A verb inside a verb keeps the outer name."""
    before = session.info.get("acting")
    if before is None:
        session.info["acting"], session.info["history"] = (actor, verb, reason), []
    waiting: list[dict[str, Any]] = session.info["history"]
    kept = len(waiting)
    try:
        yield
        session.flush()
        if before is None and waiting:
            session.connection().execute(_INSERT, waiting)  # one statement for the verb's many flushes
    except BaseException:
        del waiting[kept:]  # what is rolled back has not happened
        raise
    finally:
        session.info["acting"] = before


def reason_given(session: Session) -> str | None:
    """The written reason of the verb that is being done, for a verb that keeps it with its facts too."""
    acting_now = session.info.get("acting")
    return acting_now[2] if acting_now else None


def entries(subject_kind: str, subject_id: UUID) -> Select[HistoryEntry]:
    """The timeline of one record, newest first."""
    return (
        select(HistoryEntry)
        .where(HistoryEntry.subject_kind == subject_kind, HistoryEntry.subject_id == subject_id)
        .order_by(HistoryEntry.entered_at.desc(), HistoryEntry.id.desc())
    )


def subject_of(row: Any) -> tuple[str, UUID] | None:
    """Whose timeline a row's changes belong on: its own, or that of the record named by ``__history__``.

    ``__history__ = ("failure", "failure_id")`` on a child table; ``None`` keeps a table out of the history.
    """
    declared = getattr(row, "__history__", ())
    if declared is None:
        return None
    if declared:
        kind, attribute = declared
        return kind, getattr(row, attribute)
    return row.__tablename__, row.id


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value


def _changes(row: Any, how: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    state = inspect(row)
    hidden = SILENT.union(getattr(row, "__secret__", ()))
    for name in (column.key for column in state.mapper.column_attrs):
        if name in hidden:
            continue
        if how in ("new", "deleted"):
            value = _plain(getattr(row, name))
            if value is not None:
                found[name] = [None, value] if how == "new" else [value, None]
        elif name in state.committed_state:
            past = state.attrs[name].history
            if past.has_changes():
                found[name] = [_plain(past.deleted[0]) if past.deleted else None, _plain(getattr(row, name))]
    return found


@event.listens_for(Session, "after_flush")
def _write(session: Session, _context: Any) -> None:
    acting_now = session.info.get("acting")
    actor, verb, reason = acting_now or (None, "change", None)
    rows: list[dict[str, Any]] = []
    touched = [(row, "new") for row in session.new] + [(row, "dirty") for row in session.dirty]
    touched += [(row, "deleted") for row in session.deleted]
    for row, how in touched:
        subject = None if isinstance(row, HistoryEntry) else subject_of(row)
        changes = _changes(row, how) if subject is not None else {}
        if subject is None or not changes:
            continue
        rows.append(
            {
                "organisation_id": getattr(row, "organisation_id", None),
                "subject_kind": subject[0],
                "subject_id": subject[1],
                "table": row.__tablename__,
                "row_id": row.id,
                "verb": verb,
                "changes": changes,
                "reason": reason,
                "actor_id": actor.user_id if actor else None,
                "actor_name": actor.name if actor else "system",
            }
        )
    if acting_now is not None:
        session.info["history"].extend(rows)
    elif rows:
        session.connection().execute(_INSERT, rows)
