"""The job table: work that must not be lost, enqueued in the same transaction as the fact that asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from fracas.core import clock
from fracas.core.db import Base, Key, Short


class Job(Base):
    __tablename__ = "job"
    __table_args__ = (Index("ix_job_waiting", "finished_at", "run_after"),)
    __history__ = None

    id: Mapped[Key]
    organisation_id: Mapped[UUID | None]
    kind: Mapped[Short]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[datetime] = mapped_column(default=clock.now)
    leased_until: Mapped[datetime | None] = mapped_column(comment="a worker holds it until then; after that it is lost")
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
