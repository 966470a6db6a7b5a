"""The verbs of an action: plan, set the criterion, do, judge, verify; facts first, then the move."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy.orm import Session

from fracas.actions import gates, queries
from fracas.actions.models import Action, ActionType, Criterion, Verdict, VerdictAnswer
from fracas.actions.states import MOVES, REASONS, ActionState
from fracas.catalog.models import CALENDAR
from fracas.catalog.queries import metric as find_metric
from fracas.core import clock, facts
from fracas.core.errors import Invalid, Refused
from fracas.core.lookup import given, member
from fracas.core.moments import happened
from fracas.core.numbering import next_number
from fracas.core.permissions import Actor
from fracas.core.statemachine import Machine
from fracas.core.verbs import verb
from fracas.failures.queries import failure as find_failure
from fracas.problems.queries import problem as find_problem
from fracas.problems.states import ENDED as PROBLEM_ENDED
from fracas.problems.states import ProblemState
from fracas.users.models import User
from fracas.users.queries import user as find_user

action_machine = Machine("action", MOVES, reasons=REASONS)
action_machine.gate("start", gates.unplanned_refusal)
action_machine.gate("complete", gates.no_criterion_refusal)
action_machine.gate("complete", gates.no_effectivity_refusal)
action_machine.gate("give_verdict", gates.owner_refusal)
action_machine.gate("verify", gates.owner_refusal)
action_machine.gate("verify", gates.unproved_refusal)
action_machine.gate("reopen", gates.closed_problem_refusal)


class Effectivity(TypedDict, total=False):
    """From which serial, lot or moment on an action holds. ``None`` takes a statement back."""

    effective_from_serial: str | None
    effective_from_lot: str | None
    effective_from_at: datetime | None


class ActionWords(Effectivity, total=False):
    """What can be said of an action besides its type and title. ``None`` takes a statement back."""

    description: str | None
    owner: Any
    due_on: date | None


@verb("action.plan_action")
def plan_action(
    session: Session,
    actor: Actor,
    *,
    action_type: ActionType | str,
    title: str,
    problem: Any = None,
    failure: Any = None,
    external_id: str | None = None,
    **words: Unpack[ActionWords],
) -> Action:
    """Plan an action against a problem, or containment straight after a failure."""
    if external_id and (before := queries.by_external_id(session, actor, external_id)):
        raise Invalid(
            "“%(external_id)s” is already here, as %(number)s.",
            field="external_id",
            external_id=external_id,
            number=before.number,
        )
    kind = member("action_type", ActionType, action_type)
    about = given("problem", find_problem, session, actor, problem)
    after = given("failure", find_failure, session, actor, failure)
    if about is None and (after is None or kind is not ActionType.CONTAINMENT):
        raise Invalid(
            "Name the problem that it is about; only containment can follow straight from a failure.",
            field="problem",
        )
    # An import brings the actions of a problem that was closed elsewhere after it; its closing claims nothing of ours.
    is_history = (
        external_id is not None and about is not None and about.state is ProblemState.CLOSED_ELSEWHERE
    )
    if about is not None and about.state in PROBLEM_ENDED and not is_history:
        raise Refused("%(problem)s is closed; reopen it before planning an action.", problem=about.number)
    made = Action(
        organisation_id=actor.organisation_id,
        number=next_number(session, actor.organisation_id, "CA"),
        action_type=kind,
        title=_title(title),
        problem=about,
        failure=after,
        external_id=external_id,
    )
    _put(session, actor, made, words)
    session.add(made)
    session.flush()
    return made


@verb("action.edit", action_machine)
def edit(
    session: Session,
    actor: Actor,
    action: Action,
    *,
    title: str | None = None,
    action_type: ActionType | str | None = None,
    **words: Unpack[ActionWords],
) -> Action:
    """Change the plan while it is not completed; what is left out stays as it is."""
    if title is not None:
        action.title = _title(title)
    if action_type is not None:
        kind = member("action_type", ActionType, action_type)
        if action.problem_id is None and kind is not ActionType.CONTAINMENT:
            raise Invalid("Only containment can follow straight from a failure.", field="action_type")
        action.action_type = kind
    _put(session, actor, action, words)
    return action


def _put(session: Session, actor: Actor, action: Action, words: Mapping[str, Any]) -> None:
    for name in ("effective_from_serial", "effective_from_lot", "description"):
        if name in words:
            text = str(words[name] or "").strip()
            if name != "description" and len(text) > 200:
                raise Invalid("At most %(most)s characters.", field=name, most=200)
            setattr(action, name, text or None)
    if "owner" in words:
        action.owner = _owner(session, actor, words["owner"])
    if "due_on" in words:
        action.due_on = words["due_on"]
    if "effective_from_at" in words:
        action.effective_from_at = _planned(words["effective_from_at"])


def _planned(moment: datetime | None) -> datetime | None:
    """A moment that may lie ahead, with its zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise Invalid("Give the offset from UTC, such as 2026-05-31T14:30+08:00.", field="effective_from_at")
    return moment.astimezone(UTC)


def _owner(session: Session, actor: Actor, key: Any) -> User | None:
    """An active person of the organisation; customers own no actions."""
    found = given("owner", find_user, session, actor, key)
    if found is not None and (not found.is_active or found.customer_id is not None):
        raise Invalid(
            "%(name)s cannot be given work: the account is not active staff.", field="owner", name=found.name
        )
    return found


def _title(text: str) -> str:
    found = text.strip()
    if not found:
        raise Invalid("An action needs a title.", field="title")
    if len(found) > 200:
        raise Invalid("A title has 200 characters at most; put the rest into the description.", field="title")
    return found


# ------------------------------------------------------------------ the work


@verb("action.set_criterion", action_machine)
def set_criterion(
    session: Session,
    actor: Actor,
    action: Action,
    *,
    statement: str,
    largest_rate_ratio: float | None = None,
    least_exposure_after: float | None = None,
    metric: Any = None,
) -> Action:
    """Say what will count as success, before the work is done. A later criterion supersedes it; both are kept.

    Parameters
    ----------
    statement : in words.
    largest_rate_ratio : failure rate after over before, at most.
    least_exposure_after : exposure to wait for, in the unit of ``metric``.
    metric : code of a usage metric; left out: calendar days.
    """
    if not statement.strip():
        raise Invalid("Say what will count as success.", field="statement")
    chosen = None if metric in (None, "", CALENDAR) else given("metric", find_metric, session, actor, metric)
    made = Criterion(
        action_id=action.id,
        statement=statement.strip(),
        largest_rate_ratio=_positive("largest_rate_ratio", largest_rate_ratio),
        least_exposure_after=_positive("least_exposure_after", least_exposure_after),
        metric_id=chosen.id if chosen else None,
    )
    facts.supersede(session, actor, made, Criterion.action_id == action.id)
    return action


@verb("action.start", action_machine)
def start(session: Session, actor: Actor, action: Action) -> Action:
    """Start the work: it has an owner and a due date."""
    return action


@verb("action.complete", action_machine)
def complete(
    session: Session,
    actor: Actor,
    action: Action,
    *,
    evidence: str,
    completed_at: datetime | None = None,
    **effectivity: Unpack[Effectivity],
) -> Action:
    """Say that it is done, with evidence, and from which serial, lot or moment on it holds."""
    if not evidence.strip():
        raise Invalid("Give the evidence: document, drawing or photo number.", field="evidence")
    _put(session, actor, action, effectivity)
    action.evidence, action.completed_at = evidence.strip(), happened(completed_at, "completed_at")
    return action


# ------------------------------------------------------------------ the proof


@verb("action.give_verdict", action_machine)
def give_verdict(
    session: Session,
    actor: Actor,
    action: Action,
    *,
    answer: VerdictAnswer | str,
    failures_before: int,
    exposure_before: float,
    failures_after: int,
    exposure_after: float,
    note: str | None = None,
) -> Action:
    """Answer against the criterion, with the counts and exposure that the answer rests on. Never by the owner.

    "Effective" is refused where the numbers miss the criterion that was set; what they show beyond it is the engineer's
    judgement.
    """
    criterion = queries.current_criterion(session, action.id)
    if criterion is None:
        raise Refused(
            "%(number)s has no criterion; set it before the action is completed.", number=action.number
        )
    made = Verdict(
        action_id=action.id,
        criterion_id=criterion.id,
        answer=member("answer", VerdictAnswer, answer),
        failures_before=_count("failures_before", failures_before),
        exposure_before=_not_negative("exposure_before", exposure_before),
        failures_after=_count("failures_after", failures_after),
        exposure_after=_not_negative("exposure_after", exposure_after),
        note=(note or "").strip() or None,
        given_by_name=actor.name,
    )
    if made.answer is VerdictAnswer.EFFECTIVE:
        _require_met(criterion, made)
    facts.supersede(session, actor, made, Verdict.action_id == action.id)
    return action


def _require_met(criterion: Criterion, verdict: Verdict) -> None:
    least = criterion.least_exposure_after
    if least is not None and verdict.exposure_after < least:
        raise Invalid(
            "The criterion waits for %(least)s after the change and there are %(there)s: it is too early.",
            field="answer",
            least=f"{least:g}",
            there=f"{verdict.exposure_after:g}",
        )
    largest = criterion.largest_rate_ratio
    if largest is None:
        return
    before, after = verdict.failures_before, verdict.failures_after
    if before == 0 or verdict.exposure_before == 0 or verdict.exposure_after == 0:
        raise Invalid(
            "The criterion compares two rates; that needs a failure before, and exposure before and after.",
            field="answer",
        )
    ratio = (after / verdict.exposure_after) / (before / verdict.exposure_before)
    if ratio > largest:
        raise Invalid(
            "The failure rate after is %(ratio)s times the one before; the criterion allows %(largest)s.",
            field="answer",
            ratio=f"{ratio:.3g}",
            largest=f"{largest:g}",
        )


@verb("action.verify", action_machine)
def verify(session: Session, actor: Actor, action: Action) -> Action:
    """Approve an action whose latest verdict is "effective". Never by its owner."""
    action.verified_at = clock.now()
    return action


# ------------------------------------------------------------------ back, and away


@verb("action.send_back", action_machine)
def send_back(session: Session, actor: Actor, action: Action) -> Action:
    """Send an action back one stage; a verdict on work that is done again holds no longer."""
    if action.state is ActionState.COMPLETED:
        _undo(session, action)
    return action


@verb("action.cancel", action_machine)
def cancel(session: Session, actor: Actor, action: Action) -> Action:
    """Give an action up, with a reason. It neither proves nor delays its problem from then on."""
    return action


@verb("action.reopen", action_machine)
def reopen(session: Session, actor: Actor, action: Action) -> Action:
    """Open an ended action again. Where its problem was closed on the strength of it, the problem is reopened first."""
    _undo(session, action)
    return action


def _undo(session: Session, action: Action) -> None:
    action.completed_at = action.verified_at = None
    facts.retract(session, Verdict, Verdict.action_id == action.id)


@verb("action.bring_history", action_machine)
def bring_history(
    session: Session,
    actor: Actor,
    action: Action,
    *,
    completed_at: datetime | None = None,
    evidence: str | None = None,
) -> Action:
    """Mark an imported action as finished where it came from. It was never verified here, and its state says so."""
    if action.external_id is None:
        raise Refused("Only an action that came from another system can be closed elsewhere.")
    action.completed_at = happened(completed_at, "completed_at") if completed_at else None
    action.evidence = (evidence or "").strip() or None
    return action


# ------------------------------------------------------------------ numbers


def _positive(name: str, value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise Invalid("%(value)s cannot be used: give a number above zero.", field=name, value=value)
    return value


def _not_negative(name: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise Invalid("%(value)s cannot be used: give zero or more.", field=name, value=value)
    return float(value)


def _count(name: str, value: int) -> int:
    if int(value) != value or value < 0:
        raise Invalid("%(value)s is no count: give a whole number, zero or more.", field=name, value=value)
    return int(value)
