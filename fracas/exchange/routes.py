"""The pages of import (choose, look at the preview, import) and export."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.datastructures import FileStorage

from fracas.core.errors import FracasError, Invalid, NotFound
from fracas.core.moments import shown
from fracas.core.words import N_
from fracas.exchange import exporting, importing, reports, writing
from fracas.exchange.fields import KINDS
from fracas.exchange.mapping import ImportMap, read_map, shipped_maps
from fracas.exchange.reports import Report
from fracas.exchange.uploads import Upload, Uploads
from fracas.organisations.queries import sites
from fracas.web.errors import findings, sentence
from fracas.web.guard import actor, needs
from fracas.web.session import db
from fracas.web.templating import navigation

pages = Blueprint("exchange", __name__, template_folder="templates")
navigation(85, "exchange.index", N_("Import and export"), exporting.PERMISSION)

SHOWN_BAD_ROWS = 200


def uploads() -> Uploads:
    return Uploads.of(current_app.extensions["fracas.config"])


@pages.get("/import")
@needs(exporting.PERMISSION)
def index() -> str:
    """What can be brought in and taken out."""
    return _start()


def _start(error: FracasError | None = None) -> str:
    return render_template(
        "exchange/index.html",
        kinds=KINDS, maps=shipped_maps(), zones=_zones(), exports=[*exporting.EXPORTS], chosen=request.form,
        most_mb=current_app.extensions["fracas.config"].max_upload_mb,
        message=sentence(error) if error else None, errors=findings(error) if error else [],
    )  # fmt: skip


def _zones() -> list[str]:
    """The zones of the sites, the first choices for wall clocks in a file."""
    return sorted({site.time_zone for site in sites(db(), actor())} | {"UTC"})


@pages.post("/import/preview")
@needs(importing.PERMISSION)
def preview() -> Any:
    """Do the import on trial and show what it would do."""
    try:
        upload = _kept()
        report = _imported(upload, is_trial=True, accept_good_rows=False)
    except FracasError as error:
        db().rollback()
        return _start(error), error.status
    return _result(upload, report)


@pages.post("/import/run")
@needs(importing.PERMISSION)
def run() -> Any:
    """Import the very bytes that the preview showed."""
    upload = uploads().find(actor(), request.form.get("upload", ""))
    report = _imported(upload, is_trial=False, accept_good_rows="accept_good_rows" in request.form)
    if report.is_written:
        uploads().drop(upload)
    return _result(upload, report)


def _kept() -> Upload:
    sent = _sent("file")
    return uploads().keep(
        actor(), kind=importing.kind_of(request.form.get("kind", "")).name, file_name=sent.filename or "file",
        map_text=_map_text(), time_zone=request.form.get("time_zone", ""), content=sent.read(),
    )  # fmt: skip


def _imported(upload: Upload, *, is_trial: bool, accept_good_rows: bool) -> Report:
    mapping = read_map(upload.map_text) if upload.map_text else ImportMap()
    table = importing.read_table(uploads().content(upload), mapping)
    report = importing.import_table(
        db(), actor(), KINDS[upload.kind], table, mapping,
        file_name=upload.file_name, is_trial=is_trial, accept_good_rows=accept_good_rows,
        time_zone=upload.time_zone or None,
    )  # fmt: skip
    if report.bad:
        write = reports.rejected_workbook if table.is_workbook else reports.rejected_csv
        uploads().keep_rejected(upload, write(table, report, sentence))
    return report


def _result(upload: Upload, report: Report) -> str:
    columns = list(dict.fromkeys(name for entry in report.preview for name in entry.facts))
    page: str = render_template(
        "exchange/result.html",
        upload=upload, report=report, kind=KINDS[upload.kind], columns=columns, say=sentence,
        reason=lambda row: reports.reason(row, report.headers, sentence),
        bad=report.bad[:SHOWN_BAD_ROWS], cell=_shown,
    )  # fmt: skip
    return page


def _shown(value: Any) -> Any:
    """A value of the preview as a person reads it."""
    return shown(value) if isinstance(value, datetime) else writing.cell(value)


def _sent(name: str) -> FileStorage:
    sent = request.files.get(name)
    if sent is None or not sent.filename:
        raise Invalid("Choose the file to import.", field=name)
    return sent


def _map_text() -> str:
    """The map that was uploaded, else the one that was chosen, else none."""
    sent = request.files.get("map_file")
    if sent is not None and sent.filename:
        try:
            text: str = sent.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Invalid("The map is no TOML: it is not UTF-8.", field="map") from None
        return text
    return shipped_maps().get(request.form.get("map_name", ""), "")


@pages.get("/import/rejected/<token>")
@needs(importing.PERMISSION)
def rejected(token: str) -> Response:
    """The rows that were refused, with their reasons, to be mended and imported."""
    upload = uploads().find(actor(), token)
    content = uploads().rejected(upload)
    form = "xlsx" if content.startswith(b"PK") else "csv"
    return _download(content, f"{upload.file_name.rpartition('.')[0] or upload.kind}.rejected", form)


@pages.get("/import/template/<kind>.<form>")
@needs(importing.PERMISSION)
def template(kind: str, form: str) -> Response:
    """An empty table to fill in."""
    return _download(writing.template(importing.kind_of(kind), writing.ending(f"x.{form}")), kind, form)


@pages.get("/import/maps/<name>.toml")
@needs(importing.PERMISSION)
def shipped(name: str) -> Response:
    """A map that comes with the program, to read or to begin one's own with."""
    text = shipped_maps().get(name)
    if text is None:
        raise NotFound("There is no such map.")
    return Response(text, content_type="text/plain; charset=utf-8")


@pages.get("/export/<kind>.<form>")
@needs(exporting.PERMISSION)
def export(kind: str, form: str) -> Response:
    """The records of one kind as a file."""
    form = writing.ending(f"x.{form}")
    named = {name: request.args[name] for name in ("part_type", "metric") if request.args.get(name)}
    return _download(writing.write(exporting.export(db(), actor(), kind, **named), form), kind, form)


def _download(content: bytes, name: str, form: str) -> Response:
    answer = Response(content, content_type=writing.MEDIA_TYPES[form])
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{form}")
    return answer
