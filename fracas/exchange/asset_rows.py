"""Rows of part types, systems, parts, installations and usage, each through the verbs of its room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from fracas.assets import queries as assets
from fracas.assets.models import Installation, Part, ReadingKind, Removal, System, UsageReading
from fracas.assets.workflow import (
    commission,
    install,
    observe,
    read_usage,
    register_part,
    register_system,
    remove,
    retire_system,
    set_condition,
)
from fracas.catalog import queries as catalog
from fracas.catalog.models import CALENDAR, PartType
from fracas.catalog.workflow import add_part_type
from fracas.core.db import known
from fracas.core.errors import Invalid, NotFound
from fracas.core.moments import shown
from fracas.exchange.register import Register
from fracas.exchange.reports import Outcome


@dataclass(frozen=True)
class Written:
    """What became of a row; ``differs`` names a record that was here and says something else; ``system_id`` was seen."""

    outcome: Outcome
    differs: str | None = None
    system_id: UUID | None = None


Facts = Mapping[str, Any]


def write_part_type(register: Register, facts: Facts) -> Written:
    """A part type by its number; one that is here already is left as it is."""
    try:
        before = catalog.part_type(register.session, register.actor, facts["number"])
    except NotFound:
        words = dict(facts)
        if "primary_metric" in words:
            words["primary_metric"] = register.metric(words["primary_metric"])
        if "supplier" in words:
            words["supplier"] = register.supplier(words["supplier"])
        made = add_part_type(register.session, register.actor, reason=register.reason, **words)
        register.remember("part_type", (made.number,), made)
        return Written(Outcome.NEW)
    plain = (
        "name",
        "is_repairable",
        "repair_assumption",
        "lead_time_days",
        "turn_around_days",
        "repaired_share",
        "unit_cost",
        "currency",
    )
    return Written(Outcome.UNCHANGED, _differs(before.number, before, facts, plain))


def write_system(register: Register, facts: Facts) -> Written:
    """A system by its serial; one that is here already only learns of its commissioning and retirement."""
    session, actor = register.session, register.actor
    words = {
        name: facts[name] for name in ("serial", "name", "configuration", "commissioned_at") if name in facts
    }
    try:
        system = assets.system(session, actor, facts["serial"])
    except NotFound:
        words["system_model"] = register.system_model(facts["system_model"])
        words["site"] = register.site(facts["site"])
        if "customer" in facts:
            words["customer"] = register.customer(facts["customer"])
        system = register_system(session, actor, reason=register.reason, **words)
        register.remember("system", (system.serial,), system)
        _retire(register, system, facts)
        _observe(register, system, facts)
        return Written(Outcome.NEW, system_id=system.id)
    changed, differs = False, _differs(system.serial, system, facts, ("name", "configuration"))
    if facts["system_model"] != system.system_model.code:
        differs = f"{system.serial} (system_model)"
    if "commissioned_at" in facts or "retired_at" in facts:
        life = assets.service_life(session, system)
        if "commissioned_at" in facts and life.commissioned_at is None:
            commission(session, actor, system, occurred_at=facts["commissioned_at"], reason=register.reason)
            changed = True
        elif facts.get("commissioned_at") not in (None, life.commissioned_at):
            differs = f"{system.serial} (commissioned_at)"
        changed = (life.retired_at is None and _retire(register, system, facts)) or changed
    changed = _observe(register, system, facts) or changed
    return Written(Outcome.CHANGED if changed else Outcome.UNCHANGED, differs, system.id)


def _retire(register: Register, system: System, facts: Facts) -> bool:
    if "retired_at" not in facts:
        return False
    basis = facts.get("retired_reason", "as recorded in the imported file")
    retire_system(
        register.session,
        register.actor,
        system,
        basis=basis,
        occurred_at=facts["retired_at"],
        reason=register.reason,
    )
    return True


def _observe(register: Register, system: System, facts: Facts) -> bool:
    """Enter the windows of observation that are not here yet, each written ``start/end`` (``..``: still open)."""
    if not facts.get("observed"):
        return False
    here = assets.service_life(register.session, system).windows
    added = False
    for window in facts["observed"]:
        start, _, end = window.partition("/")
        begun, ended = _edge(start), None if end.strip() in ("", "..") else _edge(end)
        if (begun, ended) not in here:
            observe(register.session, register.actor, system, start=begun, end=ended, reason=register.reason)
            added = True
    return added


def _edge(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text.strip())
        if read.tzinfo is None:  # the clock of this machine is nobody's
            raise ValueError
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(
            "“%(value)s” is no date and time; write 2025-01-01T00:00+08:00.", field="observed", value=text
        ) from None


def write_part(register: Register, facts: Facts) -> Written:
    """A serial of a part type; one that is here already is left as it is."""
    session, actor = register.session, register.actor
    part_type = register.part_type(facts["part_type"])
    before = _part_here(register, facts["serial"], part_type)
    if before is not None:
        return Written(Outcome.UNCHANGED, _differs(before.serial, before, facts, ("lot", "manufactured_at")))
    words = {name: facts[name] for name in ("serial", "lot", "manufactured_at") if name in facts}
    words |= {
        name: getattr(register, name)(facts[name])
        for name in ("site", "supplier", "customer")
        if name in facts
    }
    part = register_part(session, actor, part_type=part_type, reason=register.reason, **words)
    register.remember("part", (part_type.id, part.serial), part)
    if "condition" in facts:
        basis = facts.get("condition_reason", "as recorded in the imported file")
        at = facts.get("condition_at")
        set_condition(
            session,
            actor,
            part,
            condition=facts["condition"],
            basis=basis,
            occurred_at=at,
            reason=register.reason,
        )
    return Written(Outcome.NEW)


def _part_here(register: Register, serial: str, part_type: PartType) -> Part | None:
    rows = select(Part).where(
        Part.organisation_id == register.actor.organisation_id,
        Part.part_type_id == part_type.id,
        Part.serial == serial,
    )
    return register.session.scalars(rows).unique().one_or_none()


def write_installation(register: Register, facts: Facts) -> Written:
    """A stay of a serial in a position: known by serial, place and moment, so the same row again changes nothing."""
    session, actor = register.session, register.actor
    system = register.system(facts["system"])
    named = facts.get("part_type")
    part_type = register.part_type(named) if named else None
    position = register.position(system, facts["position"], part_type)
    part_type = part_type or position.part_type
    part = register.part(facts["part"], part_type, system.site, lot=facts.get("lot"))
    for metric in facts.get("age_at_install", {}):
        if metric != CALENDAR:
            register.metric(metric)
    rows = select(Installation).where(
        Installation.part_id == part.id,
        Installation.system_id == system.id,
        Installation.position_id == position.id,
        Installation.occurred_at == facts["installed_at"],
        known(Installation, None),
    )
    before = session.scalars(rows).unique().first()
    if before is not None:
        return Written(_end_stay(register, before, facts), system_id=system.id)
    words = {
        name: facts[name]
        for name in ("installed_as", "age_at_install", "removed_at", "external_id")
        if name in facts
    }
    if "removed_at" in facts:
        words["removal_cause"] = facts.get("removal_cause")
        words["removal_note"] = facts.get("note")
    elif "removal_cause" in facts:
        raise Invalid("Say when the part was removed.", field="removed_at")
    install(
        session, actor, part, system=system, position=position, occurred_at=facts["installed_at"],
        reason=register.reason, **words,
    )  # fmt: skip
    return Written(Outcome.NEW, system_id=system.id)


def _end_stay(register: Register, stay: Installation, facts: Facts) -> Outcome:
    """The stay is here; the row may bring its end, and must not contradict the end that is known."""
    rows = select(Removal).where(Removal.installation_id == stay.id, known(Removal, None))
    removal = register.session.scalars(rows).unique().first()
    until = facts.get("removed_at")
    if removal is not None and until not in (None, removal.occurred_at):
        raise Invalid(
            "The register has this stay end on %(known)s, the file on %(said)s; correct one of the two.",
            field="removed_at",
            known=shown(removal.occurred_at),
            said=shown(facts["removed_at"]),
        )
    if until is None or removal is not None:
        return Outcome.UNCHANGED
    if "removal_cause" not in facts:
        raise Invalid("Say why the part was removed.", field="removal_cause")
    remove(
        register.session, register.actor, stay.part, cause=facts["removal_cause"], occurred_at=until,
        note=facts.get("note"), reason=register.reason,
    )  # fmt: skip
    return Outcome.CHANGED


def write_usage(register: Register, facts: Facts) -> Written:
    """A reading of a system's or a part's meter; the same one again changes nothing."""
    session, actor = register.session, register.actor
    kind = facts.get("kind", ReadingKind.READING.value)
    if kind == ReadingKind.METER_REPLACED.value and "restarts_at" not in facts:
        raise Invalid("A replaced meter needs the first value of the new one.", field="restarts_at")
    words = {name: facts[name] for name in ("restarts_at", "external_id") if name in facts}
    bearer: System | Part
    if "system" in facts and "part" not in facts:
        bearer = words["system"] = register.system(facts["system"])
    else:
        named = facts.get("part_type")
        if "part" not in facts:
            raise Invalid("Give the system or the part whose meter was read.", field="system")
        bearer = words["part"] = register.part(facts["part"], register.part_type(named) if named else None)
    metric = register.metric(facts["metric"])
    before = _reading_here(register, bearer, metric.id, facts)
    read_usage(
        session,
        actor,
        metric=metric,
        value=facts["value"],
        occurred_at=facts["read_at"],
        reason=register.reason,
        **words,
    )
    seen = bearer.id if isinstance(bearer, System) else None
    return Written(Outcome.UNCHANGED if before else Outcome.NEW, system_id=seen)


def _reading_here(register: Register, bearer: System | Part, metric_id: UUID, facts: Facts) -> bool:
    column = UsageReading.system_id if isinstance(bearer, System) else UsageReading.part_id
    rows = select(UsageReading.id).where(
        column == bearer.id,
        UsageReading.metric_id == metric_id,
        UsageReading.occurred_at == facts["read_at"],
        UsageReading.value == facts["value"],
        known(UsageReading, None),
    )
    return register.session.scalars(rows).first() is not None


def _differs(key: str, record: Any, facts: Facts, names: tuple[str, ...]) -> str | None:
    """``key (name, …)`` where the file says something else than the record."""
    found = [name for name in names if name in facts and facts[name] != getattr(record, name)]
    return f"{key} ({', '.join(found)})" if found else None
