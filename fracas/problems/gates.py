"""Why a problem may not be closed yet, and why its failures may not; ``loop`` adds what the actions know."""

from __future__ import annotations

from sqlalchemy.orm import Session

from fracas.core.errors import Refused
from fracas.core.permissions import Actor
from fracas.core.words import Listed
from fracas.failures.models import Failure
from fracas.problems import queries
from fracas.problems.models import Place, Problem
from fracas.problems.states import ENDED


def owner_refusal(session: Session, problem: Problem, actor: Actor) -> Refused | None:
    """The approver never decides on or closes what they own."""
    if problem.owner_id is None or problem.owner_id != actor.user_id:
        return None
    return Refused("You own %(number)s; another approver must do this.", number=problem.number)


def unanalysed_refusal(session: Session, problem: Problem, actor: Actor) -> Refused | None:
    if queries.current_analysis(session, problem.id) is not None:
        return None
    return Refused("Mode, mechanism and cause of %(number)s are not analysed.", number=problem.number)


def undecided_refusal(session: Session, problem: Problem, actor: Actor) -> Refused | None:
    if queries.current_decision(session, problem.id) is not None:
        return None
    return Refused("The failure review board has not decided on %(number)s.", number=problem.number)


def unreviewed_refusal(session: Session, problem: Problem, actor: Actor) -> Refused | None:
    """All eight places where a like item may sit have been looked at."""
    seen = {review.place for review in queries.current_reviews(session, problem.id)}
    missing = Listed(place for place in Place if place not in seen)
    if not missing:
        return None
    return Refused("Like items are not reviewed in: %(places)s.", places=missing)


def open_refusal(session: Session, failure: Failure, actor: Actor) -> Refused | None:
    """A failure is closed through its problem, so the problem comes first."""
    problem = queries.problem_of(session, failure.id)
    if problem is None:
        return Refused(
            "%(number)s belongs to no problem. Link it to one, or close it without further action.",
            number=failure.number,
        )
    if problem.state not in ENDED:
        return Refused(
            "Its problem %(number)s is still open (%(state)s).",
            number=problem.number,
            state=problem.state,
        )
    return None
