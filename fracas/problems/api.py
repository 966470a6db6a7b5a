"""Problems for programs: list, get, open, every verb, history."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field

from fracas.core.facts import current
from fracas.core.paging import page
from fracas.failures.api import ChangeOut, HistoryOut
from fracas.problems import queries, workflow
from fracas.problems.forms import VERBS, OpenProblem
from fracas.problems.models import Place, Problem
from fracas.problems.states import NEXT_STEP
from fracas.web.api import ListQuery, Output, etag, idempotent, page_of, takes
from fracas.web.guard import actor, needs
from fracas.web.session import db
from fracas.web.verbs import VerbTable, add_api, history_of, key_of

api = APIBlueprint("problems_api", __name__, url_prefix="/problems", tag="problems")


class ProblemQuery(ListQuery):
    """Which problems; everything that is given must hold."""

    state: str | None = Field(
        None, description="a state, `open`: not ended, or `not_analysed`: the first stage"
    )
    part_type: str | None = Field(None, description="number")
    mode: str | None = Field(None, description="code of the analysed mode")
    owner: str | None = Field(None, description="e-mail address")
    mine: bool | None = Field(None, description="only those the caller owns")
    text: str | None = Field(None, description="in number, title, description or external number")

    def select(self) -> Any:
        """The problems that are meant, as far as the caller may see them."""
        facts = self.model_dump(exclude={"cursor", "limit", "mine"})
        return queries.problems(db(), actor(), **facts, is_mine=self.mine)


class AnalysisOut(Output):
    mode: str
    mechanism: str
    cause: str
    cause_class: str
    method: str
    evidence: str
    entered_at: datetime


class DecisionOut(Output):
    members: str
    decision: str
    dissent: str | None
    residual_risk: str
    entered_at: datetime


class ReviewOut(Output):
    place: str
    is_affected: bool
    note: str


class ProblemOut(Output):
    """One problem; ``failures`` are those the caller may see."""

    id: UUID
    number: str
    version: int
    title: str
    description: str | None
    state: str
    state_since: datetime
    part_type: str | None
    owner: str | None
    external_id: str | None
    entered_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    analysis: AnalysisOut | None
    decision: DecisionOut | None
    reviews: list[ReviewOut]
    failures: list[str]


class ProblemPage(Output):
    items: list[ProblemOut]
    next_cursor: str | None


def problem_out(problem: Problem, failures: list[str]) -> ProblemOut:
    """The problem as the API shows it; its facts are loaded beforehand (``queries.with_facts``)."""
    said, decided = current(problem.analyses), current(problem.decisions)
    own: dict[str, Any] = {
        "part_type": problem.part_type.number if problem.part_type else None,
        "owner": problem.owner.email if problem.owner else None,
        "analysis": said and _analysis(said),
        "decision": decided and DecisionOut.model_validate(decided),
        "reviews": [ReviewOut.model_validate(seen) for seen in problem.reviews if seen.retracted_at is None],
        "failures": failures,
    }
    return ProblemOut(
        **{name: getattr(problem, name) for name in ProblemOut.model_fields if name not in own}, **own
    )


def _analysis(said: Any) -> AnalysisOut:
    codes = {"mode": said.mode.code, "mechanism": said.mechanism.code, "cause": said.cause.code}
    plain = {name: getattr(said, name) for name in AnalysisOut.model_fields if name not in codes}
    return AnalysisOut(**codes, **plain)


def present(problem: Problem) -> ProblemOut:
    """One problem, read anew with everything that was found about it."""
    fresh = queries.detail(db(), actor(), problem.id)
    return problem_out(fresh, queries.failure_numbers(db(), actor(), [fresh.id]).get(fresh.id, []))


def prefill(verb: str, problem: Problem) -> dict[str, Any]:
    """What the form of a verb shows at first: what holds now."""
    if verb == "edit":
        number = problem.part_type.number if problem.part_type else None
        return {"title": problem.title, "description": problem.description, "part_type": number}
    if verb == "assign":
        return {"owner": problem.owner.email if problem.owner else None}
    if verb == "analyse":
        said = queries.current_analysis(db(), problem.id)
        return _analysis(said).model_dump(exclude={"entered_at"}) if said else {}
    if verb == "spread":
        seen = queries.current_reviews(db(), problem.id)
        affected = {review.place.value: "yes" if review.is_affected else "no" for review in seen}
        return {"affected": affected, "notes": {review.place.value: review.note for review in seen}}
    return {}


TABLE = VerbTable(
    kind="problem",
    machine=workflow.problem_machine,
    find=queries.problem,
    workflow=workflow,
    forms=VERBS,
    endpoint="problems.detail",
    present=present,
    prefill=prefill,
    next_step=NEXT_STEP,
    context={"places": list(Place)},
)


@api.get("/")
@needs("problem.read")
@api.output(ProblemPage)
@takes(api, ProblemQuery, "query", "query")
def index(query: ProblemQuery) -> Any:
    """Problems, the latest first."""
    rows = queries.with_facts(query.select())
    found = page(db(), rows, Problem.entered_at, key=Problem.id, cursor=query.cursor, limit=query.limit)
    failures = queries.failure_numbers(db(), actor(), [row.id for row in found.rows])
    return page_of(found, lambda row: problem_out(row, failures.get(row.id, [])))


@api.post("/")
@api.output(ProblemOut, status_code=201)
@takes(api, OpenProblem)
@idempotent
def create(form: OpenProblem) -> Any:
    """Open a problem. The same Idempotency-Key opens it once."""
    made = workflow.open_problem(db(), actor(), **form.facts())
    return present(made), 201, {"Location": url_for("problems_api.get", key=made.number), "ETag": etag(made)}


@api.get("/<key>")
@needs("problem.read")
@api.output(ProblemOut)
def get(key: str) -> Any:
    """One problem, by number or id."""
    found = queries.problem(db(), actor(), key_of(key))
    return present(found), 200, {"ETag": etag(found)}


@api.get("/<key>/history")
@needs("problem.read")
@api.output(HistoryOut)
def history(key: str) -> Any:
    """Who changed what, when and why, the latest first."""
    found = queries.problem(db(), actor(), key_of(key))
    return {"items": [ChangeOut.model_validate(entry) for entry in history_of("problem", found.id)]}


add_api(api, TABLE, ProblemOut)
