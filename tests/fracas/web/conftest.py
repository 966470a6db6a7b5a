"""A service with a room of its own for these tests: ``probe`` does what the shell must carry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIBlueprint
from flask import Blueprint, Flask, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from fracas.core.errors import Finding, Forbidden, Invalid, NotFound, Refused, Stale
from fracas.core.forms import Form, Moment, field
from fracas.core.numbering import NumberSequence, next_number
from fracas.web import api as web_api
from fracas.web.guard import actor, needs, public
from fracas.web.session import db, writes
from tests.factories.served import served, served_app  # noqa: F401 - fixtures of the tests in this folder
from tests.factories.service import Service, make_service

RAISES: dict[str, Exception] = {
    "not_found": NotFound("There is no probe “%(key)s”.", key="P1"),
    "forbidden": Forbidden("Your roles do not allow this (%(permission)s).", permission="probe.do"),
    "refused": Refused("The gate is shut."),
    "stale": Stale("Changed meanwhile."),
    "invalid": Invalid(
        "Two things are wrong.",
        findings=[
            Finding("Too late: %(at)s.", field="when", params={"at": "noon"}),
            Finding("Never.", row=3, value="<b>"),
        ],
    ),
    "race": StaleDataError(),
    "integrity": IntegrityError("INSERT", {}, Exception("UNIQUE secret_table")),
    "busy": OperationalError("SELECT", {}, Exception("database is locked")),
    "bug": RuntimeError("the secret of the stack"),
}


class Probe(Form):
    name: str = field(label="Name", max_length=9)
    at: Moment | None = field(None, label="At")


class Answer(web_api.Output):
    name: str
    at: str | None = None


def count(prefix: str) -> str:
    """Write something that a test can see: the next number of a sequence."""
    return next_number(db(), actor().organisation_id, prefix)


pages = Blueprint("probe", __name__, url_prefix="/probe")
api = APIBlueprint("probe_api", __name__, url_prefix="/api/v1/probe")


@pages.get("/open")
@public
def opened() -> str:
    return "open"


@pages.get("/closed")
def closed() -> str:
    return f"in as {actor().name}"


@pages.get("/needs")
@needs("catalog.read")
def for_everybody() -> str:
    return "yes"


@pages.get("/needs-more")
@needs("matrix.edit")
def for_few() -> str:
    return "yes"


@pages.post("/write/<prefix>/<int:status>")
def write(prefix: str, status: int) -> tuple[str, int]:
    return count(prefix), status


@pages.get("/read-write/<prefix>")
def write_on_read(prefix: str) -> str:
    return next_number(writes(), actor().organisation_id, prefix)


def _raise(prefix: str, what: str) -> str:
    count(prefix)
    raise RAISES[what]


pages.add_url_rule("/raise/<prefix>/<what>", "raises", _raise, methods=["POST"])
api.add_url_rule("/raise/<prefix>/<what>", "raises", _raise, methods=["POST"])


@api.post("/echo")
@api.output(Answer)
@web_api.takes(api, Probe)
def echo(form: Probe) -> Any:
    version = web_api.if_match()
    return {"name": f"{form.name} {version}", "at": form.at.isoformat() if form.at else None}


@api.post("/once")
@api.output(Answer, status_code=201)
@web_api.takes(api, Probe)
@web_api.idempotent
def once(form: Probe) -> Any:
    if form.name == "no":
        raise Refused("The gate is shut.")
    return Answer(name=count("ONCE")), 201, {"Location": "/api/v1/probe/7", "ETag": '"1"'}


@api.get("/list")
@web_api.takes(api, web_api.ListQuery, "query", "query")
def listed(query: web_api.ListQuery) -> dict[str, Any]:
    return {"limit": query.limit, "cursor": query.cursor, "path": request.path}


def add_probe(app: Flask) -> None:
    app.register_blueprint(pages)
    app.register_blueprint(api)


@pytest.fixture(scope="package")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests of the shell; each writes under names of its own."""
    made = make_service(sqlite_template, tmp_path_factory.mktemp("web"))
    add_probe(made.app)
    # As in service: an error becomes an answer, not an exception in the test.
    made.app.testing = False
    yield made
    made.close()


def last_number(service: Service, prefix: str) -> int:
    """How far a sequence has been counted, as committed."""
    with Session(service.app.extensions["engine"]) as session:
        return session.scalar(select(NumberSequence.last).where(NumberSequence.prefix == prefix)) or 0
