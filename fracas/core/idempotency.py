"""What was answered to an Idempotency-Key, so that a second submit of the same report is the first one again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fracas.core import clock
from fracas.core.db import Base, Key, Short


class IdempotentRequest(Base):
    __tablename__ = "idempotent_request"
    __table_args__ = (UniqueConstraint("organisation_id", "user_id", "key"),)
    __history__ = None

    id: Mapped[Key]
    organisation_id: Mapped[UUID]
    user_id: Mapped[UUID]
    key: Mapped[Short]
    request_hash: Mapped[Short] = mapped_column(
        comment="SHA-256 of method, path and body: a key is for one request"
    )
    status: Mapped[int]
    body: Mapped[dict[str, Any]]
    location: Mapped[str | None]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
