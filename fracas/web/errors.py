"""Every refusal in the form its reader wants: problem+json for programs, a sentence on a page for people."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from fracas.core.errors import Finding, Forbidden, FracasError, Invalid, NotFound, Refused, Stale
from fracas.core.words import N_
from fracas.web.fieldwords import said
from fracas.web.guard import is_api

log = structlog.get_logger()


def sentence(error: FracasError | Finding) -> str:
    """The message in the reader's language."""
    text = str(gettext(error.message))
    if not error.params:
        return text
    return text % {
        name: sentence(value) if isinstance(value, Finding) else said(value)
        for name, value in error.params.items()
    }


def findings(error: FracasError) -> list[dict[str, Any]]:
    return [
        {"field": found.field, "row": found.row, "value": found.value, "message": sentence(found)}
        for found in error.findings
    ]


def problem(status: int, title: str, detail: str, errors: list[dict[str, Any]] | None = None) -> Response:
    """An RFC 9457 answer. ``errors`` lists field, row, value and message of each thing that is wrong."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = [{k: v for k, v in e.items() if v is not None} for e in errors]
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def answer(status: int, title: str, detail: str, errors: list[dict[str, Any]] | None = None) -> Response:
    if is_api():
        return problem(status, title, detail, errors)
    page = render_template("error.html", status=status, title=title, detail=detail, errors=errors or [])
    return make_response(page, status)


def refuse(error: FracasError) -> Response:
    return answer(error.status, gettext(error.title), sentence(error), findings(error))


TITLES = {
    400: FracasError.title,
    403: Forbidden.title,
    404: NotFound.title,
    405: N_("Not possible here"),
    413: N_("Too large"),
    415: N_("Not that kind of content"),
    429: N_("Too many requests"),
    500: N_("Something went wrong"),
}


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    words = {
        404: gettext("There is no such page."),
        405: gettext("This address does not take that kind of request."),
        413: gettext("The file is larger than this server takes."),
        429: gettext("Too many tries; wait a minute."),
    }
    response = answer(
        status, gettext(TITLES.get(status, error.name)), words.get(status, error.description or error.name)
    )
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _csrf(_error: CSRFError) -> Response:
    text = gettext(
        "This page is too old to be sent, or it was not opened here. Open it again and repeat what you did."
    )
    return answer(400, gettext("Open the page again"), text)


def _stale(_error: Exception) -> Response:
    return refuse(
        Stale("This record was changed by somebody else meanwhile. Nothing was overwritten: open it again.")
    )


def _conflict(error: IntegrityError) -> Response:
    log.warning("integrity", error=str(error.orig))
    return refuse(
        Refused("Another request wrote the same record at this moment; nothing was saved. Please try again.")
    )


def _unfit(error: DataError) -> Response:
    log.warning("data", error=str(error.orig))
    return refuse(Invalid("The database cannot hold one of these values; nothing was saved."))


def _busy(error: OperationalError) -> Response:
    log.error("database", error=str(error.orig))
    return answer(
        503,
        gettext("Busy"),
        gettext("The database does not answer just now; nothing was saved. Please try again."),
    )


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected", request_id=g.get("request_id"))
    text = gettext(
        "Something went wrong on our side; nothing was saved. Tell your administrator the number %(id)s."
    )
    return answer(500, gettext("Our fault"), text % {"id": g.get("request_id", "–")})


def install(app: Flask) -> None:
    app.register_error_handler(FracasError, refuse)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(IntegrityError, _conflict)
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _unexpected)
