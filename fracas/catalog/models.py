"""What can fail and how: part types, the product structure, failure codes, usage metrics."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fracas.core.db import Base, Key, Short, Versioned, choice
from fracas.organisations.models import Owned

CALENDAR = "calendar"
"""The metric that is always there and needs no readings: days in service."""


class RepairAssumption(StrEnum):
    """What a repair makes of a unit's age; recorded as a choice, never assumed."""

    AS_NEW = "as_new"
    AS_OLD = "as_old"


class CodeKind(StrEnum):
    SYMPTOM = "symptom"
    MODE = "mode"
    MECHANISM = "mechanism"
    CAUSE = "cause"


class UsageMetric(Owned, Base):
    """A way to count use: operating hours, kilometres, brake applications."""

    __tablename__ = "usage_metric"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Key]
    code: Mapped[Short]
    name: Mapped[Short]
    unit: Mapped[Short] = mapped_column(comment="short unit shown after numbers: h, km, cycles")


class PartType(Owned, Versioned, Base):
    """A part number: what a spares forecast and a Weibull fit are about."""

    __tablename__ = "part_type"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("lead_time_days >= 0", name="lead_time"),
        CheckConstraint("turn_around_days >= 0", name="turn_around"),
        CheckConstraint("repaired_share >= 0 AND repaired_share <= 1", name="repaired_share"),
        CheckConstraint("unit_cost >= 0", name="unit_cost"),
    )

    id: Mapped[Key]
    number: Mapped[Short]
    name: Mapped[Short]
    is_repairable: Mapped[bool] = mapped_column(default=False)
    repair_assumption: Mapped[RepairAssumption] = mapped_column(
        choice(RepairAssumption),
        default=RepairAssumption.AS_NEW,
        comment="default; a failure may say otherwise",
    )
    primary_metric_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("usage_metric.id"), comment="the metric its life is shown in first; none: calendar days"
    )
    lead_time_days: Mapped[float | None] = mapped_column(comment="from order to shelf, days")
    turn_around_days: Mapped[float | None] = mapped_column(
        comment="from failure until it is back from repair, days"
    )
    repaired_share: Mapped[float | None] = mapped_column(
        comment="of the failed parts, those that a repair brings back, 0 to 1; none: all"
    )
    unit_cost: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False), comment="in `currency`")
    currency: Mapped[Short] = mapped_column(default="CNY")
    supplier_id: Mapped[UUID | None] = mapped_column(ForeignKey("supplier.id"))
    is_flagged: Mapped[bool] = mapped_column(
        default=False, comment="created by an import that met an unknown number"
    )
    primary_metric: Mapped[UsageMetric | None] = relationship(lazy="joined")

    @property
    def life_metric(self) -> str:
        """The metric of every figure of this type for which nobody names another."""
        return CALENDAR if self.primary_metric is None else self.primary_metric.code


class SystemModel(Owned, Base):
    """A kind of system (a vehicle class) with one product structure."""

    __tablename__ = "system_model"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Key]
    code: Mapped[Short]
    name: Mapped[Short]
    positions: Mapped[list[Position]] = relationship(back_populates="system_model", order_by="Position.code")


class Position(Owned, Versioned, Base):
    """A place in a system model where one part sits. The place stays; the serials in it come and go."""

    __tablename__ = "position"
    __table_args__ = (UniqueConstraint("system_model_id", "code"),)

    id: Mapped[Key]
    system_model_id: Mapped[UUID] = mapped_column(ForeignKey("system_model.id"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("position.id"), comment="next higher assembly")
    code: Mapped[Short]
    name: Mapped[Short]
    part_type_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("part_type.id"), comment="what fits; none: anything"
    )
    system_model: Mapped[SystemModel] = relationship(back_populates="positions")
    part_type: Mapped[PartType | None] = relationship(lazy="joined")


class FailureCode(Owned, Versioned, Base):
    """A coded word for a symptom, mode, mechanism or cause. Text codes keep their leading zeros."""

    __tablename__ = "failure_code"
    __table_args__ = (UniqueConstraint("organisation_id", "kind", "code"),)

    id: Mapped[Key]
    kind: Mapped[CodeKind] = mapped_column(choice(CodeKind))
    code: Mapped[Short]
    name: Mapped[Short]
    name_zh: Mapped[Short | None] = mapped_column(comment="Simplified Chinese")
    is_active: Mapped[bool] = mapped_column(default=True)
    is_flagged: Mapped[bool] = mapped_column(
        default=False, comment="created by an import that met an unknown code"
    )
