"""The verbs of a problem: open, analyse, decide, review like items, close; facts first, then the move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.catalog.models import CodeKind, FailureCode
from fracas.catalog.queries import failure_code
from fracas.catalog.queries import part_type as find_part_type
from fracas.core import clock, facts
from fracas.core.errors import Finding, Invalid, Refused
from fracas.core.history import reason_given
from fracas.core.lookup import given, member, wanted
from fracas.core.moments import happened
from fracas.core.numbering import next_number
from fracas.core.permissions import Actor
from fracas.core.statemachine import Machine
from fracas.core.verbs import verb
from fracas.failures.models import Failure
from fracas.failures.queries import failure as find_failure
from fracas.problems import gates, queries
from fracas.problems.models import (
    Analysis,
    BoardDecision,
    CauseClass,
    LikeItemReview,
    Place,
    Problem,
    ProblemFailure,
)
from fracas.problems.states import MOVES, REASONS, ProblemState
from fracas.users.models import User
from fracas.users.queries import user as find_user

problem_machine = Machine("problem", MOVES, reasons=REASONS)
for _verb in ("decide", "close", "close_unverified"):
    problem_machine.gate(_verb, gates.owner_refusal)
for _gate in (gates.unanalysed_refusal, gates.undecided_refusal, gates.unreviewed_refusal):
    problem_machine.gate("close", _gate)


class ProblemWords(TypedDict, total=False):
    """What can be said of a problem besides its title. ``None`` takes a statement back."""

    description: str | None
    part_type: Any


@verb("problem.open_problem")
def open_problem(
    session: Session,
    actor: Actor,
    *,
    title: str,
    description: str | None = None,
    part_type: Any = None,
    failures: Sequence[Any] = (),
    owner: Any = None,
    external_id: str | None = None,
) -> Problem:
    """Open a problem: one cause suspected behind the ``failures`` (numbers) that are linked to it."""
    if external_id and (before := queries.by_external_id(session, actor, external_id)):
        raise Invalid(
            "“%(external_id)s” is already here, as %(number)s.",
            field="external_id",
            external_id=external_id,
            number=before.number,
        )
    made = Problem(
        organisation_id=actor.organisation_id,
        number=next_number(session, actor.organisation_id, "PR"),
        title=_title(title),
        description=(description or "").strip() or None,
        part_type=given("part_type", find_part_type, session, actor, part_type),
        owner=_owner(session, actor, owner),
        external_id=external_id,
    )
    session.add(made)
    session.flush()
    for key in failures:
        _link(session, actor, made, wanted("failures", find_failure, session, actor, key), field="failures")
    return made


@verb("problem.edit", problem_machine)
def edit(
    session: Session,
    actor: Actor,
    problem: Problem,
    *,
    title: str | None = None,
    **words: Unpack[ProblemWords],
) -> Problem:
    """Reword a problem; what is left out stays as it is."""
    if title is not None:
        problem.title = _title(title)
    if "description" in words:
        problem.description = (words["description"] or "").strip() or None
    if "part_type" in words:
        problem.part_type = given("part_type", find_part_type, session, actor, words["part_type"])
    return problem


@verb("problem.assign", problem_machine)
def assign(session: Session, actor: Actor, problem: Problem, *, owner: Any) -> Problem:
    """Give the problem to the person who leads its investigation."""
    problem.owner = _owner(session, actor, owner)
    return problem


def _owner(session: Session, actor: Actor, key: Any) -> User | None:
    """An active person of the organisation; customers own no problems."""
    found = given("owner", find_user, session, actor, key)
    if found is not None and (not found.is_active or found.customer_id is not None):
        raise Invalid(
            "%(name)s cannot be given work: the account is not active staff.", field="owner", name=found.name
        )
    return found


def _title(text: str) -> str:
    found = text.strip()
    if not found:
        raise Invalid("A problem needs a title.", field="title")
    if len(found) > 200:
        raise Invalid("A title has 200 characters at most; put the rest into the description.", field="title")
    return found


# ------------------------------------------------------------------ failures


@verb("problem.link_failure", problem_machine)
def link_failure(session: Session, actor: Actor, problem: Problem, *, failure: Any) -> Problem:
    """Say that a failure is one of this problem's."""
    _link(session, actor, problem, wanted("failure", find_failure, session, actor, failure), field="failure")
    return problem


def _link(session: Session, actor: Actor, problem: Problem, failure: Failure, *, field: str) -> None:
    # Two people who link one failure at the same moment wait for each other here.
    session.execute(select(Failure.id).where(Failure.id == failure.id).with_for_update())
    before = queries.link_of(session, failure.id)
    if before is not None and before.problem_id == problem.id:
        return
    if before is not None:
        raise Invalid(
            "%(failure)s already belongs to %(problem)s; unlink it there first.",
            field=field,
            failure=failure.number,
            problem=before.problem.number,
        )
    facts.add(session, actor, ProblemFailure(problem_id=problem.id, failure_id=failure.id))


@verb("problem.unlink_failure", problem_machine)
def unlink_failure(session: Session, actor: Actor, problem: Problem, *, failure: Any) -> Problem:
    """Say that a failure is not one of this problem's after all; the reason is kept."""
    found = wanted("failure", find_failure, session, actor, failure)
    own = (ProblemFailure.problem_id == problem.id, ProblemFailure.failure_id == found.id)
    if not facts.retract(session, ProblemFailure, *own):
        raise Invalid(
            "%(failure)s does not belong to %(problem)s.",
            field="failure",
            failure=found.number,
            problem=problem.number,
        )
    return problem


# ------------------------------------------------------------------ the investigation


@verb("problem.analyse", problem_machine)
def analyse(
    session: Session,
    actor: Actor,
    problem: Problem,
    *,
    mode: Any,
    mechanism: Any,
    cause: Any,
    cause_class: CauseClass | str,
    method: str,
    evidence: str,
) -> Problem:
    """Record mode, mechanism and cause as three codes, primary or secondary, with method and evidence."""
    made = Analysis(
        problem_id=problem.id,
        mode_id=_code(session, actor, CodeKind.MODE, mode).id,
        mechanism_id=_code(session, actor, CodeKind.MECHANISM, mechanism).id,
        cause_id=_code(session, actor, CodeKind.CAUSE, cause).id,
        cause_class=member("cause_class", CauseClass, cause_class),
        method=_needed("method", method),
        evidence=_needed("evidence", evidence),
    )
    facts.supersede(session, actor, made, Analysis.problem_id == problem.id)
    return problem


def _code(session: Session, actor: Actor, kind: CodeKind, key: Any) -> FailureCode:
    return wanted(kind.value, failure_code, session, actor, kind, key)


@verb("problem.decide", problem_machine)
def decide(
    session: Session,
    actor: Actor,
    problem: Problem,
    *,
    members: str,
    decision: str,
    residual_risk: str,
    dissent: str | None = None,
) -> Problem:
    """Record what the failure review board decided: its members, the decision, dissent, the risk that remains."""
    made = BoardDecision(
        problem_id=problem.id,
        members=_needed("members", members),
        decision=_needed("decision", decision),
        residual_risk=_needed("residual_risk", residual_risk),
        dissent=(dissent or "").strip() or None,
    )
    facts.supersede(session, actor, made, BoardDecision.problem_id == problem.id)
    return problem


@verb("problem.spread", problem_machine)
def spread(
    session: Session, actor: Actor, problem: Problem, *, affected: Mapping[str, Any], notes: Mapping[str, str]
) -> Problem:
    """Review like items in all eight places: is each affected, and what was looked at or why it does not apply.

    Parameters
    ----------
    affected : place -> yes or no (or a bool).
    notes : place -> what was reviewed, which documents changed, or why the place does not apply.
    """
    answers = {"yes": True, "no": False, "true": True, "false": False}
    said = {place: answers.get(str(affected.get(place.value, "")).lower()) for place in Place}
    told = {place: str(notes.get(place.value) or "").strip() for place in Place}
    findings = [
        Finding("Answer yes or no.", field=f"affected.{place.value}")
        for place in Place
        if said[place] is None
    ]
    findings += [
        Finding("Say what was reviewed.", field=f"notes.{place.value}") for place in Place if not told[place]
    ]
    if findings:
        raise Invalid("All eight places need an answer and a note.", field="affected", findings=findings)
    facts.retract(session, LikeItemReview, LikeItemReview.problem_id == problem.id)
    for place in Place:
        made = LikeItemReview(problem_id=problem.id, place=place, is_affected=said[place], note=told[place])
        facts.add(session, actor, made)
    return problem


# ------------------------------------------------------------------ the end, and back


@verb("problem.close", problem_machine)
def close(session: Session, actor: Actor, problem: Problem) -> Problem:
    """Close a problem: analysed, decided, spread, and every action verified. Never by its owner."""
    problem.closed_at, problem.close_reason = clock.now(), None
    return problem


@verb("problem.close_unverified", problem_machine)
def close_unverified(session: Session, actor: Actor, problem: Problem) -> Problem:
    """Close although the proof is missing: by an approver who is not the owner, counted and shown apart."""
    problem.closed_at, problem.close_reason = clock.now(), reason_given(session)
    return problem


@verb("problem.send_back", problem_machine)
def send_back(session: Session, actor: Actor, problem: Problem) -> Problem:
    """Send a problem back one stage; what that stage had said is withdrawn, and kept in the history."""
    if problem.state is ProblemState.ANALYSED:
        facts.retract(session, Analysis, Analysis.problem_id == problem.id)
    elif problem.state is ProblemState.DECIDED:
        facts.retract(session, BoardDecision, BoardDecision.problem_id == problem.id)
    else:
        facts.retract(session, LikeItemReview, LikeItemReview.problem_id == problem.id)
    return problem


@verb("problem.reopen", problem_machine)
def reopen(session: Session, actor: Actor, problem: Problem) -> Problem:
    """Open an ended problem again, to be analysed anew; what was found holds until it is found anew."""
    problem.closed_at = problem.close_reason = None
    return problem


@verb("problem.bring_history", problem_machine)
def bring_history(
    session: Session,
    actor: Actor,
    problem: Problem,
    *,
    closed_at: datetime | None = None,
    note: str | None = None,
) -> Problem:
    """Mark an imported problem as dealt with where it came from. It was never closed here, and its state says so."""
    if problem.external_id is None:
        raise Refused("Only a problem that came from another system can be closed elsewhere.")
    problem.closed_at = happened(closed_at, "closed_at") if closed_at else None
    problem.close_reason = (note or "").strip() or None
    return problem


def _needed(field: str, text: str | None) -> str:
    found = (text or "").strip()
    if not found:
        raise Invalid("This is needed.", field=field)
    return found
