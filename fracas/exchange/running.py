"""Imports behind the page: a worker goes through the file while the page counts its rows, until it ends or is cancelled.

What a pass has found is kept with the upload in the reader's words, as the worker has no page to draw it on. Whether it
is valid says the job: it is finished in the transaction that wrote the rows, so both are there or neither is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from fracas.core import jobs
from fracas.core.errors import Finding, Forbidden, FracasError, NotFound
from fracas.core.moments import shown
from fracas.core.permissions import Actor
from fracas.core.words import N_
from fracas.exchange import importing, reports, writing
from fracas.exchange.fields import KINDS
from fracas.exchange.mapping import ImportMap, read_map
from fracas.exchange.reports import Report
from fracas.exchange.uploads import Upload, Uploads
from fracas.users import queries as users
from fracas.users.models import User
from fracas.web.errors import findings, sentence

log = structlog.get_logger()

PASS = "exchange.pass"  # noqa: S105  # nosec B105 - one pass over a file, no password
SHOWN_BAD_ROWS = 200
LONGEST_CELL = 120


class Cancelled(FracasError):
    """The person who began it has stopped it."""


def begin(
    session: Session, uploads: Uploads, upload: Upload, *, is_trial: bool, accept_good_rows: bool
) -> None:
    """Ask for a pass over an upload: on trial, or for good."""
    uploads.begin(upload)
    job = jobs.enqueue(session, PASS, organisation_id=UUID(upload.organisation_id))
    job.payload = {
        "job": str(job.id), "upload": upload.token, "is_trial": is_trial, "accept_good_rows": accept_good_rows,
    }  # fmt: skip


class Importer:
    """Does the passes that were asked for, for :class:`fracas.core.jobs.Worker`."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.uploads = Uploads.of(app.extensions["fracas.config"])

    def run(self, sessions: sessionmaker[Session], payload: dict[str, Any]) -> None:
        try:
            upload = self.uploads.by_token(payload["upload"])
        except NotFound:
            return  # nobody can look at it any more
        with self.app.app_context(), force_locale(upload.locale):
            try:
                self._pass(sessions, upload, payload)
            except FracasError as refused:
                self._refused(upload, refused)
            except (OperationalError, jobs.AlreadyDone):
                raise  # the database is not there, and will be; or somebody else did it
            except Exception:
                log.exception("exchange.failed", upload=upload.token)
                self._refused(
                    upload, FracasError(N_("The import met an error of the program. Nothing was written."))
                )

    def _pass(self, sessions: sessionmaker[Session], upload: Upload, payload: dict[str, Any]) -> None:
        mapping = read_map(upload.map_text) if upload.map_text else ImportMap()
        table = importing.read_table(self.uploads.content(upload), mapping)
        with sessions.begin() as session:
            report = importing.import_table(
                session, _actor(session, upload), KINDS[upload.kind], table, mapping,
                file_name=upload.file_name, is_trial=payload["is_trial"],
                accept_good_rows=payload["accept_good_rows"], time_zone=upload.time_zone or None,
                progress=lambda done, total: self._watch(upload, done, total),
            )  # fmt: skip
            if report.bad:
                write = reports.rejected_workbook if table.is_workbook else reports.rejected_csv
                self.uploads.keep_rejected(upload, write(table, report, sentence))
            self.uploads.keep_result(upload, told(report))
            self._stop_if_cancelled(upload)
            jobs.finish(session, UUID(payload["job"]))
        if report.is_written:
            self.uploads.drop(upload)

    def _watch(self, upload: Upload, done: int, total: int) -> None:
        self.uploads.note_progress(upload, done, total)
        self._stop_if_cancelled(upload)

    def _stop_if_cancelled(self, upload: Upload) -> None:
        if self.uploads.is_cancelled(upload):
            raise Cancelled(N_("The import was cancelled. Nothing was written."))

    def _refused(self, upload: Upload, error: FracasError) -> None:
        errors = [found["message"] for found in findings(error)]
        self.uploads.keep_result(upload, {"refused": sentence(error), "errors": errors})


def _actor(session: Session, upload: Upload) -> Actor:
    """Whoever began it, with what they may do by now."""
    person = session.get(User, UUID(upload.user_id))
    if person is None or not person.is_active:
        raise Forbidden("Your account is not active any more.")
    return users.actor_for(session, person)


def told(report: Report) -> dict[str, Any]:
    """What the page says of a pass, in the reader's words."""
    columns = list(dict.fromkeys(name for entry in report.preview for name in entry.facts))
    return {
        "is_trial": report.is_trial, "is_written": report.is_written, "good": report.good,
        "verdict": sentence(report.verdict()), "summary": sentence(report.summary()),
        "refused_rows": len(report.bad),
        "bad": [[row.line, reports.reason(row, report.headers, sentence)] for row in report.bad[:SHOWN_BAD_ROWS]],
        "notes": [_note(found, report) for found in report.closing_notes()],
        "columns": [[name, report.headers.get(name)] for name in columns],
        "preview": [
            [entry.line, *(_cell(entry.facts.get(name)) for name in columns)] for entry in report.preview
        ] if report.is_trial else [],
    }  # fmt: skip


def _note(found: Finding, report: Report) -> list[str | None]:
    return [report.headers.get(found.field, found.field) if found.field else None, sentence(found)]


def _cell(value: Any) -> str:
    """A value of the preview as a person reads it."""
    text = shown(value) if isinstance(value, datetime) else writing.cell(value)
    plain = "–" if text is None else str(text)
    return plain if len(plain) <= LONGEST_CELL else f"{plain[:LONGEST_CELL]}…"
