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
from fracas.failures.models import Failure, MaintenanceKind, PartSwap, Score, Verification
from fracas.problems.models import Problem, ProblemFailure


@dataclass(frozen=True)
class LifeEvent:
    """One thing that happened.

    ``kind`` names the words and the colour, ``code`` is a coded value and ``detail`` free text; ``link`` is (endpoint, key) of
    the record.
    """

    at: datetime
    kind: str
    subject: str = ""
    code: str = ""
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
        events.append(LifeEvent(part.manufactured_at, "made", detail=part.lot or ""))
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


def _place_event(actor: Actor, at: datetime, kind: str, installation: Installation, code: str) -> LifeEvent:
    """Where a serial sat; somebody limited to other sites learns that it moved, not where."""
    system = installation.system
    if not actor.sees(system):
        return LifeEvent(at, kind, "", code)
    place = f"{system.serial} · {installation.position.code}"
    link = ("assets.system", system.serial)
    return LifeEvent(at, kind, place, code, zone=system.site.time_zone, link=link)


def _conditions(session: Session, part: Part) -> Iterator[LifeEvent]:
    for row in _current(session, PartCondition, PartCondition.part_id == part.id):
        yield LifeEvent(row.occurred_at, str(row.condition), detail=row.basis or "")


def _readings(session: Session, part: Part) -> Iterator[LifeEvent]:
    for row in _current(session, UsageReading, UsageReading.part_id == part.id):
        yield LifeEvent(row.occurred_at, str(row.kind), f"{row.value:,.10g} {row.metric.unit}")


def _told(failure: Failure, at: datetime, kind: str, more: str = "", detail: str | None = None) -> LifeEvent:
    """Something that a report, or an answer to it, says."""
    link = ("failures.detail", failure.number)
    return LifeEvent(
        at, kind, failure.number + more, detail=detail or "", zone=failure.site.time_zone, link=link
    )


def _reports(failures: list[Failure]) -> Iterator[LifeEvent]:
    for failure in failures:
        is_visit = failure.maintenance_kind is MaintenanceKind.PREVENTIVE
        yield _told(
            failure, failure.occurred_at, "preventive" if is_visit else "failed", detail=failure.symptom
        )
        if failure.restored_at is not None:
            yield _told(failure, failure.restored_at, "restored", detail=failure.handling)


def _answers(session: Session, failures: list[Failure]) -> Iterator[LifeEvent]:
    by_id = {failure.id: failure for failure in failures}
    for row in _current(session, Verification, Verification.failure_id.in_(by_id)):
        mode = f" · {row.mode.code} {row.mode.name}" if row.mode else ""
        yield _told(by_id[row.failure_id], row.occurred_at, str(row.outcome), mode, row.method)
    for row in _current(session, Score, Score.failure_id.in_(by_id)):
        yield _told(by_id[row.failure_id], row.occurred_at, str(row.decision), detail=row.note)


def _problems(session: Session, failures: list[Failure]) -> Iterator[LifeEvent]:
    ids = [failure.id for failure in failures]
    statement = (
        select(ProblemFailure, Problem)
        .join(Problem, Problem.id == ProblemFailure.problem_id)
        .where(ProblemFailure.failure_id.in_(ids), known(ProblemFailure, None))
    )
    for row, problem in session.execute(statement).unique():
        link = ("problems.detail", problem.number)
        yield LifeEvent(row.occurred_at, "linked", problem.number, detail=problem.title, link=link)
