"""What condition parts are in, and which of them lie serviceable on a shelf."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from fracas.assets.models import Condition, Part, PartCondition, RemovalCause
from fracas.assets.stays import Interval, intervals, open_stays
from fracas.catalog.models import PartType
from fracas.core.db import known
from fracas.core.errors import NotFound
from fracas.core.permissions import Actor, visible

COMES_OUT_FIT = frozenset({RemovalCause.MOVE, RemovalCause.CANNIBALISED})
"""A part removed for any other cause counts as unserviceable until somebody states that it is fit again."""

AT_ONCE = 500
"""Ids in one statement."""


@dataclass(frozen=True)
class PartState:
    """How a part is and where: ``stay`` is None while it is on a shelf."""

    condition: Condition
    since: datetime | None
    basis: str | None
    stay: Interval | None


def part_states(
    session: Session,
    actor: Actor,
    *,
    part_type_id: UUID | None = None,
    part_ids: Sequence[UUID] | Select[UUID] | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> dict[UUID, PartState]:
    """Condition and place of every part asked for (by id or by a select of ids), in three statements however many.

    The last statement holds if it says quarantined or retired. Otherwise the latest of three holds: what was stated, an
    installation (the part was fit), and a removal (unfit, unless it was only moved or cannibalised).
    """
    chosen = select(Part.id).where(visible(actor, Part))
    stated = (
        select(PartCondition.part_id, PartCondition.occurred_at, PartCondition.condition, PartCondition.basis)
        .where(PartCondition.organisation_id == actor.organisation_id, known(PartCondition, known_at))
        .order_by(
            PartCondition.part_id, PartCondition.occurred_at, PartCondition.entered_at, PartCondition.id
        )
    )
    if as_of is not None:
        stated = stated.where(PartCondition.occurred_at <= as_of)
    if part_type_id is not None:
        chosen = chosen.where(Part.part_type_id == part_type_id)
        stated = stated.join(Part, Part.id == PartCondition.part_id).where(Part.part_type_id == part_type_id)
    if part_ids is not None:
        chosen = chosen.where(Part.id.in_(part_ids))
        stated = stated.where(PartCondition.part_id.in_(part_ids))
    last_statement = {part_id: rest for part_id, *rest in session.execute(stated)}
    stays: dict[UUID, list[Interval]] = defaultdict(list)
    for stay in intervals(
        session,
        actor,
        as_of=as_of,
        known_at=known_at,
        part_type_id=part_type_id,
        part_ids=part_ids,
        everywhere=True,
    ):
        stays[stay.part_id].append(stay)
    return {
        part_id: _state(last_statement.get(part_id), stays.get(part_id, []))
        for part_id in session.scalars(chosen)
    }


def _state(statement: Any, stays: list[Interval]) -> PartState:
    last = stays[-1] if stays else None
    stay = last if last is not None and last.removed_at is None else None
    stated_at, condition, basis = statement or (None, Condition.SERVICEABLE, None)
    holds = condition in (Condition.QUARANTINED, Condition.RETIRED)
    moved_at = (last.removed_at or last.installed_at) if last is not None else None
    if last is None or moved_at is None or holds or (stated_at is not None and stated_at >= moved_at):
        return PartState(condition, stated_at, basis, stay)
    fit = last.cause is None or last.cause in COMES_OUT_FIT
    if not fit:
        return PartState(Condition.UNSERVICEABLE, moved_at, str(last.cause), stay)
    if stated_at is not None and stated_at >= last.installed_at:
        return PartState(condition, stated_at, basis, stay)
    return PartState(Condition.SERVICEABLE, last.installed_at, None, stay)


def part_state(
    session: Session,
    actor: Actor,
    part: Part,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> PartState:
    """Condition and place of one part."""
    states = part_states(session, actor, part_ids=[part.id], as_of=as_of, known_at=known_at)
    if part.id not in states:
        raise NotFound("There is no such part.")
    return states[part.id]


def stated_condition(session: Session, part: Part, at: datetime) -> PartCondition | None:
    """What was last stated about a part up to a moment."""
    rows = (
        select(PartCondition)
        .where(PartCondition.part_id == part.id, PartCondition.occurred_at <= at, known(PartCondition, None))
        .order_by(PartCondition.occurred_at.desc(), PartCondition.entered_at.desc(), PartCondition.id.desc())
        .limit(1)
    )
    return session.scalar(rows)


def stock_on_hand(
    session: Session,
    actor: Actor,
    part_type: PartType,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Sequence[Part]:
    """The serviceable parts of a type that are installed nowhere: what a spares forecast may count on."""
    shelf = select(Part.id).where(
        visible(actor, Part),
        Part.part_type_id == part_type.id,
        Part.id.not_in(open_stays(actor, as_of=as_of, known_at=known_at)),
    )
    states = part_states(session, actor, part_ids=shelf, as_of=as_of, known_at=known_at)
    fit = [part_id for part_id, state in states.items() if state.condition is Condition.SERVICEABLE]
    found: list[Part] = []
    for start in range(0, len(fit), AT_ONCE):
        rows = select(Part).where(Part.id.in_(fit[start : start + AT_ONCE]))
        found += session.scalars(rows).unique()
    return sorted((one for one in found if not _made_later(one, as_of)), key=lambda one: one.serial)


def count_of_type(session: Session, actor: Actor, part_type: PartType) -> tuple[int, int]:
    """How many serials of a type are registered, and how many of them are installed now."""
    own = [visible(actor, Part), Part.part_type_id == part_type.id]
    rows = select(func.count()).select_from(Part).where(*own)
    installed = rows.where(Part.id.in_(open_stays(actor)))
    return session.scalar(rows) or 0, session.scalar(installed) or 0


def _made_later(part: Part, as_of: datetime | None) -> bool:
    return as_of is not None and part.manufactured_at is not None and part.manufactured_at > as_of
