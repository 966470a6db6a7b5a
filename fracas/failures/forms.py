"""What each verb of a failure report asks for, in the words of the person who answers."""

from __future__ import annotations

from typing import Literal

from fracas.catalog.models import RepairAssumption
from fracas.core.forms import Form, Moment, field
from fracas.core.words import N_
from fracas.failures.models import DetectionMethod, LifeCyclePhase, MaintenanceKind, Outcome, Severity

Reply = Literal["yes", "no", "unsure"]


class _Report(Form):
    """What a report may say, at filing or later."""

    part: str | None = field(None, label=N_("Serial that failed"), widget="scan", max_length=200)
    part_type: str | None = field(
        None, label=N_("Part type"), options="part_types", help=N_("Needed where two types share the serial.")
    )
    position: str | None = field(
        None, label=N_("Position"), options="positions", widget="suggest", max_length=200
    )
    symptom_code: str | None = field(None, label=N_("Symptom code"), options="codes:symptom")
    usage_value: float | None = field(
        None, label=N_("Meter reading when it failed"), ge=0, allow_inf_nan=False
    )
    metric: str | None = field(None, label=N_("Which meter"), options="metrics")
    usage_read_at: Moment | None = field(
        None, label=N_("Meter read at"), help=N_("Leave empty if it was read when it failed.")
    )
    usage_not_read_reason: str | None = field(None, label=N_("Why the meter was not read"), max_length=2000)
    detected_at: Moment | None = field(None, label=N_("Found at"), help=N_("If later than it failed."))
    last_known_good_at: Moment | None = field(
        None,
        label=N_("Last seen to work at"),
        help=N_("For a failure found at an inspection: it failed at some time between."),
    )
    configuration: str | None = field(None, label=N_("Configuration and software version"), max_length=200)
    life_cycle_phase: LifeCyclePhase | None = field(None, label=N_("Life-cycle phase"))
    detection_method: DetectionMethod | None = field(None, label=N_("Found by"))
    effect_on_function: Severity | None = field(None, label=N_("Effect on function"))
    effect_on_safety: Severity | None = field(None, label=N_("Effect on safety"))
    effect_on_mission: Severity | None = field(None, label=N_("Effect on the mission (service)"))
    delay_minutes: float | None = field(
        None, label=N_("Delay to service"), unit="min", ge=0, allow_inf_nan=False
    )
    environment: str | None = field(None, label=N_("Environment"), max_length=200)
    operating_state: str | None = field(None, label=N_("Operating state"), max_length=200)
    location: str | None = field(None, label=N_("Place"), help=N_("Route, line, kilometre."), max_length=200)
    downtime_started_at: Moment | None = field(None, label=N_("Downtime began at"))
    restored_at: Moment | None = field(None, label=N_("Restored at"))
    maintenance_kind: MaintenanceKind | None = field(None, label=N_("What was done"))
    handling: str | None = field(None, label=N_("Handling, in words"), widget="textarea", max_length=4000)
    labour_hours: float | None = field(None, label=N_("Labour"), unit="h", ge=0, allow_inf_nan=False)
    waiting_hours: float | None = field(
        None, label=N_("Waiting"), unit="h", help=N_("For parts, people, track."), ge=0, allow_inf_nan=False
    )
    repair_assumption: RepairAssumption | None = field(
        None,
        label=N_("After this repair the part is"),
        help=N_("Your choice for this repair; never assumed."),
    )
    not_recorded: list[str] = field(
        [],
        label=N_("Not recorded at source"),
        help=N_("Tick what nobody can say any more; it is then not asked for."),
        widget="choices",
        options="unrecorded",
    )


class File(_Report):
    """A report: system or serial, when, what was seen, and the meter or why it was not read."""

    system: str | None = field(None, label=N_("System"), widget="scan", max_length=200)
    occurred_at: Moment = field(label=N_("When did it fail?"))
    symptom: str = field(
        label=N_("What do you see, hear, smell?"), widget="textarea", min_length=1, max_length=4000
    )
    site: str | None = field(None, label=N_("Site, if away from home"), options="sites")
    external_id: str | None = field(None, label=N_("Number in another system"), max_length=200)


class Amend(_Report):
    """A correction of what the report says; the reason is kept with it."""

    system: str = field(None, label=N_("System"), widget="scan", max_length=200)
    occurred_at: Moment = field(None, label=N_("When did it fail?"))
    symptom: str = field(None, label=N_("Symptom, in words"), widget="textarea", max_length=4000)


class Complete(_Report):
    """What was done about it, with the serials taken out and put in."""

    part_out: str | None = field(
        None,
        label=N_("Serial taken out"),
        help=N_("A replacement needs both serials; a repair in place none."),
        widget="scan",
        max_length=200,
    )
    part_out_type: str | None = field(None, label=N_("Its part type"), options="part_types")
    part_in: str | None = field(None, label=N_("Serial put in"), widget="scan", max_length=200)
    part_in_type: str | None = field(None, label=N_("Its part type"), options="part_types")
    part_in_as: Literal["new", "continued", "age_unknown"] | None = field(
        None,
        label=N_("Age of the part put in"),
        help=N_("Leave empty: a serial that was in use before goes on with its age, another is new."),
    )
    swapped_at: Moment | None = field(
        None, label=N_("Swapped at"), help=N_("Leave empty if it was when it was restored.")
    )


class Verify(Form):
    """Quality's answer."""

    outcome: Outcome = field(label=N_("Outcome"))
    mode: str | None = field(None, label=N_("Observed failure mode"), options="codes:mode")
    duplicate_of: str | None = field(None, label=N_("Duplicate of report"), max_length=200)
    method: str = field(
        label=N_("How was it verified, and by whom?"), widget="textarea", min_length=1, max_length=4000
    )


class Score(Form):
    """The ten questions of the scoring ladder."""

    answers: dict[str, Reply] = field(label=N_("The scoring ladder"), widget="answers")
    note: str | None = field(None, label=N_("Note"), widget="textarea", max_length=4000)


class Quarantine(Form):
    """Serials that may be affected."""

    parts: list[str] = field(label=N_("Serials to quarantine"), help=N_("One a line."), widget="lines")
    note: str | None = field(None, label=N_("Why"), widget="textarea", max_length=4000)


class Contain(Form):
    """What keeps it from spreading."""

    is_needed: bool = field(label=N_("Is containment needed?"), widget="yes_no")
    note: str = field(
        label=N_("What was done, or why nothing is needed"), widget="textarea", min_length=1, max_length=4000
    )
    parts: list[str] = field(
        [], label=N_("Serials put into quarantine"), help=N_("One a line."), widget="lines"
    )


class Close(Form):
    """Nothing to fill in: the problem is closed."""


class CloseNoAction(Form):
    """An end without an investigation."""

    close_as: Literal["no_fault_found", "duplicate", "no_further_action"] = field(label=N_("Close as"))


class SendBack(Form):
    """Back one stage; the reason is kept."""


class Reopen(Form):
    """Open again; the reason is kept."""


VERBS: dict[str, type[Form]] = {
    "complete": Complete,
    "verify": Verify,
    "score": Score,
    "contain": Contain,
    "close": Close,
    "close_no_action": CloseNoAction,
    "amend": Amend,
    "quarantine": Quarantine,
    "send_back": SendBack,
    "reopen": Reopen,
}
"""The verbs of one report. ``attach`` is not among them: it takes a file, not facts."""
