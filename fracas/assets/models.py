"""Systems and serial-numbered parts, what was installed where and when, usage readings. All but identities are facts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fracas.catalog.models import PartType, Position, SystemModel, UsageMetric
from fracas.core.db import Base, Fact, Key, Short, Versioned, choice
from fracas.organisations.models import Owned, Site


class Condition(StrEnum):
    """What a serial is fit for, as last stated."""

    SERVICEABLE = "serviceable"
    UNSERVICEABLE = "unserviceable"
    QUARANTINED = "quarantined"
    RETIRED = "retired"


class InstalledAs(StrEnum):
    """What is known of a part's age when it went in."""

    NEW = "new"
    AGE_STATED = "age_stated"
    AGE_UNKNOWN = "age_unknown"
    CONTINUED = "continued"


class RemovalCause(StrEnum):
    FAILURE = "failure"
    PREVENTIVE = "preventive"
    MOVE = "move"
    CANNIBALISED = "cannibalised"
    UPGRADE = "upgrade"
    RETIREMENT = "retirement"
    OTHER = "other"


class ServiceEventKind(StrEnum):
    """The ends of a system's time under observation."""

    COMMISSIONED = "commissioned"
    OBSERVED_FROM = "observed_from"
    OBSERVED_UNTIL = "observed_until"
    RETIRED = "retired"


class ReadingKind(StrEnum):
    READING = "reading"
    METER_REPLACED = "meter_replaced"


class System(Owned, Versioned, Base):
    """One vehicle, machine or installation, by its serial or fleet number."""

    __tablename__ = "system"
    __table_args__ = (UniqueConstraint("organisation_id", "serial"),)

    id: Mapped[Key]
    serial: Mapped[Short]
    name: Mapped[Short | None]
    system_model_id: Mapped[UUID] = mapped_column(ForeignKey("system_model.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"), index=True)
    configuration: Mapped[Short | None] = mapped_column(comment="hardware and software version now")
    is_flagged: Mapped[bool] = mapped_column(
        default=False, comment="created by an import that met an unknown system"
    )
    entered_at: Mapped[datetime]
    system_model: Mapped[SystemModel] = relationship(lazy="joined")
    site: Mapped[Site] = relationship(lazy="joined")


class ServiceEvent(Owned, Fact, Base):
    """Commissioning, start and end of an observation window, retirement of a system.

    A system with a commissioning date is under observation from then on; one without is so only in its windows
    (``observed_from`` to ``observed_until``), and its age is then unknown.
    """

    __tablename__ = "service_event"
    __history__ = ("system", "system_id")

    id: Mapped[Key]
    system_id: Mapped[UUID] = mapped_column(ForeignKey("system.id"), index=True)
    kind: Mapped[ServiceEventKind] = mapped_column(choice(ServiceEventKind))
    basis: Mapped[str | None] = mapped_column(
        comment="why: the reason of a retirement, how a window was chosen"
    )


class Part(Owned, Versioned, Base):
    """One serial-numbered part. Where it is and how old follows from the facts about it."""

    __tablename__ = "part"
    __table_args__ = (UniqueConstraint("organisation_id", "part_type_id", "serial"),)

    id: Mapped[Key]
    serial: Mapped[Short] = mapped_column(index=True)
    part_type_id: Mapped[UUID] = mapped_column(ForeignKey("part_type.id"), index=True)
    lot: Mapped[Short | None] = mapped_column(comment="batch")
    supplier_id: Mapped[UUID | None] = mapped_column(ForeignKey("supplier.id"))
    site_id: Mapped[UUID] = mapped_column(
        ForeignKey("site.id"), index=True, comment="where it is: its system's site, or the shelf"
    )
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"), index=True)
    manufactured_at: Mapped[datetime | None]
    is_flagged: Mapped[bool] = mapped_column(default=False)
    entered_at: Mapped[datetime]
    part_type: Mapped[PartType] = relationship(lazy="joined")


class PartCondition(Owned, Fact, Base):
    """A statement about a serial: fit for use, broken, quarantined, retired. The latest one holds."""

    __tablename__ = "part_condition"
    __history__ = ("part", "part_id")

    id: Mapped[Key]
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"), index=True)
    condition: Mapped[Condition] = mapped_column(choice(Condition))
    basis: Mapped[str | None] = mapped_column(comment="why: reason of retirement, order of quarantine")


class Installation(Owned, Fact, Base):
    """A serial went into a position of a system."""

    __tablename__ = "installation"
    __table_args__ = (Index("ix_installation_place", "system_id", "position_id"),)
    __history__ = ("part", "part_id")

    id: Mapped[Key]
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"), index=True)
    system_id: Mapped[UUID] = mapped_column(ForeignKey("system.id"))
    position_id: Mapped[UUID] = mapped_column(ForeignKey("position.id"))
    installed_as: Mapped[InstalledAs] = mapped_column(choice(InstalledAs), default=InstalledAs.NEW)
    age_at_install: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="metric code -> age in that metric's unit; `calendar` in days; when age_stated"
    )
    external_id: Mapped[Short | None] = mapped_column(index=True)
    replaces_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("installation.id"),
        comment="the fact that this one corrects; links to that one mean this one",
    )
    part: Mapped[Part] = relationship(lazy="joined")
    system: Mapped[System] = relationship(lazy="joined")
    position: Mapped[Position] = relationship(lazy="joined")


class Removal(Owned, Fact, Base):
    """A serial came out again: the end of one installation."""

    __tablename__ = "removal"
    __history__ = ("part", "part_id")

    id: Mapped[Key]
    installation_id: Mapped[UUID] = mapped_column(ForeignKey("installation.id"), index=True)
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"), index=True)
    cause: Mapped[RemovalCause] = mapped_column(choice(RemovalCause))
    note: Mapped[str | None]
    replaces_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("removal.id"), comment="the fact that this one corrects; links to that one mean this one"
    )
    installation: Mapped[Installation] = relationship(lazy="joined")


class UsageReading(Owned, Fact, Base):
    """What a meter showed. A reading may fall back only by a ``meter_replaced`` event."""

    __tablename__ = "usage_reading"
    __table_args__ = (
        CheckConstraint("value >= 0", name="value_not_negative"),
        CheckConstraint("(system_id IS NULL) <> (part_id IS NULL)", name="one_bearer"),
        Index("ix_usage_reading_system", "system_id", "metric_id", "occurred_at"),
        Index("ix_usage_reading_part", "part_id", "metric_id", "occurred_at"),
    )

    id: Mapped[Key]
    system_id: Mapped[UUID | None] = mapped_column(ForeignKey("system.id"))
    part_id: Mapped[UUID | None] = mapped_column(ForeignKey("part.id"))
    metric_id: Mapped[UUID] = mapped_column(ForeignKey("usage_metric.id"))
    kind: Mapped[ReadingKind] = mapped_column(choice(ReadingKind), default=ReadingKind.READING)
    value: Mapped[float] = mapped_column(
        comment="in the metric's unit; for meter_replaced: the old meter's last value"
    )
    restarts_at: Mapped[float | None] = mapped_column(
        comment="the new meter's first value, for meter_replaced"
    )
    external_id: Mapped[Short | None] = mapped_column(index=True)
    replaces_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("usage_reading.id"),
        comment="the fact that this one corrects; links to that one mean this one",
    )
    metric: Mapped[UsageMetric] = relationship(lazy="joined")

    @property
    def __history__(self) -> tuple[str, str]:
        return ("system", "system_id") if self.system_id else ("part", "part_id")
