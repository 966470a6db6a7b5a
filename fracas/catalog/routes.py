"""The pages of the catalog: part types, system models with their tree of positions, failure codes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from fracas.catalog import forms, queries, workflow
from fracas.catalog.api import CODE, PART_TYPE, POSITION, PartTypeOut, part_type_out, supplier_codes
from fracas.catalog.models import CodeKind, FailureCode, PartType, Position, SystemModel, UsageMetric
from fracas.core.lookup import member
from fracas.core.paging import page
from fracas.core.words import N_
from fracas.web.downloads import csv_response
from fracas.web.forms import Options, option_source
from fracas.web.guard import actor, needs
from fracas.web.records import Act, add_pages, page_of_new
from fracas.web.references import told_as
from fracas.web.session import db
from fracas.web.templating import navigation
from fracas.web.verbs import history_of, key_of
from fracas.web.words import code_words

pages = Blueprint("catalog", __name__, url_prefix="/catalog", template_folder="templates")
navigation(90, "catalog.part_types", N_("Catalogue"), "catalog.read")
told_as(PartType, lambda row: f"{row.number} {row.name}", PART_TYPE.home, "catalog.read")
told_as(
    SystemModel,
    lambda row: row.name,
    lambda row: url_for("catalog.system_model", key=row.code),
    "catalog.read",
)
told_as(Position, lambda row: f"{row.code} {row.name}", POSITION.home, "catalog.read")
told_as(FailureCode, code_words, CODE.home, "catalog.read")
told_as(UsageMetric, lambda row: f"{row.name} ({row.unit})")


@option_source("model_positions")
def model_positions(subject: Any, _argument: str) -> Options:
    """The positions of the model that the page is about."""
    if isinstance(subject, Position):
        model = subject.system_model
    elif request.values.get("system_model"):
        model = queries.system_model(db(), actor(), request.values["system_model"])
    else:
        return []
    tree = queries.position_tree(db(), actor(), model)
    return [(place.position.code, f"{'· ' * place.depth}{place.position.code}") for place in tree]


# ---------------------------------------------------------------- part types


@pages.get("/part-types")
@needs("catalog.read")
def part_types() -> str:
    """Part types by number, and beside them models and metrics."""
    text, cursor = request.args.get("text", "").strip(), request.args.get("cursor")
    rows = queries.part_type_rows(actor(), text or None)
    return render_template(
        "catalog/part_types.html",
        page=page(db(), rows, PartType.number, key=PartType.id, cursor=cursor, limit=100, ascending=True),
        text=text,
        models=queries.system_models(db(), actor()),
        metrics=queries.metrics(db(), actor()),
    )


@pages.get("/part-types/download.csv")
@needs("catalog.read")
def download_part_types() -> Response:
    """Every part type."""
    columns, codes = list(PartTypeOut.model_fields), supplier_codes()
    shown = (part_type_out(row, codes) for row in queries.part_types(db(), actor()))
    return csv_response("part-types", columns, ([getattr(row, name) for name in columns] for row in shown))


@pages.get("/part-types/<path:key>")
@needs("catalog.read")
def part_type(key: str) -> str:
    """One part type; what other rooms know of it is in their panels."""
    found = queries.part_type(db(), actor(), key_of(key))
    return render_template(
        "catalog/part_type.html",
        subject=found,
        shown=part_type_out(found),
        acts=PART_TYPE.possible(),
        places=queries.positions_for(db(), actor(), found),
        history=history_of("part_type", found.id),
    )


@pages.route("/part-types/new", methods=["GET", "POST"])
def add_part_type() -> Any:
    act = Act("new", workflow.add_part_type, forms.AddPartType)
    back = url_for("catalog.part_types")
    return page_of_new(act, title=gettext("Add a part type"), back=back, done=PART_TYPE.home)


@pages.route("/metrics/new", methods=["GET", "POST"])
def add_metric() -> Any:
    act, back = Act("new", workflow.add_metric, forms.AddMetric), url_for("catalog.part_types")
    return page_of_new(act, title=gettext("Add a usage metric"), back=back, done=lambda made: back)


# ---------------------------------------------------------------- system models


@pages.get("/models/<path:key>")
@needs("catalog.read")
def system_model(key: str) -> str:
    """A system model and its tree of positions."""
    model = queries.system_model(db(), actor(), key_of(key))
    tree = queries.position_tree(db(), actor(), model)
    return render_template("catalog/system_model.html", subject=model, tree=tree)


@pages.route("/models/new", methods=["GET", "POST"])
def add_system_model() -> Any:
    act, back = Act("new", workflow.add_system_model, forms.AddSystemModel), url_for("catalog.part_types")
    title = gettext("Add a system model")
    return page_of_new(
        act, title=title, back=back, done=lambda made: url_for("catalog.system_model", key=made.code)
    )


@pages.route("/positions/new", methods=["GET", "POST"])
def add_position() -> Any:
    act, key = Act("new", workflow.add_position, forms.AddPosition), request.values.get("system_model")
    back = url_for("catalog.system_model", key=key) if key else url_for("catalog.part_types")
    return page_of_new(act, title=gettext("Add a position"), back=back, done=POSITION.home)


# ---------------------------------------------------------------- failure codes


@pages.get("/codes")
@needs("catalog.read")
def codes() -> str:
    """The codes of one kind."""
    kind = member("kind", CodeKind, request.args.get("kind") or CodeKind.MODE)
    found = queries.failure_codes(db(), actor(), kind, with_retired=True)
    return render_template("catalog/codes.html", kind=kind, kinds=list(CodeKind), codes=found)


@pages.get("/codes/download.csv")
@needs("catalog.read")
def download_codes() -> Response:
    """Every code of every kind, retired ones included."""
    columns = ["kind", "code", "name", "name_zh", "is_active", "is_flagged"]
    found = queries.failure_codes(db(), actor(), with_retired=True)
    return csv_response("codes", columns, ([getattr(row, name) for name in columns] for row in found))


@pages.route("/codes/new", methods=["GET", "POST"])
def add_code() -> Any:
    act, back = Act("new", workflow.add_code, forms.AddCode), url_for("catalog.codes")
    return page_of_new(act, title=gettext("Add a code"), back=back, done=CODE.home)


@pages.post("/codes/starter")
def add_starter_codes() -> AnyResponse:
    """Add the starter set; what is there stays."""
    made = workflow.starter_codes(db(), actor())
    flash(ngettext("%(num)s code added.", "%(num)s codes added.", len(made)), "success")
    return redirect(url_for("catalog.codes"))


for _records in (PART_TYPE, POSITION, CODE):
    add_pages(pages, _records)
