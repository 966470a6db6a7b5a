"""Where parts were: the stays of serials in positions, read fast and as known on any day.

``as_of`` is what had happened, ``known_at`` what had been entered; left out, both mean now. Stays are half-open: a part
removed at noon is out at noon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from fracas.assets.models import Installation, InstalledAs, Part, Removal, RemovalCause, System
from fracas.catalog.models import Position
from fracas.catalog.queries import position_tree
from fracas.core.db import known
from fracas.core.permissions import Actor, visible


class Interval(NamedTuple):
    """One stay of a serial in a position. ``removed_at`` is None while it is there."""

    installation_id: UUID
    part_id: UUID
    part_type_id: UUID
    serial: str
    lot: str | None
    system_id: UUID
    system_serial: str
    position_id: UUID
    position_code: str
    installed_at: datetime
    installed_as: InstalledAs
    age_at_install: dict[str, Any]
    removal_id: UUID | None
    removed_at: datetime | None
    cause: RemovalCause | None


def intervals(
    session: Session,
    actor: Actor,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    part_type_id: UUID | None = None,
    part_ids: Sequence[UUID] | Select[UUID] | None = None,
    system_id: UUID | None = None,
    everywhere: bool = False,
) -> list[Interval]:
    """Every stay of every part in a position, by part and time, as plain tuples from one statement.

    A removal after ``as_of`` had not happened yet, so the part is still in. Systems that the actor may not see are left
    out; ``everywhere`` keeps them for rules that must hold across sites (a part is in one place only).
    """
    removed = and_(Removal.installation_id == Installation.id, known(Removal, known_at))
    rows = (
        select(
            Installation.id, Part.id, Part.part_type_id, Part.serial, Part.lot,
            System.id, System.serial, Position.id, Position.code,
            Installation.occurred_at, Installation.installed_as, Installation.age_at_install,
            Removal.id, Removal.occurred_at, Removal.cause,
        )
        .join(Part, Part.id == Installation.part_id)
        .join(System, System.id == Installation.system_id)
        .join(Position, Position.id == Installation.position_id)
        .outerjoin(Removal, removed if as_of is None else and_(removed, Removal.occurred_at <= as_of))
        .where(Installation.organisation_id == actor.organisation_id, known(Installation, known_at))
        .order_by(Installation.part_id, Installation.occurred_at, Removal.occurred_at.nulls_last())
    )  # fmt: skip
    if not everywhere:
        rows = rows.where(visible(actor, System))
    if as_of is not None:
        rows = rows.where(Installation.occurred_at <= as_of)
    if part_type_id is not None:
        rows = rows.where(Part.part_type_id == part_type_id)
    if part_ids is not None:
        rows = rows.where(Installation.part_id.in_(part_ids))
    if system_id is not None:
        rows = rows.where(Installation.system_id == system_id)
    return [Interval._make(row) for row in session.execute(rows)]


def open_stays(
    actor: Actor, *, as_of: datetime | None = None, known_at: datetime | None = None
) -> Select[UUID]:
    """The ids of the parts that are installed somewhere, as a select to build into another one."""
    gone = and_(Removal.installation_id == Installation.id, known(Removal, known_at))
    rows = (
        select(Installation.part_id)
        .outerjoin(Removal, gone if as_of is None else and_(gone, Removal.occurred_at <= as_of))
        .where(Installation.organisation_id == actor.organisation_id)
        .where(known(Installation, known_at), Removal.id.is_(None))
    )
    return rows if as_of is None else rows.where(Installation.occurred_at <= as_of)


def occupants(
    session: Session,
    actor: Actor,
    system: System,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> dict[UUID, Interval]:
    """What is in each position of a system: position id -> the stay that holds."""
    stays = intervals(session, actor, as_of=as_of, known_at=known_at, system_id=system.id)
    return {stay.position_id: stay for stay in stays if stay.removed_at is None}


@dataclass(frozen=True)
class OccupiedPlace:
    """One line of a system's tree: the position, how deep it lies, and what is in it."""

    position: Position
    depth: int
    stay: Interval | None


def system_tree(
    session: Session,
    actor: Actor,
    system: System,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[OccupiedPlace]:
    """The tree of positions of a system and what is in them, from the top down."""
    there = occupants(session, actor, system, as_of=as_of, known_at=known_at)
    return [
        OccupiedPlace(place.position, place.depth, there.get(place.position.id))
        for place in position_tree(session, actor, system.system_model)
    ]


def whereabouts(
    session: Session, part: Part, *, as_of: datetime | None = None, known_at: datetime | None = None
) -> Installation | None:
    """The installation that a part is in, or None while it is on a shelf. For a caller who may see the part."""
    gone = and_(Removal.installation_id == Installation.id, known(Removal, known_at))
    rows = (
        select(Installation)
        .outerjoin(Removal, gone if as_of is None else and_(gone, Removal.occurred_at <= as_of))
        .where(Installation.part_id == part.id, known(Installation, known_at), Removal.id.is_(None))
        .order_by(Installation.occurred_at.desc())
        .limit(1)
    )
    if as_of is not None:
        rows = rows.where(Installation.occurred_at <= as_of)
    return session.scalars(rows).unique().one_or_none()
