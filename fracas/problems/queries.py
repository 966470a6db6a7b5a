"""Problems: found one by one, listed, waiting for somebody; and which failures belong to which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from fracas.catalog.models import CodeKind
from fracas.catalog.queries import failure_code
from fracas.catalog.queries import part_type as find_part_type
from fracas.core.errors import NotFound
from fracas.core.facts import holding
from fracas.core.lookup import find, given, member, wanted
from fracas.core.permissions import Actor, visible
from fracas.failures.models import Failure
from fracas.failures.states import FailureState
from fracas.problems.models import Analysis, BoardDecision, LikeItemReview, Problem, ProblemFailure
from fracas.problems.states import ACTIVE, ENDED, NEXT_STEP, ProblemState
from fracas.users.queries import user as find_user


def _of_their_failures(actor: Actor) -> ColumnElement[bool]:
    """Who sees only some sites or one customer knows a problem by a failure of theirs that is in it."""
    if actor.site_ids is None and actor.customer_id is None:
        return true()
    theirs = (
        select(ProblemFailure.id)
        .join(Failure, Failure.id == ProblemFailure.failure_id)
        .where(
            ProblemFailure.problem_id == Problem.id,
            ProblemFailure.retracted_at.is_(None),
            visible(actor, Failure),
        )
    )
    return theirs.correlate(Problem).exists()


def problem(session: Session, actor: Actor, key: Any) -> Problem:
    """One problem by its number or id."""
    missing = NotFound(
        "There is no problem “%(number)s”. Check the number.", number=str(getattr(key, "number", key))
    )
    return find(session, actor, Problem, key, Problem.number, missing, _of_their_failures(actor))


def detail(session: Session, actor: Actor, key: Any) -> Problem:
    """One problem with what was found and decided about it."""
    found = problem(session, actor, key)
    rows = select(Problem).where(Problem.id == found.id).execution_options(populate_existing=True)
    for name in ("analyses", "decisions", "reviews"):
        rows = rows.options(selectinload(getattr(Problem, name)))
    return session.scalars(rows).unique().one()


def with_facts(rows: Select[Problem]) -> Select[Problem]:
    """The same problems, each with what was found and decided about it."""
    return rows.options(*(selectinload(c) for c in (Problem.analyses, Problem.decisions, Problem.reviews)))


def by_external_id(session: Session, actor: Actor, external_id: str) -> Problem | None:
    own = (Problem.organisation_id == actor.organisation_id, Problem.external_id == external_id)
    return session.scalars(select(Problem).where(*own)).first()


def current_analysis(session: Session, problem_id: UUID) -> Analysis | None:
    return holding(session, Analysis, Analysis.problem_id == problem_id)


def current_decision(session: Session, problem_id: UUID) -> BoardDecision | None:
    return holding(session, BoardDecision, BoardDecision.problem_id == problem_id)


def current_reviews(session: Session, problem_id: UUID) -> Sequence[LikeItemReview]:
    rows = select(LikeItemReview).where(
        LikeItemReview.problem_id == problem_id, LikeItemReview.retracted_at.is_(None)
    )
    return session.scalars(rows).all()


# ------------------------------------------------------------------ failures and problems


def link_of(session: Session, failure_id: UUID) -> ProblemFailure | None:
    """The link that holds: a failure belongs to one problem at a time."""
    return holding(session, ProblemFailure, ProblemFailure.failure_id == failure_id)


def problem_of(session: Session, failure_id: UUID) -> Problem | None:
    link = link_of(session, failure_id)
    return link.problem if link else None


def problems_of(session: Session, actor: Actor, failure_ids: Iterable[UUID]) -> dict[UUID, Problem]:
    """failure id -> its problem, for a list of failures."""
    rows = (
        select(ProblemFailure)
        .where(visible(actor, ProblemFailure), ProblemFailure.retracted_at.is_(None))
        .where(ProblemFailure.failure_id.in_(list(failure_ids)))
    )
    return {link.failure_id: link.problem for link in session.scalars(rows).unique()}


def failures_of(actor: Actor, problem: Problem) -> Select[Failure]:
    """The failures of a problem that the actor may see."""
    return (
        select(Failure)
        .join(ProblemFailure, ProblemFailure.failure_id == Failure.id)
        .where(
            ProblemFailure.problem_id == problem.id,
            ProblemFailure.retracted_at.is_(None),
            visible(actor, Failure),
        )
        .order_by(Failure.occurred_at.desc(), Failure.id.desc())
    )


def closable_failures(actor: Actor) -> Select[Failure]:
    """Contained failures whose problem has ended: all that is left is to close them."""
    return (
        select(Failure)
        .join(ProblemFailure, ProblemFailure.failure_id == Failure.id)
        .join(Problem, Problem.id == ProblemFailure.problem_id)
        .where(visible(actor, Failure), Failure.state == FailureState.CONTAINED)
        .where(ProblemFailure.retracted_at.is_(None), Problem.state.in_(ENDED))
        .order_by(Failure.state_since, Failure.id)
    )


def analysed_mode() -> Any:
    """SQL: the id of the mode that the analysis of the failure's problem found; it overrides the observed one."""
    rows = (
        select(Analysis.mode_id)
        .join(ProblemFailure, ProblemFailure.problem_id == Analysis.problem_id)
        .where(ProblemFailure.failure_id == Failure.id, ProblemFailure.retracted_at.is_(None))
        .where(Analysis.retracted_at.is_(None))
    )
    return rows.order_by(Analysis.entered_at.desc()).limit(1).correlate(Failure).scalar_subquery()


def unlinked_failures(actor: Actor) -> Select[Failure]:
    """Contained failures that belong to no problem yet: somebody must open or name one."""
    linked = select(ProblemFailure.id).where(
        ProblemFailure.failure_id == Failure.id, ProblemFailure.retracted_at.is_(None)
    )
    rows = select(Failure).where(visible(actor, Failure), Failure.state == FailureState.CONTAINED)
    return rows.where(~linked.correlate(Failure).exists()).order_by(Failure.state_since, Failure.id)


# ------------------------------------------------------------------ lists


def _mode_now() -> Any:
    rows = select(Analysis.mode_id).where(Analysis.problem_id == Problem.id, Analysis.retracted_at.is_(None))
    return rows.order_by(Analysis.entered_at.desc()).limit(1).correlate(Problem).scalar_subquery()


def problems(
    session: Session,
    actor: Actor,
    *,
    state: str | None = None,
    part_type: Any = None,
    mode: Any = None,
    owner: Any = None,
    is_mine: bool | None = None,
    text: str | None = None,
) -> Select[Problem]:
    """The problems that the actor may see, narrowed. ``state`` may be ``open`` (not ended) or ``not_analysed``.

    The same select serves page, API and export.
    """
    rows = select(Problem).where(visible(actor, Problem), _of_their_failures(actor))
    if state == "open":
        rows = rows.where(Problem.state.in_(ACTIVE))
    elif state == "not_analysed":
        rows = rows.where(Problem.state == ProblemState.OPEN)
    elif state:
        rows = rows.where(Problem.state == member("state", ProblemState, state))
    if found := given("part_type", find_part_type, session, actor, part_type):
        rows = rows.where(Problem.part_type_id == found.id)
    if mode:
        code = wanted("mode", failure_code, session, actor, CodeKind.MODE, mode)
        rows = rows.where(_mode_now() == code.id)
    if person := given("owner", find_user, session, actor, owner):
        rows = rows.where(Problem.owner_id == person.id)
    if is_mine:
        rows = rows.where(Problem.owner_id == actor.user_id)
    if text:
        columns = (Problem.number, Problem.title, Problem.description, Problem.external_id)
        rows = rows.where(or_(*(column.icontains(text.strip(), autoescape=True) for column in columns)))
    return rows


def failure_counts(session: Session, problem_ids: Iterable[UUID]) -> dict[UUID, int]:
    """problem id -> how many failures it has now."""
    rows = (
        select(ProblemFailure.problem_id, func.count())
        .where(ProblemFailure.problem_id.in_(list(problem_ids)), ProblemFailure.retracted_at.is_(None))
        .group_by(ProblemFailure.problem_id)
    )
    return {row[0]: row[1] for row in session.execute(rows)}


def failure_numbers(session: Session, actor: Actor, problem_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """problem id -> the numbers of its failures that the actor may see, the latest failure first."""
    rows = (
        select(ProblemFailure.problem_id, Failure.number)
        .join(Failure, Failure.id == ProblemFailure.failure_id)
        .where(ProblemFailure.problem_id.in_(list(problem_ids)), ProblemFailure.retracted_at.is_(None))
        .where(visible(actor, Failure))
        .order_by(Failure.occurred_at.desc(), Failure.id.desc())
    )
    found: dict[UUID, list[str]] = {}
    for problem_id, number in session.execute(rows):
        found.setdefault(problem_id, []).append(number)
    return found


# ------------------------------------------------------------------ who has to do what


def waiting(actor: Actor, verb: str) -> Select[Problem]:
    """The problems whose next step is ``verb``, the longest waiting first, for an actor who may do it.

    Deciding and closing are for somebody else than the owner, so the owner is not asked.
    """
    before = [state for state, step in NEXT_STEP.items() if step == verb]
    rows = select(Problem).where(
        visible(actor, Problem), _of_their_failures(actor), Problem.state.in_(before)
    )
    if verb in ("decide", "close") and actor.user_id is not None:
        rows = rows.where(or_(Problem.owner_id.is_(None), Problem.owner_id != actor.user_id))
    return rows.order_by(Problem.state_since, Problem.id)


def next_steps(actor: Actor) -> list[str]:
    """The verbs that carry a problem on and that this actor may do."""
    return [verb for verb in NEXT_STEP.values() if actor.may(f"problem.{verb}")]


def open_by_stage(session: Session, actor: Actor) -> Sequence[tuple[ProblemState, int, datetime]]:
    """(stage, how many problems are in it, since when the oldest of them waits)."""
    rows = select(Problem.state, func.count(), func.min(Problem.state_since))
    rows = rows.where(visible(actor, Problem), _of_their_failures(actor), Problem.state.in_(ACTIVE))
    return [(state, count, since) for state, count, since in session.execute(rows.group_by(Problem.state))]
