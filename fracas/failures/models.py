"""The failure report, its revisions, and the facts that the loop adds to it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from fracas.assets.models import Installation, Part, Removal, System, UsageReading
from fracas.catalog.models import FailureCode, PartType, Position, RepairAssumption
from fracas.core import clock
from fracas.core.db import Base, Fact, Key, Short, Versioned, choice
from fracas.failures.states import FailureState
from fracas.organisations.models import Owned, Site


class LifeCyclePhase(StrEnum):
    RECEIVING = "receiving"
    INSTALLATION = "installation"
    TEST = "test"
    WARRANTY = "warranty"
    SERVICE = "service"
    STORAGE = "storage"


class DetectionMethod(StrEnum):
    IN_SERVICE = "in_service"
    INSPECTION = "inspection"
    SCHEDULED_MAINTENANCE = "scheduled_maintenance"
    MONITORING = "monitoring"
    TEST = "test"
    CUSTOMER = "customer"


class Severity(StrEnum):
    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class MaintenanceKind(StrEnum):
    """What was done. A ``preventive`` visit is no failure: it counts neither as one nor in the time to repair."""

    REPAIR = "repair"
    REPLACE = "replace"
    ADJUST = "adjust"
    REMOVE = "remove"
    NONE = "none"
    PREVENTIVE = "preventive"


class Outcome(StrEnum):
    CONFIRMED = "confirmed"
    NO_FAULT_FOUND = "no_fault_found"
    DUPLICATE = "duplicate"


class Decision(StrEnum):
    """What the scoring ladder ends in."""

    COUNT = "count"
    DO_NOT_COUNT = "do_not_count"
    REFER = "refer"


class CloseAs(StrEnum):
    PROBLEM_CLOSED = "problem_closed"
    NO_FAULT_FOUND = "no_fault_found"
    DUPLICATE = "duplicate"
    NO_FURTHER_ACTION = "no_further_action"
    ELSEWHERE = "elsewhere"


class ReportFacts:
    """What a report says, shared by the report (as it stands) and its revisions (as it stood)."""

    occurred_at: Mapped[datetime] = mapped_column(comment="when it failed, UTC")
    detected_at: Mapped[datetime | None] = mapped_column(
        comment="when it was found, UTC; none: as it occurred"
    )
    last_known_good_at: Mapped[datetime | None] = mapped_column(
        comment="for a failure found later: when it was last seen to work, UTC; the life is interval-censored"
    )
    configuration: Mapped[Short | None] = mapped_column(
        comment="configuration and software version at failure"
    )
    usage_not_read_reason: Mapped[str | None]
    life_cycle_phase: Mapped[LifeCyclePhase | None] = mapped_column(choice(LifeCyclePhase))
    environment: Mapped[Short | None]
    operating_state: Mapped[Short | None]
    location: Mapped[Short | None] = mapped_column(comment="where: route, line, kilometre")
    symptom: Mapped[str] = mapped_column(comment="in the reporter's own words")
    detection_method: Mapped[DetectionMethod | None] = mapped_column(choice(DetectionMethod))
    effect_on_function: Mapped[Severity | None] = mapped_column(choice(Severity, "effect_on_function"))
    effect_on_safety: Mapped[Severity | None] = mapped_column(choice(Severity, "effect_on_safety"))
    effect_on_mission: Mapped[Severity | None] = mapped_column(choice(Severity, "effect_on_mission"))
    delay_minutes: Mapped[float | None] = mapped_column(comment="delay to service, minutes")
    downtime_started_at: Mapped[datetime | None] = mapped_column(comment="UTC")
    restored_at: Mapped[datetime | None] = mapped_column(comment="end of downtime, UTC")
    handling: Mapped[str | None] = mapped_column(comment="what was done, in words")
    maintenance_kind: Mapped[MaintenanceKind | None] = mapped_column(choice(MaintenanceKind))
    labour_hours: Mapped[float | None]
    waiting_hours: Mapped[float | None]
    repair_assumption: Mapped[RepairAssumption | None] = mapped_column(
        choice(RepairAssumption),
        comment="as new / as old, chosen for this repair; none: the part type's default",
    )
    not_recorded: Mapped[list[str]] = mapped_column(default=list, comment="fields not recorded at source")

    @declared_attr
    def system_id(cls) -> Mapped[UUID]:
        return mapped_column(ForeignKey("system.id"), index=True)

    @declared_attr
    def part_type_id(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("part_type.id"), index=True)

    @declared_attr
    def part_id(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("part.id"), index=True)

    @declared_attr
    def position_id(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("position.id"))

    @declared_attr
    def symptom_code_id(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("failure_code.id"))

    @declared_attr
    def usage_reading_id(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("usage_reading.id"))


REPORT_FACTS = (
    *ReportFacts.__annotations__,
    "system_id",
    "part_type_id",
    "part_id",
    "position_id",
    "symptom_code_id",
    "usage_reading_id",
)


class Failure(ReportFacts, Owned, Versioned, Base):
    """One failure report: what happened. Its revisions keep every earlier wording."""

    __tablename__ = "failure"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        UniqueConstraint("organisation_id", "external_id"),
        CheckConstraint("labour_hours >= 0", name="labour_hours"),
        CheckConstraint("waiting_hours >= 0", name="waiting_hours"),
        CheckConstraint("delay_minutes >= 0", name="delay_minutes"),
        Index("ix_failure_list", "organisation_id", "occurred_at", "id"),
    )

    id: Mapped[Key]
    number: Mapped[Short] = mapped_column(comment="FR-2026-00042")
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[FailureState] = mapped_column(
        choice(FailureState), default=FailureState.REPORTED, index=True
    )
    state_since: Mapped[datetime] = mapped_column(default=clock.now)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True, comment="where it happened")
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"), index=True)
    reporter_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    reporter_name: Mapped[Short]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    external_id: Mapped[Short | None] = mapped_column(comment="the number it has in the system it came from")
    source: Mapped[Short] = mapped_column(default="page", comment="page, api, import, demo")
    extra: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="columns of an import that have no field"
    )
    close_as: Mapped[CloseAs | None] = mapped_column(choice(CloseAs))
    closed_at: Mapped[datetime | None]

    system: Mapped[System] = relationship(lazy="joined")
    site: Mapped[Site] = relationship(lazy="joined", foreign_keys="Failure.site_id")
    part: Mapped[Part | None] = relationship(lazy="joined")
    part_type: Mapped[PartType | None] = relationship(lazy="joined")
    position: Mapped[Position | None] = relationship(lazy="joined")
    symptom_code: Mapped[FailureCode | None] = relationship(lazy="joined")
    usage_reading: Mapped[UsageReading | None] = relationship()
    verifications: Mapped[list[Verification]] = relationship(
        order_by="Verification.entered_at", viewonly=True, foreign_keys="Verification.failure_id"
    )
    scores: Mapped[list[Score]] = relationship(order_by="Score.entered_at", viewonly=True)
    containments: Mapped[list[Containment]] = relationship(order_by="Containment.entered_at", viewonly=True)
    swaps: Mapped[list[PartSwap]] = relationship(order_by="PartSwap.entered_at", viewonly=True)
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.entered_at", viewonly=True)


class FailureRevision(ReportFacts, Owned, Base):
    """The report as it was worded from ``entered_at`` until the next revision. Life data are read from here."""

    __tablename__ = "failure_revision"
    __table_args__ = (UniqueConstraint("failure_id", "revision"),)
    __history__ = None

    id: Mapped[Key]
    failure_id: Mapped[UUID] = mapped_column(ForeignKey("failure.id"), index=True)
    revision: Mapped[int]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    entered_by: Mapped[UUID | None]


class Verification(Owned, Fact, Base):
    """Quality's answer: confirmed, no fault found, or duplicate of another report."""

    __tablename__ = "verification"
    __table_args__ = (
        CheckConstraint(
            "(outcome = 'duplicate') = (duplicate_of_id IS NOT NULL)", name="duplicate_names_original"
        ),
    )
    __history__ = ("failure", "failure_id")

    id: Mapped[Key]
    failure_id: Mapped[UUID] = mapped_column(ForeignKey("failure.id"), index=True)
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    duplicate_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("failure.id"))
    method: Mapped[str] = mapped_column(comment="by whom and how it was verified")
    mode_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("failure_code.id"), comment="observed failure mode"
    )
    mode: Mapped[FailureCode | None] = relationship(lazy="joined")


class Score(Owned, Fact, Base):
    """One walk down the scoring ladder, with its answers."""

    __tablename__ = "score"
    __history__ = ("failure", "failure_id")

    id: Mapped[Key]
    failure_id: Mapped[UUID] = mapped_column(ForeignKey("failure.id"), index=True)
    answers: Mapped[dict[str, Any]] = mapped_column(comment="question -> yes / no / unsure")
    decision: Mapped[Decision] = mapped_column(choice(Decision))
    is_relevant: Mapped[bool | None] = mapped_column(comment="none while referred to a second scorer")
    is_chargeable: Mapped[bool | None]
    note: Mapped[str | None]


class Containment(Owned, Fact, Base):
    """What was done to keep the failure from spreading, or why nothing was needed."""

    __tablename__ = "containment"
    __history__ = ("failure", "failure_id")

    id: Mapped[Key]
    failure_id: Mapped[UUID] = mapped_column(ForeignKey("failure.id"), index=True)
    is_needed: Mapped[bool]
    note: Mapped[str]
    part_ids: Mapped[list[str]] = mapped_column(default=list, comment="serials put into quarantine")


class PartSwap(Owned, Fact, Base):
    """The part taken out and the part put in for a failure; either may be missing."""

    __tablename__ = "part_swap"
    __history__ = ("failure", "failure_id")

    id: Mapped[Key]
    failure_id: Mapped[UUID] = mapped_column(ForeignKey("failure.id"), index=True)
    removal_id: Mapped[UUID | None] = mapped_column(ForeignKey("removal.id"), index=True)
    installation_id: Mapped[UUID | None] = mapped_column(ForeignKey("installation.id"), index=True)
    removal: Mapped[Removal | None] = relationship(lazy="joined")
    installation: Mapped[Installation | None] = relationship(lazy="joined")


class Attachment(Owned, Base):
    """A photo or document; its bytes are kept apart so that lists stay light."""

    __tablename__ = "attachment"
    __history__ = ("failure", "failure_id")

    id: Mapped[Key]
    failure_id: Mapped[UUID] = mapped_column(ForeignKey("failure.id"), index=True)
    file_name: Mapped[Short]
    media_type: Mapped[Short]
    size_bytes: Mapped[int]
    sha256: Mapped[Short]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    entered_by: Mapped[UUID | None]


class AttachmentContent(Base):
    __tablename__ = "attachment_content"
    __history__ = None

    id: Mapped[UUID] = mapped_column(ForeignKey("attachment.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
