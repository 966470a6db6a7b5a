"""The pages of problems: list, opening, one problem with its timeline and next step, a page for each verb."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext

from fracas.catalog import options as catalog_options
from fracas.core.facts import current
from fracas.core.paging import page
from fracas.core.words import N_
from fracas.problems import api, queries, workflow
from fracas.problems.forms import OpenProblem
from fracas.problems.models import Problem
from fracas.problems.states import ProblemState
from fracas.web.downloads import csv_response
from fracas.web.forms import Options
from fracas.web.guard import actor, needs
from fracas.web.panels import panel
from fracas.web.references import told_as
from fracas.web.session import db
from fracas.web.templating import navigation
from fracas.web.verbs import add_pages, asked, history_of, key_of
from fracas.web.words import verb_word, word

pages = Blueprint("problems", __name__, url_prefix="/problems", template_folder="templates")
navigation(30, "problems.index", N_("Problems"), "problem.read")
told_as(
    Problem, lambda row: row.number, lambda row: url_for("problems.detail", key=row.number), "problem.read"
)


def filters() -> list[tuple[str, str, Options]]:
    """What the list can be narrowed by."""
    stages = [("open", gettext("all open")), ("not_analysed", gettext("not analysed yet"))]
    stages += [(state.value, word(state)) for state in ProblemState if state is not ProblemState.OPEN]
    return [
        ("state", gettext("Stage"), stages),
        ("part_type", gettext("Part type"), catalog_options.part_types(None, "")),
        ("mode", gettext("Failure mode"), catalog_options.codes(None, "mode")),
        ("mine", gettext("Owner"), [("True", gettext("mine"))]),
    ]


@pages.get("/")
@needs("problem.read")
def index() -> str:
    """The list with its filters."""
    query = api.ProblemQuery.of_address()
    found = page(
        db(), query.select(), Problem.entered_at, key=Problem.id, cursor=query.cursor, limit=query.limit
    )
    counts = queries.failure_counts(db(), [row.id for row in found.rows])
    return render_template("problems/index.html", page=found, query=query, counts=counts, filters=filters())


COLUMNS = (
    "number", "title", "state", "state_since", "part_type", "owner", "entered_at", "closed_at", "close_reason",
    "external_id",
)  # fmt: skip


@pages.get("/download.csv")
@needs("problem.read")
def download() -> Response:
    """Every problem that the filter of the list finds, times in UTC."""
    rows = queries.with_facts(api.ProblemQuery.of_address().select()).order_by(
        Problem.entered_at.desc(), Problem.id.desc()
    )
    shown = [api.problem_out(problem, []) for problem in db().scalars(rows).unique()]
    numbers = queries.failure_numbers(db(), actor(), [row.id for row in shown])
    lines = ([*(getattr(row, name) for name in COLUMNS), " ".join(numbers.get(row.id, []))] for row in shown)
    return csv_response("problems", [*COLUMNS, "failures"], lines)


@pages.route("/new", methods=["GET", "POST"])
@needs("problem.open_problem")
def new() -> Any:
    """Open a problem; the address may name its failures."""
    return asked(
        OpenProblem,
        lambda form: workflow.open_problem(db(), actor(), **form.facts()),
        title=verb_word("open_problem"),
        back=url_for("problems.index"),
        done=lambda made: url_for("problems.detail", key=made.number),
        values=request.args.to_dict,
    )


@pages.get("/<key>")
@needs("problem.read")
def detail(key: str) -> str:
    """One problem."""
    problem = queries.detail(db(), actor(), key_of(key))
    return render_template(
        "problems/detail.html",
        subject=problem,
        key=key,
        table=api.TABLE,
        analysis=current(problem.analyses),
        decision=current(problem.decisions),
        failures=db().scalars(queries.failures_of(actor(), problem)).unique().all(),
        history=history_of("problem", problem.id),
    )


add_pages(pages, api.TABLE)


@panel("failure", 10)
def problem_of_failure(failure: Any) -> str:
    """On a failure's page: the problem that it belongs to, or the way to one."""
    if not actor().may("problem.read"):
        return ""
    problem = queries.problem_of(db(), failure.id)
    return render_template("problems/panel.html", failure=failure, problem=problem)
