"""The verbs of systems: registering, editing, commissioning, retiring, watching."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets import lifespan, placement, queries
from fracas.assets.input import serial_text
from fracas.assets.models import Part, ServiceEvent, ServiceEventKind, System
from fracas.catalog import queries as catalog
from fracas.core import clock
from fracas.core.errors import Invalid
from fracas.core.lookup import given, wanted
from fracas.core.moments import happened, happened_if_given, shown
from fracas.core.permissions import Actor
from fracas.core.verbs import verb
from fracas.organisations import queries as organisations


class SystemWords(TypedDict, total=False):
    """What can be said of a system besides where it is. ``None`` takes a statement back."""

    name: str | None
    customer: Any
    configuration: str | None


@verb("system.register")
def register_system(
    session: Session,
    actor: Actor,
    *,
    serial: str,
    system_model: Any,
    site: Any,
    customer: Any = None,
    name: str | None = None,
    configuration: str | None = None,
    commissioned_at: datetime | None = None,
    is_flagged: bool = False,
) -> System:
    """Register a system under its serial or fleet number; with ``commissioned_at`` it is in service from then on."""
    serial = serial_text(serial)
    taken = select(System.id).where(System.organisation_id == actor.organisation_id, System.serial == serial)
    if session.scalar(taken) is not None:
        raise Invalid("There is a system “%(serial)s” already.", field="serial", serial=serial)
    made = System(
        organisation_id=actor.organisation_id,
        serial=serial,
        name=name or None,
        system_model=wanted("system_model", catalog.system_model, session, actor, system_model),
        site=wanted("site", organisations.site, session, actor, site),
        configuration=configuration or None,
        is_flagged=is_flagged,
        entered_at=clock.now(),
    )
    owner = given("customer", organisations.customer, session, actor, customer)
    made.customer_id = owner.id if owner else None
    session.add(made)
    session.flush()
    if commissioned_at is not None:
        at = happened(commissioned_at, "commissioned_at")
        session.add(lifespan.service_event(actor, made, ServiceEventKind.COMMISSIONED, at, made.entered_at))
    return made


@verb("system.edit")
def edit_system(
    session: Session,
    actor: Actor,
    system: Any,
    *,
    system_model: Any = None,
    site: Any = None,
    **words: Unpack[SystemWords],
) -> System:
    """Change what is said of a system; what is left out stays. Installed parts follow it to its site and customer."""
    edited = queries.system(session, actor, system)
    if "name" in words:
        edited.name = (words["name"] or "").strip() or None
    if "configuration" in words:
        edited.configuration = (words["configuration"] or "").strip() or None
    if system_model is not None:
        _change_model(session, actor, edited, system_model)
    if site is not None:
        edited.site = wanted("site", organisations.site, session, actor, site)
        edited.site_id = edited.site.id
    if "customer" in words:
        owner = given("customer", organisations.customer, session, actor, words["customer"])
        edited.customer_id = owner.id if owner else None
    edited.is_flagged = False  # somebody looked at it
    there = [stay.part_id for stay in queries.occupants(session, actor, edited).values()]
    for part in session.scalars(select(Part).where(Part.id.in_(there))).unique():
        part.site_id, part.customer_id = edited.site_id, edited.customer_id
    return edited


def _change_model(session: Session, actor: Actor, system: System, key: Any) -> None:
    model = wanted("system_model", catalog.system_model, session, actor, key)
    if model.id == system.system_model_id:
        return
    if session.scalar(queries.installations(actor, system_id=system.id).limit(1)) is not None:
        raise Invalid(
            "%(system)s holds parts in positions of model %(model)s; retract those installations first.",
            field="system_model",
            system=system.serial,
            model=system.system_model.code,
        )
    system.system_model = model


@verb("system.commission")
def commission(
    session: Session, actor: Actor, system: Any, *, occurred_at: datetime | None = None
) -> ServiceEvent:
    """Say when a system went into service: its age counts from then, and it is under observation."""
    subject = queries.system(session, actor, system)
    at = happened(occurred_at)
    placement.lock(session, subject)
    life = queries.service_life(session, subject)
    if life.commissioned_at is not None:
        raise Invalid(
            "%(system)s was commissioned on %(commissioned)s; correct that record instead.",
            field="occurred_at",
            system=subject.serial,
            commissioned=shown(life.commissioned_at),
        )
    lifespan.refuse_outside_service(session, subject, at, "occurred_at")
    lifespan.refuse_facts_before(session, subject, at)
    made = lifespan.service_event(actor, subject, ServiceEventKind.COMMISSIONED, at, clock.now())
    session.add(made)
    return made


@verb("system.retire")
def retire_system(
    session: Session, actor: Actor, system: Any, *, basis: str, occurred_at: datetime | None = None
) -> ServiceEvent:
    """Take a system out of service for good. Its parts stay in it until they are removed (cannibalised, retirement)."""
    subject = queries.system(session, actor, system)
    at = happened(occurred_at)
    if not basis.strip():
        raise Invalid("A retirement needs its reason.", field="basis")
    placement.lock(session, subject)
    life = queries.service_life(session, subject)
    if life.retired_at is not None:
        raise Invalid(
            "%(system)s was retired on %(retired)s already.",
            field="occurred_at",
            system=subject.serial,
            retired=shown(life.retired_at),
        )
    lifespan.refuse_outside_service(session, subject, at, "occurred_at")
    lifespan.refuse_facts_after(session, subject, at)
    made = lifespan.service_event(actor, subject, ServiceEventKind.RETIRED, at, clock.now(), basis.strip())
    session.add(made)
    return made


@verb("system.observe")
def observe(
    session: Session,
    actor: Actor,
    system: Any,
    *,
    start: datetime,
    end: datetime | None = None,
    basis: str | None = None,
) -> ServiceEvent:
    """State a window in which a system was under observation; an identical one is entered once only."""
    subject = queries.system(session, actor, system)
    start, end = happened(start, "start"), happened_if_given(end, "end")
    if end is not None and end <= start:
        raise Invalid("The window ends before it starts.", field="end")
    placement.lock(session, subject)
    same = lifespan.window_start(session, subject, start, end)
    if same is not None:
        return same
    lifespan.refuse_overlapping_window(session, subject, start, end)
    now = clock.now()
    opened = lifespan.service_event(actor, subject, ServiceEventKind.OBSERVED_FROM, start, now, basis)
    session.add(opened)
    if end is not None:
        session.add(lifespan.service_event(actor, subject, ServiceEventKind.OBSERVED_UNTIL, end, now, basis))
    return opened
