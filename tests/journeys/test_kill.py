"""kill -9: what was acknowledged is there, once, with its photo; what was not is sent again. An import is whole or absent."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from fracas.core import clock
from fracas.core.backup import backup
from fracas.core.db import make_engine
from fracas.core.jobs import LEASE, Job, Worker
from fracas.core.permissions import Actor
from fracas.exchange import running
from fracas.exchange.running import PASS, Importer
from fracas.failures.models import Attachment, AttachmentContent, Failure
from fracas.users import account
from tests.factories.loop import Loop

SECRET = "tests only, never deployed"
PHONES, ENOUGH = 4, 8
ROWS = 600
PATIENCE = 180  # seconds; a machine with other things to do may need minutes to start a process
BOUNDARY = "frontier"


@contextmanager
def program(url: str, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A process of the service, killed without a warning when the block is left."""
    environment = {**os.environ, "FRACAS_DATABASE_URL": url, "FRACAS_SECRET_KEY": SECRET}
    process = subprocess.Popen(
        [sys.executable, "-m", "fracas", *command], env=environment, text=True, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def server(url: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Its address, and what kills it."""
    with program(url, "serve", "--port", "0") as process:
        assert process.stdout is not None
        yield process.stdout.readline().rpartition("http://")[2].strip(), process.kill


# ------------------------------------------------------------------ the server


def photo(name: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + name.encode() * 2000


class Phones:
    """People who file one report with a photo after the other, until nobody answers."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.acknowledged: dict[str, str] = {}
        self.unanswered: list[str] = []
        self.strange: list[str] = []

    def file_until_killed(self, address: str, kill: Callable[[], None]) -> None:
        phones = [threading.Thread(target=self._phone, args=(address,)) for _ in range(PHONES)]
        for phone in phones:
            phone.start()
        end = time.monotonic() + PATIENCE
        while len(self.acknowledged) < ENOUGH and not self.strange and time.monotonic() < end:
            time.sleep(0.01)
        kill()
        for phone in phones:
            phone.join()

    def _phone(self, address: str) -> None:
        while True:
            name = uuid.uuid4().hex
            try:
                self.acknowledged[name] = self.file(address, name)
            except ConnectionRefusedError:
                return  # killed between two reports
            except (OSError, http.client.HTTPException, ValueError):
                self.unanswered.append(name)  # killed in the middle of this one: it stays on the phone
                return

    def file(self, address: str, name: str) -> str:
        """Send a report as the page does; its number."""
        facts = {
            "serial": "S1", "symptom": name, "occurred_at": "2025-06-01T10:00+00:00", "submission": name,
        }  # fmt: skip
        part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{{}}"'
        fields = "".join(f"{part.format(key)}\r\n\r\n{value}\r\n" for key, value in facts.items())
        body = f'{fields}{part.format("photo")}; filename="x.png"\r\n\r\n'.encode()
        connection = http.client.HTTPConnection(address, timeout=PATIENCE)
        try:
            connection.request(
                "POST", "/failures/file", body + photo(name) + f"\r\n--{BOUNDARY}--\r\n".encode(),
                {"Authorization": f"Bearer {self.token}", "Accept": "application/json",
                 "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
            )  # fmt: skip
            answer = connection.getresponse()
            told = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            self.strange.append(f"{answer.status} {told!r}")
        return str(json.loads(told)["number"])


def test_acknowledged_reports_survive_kill_9(empty_database_url: str, tmp_path: Path) -> None:
    engine = make_engine(empty_database_url)
    with Session(engine) as session:
        person = Loop(session).person("field_engineer")
        root = Actor.system(person.organisation_id)
        phones = Phones(account.create_token(session, root, name="phone", owner=person))
        session.commit()
    engine.dispose()
    with server(empty_database_url) as (address, kill):
        phones.file_until_killed(address, kill)
    assert phones.strange == []
    assert len(phones.acknowledged) >= ENOUGH
    assert phones.unanswered, "nothing was in flight when the server was killed"
    with server(empty_database_url) as (address, _):
        for name in [
            *phones.unanswered,
            *phones.acknowledged,
        ]:  # an answer may have been lost, so all are sent
            number = phones.file(address, name)
            assert phones.acknowledged.setdefault(name, number) == number
    each_once(engine, phones.acknowledged)
    sound(engine)
    backup(empty_database_url, tmp_path / "whole.zip")  # reads every row of every table
    engine.dispose()


def each_once(engine: Engine, acknowledged: dict[str, str]) -> None:
    """Every report with the number that was told and the photo that was sent; none that nobody sent."""
    with Session(engine) as session:
        reports = session.execute(select(Failure.symptom, Failure.number)).all()
        assert sorted(map(tuple, reports)) == sorted(acknowledged.items())
        kept = session.execute(
            select(Failure.symptom, AttachmentContent.content)
            .join(Attachment, Attachment.failure_id == Failure.id)
            .join(AttachmentContent, AttachmentContent.id == Attachment.id)
        ).all()
        assert sorted(map(tuple, kept)) == sorted((name, photo(name)) for name in acknowledged)


def sound(engine: Engine) -> None:
    """The database's own opinion of itself; PostgreSQL has none to ask for, and reads its rows for the backup."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


# ------------------------------------------------------------------ the runner of jobs


def test_an_import_whose_runner_was_killed_is_done_by_the_next(
    empty_database_url: str, make_app: Callable[[str], Flask]
) -> None:
    app = make_app(empty_database_url)
    importer, sessions = Importer(app), app.extensions["fracas.sessions"]["write"]
    table = "external_id,system,occurred_at,symptom,usage_not_read_reason\n" + "".join(
        f"A-{number},S1,2023-04-11,leaks,dark\n" for number in range(ROWS)
    )
    with sessions.begin() as session:
        desk = Loop(session)
        upload = importer.uploads.keep(
            desk.as_("administrator"), kind="failures", file_name="f.csv", map_text="", time_zone="",
            content=table.encode(),
        )  # fmt: skip
        running.begin(session, importer.uploads, upload, is_trial=False, accept_good_rows=False)
    with program(empty_database_url, "jobs", "run"):
        end = time.monotonic() + PATIENCE
        while importer.uploads.progress(upload) is None:
            assert time.monotonic() < end, "the runner began nothing"
            time.sleep(0.005)
    assert importer.uploads.result(upload) == {}, "it was killed too late to show anything"
    engine = app.extensions["engine"]
    assert standing(engine) == (0, 1, False)
    next_one = Worker(sessions, {PASS: importer.run})
    assert next_one.run_waiting() == 0  # the dead one's lease has not run out
    with clock.at(clock.now() + LEASE + timedelta(seconds=1)):
        assert next_one.run_waiting() == 1
        assert next_one.run_waiting() == 0
    assert standing(engine) == (ROWS, 2, True)
    sound(engine)


def standing(engine: Engine) -> tuple[int, int, bool]:
    """How many reports there are, how often the job was tried, whether it is done."""
    with Session(engine) as session:
        job = session.scalars(select(Job)).one()
        reports = session.scalar(select(func.count(Failure.external_id.distinct()))) or 0
        assert reports == session.scalar(select(func.count()).select_from(Failure))
        return reports, job.attempts, job.finished_at is not None
