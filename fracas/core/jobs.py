"""The job table and its worker: work that must not be lost, enqueued in the transaction of the fact that asks for it.

A worker takes a job by a lease, does it, and notes that it is done. A worker that is killed loses nothing: when its
lease runs out another one takes the job again. So work is done at least once, and a work function must be able to meet
its own half-done traces.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Index, and_, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from fracas.core import clock
from fracas.core.db import Base, Key, Short, uuid7

log = structlog.get_logger()

LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 8
LONGEST_PAUSE = timedelta(hours=6)


class Job(Base):
    __tablename__ = "job"
    __table_args__ = (Index("ix_job_waiting", "finished_at", "run_after"),)
    __history__ = None

    id: Mapped[Key]
    organisation_id: Mapped[UUID | None]
    kind: Mapped[Short]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[datetime] = mapped_column(default=clock.now)
    leased_until: Mapped[datetime | None] = mapped_column(
        comment="a worker holds it until then; after that it is lost"
    )
    finished_at: Mapped[datetime | None] = mapped_column(comment="done, or given up where last_error says so")
    last_error: Mapped[str | None]


Work = Callable[[sessionmaker[Session], dict[str, Any]], None]
"""Does a job of one kind: (sessions, payload). It opens its own transactions, ``with sessions.begin() as session``."""


class AlreadyDone(Exception):
    """Another worker took the job over and has finished it; what was done again must be rolled back."""


def enqueue(
    session: Session,
    kind: str,
    payload: dict[str, Any] | None = None,
    *,
    organisation_id: UUID | None = None,
    run_after: datetime | None = None,
) -> Job:
    """Ask for work; it is there for the workers once the session's transaction is committed."""
    made = Job(
        id=uuid7(), kind=kind, payload=payload or {}, organisation_id=organisation_id,
        run_after=run_after or clock.now(),
    )  # fmt: skip
    session.add(made)
    return made


def finish(session: Session, job_id: UUID) -> None:
    """Note that a job is done in the transaction of its work: both are committed, or neither.

    For work that must not be done twice. Raises :class:`AlreadyDone` where another worker has done it meanwhile.
    """
    open_ = update(Job).where(Job.id == job_id, Job.finished_at.is_(None))
    done = session.execute(open_.values(finished_at=clock.now(), leased_until=None, last_error=None))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise AlreadyDone


def latest(session: Session, kind: str, **payload: str) -> Job | None:
    """The last job of that kind that was asked for with those words in its payload."""
    told = [Job.payload[name].as_string() == value for name, value in payload.items()]
    return session.scalar(select(Job).where(Job.kind == kind, *told).order_by(Job.id.desc()).limit(1))


def pause_after(attempts: int) -> timedelta:
    """How long a failed job waits: one minute, two, four ... up to :data:`LONGEST_PAUSE`."""
    return min(timedelta(minutes=2 ** (attempts - 1)), LONGEST_PAUSE)


@dataclass(frozen=True)
class Leased:
    """A job that this worker holds until ``leased_until``."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    attempts: int
    leased_until: datetime


class Worker:
    """Does waiting jobs of the kinds it has work for; the others wait for a worker that does."""

    def __init__(
        self, sessions: sessionmaker[Session], work: Mapping[str, Work], *, lease: timedelta = LEASE
    ) -> None:
        self.sessions = sessions
        self.work = work
        self.lease = lease
        engine = sessions.kw["bind"]
        # Looking must not take SQLite's only write lock twice a second.
        self._looking = sessionmaker(engine.execution_options(fracas_writes=False), expire_on_commit=False)

    def run(self, stop: threading.Event, poll_seconds: float = 0.5) -> None:
        """Work until told to stop. What goes wrong with the database is logged and tried again."""
        while not stop.is_set():
            try:
                worked = self.run_one()
            except OperationalError as error:
                log.warning("jobs.database", error=str(error.orig))
                worked = False
            if not worked:
                stop.wait(poll_seconds)

    def run_waiting(self) -> int:
        """Do what is waiting now; returns how many jobs were tried."""
        tried = 0
        while self.run_one():
            tried += 1
        return tried

    def run_one(self) -> bool:
        """Take one job and do it; False if none is waiting."""
        job = self.take()
        if job is None:
            return False
        try:
            self.work[job.kind](self.sessions, job.payload)
        except AlreadyDone:
            log.warning("jobs.lease_lost", kind=job.kind, job=str(job.id))
        except Exception as error:
            log.exception("jobs.failed", kind=job.kind, job=str(job.id), attempts=job.attempts)
            self._failed(job, error)
        else:
            self._note(job, finished_at=clock.now(), last_error=None)
        return True

    def take(self) -> Leased | None:
        """Lease the job that has waited longest. Two workers never hold one job at a time."""
        with self._looking() as session:
            if session.scalar(select(Job.id).where(self._waiting()).limit(1)) is None:
                return None
        with self.sessions.begin() as session:
            rows = select(Job).where(self._waiting()).order_by(Job.run_after, Job.id).limit(1)
            job = session.scalar(rows.with_for_update(skip_locked=True))
            if job is None:
                return None
            if job.attempts >= MOST_ATTEMPTS:
                # Its lease ran out as often as we try: it takes its worker down, and would take down every other.
                job.finished_at, job.leased_until = clock.now(), None
                job.last_error = job.last_error or "no worker survived it"
                log.error("jobs.given_up", kind=job.kind, job=str(job.id))
                return None
            job.attempts += 1
            until = job.leased_until = clock.now() + self.lease
            return Leased(job.id, job.kind, dict(job.payload), job.attempts, until)

    def _waiting(self) -> ColumnElement[bool]:
        now = clock.now()
        return and_(
            Job.finished_at.is_(None),
            Job.run_after <= now,
            or_(Job.leased_until.is_(None), Job.leased_until <= now),
            Job.kind.in_(sorted(self.work)),
        )

    def _failed(self, job: Leased, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"[:2000]
        if job.attempts >= MOST_ATTEMPTS:
            self._note(job, finished_at=clock.now(), last_error=text)
        else:
            self._note(job, run_after=clock.now() + pause_after(job.attempts), last_error=text)

    def _note(self, job: Leased, **values: Any) -> None:
        """Write the outcome, unless the lease ran out and the job is another worker's by now."""
        mine = (Job.id == job.id) & (Job.leased_until == job.leased_until) & Job.finished_at.is_(None)
        with self.sessions.begin() as session:
            done = session.execute(update(Job).where(mine).values(leased_until=None, **values))
            is_finished = session.scalar(select(Job.finished_at).where(Job.id == job.id)) is not None
        if done.rowcount != 1 and not is_finished:  # type: ignore[attr-defined]
            log.warning("jobs.lease_lost", kind=job.kind, job=str(job.id))
