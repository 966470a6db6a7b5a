"""Actions: found one by one, listed, overdue, waiting for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from fracas.actions.models import Action, ActionType, Criterion, Verdict, VerdictAnswer
from fracas.actions.states import NEXT_STEP, OPEN, ActionState
from fracas.core import clock
from fracas.core.errors import NotFound
from fracas.core.facts import holding
from fracas.core.lookup import find, given, member, wanted
from fracas.core.permissions import Actor, visible
from fracas.failures.models import Failure
from fracas.failures.queries import failure as find_failure
from fracas.problems.models import ProblemFailure
from fracas.problems.queries import problem as find_problem
from fracas.users.queries import user as find_user


def _theirs(actor: Actor) -> ColumnElement[bool]:
    """Who sees only some sites or one customer knows an action by a failure of theirs, or as its owner."""
    if actor.site_ids is None and actor.customer_id is None:
        return true()
    own = select(Failure.id).where(visible(actor, Failure))
    by_problem = select(ProblemFailure.problem_id).where(
        ProblemFailure.retracted_at.is_(None), ProblemFailure.failure_id.in_(own)
    )
    mine = false() if actor.user_id is None else Action.owner_id == actor.user_id
    return or_(Action.failure_id.in_(own), Action.problem_id.in_(by_problem), mine)


def action(session: Session, actor: Actor, key: Any) -> Action:
    """One action by its number or id."""
    missing = NotFound(
        "There is no action “%(number)s”. Check the number.", number=str(getattr(key, "number", key))
    )
    return find(session, actor, Action, key, Action.number, missing, _theirs(actor))


def detail(session: Session, actor: Actor, key: Any) -> Action:
    """One action with its criteria and verdicts."""
    found = action(session, actor, key)
    rows = select(Action).where(Action.id == found.id).execution_options(populate_existing=True)
    rows = rows.options(selectinload(Action.criteria), selectinload(Action.verdicts))
    return session.scalars(rows).unique().one()


def with_facts(rows: Select[Action]) -> Select[Action]:
    """The same actions, each with its criteria and verdicts."""
    return rows.options(selectinload(Action.criteria), selectinload(Action.verdicts))


def by_external_id(session: Session, actor: Actor, external_id: str) -> Action | None:
    own = (Action.organisation_id == actor.organisation_id, Action.external_id == external_id)
    return session.scalars(select(Action).where(*own)).first()


def current_criterion(session: Session, action_id: UUID) -> Criterion | None:
    return holding(session, Criterion, Criterion.action_id == action_id)


def current_verdict(session: Session, action_id: UUID) -> Verdict | None:
    return holding(session, Verdict, Verdict.action_id == action_id)


def of_problem(session: Session, problem_id: UUID) -> Sequence[Action]:
    """Every action of a problem, whoever asks: for the gate, and for those who may see the problem."""
    rows = select(Action).where(Action.problem_id == problem_id).order_by(Action.entered_at, Action.id)
    return session.scalars(rows).unique().all()


def of_failure(session: Session, failure_id: UUID) -> Sequence[Action]:
    """The containment actions straight after a failure."""
    rows = select(Action).where(Action.failure_id == failure_id).order_by(Action.entered_at, Action.id)
    return session.scalars(rows).unique().all()


# ------------------------------------------------------------------ lists


def is_overdue(today: date) -> ColumnElement[bool]:
    """SQL: open, and due before today. A completed action waits for its verdict, not for its owner."""
    return Action.state.in_([ActionState.PLANNED, ActionState.IN_PROGRESS]) & (Action.due_on < today)


def actions(
    session: Session,
    actor: Actor,
    *,
    state: str | None = None,
    action_type: str | None = None,
    problem: Any = None,
    failure: Any = None,
    owner: Any = None,
    is_mine: bool | None = None,
    text: str | None = None,
) -> Select[Action]:
    """The actions that the actor may see, narrowed; ``state`` may be ``open`` (not ended) or ``overdue``.

    The same select serves page, API and export.
    """
    rows = select(Action).where(visible(actor, Action), _theirs(actor))
    if state == "open":
        rows = rows.where(Action.state.in_(OPEN))
    elif state == "overdue":
        rows = rows.where(is_overdue(clock.now().date()))
    elif state:
        rows = rows.where(Action.state == member("state", ActionState, state))
    if action_type:
        rows = rows.where(Action.action_type == member("action_type", ActionType, action_type))
    if problem:
        rows = rows.where(Action.problem_id == wanted("problem", find_problem, session, actor, problem).id)
    if failure:
        rows = rows.where(Action.failure_id == wanted("failure", find_failure, session, actor, failure).id)
    if person := given("owner", find_user, session, actor, owner):
        rows = rows.where(Action.owner_id == person.id)
    if is_mine:
        rows = rows.where(Action.owner_id == actor.user_id)
    if text:
        columns = (Action.number, Action.title, Action.description, Action.external_id)
        rows = rows.where(or_(*(column.icontains(text.strip(), autoescape=True) for column in columns)))
    return rows


# ------------------------------------------------------------------ who has to do what


def _verdict_now() -> Any:
    rows = select(Verdict.answer).where(Verdict.action_id == Action.id, Verdict.retracted_at.is_(None))
    return rows.order_by(Verdict.entered_at.desc()).limit(1).correlate(Action).scalar_subquery()


def waiting(actor: Actor, verb: str) -> Select[Action]:
    """The actions that wait for ``verb``, the longest first, for an actor who may do it.

    ``give_verdict``: completed, without a final answer, and not the actor's own. ``verify``: judged effective, and not the
    actor's own. ``start`` and ``complete`` are the owner's: only those the actor owns, or that nobody does.
    """
    rows = select(Action).where(visible(actor, Action), _theirs(actor))
    others = or_(Action.owner_id.is_(None), Action.owner_id != actor.user_id) if actor.user_id else true()
    own = or_(Action.owner_id.is_(None), Action.owner_id == actor.user_id) if actor.user_id else true()
    if verb == "give_verdict":
        answer = func.coalesce(_verdict_now(), VerdictAnswer.TOO_EARLY)
        rows = rows.where(Action.state == ActionState.COMPLETED, answer == VerdictAnswer.TOO_EARLY, others)
    elif verb == "verify":
        judged = _verdict_now() == VerdictAnswer.EFFECTIVE
        rows = rows.where(Action.state == ActionState.COMPLETED, judged, others)
    else:
        before = [state for state, step in NEXT_STEP.items() if step == verb]
        rows = rows.where(Action.state.in_(before), own)
    return rows.order_by(Action.state_since, Action.id)


def next_steps(actor: Actor) -> list[str]:
    """The verbs that carry an action on and that this actor may do."""
    return [verb for verb in ("start", "complete", "give_verdict", "verify") if actor.may(f"action.{verb}")]


def open_by_stage(session: Session, actor: Actor) -> Sequence[tuple[ActionState, int, datetime]]:
    """(stage, how many actions are in it, since when the oldest of them waits)."""
    rows = select(Action.state, func.count(), func.min(Action.state_since))
    rows = rows.where(visible(actor, Action), _theirs(actor), Action.state.in_(OPEN)).group_by(Action.state)
    return [(state, count, since) for state, count, since in session.execute(rows)]
