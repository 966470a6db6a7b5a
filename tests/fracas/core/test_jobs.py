"""Work is done once if all goes well, at least once if not, and never lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from fracas.core import clock, jobs
from fracas.core.db import make_engine, session_factory
from fracas.core.jobs import MOST_ATTEMPTS, Job, Worker, enqueue, pause_after


@pytest.fixture
def sessions(empty_database_url: str) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(empty_database_url)
    yield session_factory(engine)
    engine.dispose()


def ask(sessions: sessionmaker[Session], kind: str = "note", **payload: Any) -> None:
    with sessions.begin() as session:
        enqueue(session, kind, payload)


def all_jobs(sessions: sessionmaker[Session]) -> list[Job]:
    with sessions() as session:
        return list(session.scalars(select(Job).order_by(Job.run_after, Job.id)))


def test_a_job_is_there_only_after_the_commit(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        enqueue(session, "note")
        session.flush()
        session.rollback()
    assert Worker(sessions, {"note": lambda *_: None}).run_one() is False


def test_waiting_jobs_are_done_in_order_and_once(sessions: sessionmaker[Session]) -> None:
    done: list[int] = []
    for number in range(3):
        ask(sessions, number=number)
    worker = Worker(sessions, {"note": lambda _, payload: done.append(payload["number"])})
    assert worker.run_waiting() == 3
    assert worker.run_waiting() == 0
    assert done == [0, 1, 2]
    for job in all_jobs(sessions):
        assert (job.attempts, job.last_error, job.leased_until) == (1, None, None)
        assert job.finished_at is not None


def test_the_work_writes_in_transactions_of_its_own(sessions: sessionmaker[Session]) -> None:
    def work(given: sessionmaker[Session], payload: dict[str, Any]) -> None:
        with given.begin() as session:
            enqueue(session, "second", {"after": payload["number"]})

    ask(sessions, "first", number=1)
    Worker(sessions, {"first": work}).run_waiting()
    assert [(job.kind, job.payload) for job in all_jobs(sessions)] == [
        ("first", {"number": 1}),
        ("second", {"after": 1}),
    ]


def test_a_job_waits_for_its_time_and_for_a_worker_of_its_kind(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        enqueue(session, "note", run_after=clock.now() + timedelta(hours=1))
    ask(sessions, "other")
    worker = Worker(sessions, {"note": lambda *_: None})
    assert worker.run_one() is False
    with clock.at(clock.now() + timedelta(hours=2)):
        assert worker.run_waiting() == 1
    assert [job.finished_at is None for job in all_jobs(sessions) if job.kind == "other"] == [True]


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(sessions: sessionmaker[Session]) -> None:
    def work(*_: Any) -> None:
        raise ValueError("no luck")

    ask(sessions)
    worker, moment = Worker(sessions, {"note": work}), clock.now()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        with clock.at(moment):
            assert worker.run_waiting() == 1
        (job,) = all_jobs(sessions)
        assert (job.attempts, job.last_error) == (attempt, "ValueError: no luck")
        if attempt < MOST_ATTEMPTS:
            assert job.run_after == moment + pause_after(attempt)
            assert job.finished_at is None
            moment = job.run_after
    assert all_jobs(sessions)[0].finished_at is not None


def test_pauses_grow_to_a_limit() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 20)]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(pauses) == jobs.LONGEST_PAUSE


def test_two_workers_never_hold_one_job(sessions: sessionmaker[Session]) -> None:
    for number in range(20):
        ask(sessions, number=number)
    done: list[int] = []
    start = threading.Barrier(4)

    def run() -> None:
        worker = Worker(sessions, {"note": lambda _, payload: done.append(payload["number"])})
        start.wait()
        worker.run_waiting()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(done) == list(range(20))
    assert {job.attempts for job in all_jobs(sessions)} == {1}


def test_who_outlives_the_lease_cannot_overwrite_the_other(sessions: sessionmaker[Session]) -> None:
    ask(sessions)
    slow, quick = (Worker(sessions, {"note": lambda *_: None}) for _ in range(2))
    moment = clock.now()
    with clock.at(moment):
        held = slow.take()
        assert held is not None
        assert quick.take() is None
    with clock.at(moment + slow.lease):
        assert quick.run_one() is True
    (job,) = all_jobs(sessions)
    slow._failed(held, ValueError("too late"))
    assert all_jobs(sessions)[0].last_error is None
    assert all_jobs(sessions)[0].finished_at == job.finished_at


def test_a_job_that_takes_every_worker_down_is_given_up(sessions: sessionmaker[Session]) -> None:
    ask(sessions)
    worker, moment = Worker(sessions, {"note": lambda *_: None}), clock.now()
    for _ in range(MOST_ATTEMPTS):
        with clock.at(moment):
            assert worker.take() is not None
        moment += worker.lease
    with clock.at(moment):
        assert worker.run_one() is False
    (job,) = all_jobs(sessions)
    assert job.finished_at is not None
    assert job.last_error == "no worker survived it"


def _hang(url: str, started: Any) -> None:
    def work(*_: Any) -> None:
        started.set()
        time.sleep(60)

    Worker(session_factory(make_engine(url)), {"note": work}, lease=timedelta(seconds=1)).run_one()


def test_the_job_of_a_killed_worker_is_done_by_another(
    sessions: sessionmaker[Session], empty_database_url: str
) -> None:
    ask(sessions)
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_hang, args=(empty_database_url, started))
    process.start()
    assert started.wait(timeout=60)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(timeout=10)
    done: list[int] = []
    worker = Worker(sessions, {"note": lambda *_: done.append(1)})
    deadline = time.monotonic() + 20
    while not done and time.monotonic() < deadline:
        worker.run_one()
        time.sleep(0.1)
    assert done == [1]
    assert all_jobs(sessions)[0].attempts == 2


def test_the_loop_works_until_told_to_stop(sessions: sessionmaker[Session]) -> None:
    done, stop = threading.Event(), threading.Event()
    worker = Worker(sessions, {"note": lambda *_: done.set()})
    thread = threading.Thread(target=worker.run, args=(stop, 0.05))
    thread.start()
    ask(sessions)
    assert done.wait(timeout=20)
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_the_loop_survives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/without_tables.sqlite")
    worker, stop = Worker(session_factory(engine), {"note": lambda *_: None}), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop, 0.01))
    thread.start()
    time.sleep(0.2)
    assert thread.is_alive()
    stop.set()
    thread.join(timeout=20)
    engine.dispose()


def test_a_job_that_is_finished_with_its_work_is_committed_or_rolled_back_with_it(
    sessions: sessionmaker[Session],
) -> None:
    ask(sessions, "note", text="once")
    (job,) = all_jobs(sessions)
    with sessions() as session:
        jobs.finish(session, job.id)
        session.rollback()
    assert all_jobs(sessions)[0].finished_at is None
    with sessions.begin() as session:
        jobs.finish(session, job.id)
    with sessions() as session, pytest.raises(jobs.AlreadyDone):
        jobs.finish(session, job.id)


def test_a_worker_that_finds_its_job_done_by_another_leaves_it(sessions: sessionmaker[Session]) -> None:
    ask(sessions, "note")

    def work(_sessions: sessionmaker[Session], _payload: dict[str, Any]) -> None:
        with sessions.begin() as session:
            jobs.finish(session, all_jobs(sessions)[0].id)
        raise jobs.AlreadyDone

    assert Worker(sessions, {"note": work}).run_waiting() == 1
    assert (all_jobs(sessions)[0].last_error, all_jobs(sessions)[0].attempts) == (None, 1)


def test_the_latest_job_is_found_by_its_payload(sessions: sessionmaker[Session]) -> None:
    for text in ("a", "b", "a"):
        ask(sessions, "note", text=text)
    wanted = [job.id for job in all_jobs(sessions) if job.payload["text"] == "a"]
    with sessions() as session:
        found = jobs.latest(session, "note", text="a")
        assert found is not None
        assert found.id == max(wanted)
        assert jobs.latest(session, "note", text="c") is None
