"""Actions: what is done about a problem, by whom, from which serial on, and the proof that it worked."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fracas.actions.states import ActionState
from fracas.catalog.models import UsageMetric
from fracas.core import clock
from fracas.core.db import Base, Fact, Key, Short, Versioned, choice
from fracas.failures.models import Failure
from fracas.organisations.models import Owned
from fracas.problems.models import Problem
from fracas.users.models import User


class ActionType(StrEnum):
    CONTAINMENT = "containment"
    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"


class VerdictAnswer(StrEnum):
    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"
    TOO_EARLY = "too_early"


class Action(Owned, Versioned, Base):
    """One piece of work against one problem, or containment straight after one failure."""

    __tablename__ = "action"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        UniqueConstraint("organisation_id", "external_id"),
        CheckConstraint("problem_id IS NOT NULL OR failure_id IS NOT NULL", name="has_an_origin"),
    )

    id: Mapped[Key]
    number: Mapped[Short] = mapped_column(comment="CA-2026-00003")
    action_type: Mapped[ActionType] = mapped_column(choice(ActionType))
    title: Mapped[Short]
    description: Mapped[str | None]
    state: Mapped[ActionState] = mapped_column(choice(ActionState), default=ActionState.PLANNED, index=True)
    state_since: Mapped[datetime] = mapped_column(default=clock.now)
    problem_id: Mapped[UUID | None] = mapped_column(ForeignKey("problem.id"), index=True)
    failure_id: Mapped[UUID | None] = mapped_column(ForeignKey("failure.id"), index=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), index=True)
    due_on: Mapped[date | None]
    effective_from_serial: Mapped[Short | None]
    effective_from_lot: Mapped[Short | None]
    effective_from_at: Mapped[datetime | None] = mapped_column(comment="UTC")
    evidence: Mapped[str | None] = mapped_column(comment="that it was done: document, drawing, photo number")
    external_id: Mapped[Short | None]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    completed_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    owner: Mapped[User | None] = relationship(lazy="joined")
    problem: Mapped[Problem | None] = relationship(lazy="joined")
    failure: Mapped[Failure | None] = relationship(lazy="joined")
    criteria: Mapped[list[Criterion]] = relationship(order_by="Criterion.entered_at", viewonly=True)
    verdicts: Mapped[list[Verdict]] = relationship(order_by="Verdict.entered_at", viewonly=True)


class Criterion(Owned, Fact, Base):
    """What will count as success, fixed before the work is done. A later one supersedes it, with both kept."""

    __tablename__ = "criterion"
    __table_args__ = (
        CheckConstraint("largest_rate_ratio > 0", name="rate_ratio"),
        CheckConstraint("least_exposure_after > 0", name="exposure"),
    )
    __history__ = ("action", "action_id")

    id: Mapped[Key]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("action.id"), index=True)
    statement: Mapped[str]
    largest_rate_ratio: Mapped[float | None] = mapped_column(comment="failure rate after / before, at most")
    least_exposure_after: Mapped[float | None] = mapped_column(
        comment="exposure to wait for, in the metric's unit"
    )
    metric_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("usage_metric.id"), comment="none: calendar days"
    )
    metric: Mapped[UsageMetric | None] = relationship(lazy="joined")


class Verdict(Owned, Fact, Base):
    """The engineer's answer against the criterion, with the counts and exposure it rests on."""

    __tablename__ = "verdict"
    __table_args__ = (
        CheckConstraint("failures_before >= 0 AND failures_after >= 0", name="failures"),
        CheckConstraint("exposure_before >= 0 AND exposure_after >= 0", name="exposure"),
    )
    __history__ = ("action", "action_id")

    id: Mapped[Key]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("action.id"), index=True)
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("criterion.id"))
    answer: Mapped[VerdictAnswer] = mapped_column(choice(VerdictAnswer))
    failures_before: Mapped[int]
    exposure_before: Mapped[float] = mapped_column(comment="in the unit of the criterion's metric")
    failures_after: Mapped[int]
    exposure_after: Mapped[float] = mapped_column(comment="in the unit of the criterion's metric")
    note: Mapped[str | None]
    given_by_name: Mapped[Short]
