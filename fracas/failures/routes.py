"""The pages of failure reports: filing, list, one report with its timeline and next step, a page for each verb."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from fracas.catalog import options as catalog_options  # its lists are what the forms offer
from fracas.catalog.queries import position_tree
from fracas.core.errors import FracasError
from fracas.core.paging import page
from fracas.core.words import N_
from fracas.failures import api, queries, scoring, workflow
from fracas.failures.filing import add_filing
from fracas.failures.forms import VERBS
from fracas.failures.models import Failure
from fracas.failures.reporting import MAY_BE_UNRECORDED
from fracas.failures.states import FailureState
from fracas.organisations.queries import sites
from fracas.web.downloads import csv_response
from fracas.web.errors import sentence
from fracas.web.forms import Options, option_source
from fracas.web.guard import actor, needs
from fracas.web.references import told_as
from fracas.web.session import db
from fracas.web.templating import navigation
from fracas.web.verbs import add_pages, history_of, key_of
from fracas.web.words import word

pages = Blueprint("failures", __name__, url_prefix="/failures", template_folder="templates")
navigation(20, "failures.index", N_("Failures"), "failure.read")
told_as(
    Failure, lambda row: row.number, lambda row: url_for("failures.detail", key=row.number), "failure.read"
)
add_filing(pages)


@option_source("positions")
def positions(failure: Any, _argument: str) -> Options:
    """The positions of the system that a report is about."""
    if failure is None:
        return []
    tree = position_tree(db(), actor(), failure.system.system_model)
    return [(place.position.code, f"{place.position.code} {place.position.name}") for place in tree]


@option_source("unrecorded")
def unrecorded(_failure: Any, _argument: str) -> Options:
    """The fields that may be named as not recorded at source, by the words that their inputs have."""
    fields = VERBS["complete"].model_fields
    return [(name, gettext(fields[name].title or name)) for name in fields if name in MAY_BE_UNRECORDED]


@pages.get("/")
@needs("failure.read")
def index() -> str:
    """The list with its filters."""
    query = api.FailureQuery.of_address()
    rows = query.select()
    found = page(db(), rows, Failure.occurred_at, key=Failure.id, cursor=query.cursor, limit=query.limit)
    return render_template(
        "failures/index.html",
        page=found,
        query=query,
        standings=queries.standings(db(), rows),
        filters=filters(),
    )


def filters() -> list[tuple[str, str, Options]]:
    """What the list can be narrowed by."""
    stages = [("open", gettext("all open"))] + [(state.value, word(state)) for state in FailureState]
    return [
        ("state", gettext("Stage"), stages),
        ("site", gettext("Site"), [(site.code, site.name) for site in sites(db(), actor())]),
        ("part_type", gettext("Part type"), catalog_options.part_types(None, "")),
        ("mode", gettext("Failure mode"), catalog_options.codes(None, "mode")),
        ("symptom_code", gettext("Symptom code"), catalog_options.codes(None, "symptom")),
    ]


COLUMNS = (
    "number", "state", "occurred_at", "site", "system", "system_model", "part_type", "part", "position", "symptom_code",
    "symptom", "maintenance_kind", "handling", "downtime_started_at", "restored_at", "labour_hours", "waiting_hours",
    "delay_minutes", "standing", "external_id",
)  # fmt: skip


@pages.get("/download.csv")
@needs("failure.read")
def download() -> Response:
    """Every report that the filter of the list finds, times in UTC."""
    rows = queries.with_facts(api.FailureQuery.of_address().select()).order_by(
        Failure.occurred_at.desc(), Failure.id.desc()
    )
    shown = (api.failure_out(failure) for failure in db().scalars(rows).unique())
    return csv_response("failures", COLUMNS, ([getattr(row, name) for name in COLUMNS] for row in shown))


@pages.get("/<key>")
@needs("failure.read")
def detail(key: str) -> str:
    """One report."""
    failure = queries.detail(db(), actor(), key_of(key))
    return render_template(
        "failures/detail.html",
        subject=failure,
        key=key,
        table=api.TABLE,
        shown=api.failure_out(failure),
        zone=failure.site.time_zone,
        original=queries.original_of(db(), actor(), failure),
        history=history_of("failure", failure.id),
        ladder=scoring.LADDER,
    )


@pages.get("/<key>/revisions")
@needs("failure.read")
def revisions(key: str) -> str:
    """Every wording of a report, side by side."""
    failure = queries.failure(db(), actor(), key_of(key))
    kept = queries.revisions(db(), actor(), failure)
    return render_template(
        "failures/revisions.html", subject=failure, key=key, revisions=kept, zone=failure.site.time_zone
    )


@pages.get("/<key>/attachments/<uuid:attachment>")
@needs("failure.read")
def attachment(key: str, attachment: UUID) -> Response:
    """A photo or document."""
    return api.send(
        *queries.attachment(db(), actor(), queries.failure(db(), actor(), key_of(key)), attachment)
    )


@pages.post("/<key>/attach")
def attach(key: str) -> AnyResponse | tuple[str, int]:
    """Keep the chosen file with the report."""
    failure = queries.failure(db(), actor(), key_of(key))
    sent = request.files.get("file")
    try:
        content = sent.read() if sent else b""
        workflow.attach(db(), actor(), failure, content=content, file_name=sent.filename if sent else None)
        flash(gettext("The file is kept with the report."), "success")
    except FracasError as refused:
        db().rollback()
        flash(sentence(refused), "warning")
        return detail(key), refused.status
    return redirect(url_for("failures.detail", key=key))


add_pages(pages, api.TABLE)
