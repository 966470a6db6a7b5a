"""From the words of a report to its facts: natural keys looked up, times put in order, every wording kept as a revision."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets import queries as assets
from fracas.assets import workflow as register
from fracas.assets.models import Part, UsageReading
from fracas.catalog.models import CodeKind, RepairAssumption, UsageMetric
from fracas.catalog.queries import failure_code, metric, metrics, part_type, position
from fracas.core.errors import Finding, Invalid
from fracas.core.lookup import given, member, wanted
from fracas.core.moments import happened, happened_if_given, shown
from fracas.core.permissions import Actor
from fracas.core.words import N_, FieldName, Listed
from fracas.failures.models import (
    REPORT_FACTS,
    DetectionMethod,
    Failure,
    FailureRevision,
    LifeCyclePhase,
    MaintenanceKind,
    Severity,
)


class ReportWords(TypedDict, total=False):
    """What a report may say. Times need a zone, hours are hours; ``None`` takes a statement back.

    ``system``, ``part`` (serials), ``part_type`` (number), ``position``, ``symptom_code`` and ``metric`` (codes) are looked
    up; ``usage_value`` is the meter at ``usage_read_at`` (left out: when it failed) in the unit of ``metric``.
    """

    system: Any
    part: Any
    part_type: Any
    position: Any
    symptom_code: Any
    occurred_at: datetime
    detected_at: datetime | None
    last_known_good_at: datetime | None
    usage_value: float | None
    usage_read_at: datetime | None
    metric: Any
    usage_not_read_reason: str | None
    symptom: str
    configuration: str | None
    life_cycle_phase: LifeCyclePhase | str | None
    environment: str | None
    operating_state: str | None
    location: str | None
    detection_method: DetectionMethod | str | None
    effect_on_function: Severity | str | None
    effect_on_safety: Severity | str | None
    effect_on_mission: Severity | str | None
    delay_minutes: float | None
    downtime_started_at: datetime | None
    restored_at: datetime | None
    handling: str | None
    maintenance_kind: MaintenanceKind | str | None
    labour_hours: float | None
    waiting_hours: float | None
    repair_assumption: RepairAssumption | str | None
    not_recorded: list[str]


TIMES = ("occurred_at", "detected_at", "last_known_good_at", "downtime_started_at", "restored_at")
CHOICES: dict[str, type[StrEnum]] = {
    "life_cycle_phase": LifeCyclePhase,
    "detection_method": DetectionMethod,
    "effect_on_function": Severity,
    "effect_on_safety": Severity,
    "effect_on_mission": Severity,
    "maintenance_kind": MaintenanceKind,
    "repair_assumption": RepairAssumption,
}
NUMBERS = ("delay_minutes", "labour_hours", "waiting_hours")
TEXTS = ("symptom", "handling", "usage_not_read_reason")
SHORT_TEXTS = ("configuration", "environment", "operating_state", "location")
PLACES = {"system", "part", "position", "occurred_at"}
MAY_BE_UNRECORDED = frozenset(
    {
        *CHOICES,
        *SHORT_TEXTS,
        *NUMBERS,
        "handling",
        "usage_value",
        "position",
        "part",
        "part_in",
        "symptom_code",
    }
    | {"downtime_started_at", "restored_at", "last_known_good_at", "detected_at"}
)


def put(session: Session, actor: Actor, failure: Failure, words: Mapping[str, Any]) -> None:
    """Set what the words say on the report; what they leave out stays as it is."""
    _refuse_unknown(words)
    before = failure.occurred_at
    _put_plain(failure, words)
    _put_item(session, actor, failure, words)
    _check_order(failure)
    _put_usage(session, actor, failure, words, before)


def _refuse_unknown(words: Mapping[str, Any]) -> None:
    unknown = set(words) - ReportWords.__annotations__.keys()
    if unknown:
        raise TypeError(f"a failure report has no {', '.join(sorted(unknown))}")


def keep_revision(session: Session, actor: Actor, failure: Failure) -> None:
    """Keep the wording as it stands now; life data as known on a past day are read from these."""
    session.flush()
    kept = {name: getattr(failure, name) for name in REPORT_FACTS}
    session.add(
        FailureRevision(
            organisation_id=failure.organisation_id,
            failure_id=failure.id,
            revision=failure.revision,
            entered_by=actor.user_id,
            **kept,
        )
    )


# ------------------------------------------------------------------ plain values


def _put_plain(failure: Failure, words: Mapping[str, Any]) -> None:
    for name in TIMES:
        if name in words:
            found = happened(words[name]) if name == "occurred_at" else happened_if_given(words[name], name)
            setattr(failure, name, found)
    for name, kind in CHOICES.items():
        if name in words:
            setattr(failure, name, None if words[name] in (None, "") else member(name, kind, words[name]))
    for name in NUMBERS:
        if name in words:
            setattr(failure, name, _not_negative(name, words[name]))
    for name in (*TEXTS, *SHORT_TEXTS):
        if name in words:
            setattr(failure, name, _text(name, words[name]))
    if "not_recorded" in words:
        failure.not_recorded = _unrecorded(words["not_recorded"])
    if not failure.symptom:
        raise Invalid("Say in your own words what was seen, heard or smelt.", field="symptom")


def _text(name: str, value: Any) -> str | None:
    text = str(value or "").strip()
    if name in SHORT_TEXTS and len(text) > 200:
        raise Invalid("At most %(most)s characters; put the rest into the symptom.", field=name, most=200)
    return text or None


def _not_negative(name: str, value: float | None) -> float | None:
    if value is None:
        return None
    if not math.isfinite(value) or value < 0:
        raise Invalid("%(value)s cannot be used: give zero or more.", field=name, value=value)
    return float(value)


def _unrecorded(names: list[str]) -> list[str]:
    unknown = sorted(set(names) - MAY_BE_UNRECORDED)
    if unknown:
        raise Invalid(
            "“%(name)s” cannot be left out as not recorded at source; possible: %(possible)s.",
            field="not_recorded",
            name=unknown[0],
            possible=Listed(FieldName(name) for name in sorted(MAY_BE_UNRECORDED)),
        )
    return sorted(set(names))


def _check_order(failure: Failure) -> None:
    """Times that contradict each other are refused with both of them."""
    pairs = (
        ("last_known_good_at", "occurred_at", LAST_GOOD),
        ("occurred_at", "detected_at", DETECTED),
        ("last_known_good_at", "detected_at", LAST_GOOD),
        ("downtime_started_at", "restored_at", RESTORED),
        ("occurred_at", "restored_at", BEFORE),
    )
    for first, second, message in pairs:
        earlier, later = getattr(failure, first), getattr(failure, second)
        if earlier is not None and later is not None and earlier > later:
            field = first if first == "last_known_good_at" else second
            raise Invalid(message, field=field, earlier=shown(earlier), later=shown(later))


LAST_GOOD = N_("It was last seen to work at %(earlier)s, which is after it failed (%(later)s).")
DETECTED = N_("It was found at %(later)s, which is before it failed (%(earlier)s).")
RESTORED = N_("It was restored at %(later)s, which is before the downtime began (%(earlier)s).")
BEFORE = N_("It was restored at %(later)s, which is before it failed (%(earlier)s).")


# ------------------------------------------------------------------ the item


def _put_item(session: Session, actor: Actor, failure: Failure, words: Mapping[str, Any]) -> None:
    if words.get("system"):
        failure.system = wanted("system", assets.system, session, actor, words["system"])
    if "part_type" in words:
        failure.part_type = given("part_type", part_type, session, actor, words["part_type"])
    if "part" in words:
        failure.part = find_part(session, actor, "part", words["part"], words.get("part_type"))
        if failure.part is not None:
            failure.part_type = failure.part.part_type
    stay = _stay(session, actor, failure) if PLACES & set(words) else None
    if failure.system is None:
        raise Invalid("Say which system or which serial failed.", field="system")
    if words.get("position"):
        failure.position = wanted(
            "position", position, session, actor, failure.system.system_model, words["position"]
        )
    elif "position" in words:
        failure.position = None
    elif stay is not None:
        failure.position = stay.position
    if failure.position is not None and failure.part_type is None:
        failure.part_type = failure.position.part_type
    if failure.position is not None and stay is not None and failure.position.id != stay.position_id:
        raise Invalid(
            "The register has serial %(serial)s in position %(there)s of %(system)s at that time, not in %(said)s. "
            "Give that position, or correct the register first.",
            field="position",
            serial=failure.part.serial if failure.part else "",
            there=stay.position.code,
            system=failure.system.serial,
            said=failure.position.code,
        )
    if "symptom_code" in words:
        failure.symptom_code = given("symptom_code", _symptom_code, session, actor, words["symptom_code"])


def fill_part(session: Session, actor: Actor, failure: Failure) -> None:
    """A position without a serial: the one that the register had there when it failed."""
    if failure.position is None or failure.part is not None or "part" in failure.not_recorded:
        return
    for stay in assets.intervals(session, actor, system_id=failure.system.id):
        there = stay.position_id == failure.position.id and stay.installed_at <= failure.occurred_at
        if there and (stay.removed_at is None or failure.occurred_at <= stay.removed_at):
            failure.part = session.get_one(Part, stay.part_id)
            failure.part_type = failure.part.part_type


def _symptom_code(session: Session, actor: Actor, key: Any) -> Any:
    return failure_code(session, actor, CodeKind.SYMPTOM, key)


def find_part(session: Session, actor: Actor, field: str, serial: Any, of_type: Any = None) -> Part | None:
    """The part with that serial; its type is asked for where two types share it."""
    if serial in (None, ""):
        return None
    known_type = given(f"{field}_type", part_type, session, actor, of_type)
    return wanted(field, assets.part, session, actor, serial, known_type)


def _stay(session: Session, actor: Actor, failure: Failure) -> Any:
    """Where the register has the failed serial when it failed; that is where the failure is."""
    if failure.part is None:
        return None
    stays = assets.intervals(session, actor, part_ids=[failure.part.id])
    then = [
        stay
        for stay in stays
        if stay.installed_at <= failure.occurred_at
        and (stay.removed_at is None or failure.occurred_at <= stay.removed_at)
    ]
    here = [stay for stay in then if failure.system is None or stay.system_id == failure.system.id]
    if here:
        found = assets.installation(session, actor, here[-1].installation_id)
        failure.system = found.system
        return found
    if not then:
        raise Invalid(
            "The register has serial %(serial)s in no system at %(moment)s. Correct the serial or the time, or the "
            "register first; or report the system without the serial.",
            field="part",
            serial=failure.part.serial,
            moment=shown(failure.occurred_at),
        )
    raise Invalid(
        "The register has serial %(serial)s in %(system)s at %(position)s at %(moment)s. Correct the serial or the "
        "time, or the register first; or report the system without the serial.",
        field="part",
        serial=failure.part.serial,
        system=then[-1].system_serial,
        position=then[-1].position_code,
        moment=shown(failure.occurred_at),
    )


# ------------------------------------------------------------------ usage


def _put_usage(
    session: Session, actor: Actor, failure: Failure, words: Mapping[str, Any], before: datetime | None
) -> None:
    """Keep the meter's reading in the register, from where life data are made, and point to it."""
    value = words.get("usage_value")
    old = failure.usage_reading
    if value is None and old is not None and _is_elsewhere(failure, old, before):
        # The reading was taken of this system and when it failed, and one of the two was wrong.
        read_at = failure.occurred_at if before == old.occurred_at else old.occurred_at
        value, words = old.value, {**words, "metric": old.metric, "usage_read_at": read_at}
    if value is not None:
        if old is not None:
            failure.usage_reading = None
            _withdraw(session, actor, failure, old)
        failure.usage_reading = _reading(session, actor, failure, value, words)
        failure.usage_not_read_reason = None
    elif "usage_value" in words and old is not None:
        failure.usage_reading = None
        _withdraw(session, actor, failure, old)
    _require_usage(failure)


def _is_elsewhere(failure: Failure, reading: UsageReading, before: datetime | None) -> bool:
    """Whether an amendment moved the failure away from its reading, to another system or another moment."""
    of_another = reading.system_id not in (None, failure.system.id)
    return of_another or before == reading.occurred_at != failure.occurred_at


def _require_usage(failure: Failure) -> None:
    if failure.usage_reading or failure.usage_not_read_reason or "usage_value" in failure.not_recorded:
        return
    raise Invalid("Give what the meter showed, or say why it was not read.", field="usage_value")


def _reading(
    session: Session, actor: Actor, failure: Failure, value: float, words: Mapping[str, Any]
) -> UsageReading:
    meter = _metric(session, actor, failure, words.get("metric"))
    read_at = happened(words.get("usage_read_at") or failure.occurred_at, "usage_read_at")
    try:
        # Reading the meter is a part of filing, so whoever may file may do it.
        return register.read_usage(
            session,
            actor.also("usage.record"),
            system=failure.system,
            metric=meter,
            value=value,
            occurred_at=read_at,
        )
    except Invalid as refused:
        field = "usage_value" if refused.field in (None, "value", "occurred_at") else refused.field
        raise Invalid(refused.message, field=field, **refused.params) from refused


def _metric(session: Session, actor: Actor, failure: Failure, named: Any) -> UsageMetric:
    """The metric that is named, else the one that goes without saying."""
    if named not in (None, ""):
        return wanted("metric", metric, session, actor, named)
    if failure.part_type is not None and failure.part_type.primary_metric is not None:
        return failure.part_type.primary_metric
    usual = {reading.metric.id: reading.metric for reading in assets.latest_readings(session, failure.system)}
    choices = list(usual.values()) or list(metrics(session, actor))
    if len(choices) == 1:
        return choices[0]
    raise Invalid(
        "Say which meter this is: %(choices)s.",
        field="metric",
        choices=", ".join(sorted(choice.code for choice in choices)) or "–",
    )


def _withdraw(session: Session, actor: Actor, failure: Failure, reading: UsageReading) -> None:
    """Take a mistaken reading out of the register, unless another report rests on it."""
    session.flush()
    others = select(Failure.id).where(Failure.usage_reading_id == reading.id, Failure.id != failure.id)
    if session.scalars(others).first() is None and reading.retracted_at is None:
        why = f"{failure.number}: amended"
        register.retract_reading(session, actor.also("usage.retract"), reading, reason=why)


# ------------------------------------------------------------------ what the stage needs

NEEDED_TO_COMPLETE = (
    "symptom_code", "configuration", "life_cycle_phase", "detection_method", "effect_on_function", "effect_on_safety",
    "effect_on_mission", "downtime_started_at", "restored_at", "handling", "maintenance_kind", "labour_hours",
    "waiting_hours",
)  # fmt: skip
NEEDS_ITEM = frozenset(
    {MaintenanceKind.REPAIR, MaintenanceKind.REPLACE, MaintenanceKind.ADJUST, MaintenanceKind.REMOVE}
)
NEEDS_ASSUMPTION = frozenset({MaintenanceKind.REPAIR, MaintenanceKind.ADJUST})


def require_complete(failure: Failure) -> None:
    """Refuse with every field that is neither given nor named as not recorded at source."""
    needed = list(NEEDED_TO_COMPLETE)
    if failure.maintenance_kind in NEEDS_ITEM:
        needed += ["position", "part"]
    if failure.maintenance_kind in NEEDS_ASSUMPTION:
        needed.append("repair_assumption")
    missing = [name for name in needed if getattr(failure, name) is None and name not in failure.not_recorded]
    if missing:
        raise Invalid(
            "Still needed: %(fields)s. Name what was not recorded at source under “not recorded”.",
            field=missing[0],
            findings=[Finding("This is needed, or name it as not recorded.", field=name) for name in missing],
            fields=Listed(FieldName(name) for name in missing),
        )
