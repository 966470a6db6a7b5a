"""The worker behind the page of imports: it does each pass once, within what the person may do by then."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from fracas.core.jobs import Job, Worker
from fracas.exchange import running
from fracas.exchange.running import PASS, Importer
from fracas.exchange.uploads import Upload, Uploads
from fracas.failures.models import Failure
from fracas.users import workflow as people
from tests.factories.served import Served

HEAD = "external_id,system,occurred_at,symptom,usage_not_read_reason\n"
ROW = "A-{},S1,2023-04-11,leaks,dark\n"


class Desk:
    """Somebody who imports, and a worker at hand."""

    def __init__(self, served: Served) -> None:
        self.served, self.importer = served, Importer(served.app)
        self.uploads: Uploads = self.importer.uploads
        self.sessions = served.app.extensions["fracas.sessions"]["write"]
        self.person = served.loop.person("administrator")
        self.actor = served.loop.as_("administrator")

    def upload(self, rows: int = 1, **facts: Any) -> Upload:
        table = HEAD + "".join(ROW.format(number) for number in range(rows))
        told = {"kind": "failures", "file_name": "f.csv", "map_text": "", "time_zone": "", **facts}
        return self.uploads.keep(self.actor, content=table.encode(), **told)

    def ask(self, upload: Upload, *, is_trial: bool = False, accept_good_rows: bool = False) -> Job:
        running.begin(
            self.served.session, self.uploads, upload, is_trial=is_trial, accept_good_rows=accept_good_rows
        )
        self.served.keep()
        job = self.served.session.scalar(select(Job).order_by(Job.id.desc()).limit(1))
        assert job is not None
        self.served.keep()
        return job

    def work(self) -> int:
        return Worker(self.sessions, {PASS: self.importer.run}).run_waiting()

    def failures(self) -> int:
        with self.sessions() as session:
            mine = Failure.organisation_id == self.actor.organisation_id
            return session.scalar(select(func.count()).select_from(Failure).where(mine)) or 0

    def finished(self, job: Job) -> bool:
        with self.sessions() as session:
            return session.get_one(Job, job.id).finished_at is not None


@pytest.fixture
def desk(served: Served) -> Desk:
    return Desk(served)


def test_a_pass_on_trial_writes_nothing_and_the_next_one_all(desk: Desk) -> None:
    upload = desk.upload(3)
    desk.ask(upload, is_trial=True)
    assert desk.work() == 1
    assert (desk.uploads.result(upload)["good"], desk.failures()) == (3, 0)
    job = desk.ask(upload)
    assert desk.work() == 1
    assert (desk.uploads.result(upload)["is_written"], desk.failures()) == (True, 3)
    assert desk.finished(job)


def test_rows_are_counted(desk: Desk) -> None:
    upload = desk.upload(120)
    told: list[tuple[int, int]] = []
    desk.uploads.note_progress = lambda _upload, done, total: told.append((done, total))  # type: ignore[method-assign]
    desk.ask(upload, is_trial=True)
    desk.work()
    assert told == [(100, 120), (120, 120)]


def test_cancelled_in_the_middle_nothing_is_written(desk: Desk) -> None:
    upload = desk.upload(120)
    note = desk.uploads.note_progress

    def cancel(one: Upload, done: int, total: int) -> None:
        note(one, done, total)
        desk.uploads.cancel(one)

    desk.uploads.note_progress = cancel  # type: ignore[method-assign]
    job = desk.ask(upload)
    desk.work()
    assert "cancelled" in desk.uploads.result(upload)["refused"]
    assert (desk.failures(), desk.finished(job)) == (0, True)


def test_two_workers_with_one_job_write_it_once(desk: Desk) -> None:
    """The lease ran out while the first was at it: the second finds the job finished, and takes back what it did."""
    upload = desk.upload()
    payload = desk.ask(upload).payload
    desk.importer.run(desk.sessions, payload)
    desk.uploads._path(upload.token, "data").write_bytes((HEAD + ROW.format("other")).encode())
    with pytest.raises(running.jobs.AlreadyDone):
        desk.importer.run(desk.sessions, payload)
    assert desk.failures() == 1


def test_an_error_of_the_program_is_told_and_not_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = desk.upload()
    monkeypatch.setattr(running.importing, "read_table", lambda *_: 1 / 0)
    job = desk.ask(upload)
    assert desk.work() == 1
    assert "error of the program" in desk.uploads.result(upload)["refused"]
    assert desk.finished(job)


def test_somebody_who_was_deactivated_meanwhile_imports_nothing(desk: Desk) -> None:
    upload = desk.upload()
    desk.served.loop.person("administrator", "second")
    people.deactivate(desk.served.session, desk.actor, desk.person)
    desk.ask(upload)
    desk.work()
    assert "not active" in desk.uploads.result(upload)["refused"]
    assert desk.failures() == 0


def test_the_result_is_told_in_the_language_of_the_reader(desk: Desk) -> None:
    upload = desk.upload(locale="zh_Hans")
    desk.ask(upload, is_trial=True)
    desk.work()
    assert "未写入" in desk.uploads.result(upload)["verdict"]


def test_an_upload_that_is_gone_ends_its_job(desk: Desk) -> None:
    job = desk.ask(desk.upload(), is_trial=True)
    for path in desk.uploads.folder.iterdir():
        path.unlink()
    assert desk.work() == 1
    assert desk.finished(job)
    assert UUID(job.payload["job"]) == job.id
