"""The pages of actions: list, planning, one action with its timeline and next step, a page for each verb."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext

from fracas.actions import api, queries, workflow
from fracas.actions.forms import PlanAction
from fracas.actions.models import Action, ActionType, Criterion
from fracas.actions.states import ActionState
from fracas.core.facts import current
from fracas.core.paging import page
from fracas.core.words import N_
from fracas.web.downloads import csv_response
from fracas.web.forms import Options
from fracas.web.guard import actor, needs
from fracas.web.panels import panel
from fracas.web.references import told_as
from fracas.web.session import db
from fracas.web.templating import navigation
from fracas.web.verbs import add_pages, asked, history_of, key_of
from fracas.web.words import verb_word, word

pages = Blueprint("actions", __name__, url_prefix="/actions", template_folder="templates")
navigation(40, "actions.index", N_("Actions"), "action.read")
told_as(Action, lambda row: row.number, lambda row: url_for("actions.detail", key=row.number), "action.read")
told_as(Criterion, lambda row: row.statement)


def filters() -> list[tuple[str, str, Options]]:
    """What the list can be narrowed by."""
    stages = [("open", gettext("all open")), ("overdue", gettext("overdue"))]
    stages += [(state.value, word(state)) for state in ActionState]
    return [
        ("state", gettext("Stage"), stages),
        ("action_type", gettext("Type"), [(kind.value, word(kind)) for kind in ActionType]),
        ("mine", gettext("Owner"), [("True", gettext("mine"))]),
    ]


@pages.get("/")
@needs("action.read")
def index() -> str:
    """The list with its filters."""
    query = api.ActionQuery.of_address()
    found = page(
        db(), query.select(), Action.entered_at, key=Action.id, cursor=query.cursor, limit=query.limit
    )
    return render_template("actions/index.html", page=found, query=query, filters=filters())


COLUMNS = (
    "number", "action_type", "title", "state", "problem", "failure", "owner", "due_on", "effective_from_serial",
    "effective_from_lot", "effective_from_at", "entered_at", "completed_at", "verified_at", "external_id",
)  # fmt: skip


@pages.get("/download.csv")
@needs("action.read")
def download() -> Response:
    """Every action that the filter of the list finds, times in UTC."""
    rows = queries.with_facts(api.ActionQuery.of_address().select()).order_by(
        Action.entered_at.desc(), Action.id.desc()
    )
    shown = (api.action_out(action) for action in db().scalars(rows).unique())
    return csv_response("actions", COLUMNS, ([getattr(row, name) for name in COLUMNS] for row in shown))


@pages.route("/new", methods=["GET", "POST"])
@needs("action.plan_action")
def new() -> Any:
    """Plan an action; the address may name its problem or failure."""
    return asked(
        PlanAction,
        lambda form: workflow.plan_action(db(), actor(), **form.facts()),
        title=verb_word("plan_action"),
        back=url_for("actions.index"),
        done=lambda made: url_for("actions.detail", key=made.number),
        values=request.args.to_dict,
    )


@pages.get("/<key>")
@needs("action.read")
def detail(key: str) -> str:
    """One action."""
    action = queries.detail(db(), actor(), key_of(key))
    return render_template(
        "actions/detail.html",
        subject=action,
        key=key,
        table=api.TABLE,
        criterion=current(action.criteria),
        verdict=current(action.verdicts),
        history=history_of("action", action.id),
    )


add_pages(pages, api.TABLE)


@panel("problem", 10)
def actions_of_problem(problem: Any) -> str:
    """On a problem's page: what is done about it."""
    if not actor().may("action.read"):
        return ""
    return render_template(
        "actions/panel.html", actions=queries.of_problem(db(), problem.id), problem=problem
    )


@panel("failure", 20)
def containment_of_failure(failure: Any) -> str:
    """On a failure's page: the containment work straight after it."""
    if not actor().may("action.read"):
        return ""
    return render_template(
        "actions/panel.html", actions=queries.of_failure(db(), failure.id), failure=failure
    )
