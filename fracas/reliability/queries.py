"""Every SELECT of the room: plain tuples of facts, as they were known at a moment. No ORM rows: they cost ten times more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from fracas.assets.models import (
    Installation,
    Part,
    ReadingKind,
    Removal,
    ServiceEvent,
    ServiceEventKind,
    System,
    UsageReading,
)
from fracas.catalog.models import FailureCode, Position, RepairAssumption
from fracas.core.db import known
from fracas.core.errors import NotFound
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


class ReadingRow(NamedTuple):
    bearer_id: UUID
    occurred_at: datetime
    kind: ReadingKind
    value: float
    restarts_at: float | None


class FailureRow(NamedTuple):
    """A report as it was worded at the moment of knowledge."""

    id: UUID
    number: str
    site_id: UUID
    occurred_at: datetime
    detected_at: datetime | None
    last_known_good_at: datetime | None
    downtime_started_at: datetime | None
    restored_at: datetime | None
    maintenance_kind: MaintenanceKind | None
    repair_assumption: RepairAssumption | None
    configuration: str | None
    system_id: UUID
    part_type_id: UUID | None
    part_id: UUID | None
    position_id: UUID | None
    symptom_code_id: UUID | None

    @property
    def seen_at(self) -> datetime:
        """When it was seen to have failed: when it was found, for a failure with a last known good."""
        return self.detected_at if self.last_known_good_at and self.detected_at else self.occurred_at


class Names(NamedTuple):
    """A system or a part by the words that people use for it."""

    serial: str
    site_id: UUID
    site: str
    configuration: str | None
    model_id: UUID
    is_visible: bool


def part_names(session: Session, part_type_id: UUID) -> dict[UUID, tuple[str, str | None]]:
    """Serial and lot of each part of a type."""
    rows = select(Part.id, Part.serial, Part.lot).where(Part.part_type_id == part_type_id)
    return {key: (serial, lot) for key, serial, lot in session.execute(rows)}


def system_names(session: Session, actor: Actor) -> dict[UUID, Names]:
    """Every system of the organisation; ``is_visible`` says which of them the actor may see."""
    rows = (
        select(
            System.id,
            System.serial,
            System.site_id,
            Site.code,
            System.configuration,
            System.system_model_id,
            visible(actor, System),
        )
        .join(Site, Site.id == System.site_id)
        .where(System.organisation_id == actor.organisation_id)
    )
    return {row[0]: Names(*row[1:6], bool(row[6])) for row in session.execute(rows)}


def position_names(session: Session, organisation_id: UUID) -> dict[UUID, tuple[str, UUID | None, UUID]]:
    """Code, part type that fits and system model of each position."""
    rows = select(Position.id, Position.code, Position.part_type_id, Position.system_model_id)
    found = session.execute(rows.where(Position.organisation_id == organisation_id))
    return {key: (code, part_type_id, model_id) for key, code, part_type_id, model_id in found}


def service_events(session: Session, horizon: Horizon) -> dict[UUID, list[tuple[datetime, ServiceEventKind]]]:
    """Commissionings, windows and retirements of each system."""
    rows = select(ServiceEvent.system_id, ServiceEvent.occurred_at, ServiceEvent.kind).where(
        horizon.holds(ServiceEvent)
    )
    found: dict[UUID, list[tuple[datetime, ServiceEventKind]]] = {}
    for system_id, at, kind in session.execute(rows):
        found.setdefault(system_id, []).append((at, kind))
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
            bearer, UsageReading.occurred_at, UsageReading.kind, UsageReading.value, UsageReading.restarts_at
        )
        .where(horizon.was_known(UsageReading), UsageReading.metric_id == metric_id, condition)
        .order_by(bearer, UsageReading.occurred_at)
    )
    return [ReadingRow(*row) for row in session.execute(rows)]


FAILURE_FACTS = FailureRow._fields[3:]


def failures(session: Session, horizon: Horizon, *conditions: Any) -> list[FailureRow]:
    """Failure reports that had been filed, in the wording of that moment."""
    report, rows = _worded(horizon)
    rows = rows.where(
        Failure.organisation_id == horizon.organisation_id, report.occurred_at <= horizon.as_of, *conditions
    )
    return [FailureRow(*row) for row in session.execute(rows.order_by(report.occurred_at, Failure.number))]


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
    facts = [getattr(report, name) for name in FAILURE_FACTS]
    rows = select(Failure.id, Failure.number, Failure.site_id, *facts)
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


def visible_failures(session: Session, actor: Actor) -> set[UUID] | None:
    """The failures that the actor may open; None for all of the organisation's."""
    if actor.site_ids is None and actor.customer_id is None:
        return None
    return set(session.scalars(select(Failure.id).where(visible(actor, Failure))))


def swaps(session: Session, horizon: Horizon) -> dict[UUID, list[tuple[UUID, UUID]]]:
    """Failure -> (removal, part taken out), for the swaps that a report names."""
    rows = (
        select(PartSwap.failure_id, Removal.id, Removal.part_id)
        .join(Removal, Removal.id == PartSwap.removal_id)
        .where(horizon.was_known(PartSwap), horizon.holds(Removal))
        .order_by(PartSwap.entered_at)
    )
    found: dict[UUID, list[tuple[UUID, UUID]]] = {}
    for failure_id, removal_id, part_id in session.execute(rows):
        found.setdefault(failure_id, []).append((removal_id, part_id))
    return found


def verifications(session: Session, horizon: Horizon) -> dict[UUID, tuple[Outcome, str | None]]:
    """Failure -> (outcome, observed mode), the last word known."""
    rows = (
        select(Verification.failure_id, Verification.outcome, FailureCode.code)
        .outerjoin(FailureCode, FailureCode.id == Verification.mode_id)
        .where(horizon.was_known(Verification))
        .order_by(Verification.entered_at, Verification.id)
    )
    return {failure_id: (outcome, code) for failure_id, outcome, code in session.execute(rows)}


def scores(session: Session, horizon: Horizon) -> dict[UUID, Decision]:
    """Failure -> what the scoring ladder ended in, the last word known."""
    rows = (
        select(Score.failure_id, Score.decision)
        .where(horizon.was_known(Score))
        .order_by(Score.entered_at, Score.id)
    )
    return cast(dict[UUID, Decision], dict(session.execute(rows).all()))


def analysed_modes(session: Session, horizon: Horizon) -> dict[UUID, str]:
    """Failure -> the mode that its problem's analysis found, which overrides what was observed."""
    rows = (
        select(ProblemFailure.failure_id, FailureCode.code)
        .join(Analysis, Analysis.problem_id == ProblemFailure.problem_id)
        .join(FailureCode, FailureCode.id == Analysis.mode_id)
        .where(horizon.was_known(ProblemFailure), horizon.was_known(Analysis))
        .order_by(Analysis.entered_at, Analysis.id)
    )
    return cast(dict[UUID, str], dict(session.execute(rows).all()))


def code_names(session: Session, organisation_id: UUID) -> dict[UUID, str]:
    """The text code of each failure code."""
    rows = select(FailureCode.id, FailureCode.code).where(FailureCode.organisation_id == organisation_id)
    return cast(dict[UUID, str], dict(session.execute(rows).all()))


def only_organisation(session: Session) -> UUID:
    """The organisation of a database that has one; a script there need not say who it is."""
    from fracas.organisations.models import Organisation

    found: Sequence[UUID] = session.scalars(select(Organisation.id).limit(2)).all()
    if len(found) != 1:
        raise NotFound("Say for whom: this database holds several organisations, or none.")
    return found[0]


def window_bases(session: Session, horizon: Horizon, system_ids: Collection[UUID]) -> list[str]:
    """How the observation windows of these systems were chosen, in the words of whoever stated them."""
    rows = (
        select(ServiceEvent.system_id, ServiceEvent.basis)
        .where(horizon.holds(ServiceEvent), ServiceEvent.kind == ServiceEventKind.OBSERVED_FROM)
        .where(ServiceEvent.basis.is_not(None))
    )
    return sorted({basis for system_id, basis in session.execute(rows) if system_id in system_ids and basis})
