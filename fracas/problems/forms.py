"""What each verb of a problem asks for."""

from __future__ import annotations

from typing import Literal

from fracas.core.forms import Form, field
from fracas.core.words import N_
from fracas.problems.models import CauseClass


class OpenProblem(Form):
    """One cause suspected behind one or many failures."""

    title: str = field(label=N_("Title"), min_length=1, max_length=200)
    description: str | None = field(None, label=N_("Description"), widget="textarea", max_length=4000)
    part_type: str | None = field(None, label=N_("Part type"), options="part_types")
    failures: list[str] = field(
        [], label=N_("Failures"), help=N_("Their numbers, one a line."), widget="lines"
    )
    owner: str | None = field(None, label=N_("Owner"), options="users")
    external_id: str | None = field(None, label=N_("Number in another system"), max_length=200)


class Edit(Form):
    """Another wording; what is left out stays as it is."""

    title: str = field(None, label=N_("Title"), max_length=200)
    description: str | None = field(None, label=N_("Description"), widget="textarea", max_length=4000)
    part_type: str | None = field(None, label=N_("Part type"), options="part_types")


class Assign(Form):
    """Who leads the investigation."""

    owner: str = field(label=N_("Owner"), options="users")


class LinkFailure(Form):
    """A failure of this problem."""

    failure: str = field(label=N_("Number of the failure report"), max_length=200)


class UnlinkFailure(Form):
    """A failure that is not this problem's; the reason is kept."""

    failure: str = field(label=N_("Number of the failure report"), max_length=200)


class Analyse(Form):
    """Mode, mechanism and cause, as three codes."""

    mode: str = field(
        label=N_("Failure mode"), options="codes:mode", help=N_("How it shows: leaks, sticks, no output.")
    )
    mechanism: str = field(
        label=N_("Failure mechanism"),
        options="codes:mechanism",
        help=N_("What happens in the part: wear, fatigue, corrosion."),
    )
    cause: str = field(
        label=N_("Failure cause"), options="codes:cause", help=N_("Why it could come to that.")
    )
    cause_class: CauseClass = field(label=N_("Primary, or caused by another failure?"))
    method: str = field(label=N_("Method"), help=N_("5-why, fault tree, tear-down ..."), max_length=4000)
    evidence: str = field(label=N_("Evidence"), widget="textarea", min_length=1, max_length=4000)


class Decide(Form):
    """What the failure review board decided."""

    members: str = field(label=N_("Members of the board"), widget="textarea", min_length=1, max_length=4000)
    decision: str = field(label=N_("Decision"), widget="textarea", min_length=1, max_length=4000)
    dissent: str | None = field(None, label=N_("Dissent"), widget="textarea", max_length=4000)
    residual_risk: str = field(label=N_("Residual risk"), widget="textarea", min_length=1, max_length=4000)


class Spread(Form):
    """The eight places where a like item may sit."""

    affected: dict[str, Literal["yes", "no"]] = field(label=N_("Is it affected?"), widget="answers")
    notes: dict[str, str] = field(
        label=N_("What was reviewed, or why it does not apply; documents changed"), widget="answers"
    )


class Close(Form):
    """Nothing to fill in: every action is verified."""


class CloseUnverified(Form):
    """Without the proof; the reason is kept and shown."""


class SendBack(Form):
    """Back one stage; the reason is kept."""


class Reopen(Form):
    """Open again; the reason is kept."""


VERBS: dict[str, type[Form]] = {
    "analyse": Analyse,
    "decide": Decide,
    "spread": Spread,
    "close": Close,
    "link_failure": LinkFailure,
    "unlink_failure": UnlinkFailure,
    "assign": Assign,
    "edit": Edit,
    "send_back": SendBack,
    "close_unverified": CloseUnverified,
    "reopen": Reopen,
}
"""The verbs of one problem, in the order of its menu."""
