"""A failure report as one row: what it says, and what verification, scoring and the swap added to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from fracas.core.db import known
from fracas.core.permissions import Actor
from fracas.exchange.fields import FAILURES
from fracas.exchange.matching import EXTRA_PREFIX
from fracas.failures import queries
from fracas.failures.models import Failure, PartSwap, Score, Verification
from fracas.failures.states import ENDED


def failure_rows(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    """The reports that the actor may see, in the order they happened."""
    verifications = _latest(session, actor, Verification)
    scores = _latest(session, actor, Score)
    swaps = _latest(session, actor, PartSwap)
    keys = select(Failure.id, Failure.external_id, Failure.number).where(
        Failure.organisation_id == actor.organisation_id
    )
    originals = {row[0]: row[1] or row[2] for row in session.execute(keys)}
    rows = queries.failures(session, actor).options(selectinload(Failure.usage_reading))
    found = rows.order_by(Failure.occurred_at, Failure.id).execution_options(yield_per=1000)
    for (one,) in session.execute(found):
        yield {
            **_report(one),
            **_verified(verifications.get(one.id), originals),
            **_swapped(swaps.get(one.id)),
            "answers": _answers(scores.get(one.id)),
        }


def _latest(session: Session, actor: Actor, table: Any) -> dict[UUID, Any]:
    rows = select(table).where(table.organisation_id == actor.organisation_id, known(table, None))
    return {row.failure_id: row for row in session.scalars(rows.order_by(table.entered_at)).unique()}


def _report(one: Failure) -> dict[str, Any]:
    names = [field.name for field in FAILURES.fields if field.name in one.__mapper__.columns]
    extra = {f"{EXTRA_PREFIX}{name}": value for name, value in one.extra.items() if name != "reporter"}
    reading = one.usage_reading
    return {
        **{name: getattr(one, name) for name in names},
        **extra,
        "number": one.number,
        "stage": one.state.value,
        "state": "closed_elsewhere" if one.state in ENDED else "open",
        "external_id": one.external_id or one.number,
        "system": one.system.serial,
        "part_type": one.part_type.number if one.part_type else None,
        "part": one.part.serial if one.part else None,
        "position": one.position.code if one.position else None,
        "site": one.site.code,
        "symptom_code": one.symptom_code.code if one.symptom_code else None,
        "usage_value": reading.value if reading else None,
        "metric": reading.metric.code if reading else None,
        "usage_read_at": reading.occurred_at if reading else None,
        "reporter": one.extra.get("reporter", one.reporter_name),
    }


def _verified(said: Verification | None, originals: dict[UUID, str]) -> dict[str, Any]:
    if said is None:
        return {}
    return {
        "outcome": said.outcome.value,
        "duplicate_of": originals.get(said.duplicate_of_id) if said.duplicate_of_id else None,
        "method": said.method,
        "mode": said.mode.code if said.mode else None,
    }


def _swapped(swap: PartSwap | None) -> dict[str, Any]:
    if swap is None:
        return {}
    return {
        "part_out": swap.removal.installation.part.serial if swap.removal else None,
        "part_in": swap.installation.part.serial if swap.installation else None,
        "swapped_at": swap.occurred_at,
    }


def _answers(score: Score | None) -> str | None:
    return "; ".join(f"{question}={answer}" for question, answer in score.answers.items()) if score else None
