"""A system's time in service: nothing happens to it before its commissioning or after its retirement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fracas.assets.models import (
    Installation,
    Part,
    Removal,
    RemovalCause,
    ServiceEvent,
    ServiceEventKind,
    System,
    UsageReading,
)
from fracas.assets.queries import service_life
from fracas.catalog.models import Position, UsageMetric
from fracas.core.db import known
from fracas.core.errors import Invalid
from fracas.core.moments import shown
from fracas.core.permissions import Actor

STRIPPED = (RemovalCause.CANNIBALISED, RemovalCause.RETIREMENT)
"""Why a part may still come out of a system that is retired."""


def refuse_outside_service(
    session: Session, system: System, at: datetime, field: str, *, stripping: bool = False
) -> None:
    """Refuse a moment outside the system's service; ``stripping`` allows parts to come out after the retirement."""
    # Two columns, not `service_life`: this is asked for every fact that is entered.
    ends = select(ServiceEvent.kind, ServiceEvent.occurred_at).where(
        ServiceEvent.system_id == system.id, known(ServiceEvent, None)
    )
    life = {row.kind: row.occurred_at for row in session.execute(ends.order_by(ServiceEvent.occurred_at))}
    commissioned_at = life.get(ServiceEventKind.COMMISSIONED)
    retired_at = life.get(ServiceEventKind.RETIRED)
    if commissioned_at is not None and at < commissioned_at:
        raise Invalid(
            "%(at)s is before %(system)s was commissioned (%(commissioned)s). Correct the moment, or the commissioning.",
            field=field,
            at=shown(at),
            system=system.serial,
            commissioned=shown(commissioned_at),
        )
    if retired_at is not None and at > retired_at and not stripping:
        raise Invalid(
            "%(at)s is after %(system)s was retired (%(retired)s). Correct the moment, or the retirement.",
            field=field,
            at=shown(at),
            system=system.serial,
            retired=shown(retired_at),
        )


def refuse_facts_before(session: Session, system: System, at: datetime) -> None:
    """A commissioning may not stand after something that already happened to the system."""
    found = _facts(session, system, lambda occurred_at: occurred_at < at)
    if found:
        moment, what = min(found)
        raise Invalid(
            "%(system)s cannot have been commissioned on %(at)s: the register holds %(fact)s on %(moment)s, "
            "which is earlier. Correct one of the two.",
            field="occurred_at",
            system=system.serial,
            at=shown(at),
            fact=what,
            moment=shown(moment),
        )


def refuse_facts_after(session: Session, system: System, at: datetime) -> None:
    """A retirement may not stand before something that happened to the system in service."""
    found = _facts(session, system, lambda occurred_at: occurred_at > at)
    if found:
        moment, what = max(found)
        raise Invalid(
            "%(system)s cannot have been retired on %(at)s: the register holds %(fact)s on %(moment)s, "
            "which is later. Correct one of the two.",
            field="occurred_at",
            system=system.serial,
            at=shown(at),
            fact=what,
            moment=shown(moment),
        )


def _facts(
    session: Session, system: System, when: Callable[[Any], ColumnElement[bool]]
) -> list[tuple[datetime, str]]:
    """What happened to the system at moments that meet ``when``: (moment, short description)."""
    installed = (
        select(Installation.occurred_at, Part.serial, Position.code)
        .join(Part, Part.id == Installation.part_id)
        .join(Position, Position.id == Installation.position_id)
        .where(Installation.system_id == system.id, known(Installation, None), when(Installation.occurred_at))
    )
    removed = (
        select(Removal.occurred_at, Part.serial, Position.code)
        .join(Installation, Installation.id == Removal.installation_id)
        .join(Part, Part.id == Removal.part_id)
        .join(Position, Position.id == Installation.position_id)
        .where(Installation.system_id == system.id, known(Removal, None), when(Removal.occurred_at))
        .where(Removal.cause.not_in(STRIPPED))
    )
    read = (
        select(UsageReading.occurred_at, UsageReading.value, UsageMetric.unit)
        .join(UsageMetric, UsageMetric.id == UsageReading.metric_id)
        .where(UsageReading.system_id == system.id, known(UsageReading, None), when(UsageReading.occurred_at))
    )
    found = [(moment, f"{serial} → {code}") for moment, serial, code in session.execute(installed)]
    found += [(moment, f"{code} → {serial}") for moment, serial, code in session.execute(removed)]
    found += [(moment, f"{value:,.10g} {unit}") for moment, value, unit in session.execute(read)]
    return found


def refuse_overlapping_window(
    session: Session, system: System, start: datetime, end: datetime | None
) -> None:
    """Two windows of observation of one system may touch but not overlap."""
    for begun, ended in service_life(session, system).windows:
        if (end is None or begun < end) and (ended is None or start < ended):
            raise Invalid(
                "%(system)s is already under observation from %(begun)s to %(ended)s; windows may touch but not overlap.",
                field="start",
                system=system.serial,
                begun=shown(begun),
                ended=shown(ended) if ended else "…",
            )


def window_start(
    session: Session, system: System, start: datetime, end: datetime | None
) -> ServiceEvent | None:
    """The event that opened this very window, when it has been entered before."""
    if (start, end) not in service_life(session, system).windows:
        return None
    rows = select(ServiceEvent).where(
        ServiceEvent.system_id == system.id,
        ServiceEvent.kind == ServiceEventKind.OBSERVED_FROM,
        ServiceEvent.occurred_at == start,
        known(ServiceEvent, None),
    )
    return session.scalar(rows)


def service_event(
    actor: Actor,
    system: System,
    kind: ServiceEventKind,
    occurred_at: datetime,
    entered_at: datetime,
    basis: str | None = None,
) -> ServiceEvent:
    """A new fact about the system's service."""
    return ServiceEvent(
        organisation_id=system.organisation_id,
        system_id=system.id,
        kind=kind,
        occurred_at=occurred_at,
        entered_at=entered_at,
        entered_by=actor.user_id,
        basis=basis,
    )
