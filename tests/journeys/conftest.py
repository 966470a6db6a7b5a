"""The depot behind a real server, and people who come to it by browser, by token or by command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fracas.config import Config
from fracas.core.db import Base
from fracas.core.permissions import Actor
from fracas.factory import create_app
from fracas.users import account, queries
from tests.journeys import depot
from tests.journeys.visitor import Visitor


@pytest.fixture(scope="session")
def depot_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fleet, made once a worker; never written to, only copied."""
    return depot.build(sqlite_template, tmp_path_factory.mktemp("depot") / "depot.sqlite")


class Door:
    """A service on its own copy of the fleet."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.url = url
        self.app: Flask = create_app(
            Config(database_url=url, secret_key="tests only, never deployed", demo=True, **settings)
        )
        self.app.testing = True
        self.address = ""
        self._clients: dict[str, FlaskClient] = {}

    def session(self) -> Session:
        return Session(self.app.extensions["engine"], expire_on_commit=False)

    def bearer(self, name: str) -> dict[str, str]:
        """The header of a program that may do what that person may."""
        with self.session() as session:
            person = queries.user_by_email(session, depot.email(name))
            assert person is not None
            root = Actor.system(person.organisation_id)
            made = account.create_token(session, root, name="test", owner=person)
            session.commit()
        return {"Authorization": f"Bearer {made}"}

    def client(self, name: str) -> FlaskClient:
        """Somebody whose requests carry a token; the pages take it too."""
        if name not in self._clients:
            self._clients[name] = self.app.test_client()
            self._clients[name].environ_base["HTTP_AUTHORIZATION"] = self.bearer(name)["Authorization"]
        return self._clients[name]

    def rows(self) -> dict[str, int]:
        """How many rows each table has: what a refused request must leave as it was."""
        with self.session() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
                if name != "job"  # an import leaves the note that it was asked for
            }

    def get(self, path: str, who: str = "manager", **query: Any) -> Any:
        """What the API answers to a program of that person."""
        answer = self.app.test_client().get(f"/api/v1{path}", query_string=query, headers=self.bearer(who))
        assert answer.status_code == 200, answer.text
        return answer.json

    def post(self, path: str, who: str, body: Any = None, **headers: str) -> Any:
        client = self.app.test_client()
        return client.post(f"/api/v1{path}", json=body or {}, headers={**self.bearer(who), **headers})

    def close(self) -> None:
        self.app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def door(depot_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One service for the tests of a module."""
    path = tmp_path_factory.mktemp("door") / "fracas.sqlite"
    shutil.copyfile(depot_file, path)
    made = Door(f"sqlite:///{path}")
    yield made
    made.close()


@pytest.fixture
def visit(door: Door, serve: Callable[[Flask], str], browser: Any) -> Iterator[Callable[..., Visitor]]:
    """``visit("quality", phone=True)``: that person, signed in; what their pages may not do is asserted at the end."""
    address = serve(door.app)
    made: list[Visitor] = []

    def enter(name: str, **options: Any) -> Visitor:
        made.append(Visitor(browser, address, **options))
        return made[-1].enter(name)

    yield enter
    for one in made:
        one.leave()
