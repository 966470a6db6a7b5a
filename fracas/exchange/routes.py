"""The pages of import (choose, look at the preview, import; a worker does it) and export."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.datastructures import FileStorage

from fracas.core.errors import FracasError, Invalid, NotFound
from fracas.core.jobs import Job, latest
from fracas.core.words import N_
from fracas.exchange import exporting, importing, running, writing
from fracas.exchange.fields import KINDS
from fracas.exchange.mapping import read_map, shipped_maps
from fracas.exchange.uploads import Upload, Uploads
from fracas.organisations.queries import sites
from fracas.web.errors import findings, sentence
from fracas.web.guard import actor, needs
from fracas.web.session import db, only_reads
from fracas.web.templating import navigation

pages = Blueprint("exchange", __name__, template_folder="templates")
navigation(85, "exchange.index", N_("Import and export"), exporting.PERMISSION)


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
    """Keep the file, and have a worker do the import on trial."""
    try:
        upload = _kept()
    except FracasError as error:
        db().rollback()
        return _start(error), error.status
    return _begun(upload, is_trial=True)


@pages.post("/import/run")
@needs(importing.PERMISSION)
def run() -> Any:
    """Import the very bytes that the preview showed."""
    upload = uploads().find(actor(), request.form.get("upload", ""))
    uploads().content(upload)
    return _begun(upload, is_trial=False)


def _begun(upload: Upload, *, is_trial: bool) -> Any:
    job = _job(upload)
    if job is None or job.finished_at is not None:  # a second click finds the first one at work
        accept = "accept_good_rows" in request.form
        running.begin(db(), uploads(), upload, is_trial=is_trial, accept_good_rows=accept)
    return redirect(url_for("exchange.shown", token=upload.token), 303)


@pages.post("/import/cancel")
@needs(importing.PERMISSION)
@only_reads
def cancel() -> Any:
    """Stop before anything is written; the worker looks for it now and then."""
    upload = uploads().find(actor(), request.form.get("upload", ""))
    uploads().cancel(upload)
    return redirect(url_for("exchange.shown", token=upload.token), 303)


@pages.get("/import/<token>")
@needs(importing.PERMISSION)
def shown(token: str) -> str:
    """How far an import is, and what came of it."""
    upload = uploads().find(actor(), token)
    job = _job(upload)
    done = job is None or job.finished_at is not None
    return render_template(
        "exchange/result.html" if done else "exchange/progress.html",
        upload=upload, kind=KINDS[upload.kind], result=uploads().result(upload), progress=uploads().progress(upload),
        job=job, is_cancelled=uploads().is_cancelled(upload),
    )  # fmt: skip


def _job(upload: Upload) -> Job | None:
    return latest(db(), running.PASS, upload=upload.token)


def _kept() -> Upload:
    sent, map_text = _sent("file"), _map_text()
    if map_text:
        read_map(map_text)  # what is wrong with it is said at once
    return uploads().keep(
        actor(), kind=importing.kind_of(request.form.get("kind", "")).name, file_name=sent.filename or "file",
        map_text=map_text, time_zone=request.form.get("time_zone", ""), content=sent.read(),
        locale=str(get_locale()),
    )  # fmt: skip


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
