"""People, what they may do and see, and the sessions and tokens that speak for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core import clock
from fracas.core.errors import NotFound
from fracas.core.lookup import find
from fracas.core.permissions import Actor, visible
from fracas.organisations.models import Organisation
from fracas.users import secret
from fracas.users.matrix import SITE_LIMITED
from fracas.users.models import (
    ApiToken,
    OfferedPermission,
    PasswordLink,
    Role,
    RolePermission,
    SignInSession,
    User,
)

NO_SITES: frozenset[UUID] = frozenset()
DEMO = "DEMO"
"""The code of the organisation that the demo fleet belongs to."""


def user(session: Session, actor: Actor, key: Any) -> User:
    """One person of the actor's organisation, by e-mail address or id."""
    missing = NotFound(
        "There is no user with the address “%(email)s”. Check the address, or have the user added.",
        email=str(getattr(key, "email", key)),
    )
    key = key.lower() if isinstance(key, str) else key
    return find(session, actor, User, key, User.email, missing)


def users(session: Session, actor: Actor) -> Sequence[User]:
    """Everybody of the organisation, by name."""
    return session.scalars(select(User).where(visible(actor, User)).order_by(User.name, User.email)).all()


def people(session: Session, actor: Actor) -> Sequence[User]:
    """Who can be given work: active people of the organisation who are not customers, by name."""
    rows = select(User).where(visible(actor, User), User.is_active, User.customer_id.is_(None))
    return session.scalars(rows.order_by(User.name, User.email)).all()


def user_by_email(session: Session, email: str) -> User | None:
    """For sign-in and the command line, which do not know yet whose organisation it is."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def permissions_of(session: Session, organisation_id: UUID, roles: frozenset[Role]) -> frozenset[str]:
    """What the organisation's matrix gives to ``roles`` together."""
    if not roles:
        return frozenset()
    rows = select(RolePermission.permission).where(
        RolePermission.organisation_id == organisation_id, RolePermission.role.in_(sorted(roles))
    )
    return frozenset(session.scalars(rows))


def matrix(session: Session, actor: Actor) -> dict[str, set[Role]]:
    """permission -> roles, as the organisation has it now."""
    found: dict[str, set[Role]] = {}
    for row in session.scalars(select(RolePermission).where(visible(actor, RolePermission))):
        found.setdefault(row.permission, set()).add(row.role)
    return found


def offered_permissions(session: Session, actor: Actor) -> set[str]:
    """The permissions whose default ticks the organisation was given, whatever became of them."""
    rows = select(OfferedPermission.permission).where(visible(actor, OfferedPermission))
    return set(session.scalars(rows))


def actor_for(session: Session, user: User) -> Actor:
    """What ``user`` may do and see.

    The widest role decides about sites: somebody who is field engineer and quality sees every site. A customer sees
    own systems only, whatever other roles say. Somebody without roles, and a customer's person without a customer,
    sees nothing.
    """
    roles = frozenset(row.role for row in user.roles)
    site_ids: frozenset[UUID] | None = None
    if not roles or (Role.CUSTOMER in roles and user.customer_id is None):
        site_ids = NO_SITES
    elif roles <= SITE_LIMITED:
        site_ids = frozenset(row.site_id for row in user.sites)
    return Actor(
        organisation_id=user.organisation_id,
        user_id=user.id,
        name=user.name,
        permissions=permissions_of(session, user.organisation_id, roles) if user.is_active else frozenset(),
        site_ids=site_ids,
        customer_id=user.customer_id,
        roles=frozenset(role.value for role in roles),
    )


def live_session(session: Session, cookie: str) -> SignInSession | None:
    """The sign-in that a cookie's secret belongs to, unless it was ended or has run out."""
    now = clock.now()
    return session.scalar(
        select(SignInSession).where(
            SignInSession.token_hash == secret.fingerprint(cookie),
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
        )
    )


def live_token(session: Session, token: str) -> ApiToken | None:
    now = clock.now()
    return session.scalar(
        select(ApiToken).where(
            ApiToken.token_hash == secret.fingerprint(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at.is_(None) | (ApiToken.expires_at > now),
        )
    )


def live_link(session: Session, link: str) -> PasswordLink | None:
    """The password link with this secret, if it can still be used."""
    return session.scalar(
        select(PasswordLink).where(
            PasswordLink.token_hash == secret.fingerprint(link),
            PasswordLink.used_at.is_(None),
            PasswordLink.expires_at > clock.now(),
        )
    )


def actor_from_cookie(session: Session, cookie: str) -> Actor | None:
    """Who a browser's cookie speaks for; None for an ended session or a person who was deactivated."""
    found = live_session(session, cookie)
    return None if found is None else _active_actor(session, found.user_id)


def actor_from_token(session: Session, token: str) -> Actor | None:
    """Who an API token speaks for. It can do what its owner may do today, not what they might when it was made."""
    found = live_token(session, token)
    return None if found is None else _active_actor(session, found.user_id)


def _active_actor(session: Session, user_id: UUID) -> Actor | None:
    person = session.get(User, user_id)
    return actor_for(session, person) if person is not None and person.is_active else None


def sessions_of(session: Session, user_id: UUID) -> Sequence[SignInSession]:
    """The sign-ins that are alive, the one used last first."""
    rows = select(SignInSession).where(
        SignInSession.user_id == user_id,
        SignInSession.revoked_at.is_(None),
        SignInSession.expires_at > clock.now(),
    )
    return session.scalars(rows.order_by(SignInSession.seen_at.desc())).all()


def tokens_of(session: Session, user_id: UUID) -> Sequence[ApiToken]:
    """Tokens that were not revoked, newest first; those that have run out are among them and say so."""
    rows = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return session.scalars(rows.order_by(ApiToken.created_at.desc())).all()


def demo_people(session: Session) -> Sequence[User]:
    """Whom a visitor of the demo may enter as: people of the demo's own organisation, never of another."""
    rows = select(User).join(Organisation, Organisation.id == User.organisation_id)
    demo = rows.where(Organisation.code == DEMO, User.is_active)
    return session.scalars(demo.order_by(User.created_at, User.id)).all()
