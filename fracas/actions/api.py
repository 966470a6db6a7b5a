"""Actions for programs: list, get, plan, every verb, history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field

from fracas.actions import queries, workflow
from fracas.actions.forms import VERBS, PlanAction
from fracas.actions.models import Action, VerdictAnswer
from fracas.actions.states import NEXT_STEP, ActionState
from fracas.core.facts import current
from fracas.core.paging import page
from fracas.failures.api import ChangeOut, HistoryOut
from fracas.web.api import ListQuery, Output, etag, idempotent, page_of, takes
from fracas.web.guard import actor, needs
from fracas.web.session import db
from fracas.web.verbs import VerbTable, add_api, history_of, key_of

api = APIBlueprint("actions_api", __name__, url_prefix="/actions", tag="actions")


class ActionQuery(ListQuery):
    """Which actions; everything that is given must hold."""

    state: str | None = Field(None, description="a state, `open`: not ended, or `overdue`")
    action_type: str | None = None
    problem: str | None = Field(None, description="number")
    failure: str | None = Field(None, description="number")
    owner: str | None = Field(None, description="e-mail address")
    mine: bool | None = Field(None, description="only those the caller owns")
    text: str | None = Field(None, description="in number, title, description or external number")

    def select(self) -> Any:
        """The actions that are meant, as far as the caller may see them."""
        facts = self.model_dump(exclude={"cursor", "limit", "mine"})
        return queries.actions(db(), actor(), **facts, is_mine=self.mine)


class CriterionOut(Output):
    statement: str
    largest_rate_ratio: float | None
    least_exposure_after: float | None
    metric: str | None
    entered_at: datetime


class VerdictOut(Output):
    answer: str
    failures_before: int
    exposure_before: float
    failures_after: int
    exposure_after: float
    note: str | None
    given_by_name: str
    entered_at: datetime


class ActionOut(Output):
    """One action with the criterion and the verdict that hold."""

    id: UUID
    number: str
    version: int
    action_type: str
    title: str
    description: str | None
    state: str
    state_since: datetime
    problem: str | None
    failure: str | None
    owner: str | None
    due_on: date | None
    effective_from_serial: str | None
    effective_from_lot: str | None
    effective_from_at: datetime | None
    evidence: str | None
    external_id: str | None
    entered_at: datetime
    completed_at: datetime | None
    verified_at: datetime | None
    criterion: CriterionOut | None
    verdict: VerdictOut | None


class ActionPage(Output):
    items: list[ActionOut]
    next_cursor: str | None


def action_out(action: Action) -> ActionOut:
    """The action as the API shows it; its facts are loaded beforehand (``queries.with_facts``)."""
    criterion, verdict = current(action.criteria), current(action.verdicts)
    own: dict[str, Any] = {
        "problem": action.problem.number if action.problem else None,
        "failure": action.failure.number if action.failure else None,
        "owner": action.owner.email if action.owner else None,
        "criterion": criterion and _criterion(criterion),
        "verdict": verdict and VerdictOut.model_validate(verdict),
    }
    return ActionOut(
        **{name: getattr(action, name) for name in ActionOut.model_fields if name not in own}, **own
    )


def _criterion(criterion: Any) -> CriterionOut:
    code = criterion.metric.code if criterion.metric else None
    plain = {name: getattr(criterion, name) for name in CriterionOut.model_fields if name != "metric"}
    return CriterionOut(**plain, metric=code)


def present(action: Action) -> ActionOut:
    """One action, read anew with its criterion and verdict."""
    return action_out(queries.detail(db(), actor(), action.id))


EFFECTIVITY = ("effective_from_serial", "effective_from_lot", "effective_from_at")


def prefill(verb: str, action: Action) -> dict[str, Any]:
    """What the form of a verb shows at first: what holds now."""
    if verb == "complete":
        return {name: getattr(action, name) for name in EFFECTIVITY}
    if verb == "edit":
        names = ("action_type", "title", "description", "due_on", *EFFECTIVITY)
        return {name: getattr(action, name) for name in names} | {
            "owner": action.owner.email if action.owner else None
        }
    if verb == "set_criterion":
        criterion = queries.current_criterion(db(), action.id)
        return _criterion(criterion).model_dump(exclude={"entered_at"}) if criterion else {}
    return {}


class ActionTable(VerbTable):
    """A completed action is judged before it is verified, and done again where it did not help."""

    def next_verb(self, subject: Any) -> str | None:
        if subject.state is not ActionState.COMPLETED:
            return super().next_verb(subject)
        verdict = queries.current_verdict(db(), subject.id)
        if verdict is None or verdict.answer is VerdictAnswer.TOO_EARLY:
            return "give_verdict"
        return "verify" if verdict.answer is VerdictAnswer.EFFECTIVE else "send_back"


TABLE = ActionTable(
    kind="action",
    machine=workflow.action_machine,
    find=queries.action,
    workflow=workflow,
    forms=VERBS,
    endpoint="actions.detail",
    present=present,
    prefill=prefill,
    next_step=NEXT_STEP,
)


@api.get("/")
@needs("action.read")
@api.output(ActionPage)
@takes(api, ActionQuery, "query", "query")
def index(query: ActionQuery) -> Any:
    """Actions, the latest first."""
    rows = queries.with_facts(query.select())
    found = page(db(), rows, Action.entered_at, key=Action.id, cursor=query.cursor, limit=query.limit)
    return page_of(found, action_out)


@api.post("/")
@api.output(ActionOut, status_code=201)
@takes(api, PlanAction)
@idempotent
def create(form: PlanAction) -> Any:
    """Plan an action. The same Idempotency-Key plans it once."""
    made = workflow.plan_action(db(), actor(), **form.facts())
    return present(made), 201, {"Location": url_for("actions_api.get", key=made.number), "ETag": etag(made)}


@api.get("/<key>")
@needs("action.read")
@api.output(ActionOut)
def get(key: str) -> Any:
    """One action, by number or id."""
    found = queries.action(db(), actor(), key_of(key))
    return present(found), 200, {"ETag": etag(found)}


@api.get("/<key>/history")
@needs("action.read")
@api.output(HistoryOut)
def history(key: str) -> Any:
    """Who changed what, when and why, the latest first."""
    found = queries.action(db(), actor(), key_of(key))
    return {"items": [ChangeOut.model_validate(entry) for entry in history_of("action", found.id)]}


add_api(api, TABLE, ActionOut)
