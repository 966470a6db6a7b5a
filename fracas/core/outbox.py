"""Mail waits here in the transaction that asks for it, and leaves only after that was committed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from fracas.core import clock
from fracas.core.db import Base, Key, Short


class OutboxMessage(Base):
    __tablename__ = "outbox_message"
    __history__ = None

    id: Mapped[Key]
    organisation_id: Mapped[UUID | None]
    recipient: Mapped[Short]
    subject: Mapped[Short]
    body: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
