"""The pages of figures: a part type's life, the fleet's recurrence, spares; each with the records behind it."""

from __future__ import annotations

import math
from calendar import monthrange
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import BaseModel

from fracas.catalog import queries as catalog
from fracas.catalog.models import PartType
from fracas.core.errors import FracasError, NotFound
from fracas.core.words import N_
from fracas.organisations import queries as organisations
from fracas.reliability import buying, charts, estimates, planning, remarks, spares, uptime
from fracas.reliability.api import fitted, life_rows
from fracas.reliability.datasets import demand_history, life_table
from fracas.reliability.effectivity import effective_actions
from fracas.reliability.forms import McfQuery, PartTypeQuery, SparesPlanQuery, SparesQuery, WeibullQuery
from fracas.reliability.verdicts import computed_verdict
from fracas.web.downloads import csv_response
from fracas.web.errors import sentence
from fracas.web.forms import parse
from fracas.web.guard import actor, needs
from fracas.web.panels import panel
from fracas.web.session import db
from fracas.web.templating import navigation, significant
from fracas.web.words import code_words

pages = Blueprint("reliability", __name__, url_prefix="/reliability", template_folder="templates")
navigation(60, "reliability.index", N_("Reliability"), "reliability.read")

Q = TypeVar("Q", bound=BaseModel)
GROUPINGS = (
    ("lot", N_("lot")),
    ("configuration", N_("configuration")),
    ("site", N_("site")),
    ("position", N_("position")),
    ("mode", N_("failure mode")),
    ("system", N_("system")),
)
ORIGINS = {
    "commissioning": N_("days since commissioning"),
    "observation": N_("days since the start of observation"),
    "meter": N_("what the system's meter shows"),
}
WORST = 15
ROWS = 100


@pages.app_template_filter("note")
def note(one: Any) -> str:
    """A warning in the reader's language, also one that was kept."""
    one = buying.read_note(one)
    told = remarks.recognised(one) if isinstance(one, str) else one
    return told if isinstance(told, str) else sentence(told)


@pages.app_template_filter("change")
def change(ratio: float) -> str:
    """A ratio of failure rates as a person says it: 0.069 is “93.1 % fewer”."""
    left = 100 * ratio
    # Two digits of the little that is left: hardly any is not told as “100 % fewer”.
    left = round(left) if left >= 10 else float(f"{left:.2g}")
    if left > 100:
        return str(gettext("%(percent)s %% more", percent=significant(left - 100)))
    return str(gettext("%(percent)s %% fewer", percent=significant(100 - left, 9)))


@pages.get("/")
@needs("reliability.read")
def index() -> str:
    """The part types there are, and where their figures are."""
    rows = (
        db()
        .scalars(catalog.part_type_rows(actor(), request.args.get("text")).order_by(PartType.number))
        .unique()
        .all()
    )
    return render_template("reliability/index.html", part_types=rows, text=request.args.get("text", ""))


@pages.get("/part-type")
@needs("reliability.read")
def part_type() -> str:
    """Probability plot, reliability, failure rate and MTBF of one part type.

    Calibrated bounds take seconds: the numbers come first; the page then asks for its plots and for the fits of its
    groups as a ``part`` each, as of the same moment, so that the fit found for the numbers serves all three.
    """
    query, kind, part = _query(WeibullQuery), _kind(), request.args.get("part")
    whole, groups = fitted(query if part == "groups" else query.model_copy(update={"by": None}))
    return render_template(
        "reliability/part_type.html",
        query=query, kind=kind, report=whole, groups=groups, part=part,
        mtbf=estimates.mtbf_of(whole.table, confidence=query.confidence),
        figures=_life_figures(whole) if part == "plots" else None, modes=_modes(whole), actions=_actions(kind),
        **_choices(),
    )  # fmt: skip


@pages.get("/lives")
@needs("reliability.read")
def lives() -> str:
    """The rows behind a part type's figures."""
    query, kind = _query(PartTypeQuery), _kind()
    table = life_table(db(), actor(), part_type=kind, **query.view())
    rows, age = life_rows(table), request.args.get("age", type=float)
    if age is not None:
        ends = table.failure_ages().tolist()
        rows = [row for row, end in zip(rows, ends, strict=True) if math.isclose(end, age, rel_tol=1e-9)]
    if "failures" in request.args:
        rows = [row for row in rows if row["event"]]
    first = max(0, request.args.get("first", 0, type=int))
    return render_template(
        "reliability/lives.html", query=query, kind=kind, table=table, rows=rows[first : first + ROWS],
        first=first, last=min(first + ROWS, len(rows)), all=len(rows), modes=_code_names("mode"),
    )  # fmt: skip


@pages.get("/life-data.csv")
@needs("reliability.read")
def life_data_download() -> Response:
    """The life table of a part type, whole."""
    query = _query(PartTypeQuery)
    table = life_table(db(), actor(), part_type=query.part_type, **query.view())
    columns = [*table.columns(), "metric", "unit"]
    rows = [[*row.values(), table.metric, table.unit] for row in life_rows(table)]
    return csv_response(f"life-data-{table.part_type_number}", columns, rows)


@pages.get("/fleet")
@needs("reliability.read")
def fleet() -> str:
    """Recurrence of failures by system age, MTBF over a stated set, time to repair, availability."""
    query, report = _told_apart(_query(McfQuery))
    about: dict[str, Any] = {"confidence": query.confidence, **query.fleet()}
    by_system = Counter(one.system for one in report.history.events)
    by_kind = Counter(one.kind for one in report.history.events)
    return render_template(
        "reliability/fleet.html",
        query=query, kind=_kind() if query.part_type else None, report=report, history=report.history,
        origin=ORIGINS[report.history.origin],
        figure=charts.mcf_curve(report.curve, words=gettext), by_system=by_system.most_common(WORST),
        by_kind=by_kind.most_common(WORST), code_names=_code_names(query.kind),
        mtbf=uptime.mtbf_of_fleet(report.history, confidence=query.confidence),
        mttr=uptime.mttr(db(), actor(), **about), availability=uptime.availability(db(), actor(), **about), **_choices(),
    )  # fmt: skip


@pages.get("/fleet.csv")
@needs("reliability.read")
def fleet_download() -> Response:
    """The events behind the recurrence curve."""
    history = _mcf(_query(McfQuery)).history
    rows = [
        (one.system, one.at, one.age, one.kind, one.scoring, one.failure_number) for one in history.events
    ]
    columns = ("system", "at_utc", f"age_{history.unit}", "kind", "scoring", "failure")
    return csv_response("fleet-events", columns, rows)


@pages.get("/curve.csv")
@needs("reliability.read")
def curve_download() -> Response:
    """The points of the recurrence curve."""
    points = _mcf(_query(McfQuery)).to_dict()["points"]
    return csv_response("recurrence-curve", tuple(points), zip(*points.values(), strict=True))


@pages.get("/spares")
@needs("reliability.read")
def spares_page() -> str:
    """How many of a part to hold, at which service level, over the lead time."""
    query, kind = _query(SparesQuery), _kind()
    report, refusal = None, None
    try:
        report = spares.spares(db(), actor(), part_type=kind, **query.holding(), **query.view())
    except FracasError as error:
        refusal = sentence(error)
    return render_template(
        "reliability/spares.html",
        query=query, kind=kind, report=report, refusal=refusal, figures=_spares_figures(kind, report), **_choices(),
    )  # fmt: skip


@pages.get("/spares-plan")
@needs("reliability.read")
def spares_plan() -> str:
    """How many to hold of every part type, as it was computed last; a worker computes it anew behind the page."""
    query = _query(SparesPlanQuery)
    found = planning.standing(db(), actor(), query)
    return render_template(
        "reliability/spares_plan.html",
        query=query, found=found, rows=found.plan.rows if found.plan else [], asked=_asked(SparesPlanQuery),
        # What asks for itself while it waits asks for no more once it is there.
        begins=found.is_outdated and not found.has_failed and "HX-Request" not in request.headers, **_choices(),
    )  # fmt: skip


@pages.post("/spares-plan")
@needs("reliability.read")
def compute_spares_plan() -> Any:
    """Have it computed anew, or stop that."""
    begin = planning.cancel if "cancel" in request.form else planning.ask
    begin(db(), actor(), _query(SparesPlanQuery))
    return redirect(url_for("reliability.spares_plan", **_asked(SparesPlanQuery)), 303)


@pages.get("/spares-plan.csv")
@needs("reliability.read")
def spares_plan_download() -> Response:
    """The plan that the page shows."""
    plan = planning.standing(db(), actor(), _query(SparesPlanQuery)).plan
    if plan is None or plan.seen_until is None:
        raise NotFound(
            "The plan has not been computed yet with these settings; open its page and wait for it."
        )
    rows = [buying.cells(row, plan.seen_until) for row in plan.rows]
    return csv_response("spares-plan", buying.COLUMNS, rows)


@pages.get("/demand.csv")
@needs("reliability.read")
def demand_download() -> Response:
    """Demand so far by the month."""
    query = _query(PartTypeQuery)
    view = {
        name: value
        for name, value in query.view().items()
        if name in ("as_of", "known_at", "scoring", "sites")
    }
    history = demand_history(db(), actor(), part_type=query.part_type, **view)
    counts = (history.demand.tolist(), history.removals.tolist(), history.failures.tolist())
    rows = zip([f"{month:%Y-%m}" for month in history.month], *counts, strict=True)
    return csv_response(
        f"demand-{history.part_type_number}", ("month", "spares_used", "removals", "failures"), rows
    )


def _life_figures(report: estimates.WeibullReport) -> list[Any]:
    return [
        charts.weibull_paper(report, words=gettext, links=_links()),
        charts.reliability_curve(report, words=gettext),
        charts.hazard_curve(report, words=gettext),
    ]


def _links() -> charts.Links:
    """Where the points of a part type's plot lead: the report may be opened, or the lives that ended at that age."""
    same: dict[str, Any] = {n: value for n, value in request.args.items() if n in PartTypeQuery.model_fields}

    def lives(age: float) -> str:
        return url_for("reliability.lives", **same, failures=1, age=repr(age))

    return charts.Links(failure=lambda number: url_for("failures.detail", key=number), lives=lives)


def _asked(form: type[BaseModel]) -> dict[str, Any]:
    return {name: value for name, value in request.args.items() if value != "" and name in form.model_fields}


def _query(form: type[Q]) -> Q:
    """The address as a query; empty inputs of the page's form ask for nothing, and what is another figure's is left out."""
    given = _asked(form)
    if given.get("action") and form is WeibullQuery:
        given["by"] = "action"
    return parse(form, given)


def _kind() -> PartType:
    return catalog.part_type(db(), actor(), request.args.get("part_type", ""))


def _actions(kind: PartType) -> list[tuple[str, str]]:
    """The actions at whose effectivity the lives of a part type may be cut."""
    found = effective_actions(db(), actor(), kind.id)
    return [(one.number, f"{one.number} {one.title}") for one in found]


def _mcf(query: McfQuery) -> uptime.McfReport:
    how: dict[str, Any] = {"confidence": query.confidence, "kind": query.kind, "only_kind": query.only_kind}
    return uptime.mcf(db(), actor(), **how, **query.fleet())


def _told_apart(query: McfQuery) -> tuple[McfQuery, uptime.McfReport]:
    """The recurrence report; where nobody chose how to tell failures apart, by what is coded at all.

    A feed that codes no modes may well code symptoms; a table of one empty code tells nobody anything.
    """
    report = _mcf(query)
    if "kind" in request.args or any(one.kind for one in report.history.events):
        return query, report
    query = query.model_copy(update={"kind": "symptom"})
    return query, _mcf(query)


def _modes(report: estimates.WeibullReport) -> list[tuple[str, str]]:
    """The coded modes behind a fit, most frequent first."""
    found = Counter(mode for mode in report.table.mode.tolist() if mode)
    names = _code_names("mode")
    return [(mode, f"{names.get(mode, mode)} ({count})") for mode, count in found.most_common()]


def _code_names(kind: str) -> dict[str, str]:
    """Code -> code and name; a position has none but its code."""
    if kind == "position":
        return {}
    if kind == "part_type":
        return {one.number: f"{one.number} {one.name}" for one in catalog.part_types(db(), actor())}
    return {
        row.code: code_words(row) for row in catalog.failure_codes(db(), actor(), kind, with_retired=True)
    }


def _spares_figures(kind: PartType, report: spares.SparesReport | None) -> Mapping[str, Any]:
    if report is None:
        return {}

    def of_month(month: date) -> str:
        last = month.replace(day=monthrange(month.year, month.month)[1])
        between: dict[str, Any] = {"since": month.isoformat(), "until": last.isoformat()}
        return url_for("failures.index", part_type=kind.number, counts=1, **between)

    return {
        "forecast": charts.demand_forecast(report.forecast, words=gettext),
        "stock": charts.stock_curve(
            report.stock, comes_back=report.turn_around_days is not None, words=gettext
        ),
        "so_far": charts.demand_so_far(report.history, words=gettext, link=of_month),
    }


def _choices() -> dict[str, Any]:
    """What the controls offer: (value, words)."""
    metrics = catalog.metrics(db(), actor())
    return {
        "metrics": [
            ("calendar", gettext("calendar days")),
            *((one.code, f"{one.name} ({one.unit})") for one in metrics),
        ],
        "sites": [(one.code, one.name) for one in organisations.sites(db(), actor())],
        "part_types": [(one.number, f"{one.number} {one.name}") for one in catalog.part_types(db(), actor())],
        "system_models": [(one.code, one.name) for one in catalog.system_models(db(), actor())],
        "groupings": [(value, gettext(text)) for value, text in GROUPINGS],
    }


@panel("action", 10)
def verdict_of_action(action: Any) -> str:
    """On an action's page: what the register says of it, once there is something to compare."""
    if not actor().may("reliability.read") or action.completed_at is None:
        return ""
    verdict = refusal = None
    try:
        verdict = computed_verdict(db(), actor(), action.id)
    except FracasError as error:
        refusal = sentence(error)
    return render_template(
        "reliability/verdict.html", action=action, verdict=verdict, refusal=refusal, answers=_answers()
    )


def _answers() -> dict[str, str]:
    return {
        "effective": gettext("effective"),
        "not effective": gettext("not effective"),
        "too early": gettext("too early"),
    }
