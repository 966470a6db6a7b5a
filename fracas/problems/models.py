"""Problems: one cause behind many failures, how it was analysed and what the board decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fracas.catalog.models import FailureCode, PartType
from fracas.core import clock
from fracas.core.db import Base, Fact, Key, Short, Versioned, choice
from fracas.failures.models import Failure
from fracas.organisations.models import Owned
from fracas.problems.states import ProblemState
from fracas.users.models import User


class CauseClass(StrEnum):
    PRIMARY = "primary"
    SECONDARY = "secondary"


class Place(StrEnum):
    """The eight places where a like item may sit."""

    FAILED_UNIT = "failed_unit"
    INSTALLED_UNITS = "installed_units"
    STOCK = "stock"
    TEST_UNITS = "test_units"
    WORK_IN_PROGRESS = "work_in_progress"
    DESIGN_DATA = "design_data"
    PROCESS_DATA = "process_data"
    MATING_EQUIPMENT = "mating_equipment"


class Problem(Owned, Versioned, Base):
    """The investigation: many failures, one cause, one owner."""

    __tablename__ = "problem"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        UniqueConstraint("organisation_id", "external_id"),
    )

    id: Mapped[Key]
    number: Mapped[Short] = mapped_column(comment="PR-2026-00007")
    title: Mapped[Short]
    description: Mapped[str | None]
    state: Mapped[ProblemState] = mapped_column(choice(ProblemState), default=ProblemState.OPEN, index=True)
    state_since: Mapped[datetime] = mapped_column(default=clock.now)
    part_type_id: Mapped[UUID | None] = mapped_column(ForeignKey("part_type.id"), index=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), index=True)
    external_id: Mapped[Short | None]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    owner: Mapped[User | None] = relationship(lazy="joined")
    part_type: Mapped[PartType | None] = relationship(lazy="joined")
    analyses: Mapped[list[Analysis]] = relationship(order_by="Analysis.entered_at", viewonly=True)
    decisions: Mapped[list[BoardDecision]] = relationship(order_by="BoardDecision.entered_at", viewonly=True)
    reviews: Mapped[list[LikeItemReview]] = relationship(order_by="LikeItemReview.entered_at", viewonly=True)


class ProblemFailure(Owned, Fact, Base):
    """This failure is one of that problem's."""

    __tablename__ = "problem_failure"
    __history__ = ("problem", "problem_id")

    id: Mapped[Key]
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"), index=True)
    failure_id: Mapped[UUID] = mapped_column(ForeignKey("failure.id"), index=True)
    failure: Mapped[Failure] = relationship(lazy="joined")
    problem: Mapped[Problem] = relationship(lazy="joined")


class Analysis(Owned, Fact, Base):
    """Mode, mechanism and cause as three separate codes; the mode overrides what was observed at each failure."""

    __tablename__ = "analysis"
    __history__ = ("problem", "problem_id")

    id: Mapped[Key]
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"), index=True)
    mode_id: Mapped[UUID] = mapped_column(ForeignKey("failure_code.id"))
    mechanism_id: Mapped[UUID] = mapped_column(ForeignKey("failure_code.id"))
    cause_id: Mapped[UUID] = mapped_column(ForeignKey("failure_code.id"))
    cause_class: Mapped[CauseClass] = mapped_column(choice(CauseClass))
    method: Mapped[str] = mapped_column(comment="5-why, fault tree, tear-down, ...")
    evidence: Mapped[str]
    mode: Mapped[FailureCode] = relationship(lazy="joined", foreign_keys=[mode_id])
    mechanism: Mapped[FailureCode] = relationship(lazy="joined", foreign_keys=[mechanism_id])
    cause: Mapped[FailureCode] = relationship(lazy="joined", foreign_keys=[cause_id])


class BoardDecision(Owned, Fact, Base):
    """What the failure review board decided, who sat on it, who disagreed, what risk remains."""

    __tablename__ = "board_decision"
    __history__ = ("problem", "problem_id")

    id: Mapped[Key]
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"), index=True)
    members: Mapped[str]
    decision: Mapped[str]
    dissent: Mapped[str | None]
    residual_risk: Mapped[str]


class LikeItemReview(Owned, Fact, Base):
    """One of the eight places looked at: what was found, which documents changed."""

    __tablename__ = "like_item_review"
    __history__ = ("problem", "problem_id")

    id: Mapped[Key]
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"), index=True)
    place: Mapped[Place] = mapped_column(choice(Place))
    is_affected: Mapped[bool]
    note: Mapped[str] = mapped_column(
        comment="what was reviewed, or why it does not apply; documents changed"
    )
