"""Filing at a depot: one page, five inputs, sent as often as the network needs and kept once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from flask import Blueprint, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fracas.assets import queries as assets
from fracas.assets.models import Part, System
from fracas.catalog.models import Position, UsageMetric
from fracas.core.errors import FracasError, Invalid, NotFound, Refused
from fracas.core.forms import Form, Moment
from fracas.core.forms import field as asked
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.failures import workflow
from fracas.failures.models import Failure
from fracas.web import errors
from fracas.web.api import remember, remembered
from fracas.web.forms import parse, posted
from fracas.web.guard import actor, needs
from fracas.web.session import db
from fracas.web.zones import home_zone

NOT_READ = "not read when the report was filed"


class Filing(Form):
    """What the page asks: one serial, of the system or of the part, and four more."""

    serial: str = asked(
        label=N_("Serial of the vehicle or the part"), widget="scan", min_length=1, max_length=200
    )
    symptom: str = asked(
        label=N_("What do you see, hear, smell?"), widget="textarea", min_length=1, max_length=4000
    )
    occurred_at: Moment = asked(label=N_("When?"))
    usage_value: float | None = asked(None, label=N_("Meter reading"), ge=0, allow_inf_nan=False)
    metric: str | None = asked(None, label=N_("Which meter"))
    submission: str | None = asked(None, label=N_("Number of this submission"), max_length=100)


@dataclass(frozen=True)
class Found:
    """What the register says of a serial."""

    system: System | None
    part: Part | None = None
    position: Position | None = None
    metric: UsageMetric | None = field(default=None)


def find(session: Session, who: Actor, serial: str) -> Found:
    """The system with that serial, else the part and where it is installed."""
    try:
        system = assets.system(session, who, serial.strip())
        return Found(system, metric=_usual_metric(session, system))
    except NotFound:
        pass
    part = assets.part(session, who, serial.strip())
    stay = assets.whereabouts(session, part)
    if stay is None:
        return Found(None, part)
    metric = part.part_type.primary_metric or _usual_metric(session, stay.system)
    return Found(stay.system, part, stay.position, metric)


def _usual_metric(session: Session, system: System) -> UsageMetric | None:
    readings = assets.latest_readings(session, system)
    return max(readings, key=lambda reading: reading.occurred_at).metric if readings else None


def file_report(
    session: Session, who: Actor, form: Filing, photo: tuple[str | None, bytes] | None
) -> Failure:
    """File what the page asked, with its photo, in one transaction."""
    found = _known(session, who, form.serial)
    filed: Failure = workflow.file(
        session, who, system=found.system, part=found.part, symptom=form.symptom, occurred_at=form.occurred_at,
        usage_value=form.usage_value, usage_not_read_reason=NOT_READ if form.usage_value is None else None,
        metric=form.metric or found.metric, source="page",
    )  # fmt: skip
    if photo is not None:
        workflow.attach(session, who, filed, content=photo[1], file_name=photo[0])
    return filed


def _known(session: Session, who: Actor, serial: str) -> Found:
    try:
        found = find(session, who, serial)
    except NotFound:
        raise Invalid(
            "The register does not know the serial “%(serial)s”. Check it, or ask your office to register it; your report "
            "stays here.",
            field="serial",
            serial=serial,
        ) from None
    if found.system is None:
        raise Invalid(
            "The register has serial %(serial)s in no system now. Give the serial of the vehicle instead.",
            field="serial",
            serial=serial,
        )
    return found


# ------------------------------------------------------------------ the page


def _photo() -> tuple[str | None, bytes] | None:
    sent = request.files.get("photo")
    content = sent.read() if sent is not None else b""
    return (sent.filename, content) if sent is not None and content else None


def _answer(number: str) -> Response:
    url = url_for("failures.detail", key=number)
    if request.accept_mimetypes.best == "application/json":
        return jsonify({"number": number, "url": url})
    return redirect(url)


def _fingerprint(form: Filing, photo: tuple[str | None, bytes] | None) -> str:
    """What makes two submissions the same report."""
    said = form.model_dump_json(exclude={"submission"}).encode()
    return hashlib.sha256(said + b"\n" + (photo[1] if photo else b"")).hexdigest()


def _submit() -> Response:
    form, photo = parse(Filing, posted(Filing, request.form), zone=home_zone()), _photo()
    key, said = f"page:{form.submission}" if form.submission else None, _fingerprint(form, photo)
    before = remembered(key) if key else None
    if before is not None and before.request_hash != said:
        raise Refused(
            "This form was sent already, as report %(number)s, with other words; what you sent now was not saved. "
            "Amend that report, or open a new form.",
            number=before.body["number"],
        )
    if before is not None:  # the phone did not hear our answer and sent the report again
        return _answer(str(before.body["number"]))
    filed = file_report(db(), actor(), form, photo)
    if key:
        remember(key, said, 201, {"number": filed.number}, None)
    return _answer(filed.number)


def _page(error: FracasError | None = None) -> Response:
    wrong = {found.field: errors.sentence(found) for found in error.findings if found.field} if error else {}
    if "system" in wrong or "part" in wrong:
        wrong.setdefault("serial", wrong.get("system") or wrong.get("part") or "")
    values = request.form if error else request.args
    page = render_template(
        "failures/file.html", values=values, wrong=wrong, message=errors.sentence(error) if error else None
    )
    return make_response(page, error.status if error else 200)


@needs("failure.file")
def file() -> Response:
    """The page, and what it sends: by script as JSON, without one as a plain form."""
    if request.method == "GET":
        return _page()
    try:
        return _submit()
    except FracasError as error:
        db().rollback()
        if request.accept_mimetypes.best == "application/json":
            found = errors.findings(error)
            return errors.problem(error.status, error.title, errors.sentence(error), found)
        return _page(error)


@needs("failure.file")
def token() -> Response:
    """A fresh token for a page that was opened days ago, in a tunnel."""
    return jsonify({"csrf_token": generate_csrf()})


@needs("failure.file")
def lookup() -> str:
    """What the register says of a serial, drawn under the field while the person types on."""
    serial = request.args.get("serial", "").strip()
    try:
        found = find(db(), actor(), serial) if serial else Found(None)
    except FracasError:
        found = Found(None)
    return render_template("failures/found.html", **vars(found))


@needs("failure.file")
def worker() -> Response:
    """The service worker, from here so that it may keep this page and no other."""
    return make_response(current_app.send_static_file("js/report-worker.js"))


def add_filing(pages: Blueprint) -> None:
    """Hang the filing page into the room's pages; before `/<key>`, which would take its addresses."""
    pages.add_url_rule("/file", "file", file, methods=["GET", "POST"])
    pages.add_url_rule("/file/token", "token", token)
    pages.add_url_rule("/file/lookup", "lookup", lookup)
    pages.add_url_rule("/worker.js", "worker", worker)
