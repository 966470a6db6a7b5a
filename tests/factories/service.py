"""The whole service on a database of its own: the register of `loop`, and people who come in by browser or by token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from fracas.config import Config
from fracas.core.permissions import Actor
from fracas.factory import create_app
from fracas.users import account
from fracas.users.signin import COOKIE
from tests.factories.loop import Loop


class Visitor:
    """A signed-in browser: what it posts carries the token of the page before."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf(), **(data or {})}, **options)

    def csrf(self) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/account").text)
        assert found is not None
        return found.group(1)


class Service:
    """An app, and the loop's register in its database."""

    def __init__(self, database_url: str) -> None:
        self.app: Flask = create_app(
            Config(database_url=database_url, secret_key="tests only, never deployed")
        )
        self.app.testing = True
        self._session = Session(self.app.extensions["engine"], expire_on_commit=False)
        self.loop = Loop(self._session)
        self._session.commit()

    @contextmanager
    def told(self) -> Iterator[Loop]:
        """Read or do something by the verbs; it is committed, so that requests see it.

        Nothing is expired: whoever read it anew afterwards would open a transaction that the requests wait for.
        """
        try:
            yield self.loop
            self._session.commit()
        finally:
            self._session.rollback()  # nobody waits for a test that failed

    def visitor(self, role: str, name: str = "") -> Visitor:
        with self.told() as loop:
            cookie = account.start_session(self._session, loop.person(role, name), device=None, hours=1)
        client = self.app.test_client()
        client.set_cookie(COOKIE, cookie)
        return Visitor(client)

    def bearer(self, role: str, name: str = "") -> dict[str, str]:
        """The header of a program that may do what that person may."""
        with self.told() as loop:
            root = Actor.system(loop.actor.organisation_id)
            token = account.create_token(self._session, root, name="test", owner=loop.person(role, name))
        return {"Authorization": f"Bearer {token}"}

    def close(self) -> None:
        self._session.close()
        self.app.extensions["engine"].dispose()


def make_service(template: Path, folder: Path) -> Service:
    """A service on a copy of an empty, migrated SQLite file."""
    path = folder / "fracas.sqlite"
    path.write_bytes(template.read_bytes())
    return Service(f"sqlite:///{path}")
