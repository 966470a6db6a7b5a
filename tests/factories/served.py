"""The closed loop behind the HTTP shell: an app on a database of its own, and a client for each role."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from fracas.config import Config
from fracas.core.permissions import Actor
from fracas.factory import create_app
from fracas.users import account
from tests.factories.loop import Loop


class Served:
    """Records are made by ``loop`` in a session of its own; :meth:`keep` commits them, so that requests see them."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app = app
        self.session = session
        self.loop = Loop(session)
        self._tokens: dict[str, str] = {}
        self.keep()

    def keep(self) -> None:
        # Nothing is expired: reading it anew would open a transaction that the requests would wait for.
        self.session.commit()

    def client(self, role: str = "quality", name: str = "") -> FlaskClient:
        """Somebody with that role, by a token; the pages take it too."""
        key = role + name
        if key not in self._tokens:
            person = self.loop.person(role, name)
            self._tokens[key] = account.create_token(
                self.session, Actor.system(person.organisation_id), name="t", owner=person
            )
        self.keep()
        client = self.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self._tokens[key]}"
        return client


@pytest.fixture(scope="module")
def served_app(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One app for the tests of a module: each test brings an organisation of its own, and sees no other."""
    path = tmp_path_factory.mktemp("served") / "fracas.sqlite"
    shutil.copyfile(sqlite_template, path)
    app = create_app(Config(database_url=f"sqlite:///{path}", secret_key="tests only, never deployed"))
    app.testing = True
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def served(served_app: Flask) -> Iterator[Served]:
    with served_app.extensions["fracas.sessions"]["write"]() as session:
        yield Served(served_app, session)


def text_of(answer: TestResponse) -> str:
    """A page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))
