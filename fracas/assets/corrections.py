"""The verbs that correct facts. Each needs a reason, retracts the wrong fact and enters the right one beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn, TypedDict, Unpack

from sqlalchemy.orm import Session

from fracas.assets import lifespan, meters, placement, queries
from fracas.assets.input import ages_meant, installed_as_meant, position_meant
from fracas.assets.models import (
    Installation,
    InstalledAs,
    Part,
    Removal,
    RemovalCause,
    ServiceEvent,
    System,
    UsageReading,
)
from fracas.assets.placement import Stay
from fracas.assets.superseding import settle, supersede, supersede_stay
from fracas.core import clock
from fracas.core.errors import Refused
from fracas.core.lookup import member, wanted
from fracas.core.moments import happened, shown
from fracas.core.permissions import Actor
from fracas.core.verbs import verb


class RemovalWords(TypedDict, total=False):
    """What may be said of a removal. ``None`` takes it back."""

    note: str | None


@verb("system.correct_commissioning", needs_reason=True)
def correct_commissioning(
    session: Session, actor: Actor, system: Any, *, occurred_at: datetime
) -> ServiceEvent:
    """Correct the day a system went into service."""
    subject = queries.system(session, actor, system)
    at, now = happened(occurred_at), clock.now()
    placement.lock(session, subject)
    event = queries.service_life(session, subject).commissioned
    if event is None:
        raise Refused("%(system)s has no commissioning to correct; commission it.", system=subject.serial)
    lifespan.refuse_facts_before(session, subject, at)
    event.retracted_at = now
    session.flush()
    lifespan.refuse_outside_service(session, subject, at, "occurred_at")
    made = lifespan.service_event(actor, subject, event.kind, at, now, event.basis)
    session.add(made)
    return made


@verb("installation.correct", needs_reason=True)
def correct_installation(
    session: Session,
    actor: Actor,
    installation: Any,
    *,
    occurred_at: datetime | None = None,
    system: Any = None,
    position: Any = None,
    installed_as: InstalledAs | str | None = None,
    age_at_install: dict[str, float] | None = None,
) -> Installation:
    """Correct when, where or as what a serial went in; what is left out stays. Its removal stays with it."""
    stay = _stay(session, actor, installation)
    old, part, now = stay.installation, stay.installation.part, clock.now()
    where = old.system if system in (None, "") else wanted("system", queries.system, session, actor, system)
    place = old.position if position in (None, "") else position_meant(session, actor, where, position)
    at = old.occurred_at if occurred_at is None else happened(occurred_at)
    as_, ages = _age(session, actor, old, at, installed_as, age_at_install)
    placement.lock(session, where, part)
    placement.refuse_misfit(part, where, place)
    lifespan.refuse_outside_service(session, where, at, "occurred_at")
    placement.refuse_unfit(session, part, at, "occurred_at")
    placement.refuse_ends_first(stay, at)
    placement.refuse_overlap(session, part, where, place, at, stay.end, ignoring=[old.id])
    made = supersede_stay(
        session, actor, stay, now,
        occurred_at=at, system_id=where.id, position_id=place.id, installed_as=as_, age_at_install=ages,
    )  # fmt: skip
    settle(session, actor, part, now)
    return made


@verb("installation.retract", needs_reason=True)
def retract_installation(session: Session, actor: Actor, installation: Any) -> Installation:
    """Say that an installation never happened; its removal goes with it."""
    stay, now = _stay(session, actor, installation), clock.now()
    part = stay.installation.part
    placement.lock(session, stay.installation.system, part)
    stay.installation.retracted_at = now
    if stay.removal is not None:
        stay.removal.retracted_at = now
    session.flush()
    settle(session, actor, part, now, dropped=stay.installation)
    return stay.installation


@verb("removal.correct", needs_reason=True)
def correct_removal(
    session: Session,
    actor: Actor,
    removal: Any,
    *,
    occurred_at: datetime | None = None,
    cause: RemovalCause | str | None = None,
    **words: Unpack[RemovalWords],
) -> Removal:
    """Correct when or why a serial came out; what is left out stays."""
    old, stay = _removal(session, actor, removal)
    there, now = stay.installation, clock.now()
    at = old.occurred_at if occurred_at is None else happened(occurred_at)
    placement.lock(session, there.system, there.part)
    placement.refuse_overlap(
        session, there.part, there.system, there.position, there.occurred_at, at, ignoring=[there.id]
    )
    old.retracted_at = now
    session.flush()
    return placement.take_out(
        session, actor, there,
        at=at, cause=old.cause if cause in (None, "") else member("cause", RemovalCause, cause),
        note=words.get("note", old.note), entered_at=now, replaces=old,
    )  # fmt: skip


@verb("removal.retract", needs_reason=True)
def retract_removal(session: Session, actor: Actor, removal: Any) -> Removal:
    """Say that a removal never happened: the serial stayed where it was."""
    old, stay = _removal(session, actor, removal)
    there = stay.installation
    placement.lock(session, there.system, there.part)
    placement.refuse_overlap(
        session, there.part, there.system, there.position, there.occurred_at, None, ignoring=[there.id]
    )
    old.retracted_at = clock.now()
    session.flush()
    settle(session, actor, there.part, old.retracted_at)
    return old


@verb("reading.correct", needs_reason=True)
def correct_reading(
    session: Session,
    actor: Actor,
    reading: Any,
    *,
    value: float | None = None,
    occurred_at: datetime | None = None,
    restarts_at: float | None = None,
) -> UsageReading:
    """Correct what a meter showed or when it was read; what is left out stays."""
    old, bearer, now = *_reading(session, actor, reading), clock.now()
    at = old.occurred_at if occurred_at is None else happened(occurred_at)
    shows = old.value if value is None else meters.refuse_value(value, "value")
    restarts = old.restarts_at
    if restarts is not None and restarts_at is not None:
        restarts = meters.refuse_value(restarts_at, "restarts_at")
    earlier = meters.before(session, bearer, old.metric, at, old.id)
    later = meters.after(session, bearer, old.metric, at, old.id)
    if earlier is not None and earlier.occurred_at == at:
        meters.refuse_second_at_once(bearer, old.metric, earlier)
    meters.refuse_backwards(bearer, old.metric, at, shows, restarts, earlier, later)
    meters.refuse_leap(session, bearer, old.metric, at, shows, earlier)
    if isinstance(bearer, System):
        lifespan.refuse_outside_service(session, bearer, at, "occurred_at")
    return supersede(session, actor, old, now, value=shows, restarts_at=restarts, occurred_at=at)


@verb("reading.retract", needs_reason=True)
def retract_reading(session: Session, actor: Actor, reading: Any) -> UsageReading:
    """Say that a reading was never made, or not of this meter."""
    old, bearer = _reading(session, actor, reading)
    earlier = meters.before(session, bearer, old.metric, old.occurred_at, old.id)
    later = meters.after(session, bearer, old.metric, old.occurred_at, old.id)
    if earlier is not None and later is not None:
        # Without the replacement of the meter the readings around it may run backwards.
        meters.refuse_backwards(
            bearer, old.metric, later.occurred_at, later.value, later.restarts_at, earlier, None
        )
    old.retracted_at = clock.now()
    return old


def _age(
    session: Session,
    actor: Actor,
    old: Installation,
    at: datetime,
    installed_as: InstalledAs | str | None,
    age_at_install: dict[str, float] | None,
) -> tuple[InstalledAs, dict[str, float]]:
    """What the corrected installation says of the age: as before where nothing else is said."""
    if not installed_as and not age_at_install:
        return old.installed_as, old.age_at_install
    ages = ages_meant(session, actor, age_at_install)
    said = installed_as or InstalledAs.AGE_STATED
    if said == old.installed_as and not age_at_install:
        return old.installed_as, old.age_at_install
    return installed_as_meant(session, old.part, at, said, ages, ignoring=old.id), ages


def _stay(session: Session, actor: Actor, key: Any) -> Stay:
    """The stay that an installation began, unless it was retracted."""
    found = queries.installation(session, actor, key)
    holding = placement.stays(session, Installation.id == found.id)
    if not holding:
        _refuse_retracted(found.retracted_at)
    return holding[0]


def _removal(session: Session, actor: Actor, key: Any) -> tuple[Removal, Stay]:
    found = queries.removal(session, actor, key)
    if found.retracted_at is not None:
        _refuse_retracted(found.retracted_at)
    return found, _stay(session, actor, found.installation)


def _reading(session: Session, actor: Actor, key: Any) -> tuple[UsageReading, System | Part]:
    found = queries.reading(session, actor, key)
    if found.retracted_at is not None:
        _refuse_retracted(found.retracted_at)
    bearer = session.get(System, found.system_id) if found.system_id else session.get(Part, found.part_id)
    assert bearer is not None  # the table's CHECK constraint: one of the two
    placement.lock(session, *([bearer] if isinstance(bearer, System) else [None, bearer]))
    return found, bearer


def _refuse_retracted(retracted_at: datetime | None) -> NoReturn:
    raise Refused(
        "This record was corrected on %(moment)s already; open the one that holds now.",
        moment=shown(retracted_at) if retracted_at else "–",
    )
