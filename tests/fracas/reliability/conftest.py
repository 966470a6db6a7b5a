"""A fleet behind the HTTP shell, and a client for each role."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from fracas.users import account, workflow
from tests.factories.fleet import Fleet, day
from tests.factories.users import make_user

Client = Callable[..., FlaskClient]


@pytest.fixture
def fleet(session: Session) -> Fleet:
    return Fleet(session)


@pytest.fixture
def shown_fleet(app: Flask) -> Iterator[Fleet]:
    """Eight units of two lots with meters, five of them failed and replaced, and a spare; committed to the app's database."""
    with Session(app.extensions["engine"], expire_on_commit=False) as session:
        fleet = Fleet(session)
        workflow.grant_defaults(session, fleet.actor)
        for i in range(8):
            installation = fleet.install(f"A{i}", f"S{i}", lot=f"L{i % 2}")
            fleet.read(f"S{i}", 1000, 8000)
            if i < 5:
                at = 400 + 60 * i
                removal = fleet.remove(installation, at + 1, "failure")
                report = fleet.fail(
                    f"A{i}", at, system=f"S{i}", removal=removal, maintenance_kind="replace",
                    downtime_started_at=day(at), restored=at + 1,
                )  # fmt: skip
                fleet.verify(report, "confirmed", at + 2, mode="LEAK" if i < 4 else "STUCK")
                fleet.install(f"B{i}", f"S{i}", at + 1)
        fleet.part("SPARE")
        session.commit()
        yield fleet


@pytest.fixture
def client_of(shown_fleet: Fleet, app: Flask) -> Client:
    """``client_of("manager")``: somebody with that role, by a token, which pages take too."""

    tokens: dict[str, str] = {}

    def make(role: str = "reliability_engineer") -> FlaskClient:
        if role not in tokens:
            session, root = shown_fleet.session, shown_fleet.actor
            scope = {"sites": ["SH"]} if role in {"field_engineer", "service_station"} else {}
            person = make_user(session, root, role, email=f"{role}@example.org", **scope)
            tokens[role] = account.create_token(session, root, name="t", owner=person)
            session.commit()
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {tokens[role]}"
        return client

    return make
