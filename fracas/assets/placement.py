"""Where a part may be: one place at a time, one part in a position, in order of time whatever the order of entry.

Stays are half-open intervals: what is removed at noon is out at noon, and the next part may go in at noon.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, lazyload

from fracas.assets.lifespan import STRIPPED, refuse_outside_service
from fracas.assets.models import Condition, Installation, InstalledAs, Part, Removal, RemovalCause, System
from fracas.assets.queries import stated_condition
from fracas.catalog.models import Position
from fracas.core.db import known
from fracas.core.errors import Invalid
from fracas.core.moments import shown
from fracas.core.permissions import Actor


@dataclass(frozen=True)
class Stay:
    """A serial in a position from ``start`` to ``end`` (None: until further notice)."""

    installation: Installation
    removal: Removal | None

    @property
    def start(self) -> datetime:
        return self.installation.occurred_at

    @property
    def end(self) -> datetime | None:
        return self.removal.occurred_at if self.removal else None

    def holds(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    @property
    def words(self) -> dict[str, Any]:
        """The parameters that a message needs to name this record."""
        return {
            "serial": self.installation.part.serial,
            "system": self.installation.system.serial,
            "position": self.installation.position.code,
            "start": shown(self.start),
            "end": shown(self.end) if self.end else "…",
        }


def stays(session: Session, *conditions: ColumnElement[bool]) -> list[Stay]:
    """The stays that hold, in order of time."""
    removed = and_(Removal.installation_id == Installation.id, known(Removal, None))
    rows = (
        select(Installation, Removal)
        .outerjoin(Removal, removed)
        .where(known(Installation, None), *conditions)
        .order_by(Installation.occurred_at, Removal.occurred_at.nulls_last(), Installation.id)
        .options(lazyload("*"))
    )
    return [Stay(installation, removal) for installation, removal in session.execute(rows)]


def stays_of(session: Session, part: Part) -> list[Stay]:
    return stays(session, Installation.part_id == part.id)


def lock(session: Session, system: System | None, *parts: Part) -> None:
    """Let nobody else change these records' stays until we are done. Always in this order, so that nobody waits in a circle.

    SQLite has one writer at a time and needs no lock.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    if system is not None:
        session.execute(select(System.id).where(System.id == system.id).with_for_update())
    ids = sorted(part.id for part in parts)
    session.execute(select(Part.id).where(Part.id.in_(ids)).order_by(Part.id).with_for_update())


# ---------------------------------------------------------------- may it be there?


def refuse_misfit(part: Part, system: System, position: Position) -> None:
    """A position takes the part type it was made for, in the model it belongs to."""
    if position.system_model_id != system.system_model_id:
        raise Invalid(
            "Position %(position)s belongs to model %(model)s, but %(system)s is a %(other)s.",
            field="position",
            position=position.code,
            model=position.system_model.code,
            system=system.serial,
            other=system.system_model.code,
        )
    if position.part_type_id is not None and position.part_type_id != part.part_type_id:
        raise Invalid(
            "%(serial)s is a %(part_type)s, but position %(position)s takes a %(fits)s.",
            field="part",
            serial=part.serial,
            part_type=part.part_type.number,
            position=position.code,
            fits=position.part_type.number if position.part_type else "",
        )


def refuse_unfit(session: Session, part: Part, at: datetime, field: str) -> None:
    """A quarantined or retired part goes nowhere, and none before it was made."""
    if part.manufactured_at is not None and at < part.manufactured_at:
        raise Invalid(
            "%(serial)s was made on %(made)s and cannot have been installed on %(at)s.",
            field=field,
            serial=part.serial,
            made=shown(part.manufactured_at),
            at=shown(at),
        )
    stated = stated_condition(session, part, at)
    if stated is not None and stated.condition in (Condition.QUARANTINED, Condition.RETIRED):
        raise Invalid(
            "%(serial)s is %(condition)s since %(since)s (%(basis)s). State it serviceable before it is installed.",
            field="part",
            serial=part.serial,
            condition=stated.condition,
            since=shown(stated.occurred_at),
            basis=stated.basis or "–",
        )


def refuse_overlap(
    session: Session,
    part: Part,
    system: System,
    position: Position,
    start: datetime,
    end: datetime | None,
    *,
    ignoring: Collection[UUID] = (),
) -> None:
    """Refuse a part in two places and two parts in one position; name the record that disagrees."""
    place = and_(Installation.system_id == system.id, Installation.position_id == position.id)
    meets = [or_(Removal.id.is_(None), Removal.occurred_at > start)]
    if end is not None:
        meets.append(Installation.occurred_at < end)
    for other in stays(session, or_(Installation.part_id == part.id, place), *meets):
        if other.installation.id in ignoring:
            continue
        if other.installation.part_id == part.id:
            raise Invalid(
                "A part is in one place at a time: the register has %(serial)s in %(system)s at %(position)s from "
                "%(start)s to %(end)s. Give the removal that belongs between, or correct that record.",
                field="part",
                **other.words,
            )
        raise Invalid(
            "A position holds one part at a time: the register has %(serial)s in %(system)s at %(position)s from "
            "%(start)s to %(end)s. Remove it first, or correct that record.",
            field="position",
            **other.words,
        )


def refuse_ends_first(stay: Stay, start: datetime) -> None:
    """A stay may not begin after its own removal."""
    if stay.end is not None and stay.end < start:
        raise Invalid(
            "%(serial)s cannot have been installed on %(at)s: it was removed from %(system)s at %(position)s on %(end)s, "
            "which is earlier. Correct the removal first.",
            field="occurred_at",
            at=shown(start),
            **stay.words,
        )


# ---------------------------------------------------------------- putting in and taking out


def put_in(
    session: Session,
    actor: Actor,
    part: Part,
    system: System,
    position: Position,
    *,
    at: datetime,
    until: datetime | None,
    entered_at: datetime,
    installed_as: InstalledAs,
    age_at_install: dict[str, float] | None = None,
    external_id: str | None = None,
    ignoring: Collection[UUID] = (),
) -> Installation:
    """Enter one installation that may stand from ``at`` to ``until``, after every check."""
    refuse_misfit(part, system, position)
    refuse_outside_service(session, system, at, "occurred_at")
    refuse_unfit(session, part, at, "occurred_at")
    refuse_overlap(session, part, system, position, at, until, ignoring=ignoring)
    made = Installation(
        organisation_id=part.organisation_id,
        part=part,
        system=system,
        position=position,
        occurred_at=at,
        entered_at=entered_at,
        entered_by=actor.user_id,
        installed_as=installed_as,
        age_at_install=age_at_install or {},
        external_id=external_id,
    )
    session.add(made)
    session.flush()
    return made


def take_out(
    session: Session,
    actor: Actor,
    installation: Installation,
    *,
    at: datetime,
    cause: RemovalCause,
    note: str | None,
    entered_at: datetime,
    replaces: Removal | None = None,
    field: str = "occurred_at",
) -> Removal:
    """Enter the end of an installation that has none yet."""
    if at < installation.occurred_at:
        raise Invalid(
            "%(serial)s cannot have been removed on %(at)s: it went into %(system)s at %(position)s only on %(start)s.",
            field=field,
            at=shown(at),
            **Stay(installation, None).words,
        )
    refuse_outside_service(session, installation.system, at, field, stripping=cause in STRIPPED)
    made = Removal(
        organisation_id=installation.organisation_id,
        installation=installation,
        part_id=installation.part_id,
        cause=cause,
        note=note,
        occurred_at=at,
        entered_at=entered_at,
        entered_by=actor.user_id,
        replaces_id=replaces.id if replaces else None,
    )
    session.add(made)
    session.flush()
    return made


# ---------------------------------------------------------------- which stay is meant


def earlier_stay(session: Session, part: Part, at: datetime, ignoring: UUID | None = None) -> Stay | None:
    """The first stay of the part that began before ``at``."""
    found = stays(session, Installation.part_id == part.id, Installation.occurred_at < at)
    return next((stay for stay in found if stay.installation.id != ignoring), None)


def stay_at(session: Session, part: Part, at: datetime) -> Stay | None:
    """The stay that holds at a moment: of several that begin at it, the open one."""
    holding = [stay for stay in stays_of(session, part) if stay.holds(at)]
    return holding[-1] if holding else None


def open_stay(session: Session, part: Part, at: datetime, field: str = "occurred_at") -> Stay:
    """The stay that a removal at ``at`` can end, or a refusal that says what the register has instead."""
    stay = stay_at(session, part, at)
    if stay is None:
        refuse_not_installed(session, part, at, field)
    if stay.end is not None:
        raise Invalid(
            "The register has %(serial)s in %(system)s at %(position)s from %(start)s to %(end)s: it was removed then. "
            "Correct that removal instead.",
            field=field,
            **stay.words,
        )
    return stay


def refuse_not_installed(session: Session, part: Part, at: datetime, field: str) -> NoReturn:
    """Say where the part was before, or where it went only later."""
    line = stays_of(session, part)
    before = [stay for stay in line if stay.end is not None and stay.end <= at]
    if before:
        raise Invalid(
            "%(serial)s was not installed on %(at)s: it was removed from %(system)s at %(position)s on %(end)s.",
            field=field,
            at=shown(at),
            **before[-1].words,
        )
    if line:
        raise Invalid(
            "%(serial)s was not installed on %(at)s: it went into %(system)s at %(position)s only on %(start)s.",
            field=field,
            at=shown(at),
            **line[0].words,
        )
    raise Invalid(
        "The register has %(serial)s installed nowhere; enter its installation first.",
        field=field,
        serial=part.serial,
    )


def refuse_elsewhere(stay: Stay, system: System, position: Position | None) -> None:
    """The place that the input names must be the one in the register."""
    there = stay.installation
    if there.system_id != system.id or (position is not None and there.position_id != position.id):
        raise Invalid(
            "The register has %(serial)s in %(system)s at %(position)s since %(start)s, not where you say.",
            field="system" if there.system_id != system.id else "position",
            **stay.words,
        )


def refuse_other_occupant(
    session: Session, system: System, position: Position, part: Part, at: datetime
) -> None:
    """The serial taken out of a position must be the one that the register has in it."""
    place = and_(Installation.system_id == system.id, Installation.position_id == position.id)
    there = [stay for stay in stays(session, place) if stay.holds(at)]
    if there and there[-1].installation.part_id == part.id:
        return
    if there:
        raise Invalid(
            "%(named)s was not there on %(at)s: the register has %(serial)s in %(system)s at %(position)s since %(start)s.",
            field="part_out",
            named=part.serial,
            at=shown(at),
            **there[-1].words,
        )
    raise Invalid(
        "%(named)s was not there on %(at)s: the register has nothing in %(system)s at %(position)s.",
        field="part_out",
        named=part.serial,
        at=shown(at),
        system=system.serial,
        position=position.code,
    )
