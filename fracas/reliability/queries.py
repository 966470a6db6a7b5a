"""Every SELECT of the room: plain tuples of facts, as they were known at a moment. No ORM rows: they cost ten times more."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Select, String, and_, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from fracas.assets.models import (
    Installation,
    InstalledAs,
    Part,
    ReadingKind,
    Removal,
    RemovalCause,
    ServiceEvent,
    ServiceEventKind,
    System,
    UsageReading,
)
from fracas.catalog.models import FailureCode, PartType, Position, RepairAssumption
from fracas.core.db import known
from fracas.core.history import HistoryEntry
from fracas.core.permissions import Actor, visible
from fracas.failures.models import (
    Decision,
    Failure,
    FailureRevision,
    MaintenanceKind,
    Outcome,
    PartSwap,
    Score,
    Verification,
)
from fracas.organisations.models import Site
from fracas.problems.models import Analysis, ProblemFailure
from fracas.reliability.keys import Key
from fracas.reliability.models import SparesPlan


@dataclass(frozen=True)
class Horizon:
    """Whose facts, up to when they happened (``as_of``) and up to when they were entered (``known_at``; None: now).

    What people said *about* a failure (verification, score, analysis) is bound by ``known_at`` alone: it is
    knowledge of the event, whenever it was won.
    """

    organisation_id: UUID
    as_of: datetime
    known_at: datetime | None = None

    def holds(self, table: Any) -> Any:
        """SQL condition: the fact had happened and was known."""
        return and_(self.was_known(table), table.occurred_at <= self.as_of)

    def was_known(self, table: Any) -> Any:
        return and_(table.organisation_id == self.organisation_id, known(table, self.known_at))


def _raw(column: Any) -> Any:
    return type_coerce(column, String)


def _time(column: Any) -> Any:
    return type_coerce(column, DateTime(timezone=True))


def _seconds(value: datetime | None) -> float | None:
    """Seconds since 1970. SQLite gives the naive times back that UTCDateTime wrote."""
    if value is None:
        return None
    return (value.replace(tzinfo=UTC) if value.tzinfo is None else value).timestamp()


def _moment(value: datetime) -> float:
    return (value.replace(tzinfo=UTC) if value.tzinfo is None else value).timestamp()


def _rows(session: Session, statement: Any) -> Any:
    """Rows straight from the cursor. What the session holds unsaved was flushed by the ORM query that opened the register."""
    return session.connection().execute(statement)


class StayRow(NamedTuple):
    installation_id: Key
    part_id: Key
    system_id: Key
    position_id: Key
    installed_at: float
    installed_as: InstalledAs
    age_at_install: Mapping[str, Any]
    removal_id: Key | None
    removed_at: float | None
    cause: RemovalCause | None


class ReadingRow(NamedTuple):
    bearer_id: Key
    occurred_at: float
    kind: ReadingKind
    value: float
    restarts_at: float | None


class FailureRow(NamedTuple):
    """A report as it was worded at the moment of knowledge; times are seconds since 1970."""

    id: Key
    number: str
    site_id: Key
    occurred_at: float
    detected_at: float | None
    last_known_good_at: float | None
    downtime_started_at: float | None
    restored_at: float | None
    maintenance_kind: MaintenanceKind | None
    repair_assumption: RepairAssumption | None
    configuration: str | None
    system_id: Key
    part_type_id: Key | None
    part_id: Key | None
    position_id: Key | None
    symptom_code_id: Key | None

    @property
    def seen_at(self) -> float:
        """When it was seen to have failed: when it was found, for a failure with a last known good."""
        return self.detected_at if self.last_known_good_at and self.detected_at else self.occurred_at


class Names(NamedTuple):
    """A system by the words that people use for it."""

    serial: str
    site_id: Key
    site: str
    configuration: str | None
    model_id: Key
    is_visible: bool


def stays(session: Session, horizon: Horizon, part_type_id: UUID) -> Iterator[StayRow]:
    """Installations of a part type with their removals, by part and time; every site, as ages travel across sites.

    The raw twin of `assets.queries.intervals`.
    """
    removed = and_(Removal.installation_id == Installation.id, horizon.holds(Removal))
    rows = (
        select(
            _raw(Installation.id),
            _raw(Installation.part_id),
            _raw(Installation.system_id),
            _raw(Installation.position_id),
            _time(Installation.occurred_at),
            Installation.installed_as,
            _raw(Installation.age_at_install),
            _raw(Removal.id),
            _time(Removal.occurred_at),
            Removal.cause,
        )
        .join(Part, Part.id == Installation.part_id)
        .outerjoin(Removal, removed)
        .where(horizon.holds(Installation), Part.part_type_id == part_type_id)
        .order_by(Installation.part_id, Installation.occurred_at, Removal.occurred_at)
    )
    for *ids, at, installed_as, age, removal_id, removed_at, cause in _rows(session, rows):
        stated = age if isinstance(age, dict) else json.loads(age) if age and age != "{}" else {}
        yield StayRow._make(
            (*ids, _moment(at), installed_as, stated, removal_id, _seconds(removed_at), cause)
        )


def part_names(session: Session, part_type_id: UUID) -> dict[Key, tuple[str, str | None]]:
    """Serial and lot of each part of a type."""
    rows = select(_raw(Part.id), Part.serial, Part.lot).where(Part.part_type_id == part_type_id)
    return {key: (serial, lot) for key, serial, lot in _rows(session, rows)}


def system_names(session: Session, actor: Actor) -> dict[Key, Names]:
    """Every system of the organisation; ``is_visible`` says which of them the actor may see."""
    rows = (
        select(
            _raw(System.id),
            System.serial,
            _raw(System.site_id),
            Site.code,
            System.configuration,
            _raw(System.system_model_id),
            visible(actor, System),
        )
        .join(Site, Site.id == System.site_id)
        .where(System.organisation_id == actor.organisation_id)
    )
    return {row[0]: Names._make((*row[1:6], bool(row[6]))) for row in session.execute(rows)}


def position_names(session: Session, organisation_id: UUID) -> dict[Key, tuple[str, Key | None, Key]]:
    """Code, part type that fits and system model of each position."""
    rows = select(
        _raw(Position.id), Position.code, _raw(Position.part_type_id), _raw(Position.system_model_id)
    ).where(Position.organisation_id == organisation_id)
    return {key: (code, part_type_id, model_id) for key, code, part_type_id, model_id in _rows(session, rows)}


def service_events(session: Session, horizon: Horizon) -> dict[Key, list[tuple[float, ServiceEventKind]]]:
    """Commissionings, windows and retirements of each system, also those after ``as_of``: they tell what was watched at it."""
    rows = select(_raw(ServiceEvent.system_id), _time(ServiceEvent.occurred_at), ServiceEvent.kind)
    found: dict[Key, list[tuple[float, ServiceEventKind]]] = {}
    for system_id, at, kind in _rows(session, rows.where(horizon.was_known(ServiceEvent))):
        found.setdefault(system_id, []).append((_moment(at), kind))
    return found


def system_readings(session: Session, horizon: Horizon, metric_id: UUID) -> list[ReadingRow]:
    """Readings of systems' meters, also those taken after ``as_of``: they tell the use at it exactly."""
    return _readings(session, horizon, metric_id, UsageReading.system_id, UsageReading.system_id.is_not(None))


def part_readings(
    session: Session, horizon: Horizon, metric_id: UUID, part_type_id: UUID
) -> list[ReadingRow]:
    """Readings of meters that sit on the parts of one type."""
    of_type = UsageReading.part_id.in_(select(Part.id).where(Part.part_type_id == part_type_id))
    return _readings(session, horizon, metric_id, UsageReading.part_id, of_type)


def _readings(
    session: Session, horizon: Horizon, metric_id: UUID, bearer: Any, condition: Any
) -> list[ReadingRow]:
    rows = (
        select(
            _raw(bearer),
            _time(UsageReading.occurred_at),
            UsageReading.kind,
            UsageReading.value,
            UsageReading.restarts_at,
        )
        .where(horizon.was_known(UsageReading), UsageReading.metric_id == metric_id, condition)
        .order_by(bearer, UsageReading.occurred_at)
    )
    return [
        ReadingRow(key, _moment(at), kind, value, restarts_at)
        for key, at, kind, value, restarts_at in _rows(session, rows)
    ]


FAILURE_TIMES = FailureRow._fields[3:8]
FAILURE_WORDS = FailureRow._fields[8:11]
FAILURE_IDS = FailureRow._fields[11:]


def failures(session: Session, horizon: Horizon, *conditions: Any) -> list[FailureRow]:
    """Failure reports that had been filed, in the wording of that moment."""
    report, rows = _worded(horizon)
    rows = rows.where(
        Failure.organisation_id == horizon.organisation_id, report.occurred_at <= horizon.as_of, *conditions
    )
    return [
        FailureRow._make((*row[:3], _moment(row[3]), *map(_seconds, row[4:8]), *row[8:]))
        for row in _rows(session, rows.order_by(report.occurred_at, Failure.number))
    ]


def part_type_failures(session: Session, horizon: Horizon, part_type_id: UUID) -> list[FailureRow]:
    """Failures that are, or may turn out to be, of a part of this type: by type, by serial, by place or by swap."""
    report, _ = _worded(horizon)
    of_type = select(Part.id).where(Part.part_type_id == part_type_id)
    hosts = select(Installation.system_id).where(Installation.part_id.in_(of_type))
    swapped = (
        select(PartSwap.failure_id)
        .join(Removal, Removal.id == PartSwap.removal_id)
        .where(horizon.was_known(PartSwap), Removal.part_id.in_(of_type))
    )
    return failures(
        session,
        horizon,
        or_(
            report.part_type_id == part_type_id,
            report.part_id.in_(of_type),
            and_(report.part_id.is_(None), report.position_id.is_not(None), report.system_id.in_(hosts)),
            Failure.id.in_(swapped),
        ),
    )


def _worded(horizon: Horizon) -> tuple[Any, Select[Any]]:
    """The table to read a report's facts from, and the select of a :class:`FailureRow`."""
    report: Any = Failure if horizon.known_at is None else FailureRevision
    facts = [_time(getattr(report, name)) for name in FAILURE_TIMES]
    facts += [getattr(report, name) for name in FAILURE_WORDS]
    facts += [_raw(getattr(report, name)) for name in FAILURE_IDS]
    rows = select(_raw(Failure.id), Failure.number, _raw(Failure.site_id), *facts)
    if horizon.known_at is not None:
        latest = (
            select(FailureRevision.failure_id, func.max(FailureRevision.revision).label("revision"))
            .where(
                FailureRevision.organisation_id == horizon.organisation_id,
                FailureRevision.entered_at <= horizon.known_at,
            )
            .group_by(FailureRevision.failure_id)
            .subquery()
        )
        rows = (
            rows.select_from(Failure)
            .join(FailureRevision, FailureRevision.failure_id == Failure.id)
            .join(
                latest,
                and_(
                    latest.c.failure_id == FailureRevision.failure_id,
                    latest.c.revision == FailureRevision.revision,
                ),
            )
        )
    return report, rows


def visible_failures(session: Session, actor: Actor) -> set[Key] | None:
    """The failures that the actor may open; None for all of the organisation's."""
    if actor.site_ids is None and actor.customer_id is None:
        return None
    return {key for (key,) in _rows(session, select(_raw(Failure.id)).where(visible(actor, Failure)))}


def swaps(session: Session, horizon: Horizon, part_type_id: UUID) -> dict[Key, list[tuple[Key, Key]]]:
    """Failure -> (removal, part taken out), for the parts of a type that reports say were taken out."""
    rows = (
        select(_raw(PartSwap.failure_id), _raw(Removal.id), _raw(Removal.part_id))
        .join(Removal, Removal.id == PartSwap.removal_id)
        .join(Part, Part.id == Removal.part_id)
        .where(horizon.was_known(PartSwap), horizon.holds(Removal), Part.part_type_id == part_type_id)
        .order_by(PartSwap.entered_at)
    )
    found: dict[Key, list[tuple[Key, Key]]] = {}
    for failure_id, removal_id, part_id in _rows(session, rows):
        found.setdefault(failure_id, []).append((removal_id, part_id))
    return found


def verifications(session: Session, horizon: Horizon) -> dict[Key, tuple[Outcome, str | None]]:
    """Failure -> (outcome, observed mode), the last word known."""
    rows = (
        select(_raw(Verification.failure_id), Verification.outcome, FailureCode.code)
        .outerjoin(FailureCode, FailureCode.id == Verification.mode_id)
        .where(horizon.was_known(Verification))
        .order_by(Verification.entered_at, Verification.id)
    )
    return {failure_id: (outcome, code) for failure_id, outcome, code in _rows(session, rows)}


def scores(session: Session, horizon: Horizon) -> dict[Key, Decision]:
    """Failure -> what the scoring ladder ended in, the last word known."""
    rows = (
        select(_raw(Score.failure_id), Score.decision)
        .where(horizon.was_known(Score))
        .order_by(Score.entered_at, Score.id)
    )
    return dict(_rows(session, rows).all())


def analysed_modes(session: Session, horizon: Horizon) -> dict[Key, str]:
    """Failure -> the mode that its problem's analysis found, which overrides what was observed."""
    rows = (
        select(_raw(ProblemFailure.failure_id), FailureCode.code)
        .join(Analysis, Analysis.problem_id == ProblemFailure.problem_id)
        .join(FailureCode, FailureCode.id == Analysis.mode_id)
        .where(horizon.was_known(ProblemFailure), horizon.was_known(Analysis))
        .order_by(Analysis.entered_at, Analysis.id)
    )
    return dict(_rows(session, rows).all())


def code_names(session: Session, organisation_id: UUID) -> dict[Key, str]:
    """The text code of each failure code."""
    rows = select(_raw(FailureCode.id), FailureCode.code).where(
        FailureCode.organisation_id == organisation_id
    )
    return dict(_rows(session, rows).all())


def part_numbers(session: Session, organisation_id: UUID) -> dict[Key, str]:
    """The number of each part type."""
    rows = select(_raw(PartType.id), PartType.number).where(PartType.organisation_id == organisation_id)
    return dict(_rows(session, rows).all())


def window_bases(session: Session, horizon: Horizon, system_ids: Collection[Key]) -> list[str]:
    """How the observation windows of these systems were chosen, in the words of whoever stated them."""
    rows = (
        select(_raw(ServiceEvent.system_id), ServiceEvent.basis)
        .where(horizon.holds(ServiceEvent), ServiceEvent.kind == ServiceEventKind.OBSERVED_FROM)
        .where(ServiceEvent.basis.is_not(None))
    )
    return sorted({basis for system_id, basis in _rows(session, rows) if system_id in system_ids and basis})


# ------------------------------------------------------------------ plans

NO_FACTS = ("user", "role_permission")
"""Records of people; no figure rests on them."""


def entries_since(session: Session, organisation_id: UUID, first: UUID) -> int:
    """How many entries of an organisation's history have this id or a later one; what is entered for people left out."""
    # The limit keeps SQLite from going through the whole history of the organisation instead of its last days.
    late = select(HistoryEntry.organisation_id, HistoryEntry.subject_kind).where(HistoryEntry.id >= first)
    rows = late.order_by(HistoryEntry.id).limit(2**31 - 1).subquery()
    mine = (rows.c.organisation_id == organisation_id) & rows.c.subject_kind.not_in(NO_FACTS)
    return session.scalar(select(func.count()).select_from(rows).where(mine)) or 0


def spares_plans(
    session: Session, organisation_id: UUID, digest: str
) -> tuple[SparesPlan | None, SparesPlan | None]:
    """The last finished plan of some settings, and the one that was asked for last if it is neither finished nor cancelled."""
    rows = (
        select(SparesPlan)
        .where(SparesPlan.organisation_id == organisation_id, SparesPlan.digest == digest)
        .where(SparesPlan.cancelled_at.is_(None))
        .order_by(SparesPlan.id.desc())
    )
    found = session.scalars(rows).all()
    finished = next((one for one in found if one.finished_at is not None), None)
    return finished, found[0] if found and found[0].finished_at is None else None
