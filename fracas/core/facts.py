"""The fact that holds now, and how a later one takes its place: the old row stays, marked with when we knew better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, lazyload

from fracas.core import clock
from fracas.core.permissions import Actor

Table = TypeVar("Table", bound=Any)


def holding(session: Session, table: type[Table], *which: ColumnElement[bool]) -> Table | None:
    """The latest row of a ``Fact`` table that no correction has replaced; what it points to is loaded when asked for."""
    rows = select(table).where(table.retracted_at.is_(None), *which).options(lazyload("*"))
    return session.scalars(rows.order_by(table.entered_at.desc(), table.id.desc()).limit(1)).first()


def current(facts: Sequence[Table]) -> Table | None:
    """The last of a record's loaded facts that no correction has replaced."""
    return next((fact for fact in reversed(facts) if fact.retracted_at is None), None)


def retract(session: Session, table: type[Table], *which: ColumnElement[bool]) -> list[Table]:
    """Mark the facts as known better from now on; nothing is deleted."""
    rows = list(session.scalars(select(table).where(table.retracted_at.is_(None), *which)))
    for row in rows:
        row.retracted_at = clock.now()
    return rows


def add(session: Session, actor: Actor, fact: Table) -> Table:
    """Keep a new fact, as told by ``actor`` now; one that does not say when it happened happened now.

    It is written with whatever is flushed next: most verbs change their record as well.
    """
    fact.organisation_id = actor.organisation_id
    fact.entered_at = clock.now()
    fact.entered_by = actor.user_id
    if fact.occurred_at is None:
        fact.occurred_at = clock.now()
    session.add(fact)
    return fact


def supersede(session: Session, actor: Actor, fact: Table, *which: ColumnElement[bool]) -> Table:
    """Keep ``fact`` in place of the facts ``which`` held until now."""
    retract(session, type(fact), *which)
    return add(session, actor, fact)
