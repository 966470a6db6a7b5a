"""Why an action may not go on yet, and why its problem may not be closed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from fracas.actions import queries
from fracas.actions.models import Action, VerdictAnswer
from fracas.actions.states import ActionState
from fracas.core.errors import Refused
from fracas.core.permissions import Actor
from fracas.problems.models import Problem
from fracas.problems.states import ProblemState


def unplanned_refusal(session: Session, action: Action, actor: Actor) -> Refused | None:
    """Nobody starts what has no owner and no due date."""
    if action.owner_id is None:
        return Refused("%(number)s has no owner; name one first.", number=action.number)
    if action.due_on is None:
        return Refused("%(number)s has no due date; set one first.", number=action.number)
    return None


def no_effectivity_refusal(session: Session, action: Action, actor: Actor) -> Refused | None:
    """Before and after can be told apart only where it is said from which serial, lot or moment on it holds."""
    if action.effective_from_serial or action.effective_from_lot or action.effective_from_at:
        return None
    return Refused("Say from which serial, lot or moment on %(number)s is effective.", number=action.number)


def no_criterion_refusal(session: Session, action: Action, actor: Actor) -> Refused | None:
    """The criterion stands before the work is done: afterwards it could be made to fit."""
    if queries.current_criterion(session, action.id) is not None:
        return None
    return Refused(
        "%(number)s has no criterion; set it before the action is completed.", number=action.number
    )


def owner_refusal(session: Session, action: Action, actor: Actor) -> Refused | None:
    """Nobody judges or approves what they own."""
    if action.owner_id is None or action.owner_id != actor.user_id:
        return None
    return Refused("You own %(number)s; somebody else must judge it.", number=action.number)


def unproved_refusal(session: Session, action: Action, actor: Actor) -> Refused | None:
    """The latest verdict exists, rests on the latest criterion, and says effective."""
    verdict = queries.current_verdict(session, action.id)
    criterion = queries.current_criterion(session, action.id)
    if verdict is None or criterion is None or verdict.criterion_id != criterion.id:
        return Refused("%(number)s has no verdict against its latest criterion.", number=action.number)
    if verdict.answer is not VerdictAnswer.EFFECTIVE:
        return Refused(
            "The latest verdict on %(number)s is “%(answer)s”.",
            number=action.number,
            answer=verdict.answer,
        )
    return None


def closed_problem_refusal(session: Session, action: Action, actor: Actor) -> Refused | None:
    """A closed problem claims that every action is verified: it is reopened before one of them is."""
    problem = action.problem
    if problem is None or problem.state is not ProblemState.CLOSED:
        return None
    return Refused(
        "%(problem)s is closed on the strength of this action; reopen it first.", problem=problem.number
    )


def unverified_refusal(session: Session, problem: Problem, actor: Actor) -> Refused | None:
    """A problem is closed when at least one action was taken and none is left unverified (cancelled ones aside)."""
    taken = [one for one in queries.of_problem(session, problem.id) if one.state is not ActionState.CANCELLED]
    if not taken:
        return Refused("%(number)s has no action; plan one first.", number=problem.number)
    left = [one.number for one in taken if one.state is not ActionState.VERIFIED]
    if left:
        return Refused("Not verified yet: %(actions)s.", actions=", ".join(left))
    return None
