"""The words for the names of fields, their values as a timeline tells them, and what else a message may be about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import DateTime, Enum

from fracas.core.db import Base, UTCDateTime
from fracas.core.words import N_, Coded, FieldName, Listed, VerbName
from fracas.web import zones
from fracas.web.words import verb_word, word

FIELDS: dict[str, str] = {
    "action_id": N_("Action"),
    "action_type": N_("Type"),
    "age_at_install": N_("Age when installed"),
    "answer": N_("Verdict"),
    "answers": N_("The ten answers"),
    "basis": N_("Basis"),
    "cause": N_("Why it was removed"),
    "cause_class": N_("Primary or secondary"),
    "cause_id": N_("Failure cause"),
    "close_as": N_("Close as"),
    "close_reason": N_("Closed because"),
    "closed_at": N_("Closed at"),
    "code": N_("Code"),
    "completed_at": N_("Completed at"),
    "condition": N_("Condition"),
    "configuration": N_("Configuration and software version"),
    "created_at": N_("Made on"),
    "criterion_id": N_("Criterion"),
    "currency": N_("Currency"),
    "customer_id": N_("Customer"),
    "decision": N_("Decision"),
    "delay_minutes": N_("Delay to service (min)"),
    "description": N_("Description"),
    "detected_at": N_("Found at"),
    "detection_method": N_("Found by"),
    "dissent": N_("Dissent"),
    "downtime_started_at": N_("Downtime began at"),
    "due_on": N_("Due on"),
    "duplicate_of_id": N_("Duplicate of report"),
    "effect_on_function": N_("Effect on function"),
    "effect_on_mission": N_("Effect on the mission (service)"),
    "effect_on_safety": N_("Effect on safety"),
    "effective_from_at": N_("Effective from"),
    "effective_from_lot": N_("Effective from lot"),
    "effective_from_serial": N_("Effective from serial"),
    "email": N_("E-mail address"),
    "environment": N_("Environment"),
    "evidence": N_("Evidence"),
    "expires_at": N_("Runs out"),
    "exposure_after": N_("Exposure after"),
    "exposure_before": N_("Exposure before"),
    "external_id": N_("Number in another system"),
    "extra": N_("More columns of the source"),
    "failure_id": N_("Failure"),
    "failures_after": N_("Failures after"),
    "failures_before": N_("Failures before"),
    "file_name": N_("File name"),
    "given_by_name": N_("Given by"),
    "handling": N_("Handling, in words"),
    "installation_id": N_("Installation"),
    "installed_as": N_("Installed as"),
    "is_active": N_("Active"),
    "is_affected": N_("Affected"),
    "is_chargeable": N_("Chargeable"),
    "is_flagged": N_("Flagged for checking"),
    "is_needed": N_("Needed"),
    "is_relevant": N_("Relevant"),
    "is_repairable": N_("Repairable"),
    "is_service_point": N_("Service point"),
    "kind": N_("Kind"),
    "labour_hours": N_("Labour (h)"),
    "largest_rate_ratio": N_("Failure rate after over before, at most"),
    "last_known_good_at": N_("Last seen to work at"),
    "lead_time_days": N_("Lead time (days)"),
    "least_exposure_after": N_("Exposure to wait for after the change"),
    "life_cycle_phase": N_("Life-cycle phase"),
    "locale": N_("Language"),
    "location": N_("Place"),
    "lot": N_("Lot"),
    "maintenance_kind": N_("What was done"),
    "manufactured_at": N_("Made at"),
    "mechanism_id": N_("Failure mechanism"),
    "media_type": N_("File type"),
    "members": N_("Members of the board"),
    "method": N_("Method"),
    "metric_id": N_("Meter"),
    "mode_id": N_("Failure mode"),
    "name": N_("Name"),
    "name_zh": N_("Name in Chinese"),
    "not_recorded": N_("Not recorded at source"),
    "note": N_("Note"),
    "number": N_("Number"),
    "occurred_at": N_("When"),
    "operating_state": N_("Operating state"),
    "outcome": N_("Outcome"),
    "owner_id": N_("Owner"),
    "parent_id": N_("Above it"),
    "part_id": N_("Part"),
    "part_ids": N_("Parts"),
    "part_type_id": N_("Part type"),
    "password_changed_at": N_("Password changed at"),
    "permission": N_("Permission"),
    "place": N_("Place of a like item"),
    "position_id": N_("Position"),
    "primary_metric_id": N_("Life counted in"),
    "problem_id": N_("Problem"),
    "removal_id": N_("Removal"),
    "repair_assumption": N_("After this repair the part is"),
    "repaired_share": N_("Share that can be repaired"),
    "replaces_id": N_("Replaces the record"),
    "reporter_id": N_("Account of the reporter"),
    "reporter_name": N_("Reported by"),
    "residual_risk": N_("Residual risk"),
    "restarts_at": N_("New meter begins at"),
    "restored_at": N_("Restored at"),
    "retracted_at": N_("Retracted or replaced at"),
    "revision": N_("Revision"),
    "revoked_at": N_("Revoked at"),
    "role": N_("Role"),
    "serial": N_("Serial"),
    "sha256": N_("SHA-256"),
    "site_id": N_("Site"),
    "size_bytes": N_("Size (bytes)"),
    "source": N_("Source"),
    "state": N_("Stage"),
    "statement": N_("What will count as success"),
    "supplier_id": N_("Supplier"),
    "symptom": N_("Symptom"),
    "symptom_code_id": N_("Symptom code"),
    "system_id": N_("System"),
    "system_model_id": N_("System model"),
    "time_zone": N_("Time zone"),
    "title": N_("Title"),
    "turn_around_days": N_("Repair turn-around (days)"),
    "unit": N_("Unit"),
    "unit_cost": N_("Unit cost"),
    "usage_not_read_reason": N_("Why the meter was not read"),
    "usage_reading_id": N_("Meter reading"),
    "used_at": N_("Used at"),
    "user_id": N_("Person"),
    "value": N_("Value"),
    "verified_at": N_("Verified at"),
    "waiting_hours": N_("Waiting (h)"),
}

# The questions of the scoring ladder in short, as the answers of a score are kept by these names.
FIELDS |= {
    "test_abuse": N_("Abuse or test conditions"),
    "initial_inspection": N_("Found at initial inspection"),
    "scheduled_maintenance": N_("Put right at scheduled maintenance"),
    "caused_by_another": N_("Caused by another failure"),
    "crew_remediable": N_("Put right by the crew"),
    "outside_environment": N_("Outside its environment"),
    "operator_error": N_("Error of operation or maintenance"),
    "test_equipment": N_("Test equipment failed"),
    "known_uncorrected": N_("Known and left uncorrected"),
    "fix_approved": N_("Fix approved, not yet fitted"),
}


def field_word(name: str) -> str:
    """What a person calls the field."""
    text = FIELDS.get(name) or FIELDS.get(f"{name}_id")
    return str(gettext(text)) if text is not None else name.replace("_", " ")


def field_value(
    value: Any,
    table: str,
    name: str,
    zone: str | None = None,
    linked: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A value of the history as it is told: coded values in words, moments in the site's zone, nothing as nothing.

    ``linked`` tells the records behind ids (``references.linked``).
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return word("yes" if value else "no")
    if isinstance(value, dict):
        return "; ".join(
            f"{field_word(key)}: {field_value(one, table, name, zone)}" for key, one in value.items()
        )
    if isinstance(value, list):
        return Markup(gettext(", ")).join(field_value(one, table, name, zone, linked) for one in value)  # noqa: S704  # nosec B704
    if isinstance(value, str) and value in linked:
        return linked[value]
    kept = Base.metadata.tables[table].columns.get(name) if table in Base.metadata.tables else None
    kind = getattr(kept, "type", None)
    if (
        isinstance(kind, Enum)
        and kind.enum_class is not None
        and value in [one.value for one in kind.enum_class]
    ):
        return word(kind.enum_class(value))
    if isinstance(kind, UTCDateTime | DateTime):
        moment = zones.local(datetime.fromisoformat(value), zone)
        return f"{moment:%Y-%m-%d %H:%M} {zones.offset_name(moment)}"
    if name == "not_recorded":
        return field_word(value)
    return word(value) if name in ("answers", "role", "locale") else str(value)


def said(value: Any) -> Any:
    """A message's parameter as the reader is told it."""
    if isinstance(value, VerbName):
        return verb_word(value, value.kind)
    if isinstance(value, Coded | StrEnum):
        return word(value)
    if isinstance(value, FieldName):
        return field_word(value)
    if isinstance(value, Listed):
        return str(gettext(", ")).join(str(said(one)) for one in value)
    return value
