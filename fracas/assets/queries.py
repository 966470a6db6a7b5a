"""Finding systems, parts and the facts about them; where parts were and how they are, from `stays` and `conditions`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from fracas.assets.conditions import (
    PartState,
    count_of_type,
    part_state,
    part_states,
    stated_condition,
    stock_on_hand,
)
from fracas.assets.models import (
    Installation,
    Part,
    Removal,
    ServiceEvent,
    ServiceEventKind,
    System,
    UsageReading,
)
from fracas.assets.stays import Interval, OccupiedPlace, intervals, occupants, system_tree, whereabouts
from fracas.catalog.models import PartType, UsageMetric
from fracas.core.db import known
from fracas.core.errors import Invalid, NotFound
from fracas.core.lookup import find, matches
from fracas.core.permissions import Actor, visible
from fracas.organisations.models import Customer

__all__ = [
    "Interval",
    "OccupiedPlace",
    "PartState",
    "ServiceLife",
    "count_of_type",
    "installation",
    "installations",
    "intervals",
    "is_served",
    "latest_readings",
    "occupants",
    "part",
    "part_state",
    "part_states",
    "parts",
    "reading",
    "readings",
    "removal",
    "service_life",
    "service_lives",
    "stated_condition",
    "stock_on_hand",
    "system",
    "system_tree",
    "systems",
    "whereabouts",
    "windows",
]

# ---------------------------------------------------------------- one record


def system(session: Session, actor: Actor, key: Any) -> System:
    missing = NotFound(
        "There is no system with serial “%(serial)s” that you may see. Check the serial, or register the system first.",
        serial=str(getattr(key, "serial", key)),
    )
    return find(session, actor, System, key, System.serial, missing)


def part(session: Session, actor: Actor, key: Any, part_type: PartType | None = None) -> Part:
    """The part with serial ``key``; ``part_type`` is needed where two types share the serial."""
    serial = str(getattr(key, "serial", key))
    of_type = [] if part_type is None else [Part.part_type_id == part_type.id]
    found = matches(session, actor, Part, key, Part.serial, *of_type)
    if len(found) > 1:
        raise Invalid(
            "Serial “%(serial)s” exists more than once: as %(part_types)s. Say which part type is meant.",
            field="part_type",
            serial=serial,
            part_types=", ".join(sorted(one.part_type.number for one in found)),
        )
    if not found:
        if part_type is not None:
            raise NotFound(
                "There is no part with serial “%(serial)s” of type %(part_type)s that you may see. "
                "Check serial and type, or register the part first.",
                serial=serial,
                part_type=part_type.number,
            )
        raise NotFound(
            "There is no part with serial “%(serial)s” that you may see. "
            "Check the serial, or register the part first.",
            serial=serial,
        )
    return found[0]


def installation(session: Session, actor: Actor, key: Any) -> Installation:
    found = key if isinstance(key, Installation) else _by_id(session, Installation, key)
    if found is None or not actor.sees(found.system) or not actor.sees(found):
        raise NotFound("There is no such installation.")
    return found


def removal(session: Session, actor: Actor, key: Any) -> Removal:
    found = key if isinstance(key, Removal) else _by_id(session, Removal, key)
    if found is None or not actor.sees(found.installation.system) or not actor.sees(found):
        raise NotFound("There is no such removal.")
    return found


def reading(session: Session, actor: Actor, key: Any) -> UsageReading:
    found = key if isinstance(key, UsageReading) else _by_id(session, UsageReading, key)
    if found is not None and actor.sees(found):
        bearer: System | Part | None = (
            session.get(System, found.system_id) if found.system_id else session.get(Part, found.part_id)
        )
        if bearer is not None and actor.sees(bearer):
            return found
    raise NotFound("There is no such usage reading.")


def _by_id(session: Session, model: Any, key: Any) -> Any:
    try:
        return session.get(model, key if isinstance(key, UUID) else UUID(str(key)))
    except ValueError:
        return None


# ---------------------------------------------------------------- lists


def systems(
    actor: Actor,
    *,
    text: str | None = None,
    site_id: UUID | None = None,
    system_model_id: UUID | None = None,
    customer_id: UUID | None = None,
    is_flagged: bool | None = None,
) -> Select[System]:
    """The systems that the actor may see, narrowed by what is given."""
    rows = select(System).where(visible(actor, System))
    if text:
        rows = rows.where(
            or_(System.serial.icontains(text, autoescape=True), System.name.icontains(text, autoescape=True))
        )
    for column, value in (
        (System.site_id, site_id),
        (System.system_model_id, system_model_id),
        (System.customer_id, customer_id),
        (System.is_flagged, is_flagged),
    ):
        if value is not None:
            rows = rows.where(column == value)
    return rows


def parts(
    actor: Actor,
    *,
    text: str | None = None,
    part_type_id: UUID | None = None,
    site_id: UUID | None = None,
    lot: str | None = None,
    is_flagged: bool | None = None,
) -> Select[Part]:
    """The parts that the actor may see, narrowed by what is given."""
    rows = select(Part).where(visible(actor, Part))
    if text:
        rows = rows.where(Part.serial.icontains(text, autoescape=True))
    for column, value in (
        (Part.part_type_id, part_type_id),
        (Part.site_id, site_id),
        (Part.lot, lot),
        (Part.is_flagged, is_flagged),
    ):
        if value is not None:
            rows = rows.where(column == value)
    return rows


def serials(
    session: Session, table: type[System] | type[Part], ids: Collection[UUID | None]
) -> dict[UUID, str]:
    """id -> serial."""
    found = session.execute(select(table.id, table.serial).where(table.id.in_({one for one in ids if one})))
    return {row[0]: row[1] for row in found}


def installations(
    actor: Actor,
    *,
    system_id: UUID | None = None,
    part_id: UUID | None = None,
    position_id: UUID | None = None,
    position_code: str | None = None,
    known_at: datetime | None = None,
) -> Select[Installation]:
    """Installations that hold (retracted ones left out) in the systems that the actor may see."""
    rows = (
        select(Installation)
        .join(System, System.id == Installation.system_id)
        .where(visible(actor, System), known(Installation, known_at))
    )
    if position_code is not None:  # the same code may stand for a place in several models
        rows = rows.where(Installation.position.has(code=position_code))
    for column, value in (
        (Installation.system_id, system_id),
        (Installation.part_id, part_id),
        (Installation.position_id, position_id),
    ):
        if value is not None:
            rows = rows.where(column == value)
    return rows


def readings(
    actor: Actor,
    *,
    system_id: UUID | None = None,
    part_id: UUID | None = None,
    metric_id: UUID | None = None,
    known_at: datetime | None = None,
) -> Select[UsageReading]:
    """Usage readings that hold, of the systems and parts that the actor may see."""
    rows = (
        select(UsageReading)
        .outerjoin(System, System.id == UsageReading.system_id)
        .outerjoin(Part, Part.id == UsageReading.part_id)
        .where(
            UsageReading.organisation_id == actor.organisation_id,
            known(UsageReading, known_at),
            or_(
                and_(UsageReading.system_id.is_not(None), visible(actor, System)),
                and_(UsageReading.part_id.is_not(None), visible(actor, Part)),
            ),
        )
    )
    for column, value in (
        (UsageReading.system_id, system_id),
        (UsageReading.part_id, part_id),
        (UsageReading.metric_id, metric_id),
    ):
        if value is not None:
            rows = rows.where(column == value)
    return rows


def latest_readings(session: Session, system: System | Part) -> Sequence[UsageReading]:
    """The last reading of each metric that the system or part has, by metric."""
    bearer = UsageReading.system_id if isinstance(system, System) else UsageReading.part_id
    newest = (
        select(UsageReading.metric_id, func.max(UsageReading.occurred_at).label("occurred_at"))
        .where(bearer == system.id, known(UsageReading, None))
        .group_by(UsageReading.metric_id)
        .subquery()
    )
    rows = (
        select(UsageReading)
        .join(
            newest,
            and_(
                UsageReading.metric_id == newest.c.metric_id, UsageReading.occurred_at == newest.c.occurred_at
            ),
        )
        .join(UsageMetric, UsageMetric.id == UsageReading.metric_id)
        .where(bearer == system.id, known(UsageReading, None))
        .order_by(UsageMetric.code)
    )
    return session.scalars(rows).unique().all()


# ---------------------------------------------------------------- service life


def is_served(actor: Actor) -> ColumnElement[bool]:
    """SQL condition: the customer owns a system or a part that the actor may see."""
    return or_(
        *(Customer.id.in_(select(table.customer_id).where(visible(actor, table))) for table in (System, Part))
    )


@dataclass(frozen=True)
class ServiceLife:
    """When a system was in service, and when it was watched."""

    commissioned: ServiceEvent | None
    retired: ServiceEvent | None
    windows: tuple[tuple[datetime, datetime | None], ...]

    @property
    def commissioned_at(self) -> datetime | None:
        return self.commissioned.occurred_at if self.commissioned else None

    @property
    def retired_at(self) -> datetime | None:
        return self.retired.occurred_at if self.retired else None


def service_life(session: Session, system: System, *, known_at: datetime | None = None) -> ServiceLife:
    """Commissioning, retirement and windows of observation of one system, as far as known."""
    return service_lives(session, [system.id], known_at=known_at)[system.id]


def service_lives(
    session: Session, system_ids: Sequence[UUID], *, known_at: datetime | None = None
) -> dict[UUID, ServiceLife]:
    """The service lives of many systems, a few hundred at a query."""
    events: dict[UUID, list[ServiceEvent]] = {system_id: [] for system_id in system_ids}
    for start in range(0, len(system_ids), 500):
        rows = (
            select(ServiceEvent)
            .where(ServiceEvent.system_id.in_(system_ids[start : start + 500]), known(ServiceEvent, known_at))
            .order_by(ServiceEvent.occurred_at, ServiceEvent.entered_at, ServiceEvent.id)
        )
        for event in session.scalars(rows):
            events[event.system_id].append(event)
    return {system_id: _life(found) for system_id, found in events.items()}


def _life(events: Sequence[ServiceEvent]) -> ServiceLife:
    by_kind = {event.kind: event for event in events}
    return ServiceLife(
        by_kind.get(ServiceEventKind.COMMISSIONED), by_kind.get(ServiceEventKind.RETIRED), windows(events)
    )


def windows(events: Sequence[ServiceEvent]) -> tuple[tuple[datetime, datetime | None], ...]:
    """Windows of observation from their ends; touching windows stay apart, an open one ends with None."""
    starts = sorted(e.occurred_at for e in events if e.kind is ServiceEventKind.OBSERVED_FROM)
    ends = sorted(e.occurred_at for e in events if e.kind is ServiceEventKind.OBSERVED_UNTIL)
    # Windows never overlap, so the n-th end belongs to the n-th start; only the last may lack its end.
    return tuple((start, ends[n] if n < len(ends) else None) for n, start in enumerate(starts))
