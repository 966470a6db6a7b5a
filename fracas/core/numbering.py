"""Numbers that people say on the telephone: FR-2026-00042. One sequence an organisation, prefix and year."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Insert, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from fracas.core import clock
from fracas.core.db import Base, Key, Short


class NumberSequence(Base):
    __tablename__ = "number_sequence"
    __table_args__ = (UniqueConstraint("organisation_id", "prefix", "year"),)
    __history__ = None

    id: Mapped[Key]
    organisation_id: Mapped[UUID]
    prefix: Mapped[Short]
    year: Mapped[int]
    last: Mapped[int] = mapped_column(default=0, comment="the number given out last")


def next_number(session: Session, organisation_id: UUID, prefix: str) -> str:
    """The next number, in one statement, so that two reports filed at once never share one."""
    year = clock.now().year
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(NumberSequence).values(
        organisation_id=organisation_id, prefix=prefix, year=year, last=1
    )
    statement: Insert = insert.on_conflict_do_update(
        index_elements=["organisation_id", "prefix", "year"], set_={"last": NumberSequence.last + 1}
    ).returning(NumberSequence.last)
    return f"{prefix}-{year}-{session.execute(statement).scalar_one():05d}"
