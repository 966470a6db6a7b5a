"""What takes too long to compute while a reader waits, kept as it was computed last."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from fracas.core import clock
from fracas.core.db import Base, Key, Short
from fracas.organisations.models import Owned


class SparesPlan(Owned, Base):
    """The spares to hold of every part type, for one choice of settings and one view of the fleet.

    It is no record: every number in it can be computed anew, and the next plan of its kind replaces it.
    """

    __tablename__ = "spares_plan"
    __table_args__ = (Index("ix_spares_plan_asked", "organisation_id", "digest"),)
    __history__ = None

    id: Mapped[Key]
    digest: Mapped[Short] = mapped_column(
        comment="SHA-256 of the settings and of the walls; who shares it may read it"
    )
    settings: Mapped[dict[str, Any]] = mapped_column(comment="what was asked for")
    walls: Mapped[dict[str, Any]] = mapped_column(
        comment="sites and customer that the reader is limited to; none: all"
    )
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    asked_by: Mapped[UUID | None] = mapped_column(comment="user id")
    seen_until: Mapped[datetime | None] = mapped_column(comment="the as-of moment; none: not begun")
    changes: Mapped[int] = mapped_column(
        default=0, comment="entries of the history when it was begun; see planning"
    )
    total: Mapped[int] = mapped_column(default=0, comment="part types to compute")
    waiting: Mapped[list[str]] = mapped_column(default=list, comment="ids of the part types not computed yet")
    rows: Mapped[list[Any]] = mapped_column(default=list, comment="one a part type, as the API tells them")
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
