"""Everything that ever happened to one serial, gathered from every room and put in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fracas.assets.models import Installation, Part, PartCondition, Removal, UsageReading
from fracas.core.db import known
from fracas.core.permissions import Actor, visible
from fracas.failures.models import Failure, PartSwap, Score, Verification
from fracas.problems.models import Problem, ProblemFailure


@dataclass(frozen=True)
class LifeEvent:
    """One thing that happened. ``kind`` names the words and the colour; ``link`` is (endpoint, key) of its record."""

    at: datetime
    kind: str
    subject: str
    detail: str = ""
    zone: str = "UTC"
    link: tuple[str, str] | None = None


def life_of_part(session: Session, actor: Actor, part: Part) -> list[LifeEvent]:
    """Made, installed, moved, failed, verified, scored, removed, repaired, retired: newest first."""
    failures = _failures_of(session, actor, part)
    events = [
        *_places(session, actor, part),
        *_conditions(session, part),
        *_readings(session, part),
        *_reports(failures),
        *_answers(session, failures),
        *(_problems(session, failures) if actor.may("problem.read") else ()),
    ]
    if part.manufactured_at is not None:
        events.append(LifeEvent(part.manufactured_at, "made", part.lot or ""))
    return sorted(events, key=lambda event: event.at, reverse=True)


def _current(session: Session, model: Any, *conditions: Any) -> Any:
    return session.scalars(select(model).where(known(model, None), *conditions)).unique().all()


def _failures_of(session: Session, actor: Actor, part: Part) -> list[Failure]:
    """Reports that name the serial, or whose swap took it out."""
    swapped = (
        select(PartSwap.failure_id)
        .join(Removal, Removal.id == PartSwap.removal_id)
        .where(Removal.part_id == part.id)
    )
    condition = or_(Failure.part_id == part.id, Failure.id.in_(swapped))
    return list(session.scalars(select(Failure).where(visible(actor, Failure), condition)).unique())


def _places(session: Session, actor: Actor, part: Part) -> Iterator[LifeEvent]:
    for row in _current(session, Installation, Installation.part_id == part.id):
        yield _place_event(actor, row.occurred_at, "installed", row, str(row.installed_as))
    for row in _current(session, Removal, Removal.part_id == part.id):
        yield _place_event(actor, row.occurred_at, "removed", row.installation, str(row.cause))


def _place_event(actor: Actor, at: datetime, kind: str, installation: Installation, detail: str) -> LifeEvent:
    """Where a serial sat; somebody limited to other sites learns that it moved, not where."""
    system = installation.system
    if not actor.sees(system):
        return LifeEvent(at, kind, "", detail)
    place = f"{system.serial} · {installation.position.code}"
    return LifeEvent(at, kind, place, detail, system.site.time_zone, ("assets.system", system.serial))


def _conditions(session: Session, part: Part) -> Iterator[LifeEvent]:
    for row in _current(session, PartCondition, PartCondition.part_id == part.id):
        yield LifeEvent(row.occurred_at, str(row.condition), "", row.basis or "")


def _readings(session: Session, part: Part) -> Iterator[LifeEvent]:
    for row in _current(session, UsageReading, UsageReading.part_id == part.id):
        yield LifeEvent(row.occurred_at, str(row.kind), f"{row.value:g} {row.metric.unit}")


def _reports(failures: list[Failure]) -> Iterator[LifeEvent]:
    for failure in failures:
        link = ("failures.detail", failure.number)
        zone = failure.site.time_zone
        yield LifeEvent(failure.occurred_at, "failed", failure.number, failure.symptom, zone, link)
        if failure.restored_at is not None:
            yield LifeEvent(
                failure.restored_at, "restored", failure.number, failure.handling or "", zone, link
            )


def _answers(session: Session, failures: list[Failure]) -> Iterator[LifeEvent]:
    by_id = {failure.id: failure for failure in failures}
    for row in _current(session, Verification, Verification.failure_id.in_(by_id)):
        failure = by_id[row.failure_id]
        mode = f" · {row.mode.code} {row.mode.name}" if row.mode else ""
        link = ("failures.detail", failure.number)
        yield LifeEvent(
            row.occurred_at, str(row.outcome), failure.number + mode, row.method, failure.site.time_zone, link
        )
    for row in _current(session, Score, Score.failure_id.in_(by_id)):
        failure = by_id[row.failure_id]
        link = ("failures.detail", failure.number)
        yield LifeEvent(
            row.occurred_at, str(row.decision), failure.number, row.note or "", failure.site.time_zone, link
        )


def _problems(session: Session, failures: list[Failure]) -> Iterator[LifeEvent]:
    ids = [failure.id for failure in failures]
    statement = (
        select(ProblemFailure, Problem)
        .join(Problem, Problem.id == ProblemFailure.problem_id)
        .where(ProblemFailure.failure_id.in_(ids), known(ProblemFailure, None))
    )
    for link, problem in session.execute(statement).unique():
        yield LifeEvent(
            link.occurred_at,
            "linked",
            problem.number,
            problem.title,
            "UTC",
            ("problems.detail", problem.number),
        )
