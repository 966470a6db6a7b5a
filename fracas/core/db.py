"""Tables' common ground: the declarative base, column types, engine and sessions for SQLite and PostgreSQL."""

from __future__ import annotations

import os as _os  # urandom only; settings are read in config.py
import time as _time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import JSON, DateTime, Enum, MetaData, String, Uuid, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect, Engine, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from fracas.core import clock

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def uuid7() -> UUID:
    """A time-ordered key (RFC 9562, version 7) that a phone without network can make by itself.

    It takes its time from the machine, not from ``clock``: order of making is what the key is for.
    """
    milliseconds = _time.time_ns() // 1_000_000
    random = int.from_bytes(_os.urandom(10), "big")
    value = (
        (milliseconds & (2**48 - 1)) << 80
        | 0x7 << 76
        | (random >> 68) << 64
        | 0b10 << 62
        | random & (2**62 - 1)
    )
    return UUID(int=value)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite gives naive times back; this gives them their zone again and refuses naive input."""

    impl = DateTime(timezone=True)
    cache_ok = True
    python_type = datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without a time zone: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(kind: type[StrEnum], name: str | None = None) -> Enum:
    """A text column that holds one of the values of ``kind``, with a named CHECK constraint.

    ``name`` is for a table that has two columns of one kind: constraint names are unique in a table.
    """
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=40,
        name=name or kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


Json = JSON().with_variant(JSONB(), "postgresql")
Key = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=uuid7)]
Short = Annotated[str, mapped_column(String(200))]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        datetime: UTCDateTime,
        UUID: Uuid,
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
    }


class Versioned:
    """A row that people edit: each change raises ``version``, and a save based on an older one is refused."""

    version: Mapped[int] = mapped_column(default=1, comment="raised by every change; the ETag of the record")

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Fact:
    """Something that happened: when it happened, when we were told, and since when we know better.

    A fact is never changed. A correction writes a new row and sets ``retracted_at`` on the old one, so that
    what was known on a past day can be rebuilt: ``entered_at <= known_at < retracted_at``.
    """

    occurred_at: Mapped[datetime] = mapped_column(index=True, comment="when it happened, UTC")
    entered_at: Mapped[datetime] = mapped_column(default=clock.now, comment="when it was entered, UTC")
    retracted_at: Mapped[datetime | None] = mapped_column(comment="when a correction replaced it, UTC")
    entered_by: Mapped[UUID | None] = mapped_column(comment="user id; plain, as history outlives people")


def known(table: Any, known_at: datetime | None) -> Any:
    """SQL condition: the fact was entered and not yet retracted at ``known_at`` (``None``: now)."""
    if known_at is None:
        return table.retracted_at.is_(None)
    return (table.entered_at <= known_at) & (table.retracted_at.is_(None) | (table.retracted_at > known_at))


def make_engine(url: str) -> Engine:
    """An engine for ``url``; SQLite gets foreign keys, a write-ahead log and full durability."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = (
            None  # we say BEGIN ourselves: pysqlite's own comes too late for savepoints
        )
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A transaction that will write must say so at once: upgrading a read lock later cannot wait, it fails.
        writes = connection.get_execution_options().get("fracas_writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Sessions that keep their objects readable after commit, so that a page can be drawn from them."""
    return sessionmaker(engine, expire_on_commit=False)
