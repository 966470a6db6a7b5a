"""Organisations and whom they deal with: sites, customers, suppliers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fracas.core.db import Base, Key, Short, Versioned


class Organisation(Base):
    """The company whose FRACAS this is; the wall between tenants."""

    __tablename__ = "organisation"

    id: Mapped[Key]
    code: Mapped[Short] = mapped_column(unique=True)
    name: Mapped[Short]


class Owned:
    """A row that belongs to one organisation."""

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)


class Customer(Owned, Versioned, Base):
    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Key]
    code: Mapped[Short]
    name: Mapped[Short]


class Supplier(Owned, Versioned, Base):
    __tablename__ = "supplier"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Key]
    code: Mapped[Short]
    name: Mapped[Short]


class Site(Owned, Versioned, Base):
    """A depot, a line, a test bench: where failures happen. Its time zone turns a wall clock into UTC."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Key]
    code: Mapped[Short]
    name: Mapped[Short]
    time_zone: Mapped[Short] = mapped_column(default="UTC", comment="IANA name, such as Asia/Shanghai")
    is_service_point: Mapped[bool] = mapped_column(default=False, comment="repairs and swaps parts")
