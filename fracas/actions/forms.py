"""What each verb of an action asks for."""

from __future__ import annotations

from datetime import date

from fracas.actions.models import ActionType, VerdictAnswer
from fracas.core.forms import Form, Moment, field
from fracas.core.words import N_


class _Plan(Form):
    """What can be said of an action while it is planned."""

    description: str | None = field(None, label=N_("Description"), widget="textarea", max_length=4000)
    owner: str | None = field(None, label=N_("Owner"), options="users")
    due_on: date | None = field(None, label=N_("Due on"))
    effective_from_serial: str | None = field(None, label=N_("Effective from serial"), max_length=200)
    effective_from_lot: str | None = field(None, label=N_("Effective from lot"), max_length=200)
    effective_from_at: Moment | None = field(None, label=N_("Effective from"))


class PlanAction(_Plan):
    """A new action."""

    action_type: ActionType = field(label=N_("Type"))
    title: str = field(label=N_("What is to be done"), min_length=1, max_length=200)
    problem: str | None = field(None, label=N_("Problem"), max_length=200)
    failure: str | None = field(
        None, label=N_("Failure"), help=N_("For containment straight after a failure."), max_length=200
    )
    external_id: str | None = field(None, label=N_("Number in another system"), max_length=200)


class Edit(_Plan):
    """Another plan; what is left out stays as it is."""

    action_type: ActionType = field(None, label=N_("Type"))
    title: str = field(None, label=N_("What is to be done"), max_length=200)


class SetCriterion(Form):
    """What will count as success, before the work is done."""

    statement: str = field(
        label=N_("What will count as success?"), widget="textarea", min_length=1, max_length=4000
    )
    largest_rate_ratio: float | None = field(
        None,
        label=N_("Failure rate after over before, at most"),
        help=N_("0.5 means: half the rate or less."),
        gt=0,
        allow_inf_nan=False,
    )
    least_exposure_after: float | None = field(
        None,
        label=N_("Exposure to wait for after the change"),
        help=N_("In the unit of the meter below."),
        gt=0,
        allow_inf_nan=False,
    )
    metric: str | None = field(None, label=N_("Meter"), options="metrics", help=N_("Empty: days in service."))


class Start(Form):
    """Nothing to fill in: it has an owner and a due date."""


class Complete(Form):
    """That it is done, and since when."""

    evidence: str = field(
        label=N_("Evidence"),
        help=N_("Document, drawing or photo number."),
        widget="textarea",
        min_length=1,
        max_length=4000,
    )
    completed_at: Moment | None = field(None, label=N_("Completed at"), help=N_("Empty: now."))
    effective_from_serial: str | None = field(None, label=N_("Effective from serial"), max_length=200)
    effective_from_lot: str | None = field(None, label=N_("Effective from lot"), max_length=200)
    effective_from_at: Moment | None = field(None, label=N_("Effective from"))


class GiveVerdict(Form):
    """The answer against the criterion, with what it rests on."""

    answer: VerdictAnswer = field(label=N_("Verdict"))
    failures_before: int = field(label=N_("Failures before"), ge=0)
    exposure_before: float = field(label=N_("Exposure before"), ge=0, allow_inf_nan=False)
    failures_after: int = field(label=N_("Failures after"), ge=0)
    exposure_after: float = field(
        label=N_("Exposure after"),
        help=N_("Both in the unit of the criterion's meter."),
        ge=0,
        allow_inf_nan=False,
    )
    note: str | None = field(None, label=N_("Note"), widget="textarea", max_length=4000)


class Verify(Form):
    """Nothing to fill in: the latest verdict is effective."""


class SendBack(Form):
    """Back one stage; the reason is kept."""


class Cancel(Form):
    """Given up; the reason is kept."""


class Reopen(Form):
    """Open again; the reason is kept."""


VERBS: dict[str, type[Form]] = {
    "start": Start,
    "complete": Complete,
    "verify": Verify,
    "give_verdict": GiveVerdict,
    "set_criterion": SetCriterion,
    "edit": Edit,
    "send_back": SendBack,
    "cancel": Cancel,
    "reopen": Reopen,
}
"""The verbs of one action, in the order of its menu."""
