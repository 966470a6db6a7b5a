"""What many tests share: a database of each kind, an app, a browser. Factories of records are in tests/factories/.

PostgreSQL tests run where FRACAS_TEST_POSTGRES names a server (any database on it, by a role that may create
databases), browser tests where a Chromium is found; elsewhere they skip and say so. FRACAS_TEST_NO_SKIPS=1 makes
every skip a failure, so that a build machine cannot pass by lacking something.
"""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, Page

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

POSTGRES = os.environ.get("FRACAS_TEST_POSTGRES", "")
NO_SKIPS = os.environ.get("FRACAS_TEST_NO_SKIPS", "") not in {"", "0"}
BACKENDS = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgresql),
]
CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


# ------------------------------------------------------------------ skips


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    return _refuse_skip((yield))


def _refuse_skip(report: Any) -> Any:
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where FRACAS_TEST_NO_SKIPS allows none: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of published and real data sets, which is not part of the repository."""
    named = os.environ.get("FRACAS_REFERENCE_DATA", "")
    if not named:
        pytest.skip("FRACAS_REFERENCE_DATA names no folder")
    folder = Path(named)
    assert folder.is_dir(), f"FRACAS_REFERENCE_DATA={named} is no folder"
    return folder.resolve()


# ------------------------------------------------------------------ databases


def _upgrade(url: str) -> None:
    from fracas.core.migrate import upgrade

    upgrade(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file; tests copy it, which is faster than migrating."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    _upgrade(f"sqlite:///{path}")
    with create_engine(f"sqlite:///{path}").connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.engine.dispose()
    return path


class PostgresServer:
    """A test server: gives databases, and takes them back."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.engine = create_engine(self.url, isolation_level="AUTOCOMMIT")

    def create(self, template: str = "template0") -> str:
        """The URL of a new database, a copy of ``template``."""
        name = f"fracas_test_{uuid.uuid4().hex[:16]}"
        with self.engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\''))
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    if not POSTGRES:
        pytest.skip("FRACAS_TEST_POSTGRES names no PostgreSQL server")
    server = PostgresServer(POSTGRES)
    yield server
    server.engine.dispose()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of an empty, migrated PostgreSQL database that others are copied from."""
    url = postgres_server.create()
    _upgrade(url)
    yield str(make_url(url).database)
    postgres_server.drop(url)


@pytest.fixture(scope="session", params=BACKENDS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A migrated database, one for each kind and worker. Tests leave no trace in it: use ``session``."""
    from fracas.core.db import make_engine

    server: PostgresServer | None = None
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("database") / "fracas.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create(request.getfixturevalue("postgres_template"))
    made = make_engine(url)
    yield made
    made.dispose()
    if server is not None:
        server.drop(url)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose every trace is rolled back, commits included."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as made:
            yield made
        outer.rollback()


@pytest.fixture
def empty_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own, for what opens its own connections (app, command line, jobs)."""
    path = tmp_path / "fracas.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    url = postgres_server.create(postgres_template)
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own, of each kind."""
    kind = "sqlite" if request.param == "sqlite" else "postgres"
    return str(request.getfixturevalue(f"empty_{kind}_url"))


# ------------------------------------------------------------------ the app


@pytest.fixture
def make_app() -> Iterator[Callable[[str], Flask]]:
    """``make_app(url)``: an app on that database; its connections are closed when the test is over."""
    from fracas.config import Config
    from fracas.factory import create_app

    made: list[Flask] = []

    def make(database_url: str, **settings: Any) -> Flask:
        app = create_app(
            Config(database_url=database_url, secret_key="tests only, never deployed", **settings)
        )
        app.testing = True
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["engine"].dispose()


@pytest.fixture
def app(make_app: Callable[[str], Flask], empty_sqlite_url: str) -> Flask:
    return make_app(empty_sqlite_url)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


# ------------------------------------------------------------------ the browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, without a window."""
    found = [path for path in map(shutil.which, CHROMIUM_NAMES) if path]
    if not found:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found[0], args=CHROMIUM_OPTIONS)
        yield made
        made.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a clean profile. Set its size with ``page.set_viewport_size`` (a phone: 390 x 844)."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", service_workers="block")
    made = context.new_page()
    made.set_default_timeout(10_000)
    yield made
    context.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """``serve(app)``: the address at which the app now answers, by the server that ``fracas serve`` uses."""
    from waitress import wasyncore
    from waitress.server import create_server

    running: list[tuple[Any, threading.Thread]] = []

    def start(app: Flask) -> str:
        server = create_server(app, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.effective_port}"

    yield start
    for server, thread in running:
        # In the thread of its loop, which would otherwise wait on sockets that another has closed.
        # If the loop wakes by itself in between, it has closed the trigger already.
        with suppress(OSError):
            server.trigger.pull_trigger(partial(wasyncore.close_all, server._map))
        thread.join(timeout=5)
        server.task_dispatcher.shutdown()
