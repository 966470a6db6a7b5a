"""The command line as a person at a prompt meets it: what is printed, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.cli import main
from fracas.core import migrate
from fracas.core.db import make_engine
from fracas.core.history import HistoryEntry
from fracas.core.outbox import post
from fracas.core.permissions import Actor
from fracas.organisations.workflow import create_organisation
from fracas.reliability import planning
from fracas.reliability.forms import SparesPlanQuery
from fracas.users import account, queries
from fracas.users.models import User
from tests.factories.users import PASSWORD

FRACAS = [sys.executable, "-m", "fracas"]
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """``run("db", "current", url=...)``: the command in a bare environment."""
    for name in [name for name in os.environ if name.startswith("FRACAS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def invoke(*command: str, url: str | None = None, **settings: str) -> Result:
        environment = {f"FRACAS_{name.upper()}": value for name, value in settings.items()}
        if url is not None:
            environment |= {"FRACAS_DATABASE_URL": url}
        return CliRunner().invoke(main, list(command), env=environment, catch_exceptions=False)

    return invoke


@pytest.fixture
def url(empty_database_url: str, run: Run) -> str:
    """A database with an organisation."""
    done = run(
        "organisation", "create", "ACME", "--name", "Acme", "--no-starter-codes", url=empty_database_url
    )
    assert done.exit_code == 0, done.output
    return empty_database_url


def only_user(url: str) -> User:
    engine = make_engine(url)
    with Session(engine) as session:
        found = session.scalars(select(User)).one()
    engine.dispose()
    return found


def test_a_database_is_made_and_unmade(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite"
    assert run("db", "current", url=url).output.startswith("empty ")
    assert run("db", "upgrade", url=url).exit_code == 0
    assert run("db", "current", url=url).output.startswith(f"{migrate.head()} ")
    assert run("db", "downgrade", "base", url=url).exit_code == 1  # asked, and nobody said yes
    assert run("db", "downgrade", "base", "--yes", url=url).exit_code == 0
    assert run("db", "current", url=url).output.startswith("empty ")


def test_the_first_administrator_gets_in_without_a_default_password(run: Run, url: str) -> None:
    done = run("user", "create", "Ada@Example.org", "--admin", url=url, base_url="https://f.example")
    assert done.exit_code == 0, done.output
    link = re.fullmatch(r"https://f\.example/password/([\w-]{40,})\n", done.output)
    assert link is not None
    assert only_user(url).password_hash is None
    engine = make_engine(url)
    with Session(engine) as session:
        account.set_password_by_link(session, link=link.group(1), password=PASSWORD)
        person, _ = account.sign_in(session, email="ada@example.org", password=PASSWORD)
        assert [row.role.value for row in person.roles] == ["administrator"]
        by = session.scalars(select(HistoryEntry.actor_name).where(HistoryEntry.verb == "create"))
        assert "command line" in set(by)
    engine.dispose()


def test_a_new_link_replaces_a_lost_one(run: Run, url: str) -> None:
    first = run("user", "create", "ada@example.org", "--admin", url=url).output.strip().rpartition("/")[2]
    second = run("user", "password-link", "ada@example.org", url=url).output.strip().rpartition("/")[2]
    engine = make_engine(url)
    with Session(engine) as session:
        assert queries.live_link(session, first) is None
        assert queries.live_link(session, second) is not None
    engine.dispose()


def test_a_token_is_all_that_is_printed(run: Run, url: str) -> None:
    run("user", "create", "ada@example.org", "--admin", url=url)
    done = run("token", "create", "ada@example.org", "--name", "notebook", "--days", "30", url=url)
    assert re.fullmatch(r"[\w-]{40,}\n", done.stdout)
    engine = make_engine(url)
    with Session(engine) as session:
        actor = queries.actor_from_token(session, done.stdout.strip())
    engine.dispose()
    assert actor is not None
    assert actor.user_id == only_user(url).id


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["user", "create", "ada@example.org", "--role", "king"], "no role"),
        (["user", "create", "nonsense", "--admin"], "no e-mail address"),
        (["user", "create", "ada@example.org"], "--role"),
        (["user", "create", "ada@example.org", "--role", "field_engineer"], "at least one"),
        (["user", "create", "ada@example.org", "--role", "field_engineer", "--site", "WEST"], "WEST"),
        (["user", "create", "ada@example.org", "--admin", "--organisation", "NIX"], "NIX"),
        (["user", "password-link", "nobody@example.org"], "nobody@example.org"),
        (["token", "create", "nobody@example.org", "--name", "x"], "nobody@example.org"),
        (["token", "create", "nobody@example.org", "--name", "x", "--days", "-1"], "--days"),
        (["organisation", "create", "ACME", "--name", "Again"], "already"),
        (["restore", "missing.zip"], "missing.zip"),
        (["demo", "load"], "not empty"),
        (["nonsense"], "nonsense"),
    ],
)
def test_a_refusal_is_a_sentence_and_writes_nothing(
    run: Run, url: str, command: list[str], words: str
) -> None:
    done = run(*command, url=url)
    assert done.exit_code == 2
    assert words in done.output
    assert "Traceback" not in done.output
    engine = make_engine(url)
    with Session(engine) as session:
        assert session.scalars(select(User)).all() == []
    engine.dispose()


def test_without_an_organisation_the_next_step_is_named(run: Run, empty_sqlite_url: str) -> None:
    done = run("user", "create", "ada@example.org", "--admin", url=empty_sqlite_url)
    assert done.exit_code == 2
    assert "fracas organisation create" in done.output


def test_with_several_organisations_one_is_chosen(run: Run, url: str) -> None:
    run("organisation", "create", "OTHER", "--name", "Other", "--no-starter-codes", url=url)
    done = run("user", "create", "ada@example.org", "--admin", url=url)
    assert done.exit_code == 2
    assert "ACME, OTHER" in done.output
    assert (
        run("user", "create", "ada@example.org", "--admin", "--organisation", "OTHER", url=url).exit_code == 0
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"port": "eight"}, "FRACAS_PORT"),
        ({"demo": "1", "host": "0.0.0.0"}, "loopback only"),
        ({"url": "mysql://x/y"}, "FRACAS_DATABASE_URL"),
    ],
)
def test_a_bad_setting_is_named(run: Run, settings: dict[str, str], words: str) -> None:
    done = run("db", "current", **settings)
    assert done.exit_code == 2
    assert words in done.output


def test_a_database_that_is_behind_or_away_is_said(run: Run, tmp_path: Path) -> None:
    done = run("user", "create", "ada@example.org", "--admin", url=f"sqlite:///{tmp_path}/new.sqlite")
    assert done.exit_code == 2
    assert "fracas db upgrade" in done.output
    done = run("db", "upgrade", url="postgresql://postgres@127.0.0.1:9/nowhere")
    assert done.exit_code == 2
    assert done.output.startswith("Error: The database says: ")
    assert len(done.output.splitlines()) == 1


def test_demo_is_not_served_to_others(run: Run, empty_sqlite_url: str) -> None:
    done = run("serve", "--host", "0.0.0.0", url=empty_sqlite_url, demo="1")
    assert done.exit_code == 2
    assert "loopback only" in done.output


def test_a_server_database_needs_a_key_of_its_own(run: Run, empty_postgres_url: str) -> None:
    done = run("serve", "--port", "0", url=empty_postgres_url)
    assert done.exit_code == 2
    assert "FRACAS_SECRET_KEY" in done.output


def test_backup_and_restore(run: Run, url: str, tmp_path: Path) -> None:
    done = run("backup", "b.zip", url=url)
    assert done.exit_code == 0, done.output
    moved = run("restore", "b.zip", url=f"sqlite:///{tmp_path}/copy.sqlite")
    assert moved.exit_code == 0, moved.output
    assert moved.output == done.output.replace("written to", "restored from")
    assert run("restore", "b.zip", url=f"sqlite:///{tmp_path}/copy.sqlite").exit_code == 2
    assert run("backup", "b.zip", url=url).exit_code == 2


def test_waiting_jobs_are_tried_once(run: Run, url: str) -> None:
    engine = make_engine(url)
    with Session(engine) as session:
        post(session, organisation_id=None, recipient="a@b.c", subject="s", body="b")
        session.commit()
    engine.dispose()
    settings = {"url": url, "secret_key": "tests only, never deployed"}
    # No mail server: the mail waits.
    assert run("jobs", "run", "--once", **settings).output == "0 jobs tried\n"
    done = run("jobs", "run", "--once", **settings, smtp_url="smtp://127.0.0.1:9")
    assert done.output.splitlines()[-1] == "1 jobs tried"


def test_a_worker_computes_the_spares_plan(run: Run, url: str) -> None:
    engine = make_engine(url)
    with Session(engine) as session:
        root = Actor.system(create_organisation(session, code="ORG", name="Org").id)
        planning.ask(session, root, SparesPlanQuery())
        session.commit()
    done = run("jobs", "run", "--once", url=url, secret_key="tests only, never deployed")
    assert done.output.splitlines()[-1] == "1 jobs tried"
    with Session(engine) as session:
        assert planning.standing(session, root, SparesPlanQuery()).plan is not None
    engine.dispose()


def test_the_life_data_of_nothing_add_up(run: Run, url: str) -> None:
    done = run("check", url=url)
    assert done.exit_code == 0, done.output
    assert "agree" in done.output


@pytest.fixture(scope="module")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One vehicle of the demo, loaded by the command."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo')}/demo.sqlite"
    migrate.upgrade(url)
    done = CliRunner().invoke(
        main, ["demo", "load", "--systems", "1"], env={"FRACAS_DATABASE_URL": url}, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    assert re.search(r"1 vehicles, \d+ parts, \d+ failure reports", done.stdout)
    return url


def test_the_demo_loads_into_an_empty_database_only(run: Run, small_demo: str) -> None:
    assert run("demo", "load", "--if-empty", url=small_demo).output == ""
    assert run("demo", "load", url=small_demo).exit_code == 2


def test_the_demo_adds_up(run: Run, small_demo: str) -> None:
    done = run("check", url=small_demo)
    assert done.exit_code == 0, done.output


def serve_once(
    command: list[str], url: str, folder: Path, look: Callable[[str], None] = str, **more: str
) -> None:
    """Start a server, read its address, ask it how it is, and end it."""
    environment = {**os.environ, "FRACAS_DATABASE_URL": url, "FRACAS_PORT": "0", **more}
    with subprocess.Popen(
        [*FRACAS, *command], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        found = re.search(r" at (http://127\.0\.0\.1:\d+)$", line.strip())
        assert found is not None, line
        with urllib.request.urlopen(f"{found.group(1)}/healthz", timeout=20) as answer:
            assert answer.status == 200
        look(found.group(1))
        server.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 20
        while server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.poll() == 0


def test_it_serves_says_where_and_ends_when_told(empty_sqlite_url: str, tmp_path: Path) -> None:
    serve_once(["serve"], empty_sqlite_url, tmp_path)


def test_the_demo_is_served_as_it_was_left(small_demo: str, tmp_path: Path) -> None:
    def look(address: str) -> None:
        """The demo is entered from here, and not through a proxy."""
        for told, is_open in (({}, True), ({"X-Forwarded-For": "203.0.113.9"}, False)):
            asked = urllib.request.Request(f"{address}/sign-in", headers=told)
            with urllib.request.urlopen(asked, timeout=20) as answer:
                assert (b"/sign-in/demo" in answer.read()) == is_open

    serve_once(["demo", "serve"], small_demo, tmp_path, look, FRACAS_DEMO="1")


def test_a_surprise_is_a_sentence_too(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(migrate, "head", surprise)
    done = run("db", "current", url=url)
    assert done.exit_code == 2
    assert done.output.startswith("Error: ZeroDivisionError: division by zero")
    with pytest.raises(ZeroDivisionError):
        run("db", "current", url=url, log_level="debug")


def commands(group: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(group, click.Group):
        return [(path, group)]
    return [found for name, command in group.commands.items() for found in commands(command, (*path, name))]


@pytest.mark.parametrize("path", [path for path, _ in commands(main)])
def test_every_command_explains_itself(run: Run, path: tuple[str, ...]) -> None:
    done = run(*path, "--help")
    assert done.exit_code == 0
    assert re.search(r"Usage: main " + " ".join(path), done.output)
    assert len(done.output.split("Options:")[0].strip().splitlines()) >= 3
