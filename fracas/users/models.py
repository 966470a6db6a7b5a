"""People, their roles and sites, the permission matrix, sessions and tokens. Secrets are kept only as hashes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fracas.core import clock
from fracas.core.db import Base, Key, Short, Versioned, choice
from fracas.organisations.models import Owned, Site


class Role(StrEnum):
    FIELD_ENGINEER = "field_engineer"
    SERVICE_STATION = "service_station"
    QUALITY = "quality"
    RELIABILITY_ENGINEER = "reliability_engineer"
    APPROVER = "approver"
    MANAGER = "manager"
    CUSTOMER = "customer"
    ADMINISTRATOR = "administrator"


class User(Owned, Versioned, Base):
    __tablename__ = "user"
    __secret__ = ("password_hash",)

    id: Mapped[Key]
    email: Mapped[Short] = mapped_column(unique=True, comment="lower case; the sign-in name")
    name: Mapped[Short]
    password_hash: Mapped[str | None] = mapped_column(comment="argon2id; none until a link was used")
    password_changed_at: Mapped[datetime | None] = mapped_column(
        comment="on the timeline in place of the hash"
    )
    is_active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[Short] = mapped_column(default="en")
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    roles: Mapped[list[UserRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    sites: Mapped[list[UserSite]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class UserRole(Base):
    __tablename__ = "user_role"
    __table_args__ = (UniqueConstraint("user_id", "role"),)
    __history__ = ("user", "user_id")

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role))


class UserSite(Base):
    """A site the person works at. Roles that see every site ignore it."""

    __tablename__ = "user_site"
    __table_args__ = (UniqueConstraint("user_id", "site_id"),)
    __history__ = ("user", "user_id")

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    site: Mapped[Site] = relationship(lazy="joined")


class RolePermission(Owned, Base):
    """One tick in the matrix role x permission, which an administrator edits."""

    __tablename__ = "role_permission"
    __table_args__ = (UniqueConstraint("organisation_id", "role", "permission"),)

    id: Mapped[Key]
    role: Mapped[Role] = mapped_column(choice(Role))
    permission: Mapped[Short]


class OfferedPermission(Owned, Base):
    """A permission whose default ticks the organisation was given once; from then on they are the administrator's.

    What is not here yet came with a later release, and `grant_defaults` gives it.
    """

    __tablename__ = "offered_permission"
    __table_args__ = (UniqueConstraint("organisation_id", "permission"),)
    __history__ = None

    id: Mapped[Key]
    permission: Mapped[Short]


class SignInSession(Base):
    """A signed-in browser; ended by ``revoked_at`` from here or from another device."""

    __tablename__ = "sign_in_session"
    __history__ = None

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    token_hash: Mapped[Short] = mapped_column(unique=True, comment="SHA-256 of the cookie's secret")
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    device: Mapped[Short | None] = mapped_column(comment="browser name, so that a person knows which to end")


class ApiToken(Base):
    __tablename__ = "api_token"
    __history__ = ("user", "user_id")
    __secret__ = ("token_hash",)

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[Short]
    token_hash: Mapped[Short] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PasswordLink(Base):
    """A link that sets a password once: for a new person, and for one who forgot."""

    __tablename__ = "password_link"
    __history__ = ("user", "user_id")
    __secret__ = ("token_hash",)

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    token_hash: Mapped[Short] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
