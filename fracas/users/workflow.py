"""What an administrator does with people, their roles and the matrix. Signing in and one's own account: account.py."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fracas.core import clock, outbox, permissions
from fracas.core.errors import Invalid, Refused
from fracas.core.lookup import given, wanted
from fracas.core.permissions import Actor
from fracas.core.verbs import verb
from fracas.organisations import queries as organisations
from fracas.users import matrix, queries, secret
from fracas.users.models import (
    ApiToken,
    OfferedPermission,
    PasswordLink,
    Role,
    RolePermission,
    SignInSession,
    User,
    UserRole,
    UserSite,
)

LINK_LIFETIME = timedelta(hours=24)
LOCALES = ("en", "zh_Hans")


@verb("user.create")
def create_user(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    roles: Iterable[str],
    sites: Iterable[Any] = (),
    customer: Any = None,
    locale: str = "en",
) -> User:
    """Add a person. They have no password until they used a password link."""
    made = User(
        organisation_id=actor.organisation_id,
        email=_free_address(session, email),
        name=_name(name),
        locale=_locale(locale),
        roles=[UserRole(role=role) for role in _roles(roles)],
        sites=[UserSite(site_id=site_id) for site_id in _site_ids(session, actor, sites)],
        customer_id=_customer_id(session, actor, customer),
    )
    _require_scope(made)
    session.add(made)
    return made


@verb("user.edit")
def edit_user(
    session: Session,
    actor: Actor,
    user: Any,
    *,
    name: str | None = None,
    email: str | None = None,
    locale: str | None = None,
) -> User:
    """Correct a person's name, address or language."""
    edited = queries.user(session, actor, user)
    if name is not None:
        edited.name = _name(name)
    if email is not None and email.strip().lower() != edited.email:
        edited.email = _free_address(session, email)
    if locale is not None:
        edited.locale = _locale(locale)
    return edited


@verb("user.set_roles")
def set_roles(
    session: Session,
    actor: Actor,
    user: Any,
    *,
    roles: Iterable[str],
    sites: Iterable[Any] | None = None,
    customer: Any = None,
) -> User:
    """Say what a person is. Sites are kept unless given; the customer is the one given."""
    edited = queries.user(session, actor, user)
    wanted_roles = _roles(roles)
    if Role.ADMINISTRATOR not in wanted_roles:
        _require_another_administrator(session, edited)
    for row in [row for row in edited.roles if row.role not in wanted_roles]:
        edited.roles.remove(row)
        session.delete(row)  # said aloud: an orphan's end would not reach the history
    held = {row.role for row in edited.roles}
    edited.roles += [UserRole(role=role) for role in wanted_roles if role not in held]
    if sites is not None:
        _write_sites(session, edited, _site_ids(session, actor, sites))
    edited.customer_id = _customer_id(session, actor, customer)
    _require_scope(edited)
    return edited


@verb("user.set_sites")
def set_sites(session: Session, actor: Actor, user: Any, *, sites: Iterable[Any]) -> User:
    """Say at which sites a person works."""
    edited = queries.user(session, actor, user)
    _write_sites(session, edited, _site_ids(session, actor, sites))
    _require_scope(edited)
    return edited


@verb("user.deactivate")
def deactivate(session: Session, actor: Actor, user: Any) -> User:
    """Shut a person out: no sign-in, every session and token ended at once. Their records stay theirs."""
    edited = queries.user(session, actor, user)
    _require_another_administrator(session, edited)
    edited.is_active = False
    end_access(session, edited.id)
    return edited


@verb("user.reactivate")
def reactivate(session: Session, actor: Actor, user: Any) -> User:
    """Let a person in again. Sessions and tokens that were ended stay ended."""
    edited = queries.user(session, actor, user)
    edited.is_active = True
    return edited


@verb("user.send_password_link")
def send_password_link(session: Session, actor: Actor, user: Any, *, address: str | None = None) -> str:
    """Make a link that sets a password once within 24 hours; an earlier unused one stops working.

    Returns the secret of the link, which is stored nowhere. With ``address`` (where the service is found) the link
    is mailed to the person as well.
    """
    person = queries.user(session, actor, user)
    if not person.is_active:
        raise Refused("%(name)s is deactivated; reactivate the person first.", name=person.name)
    return make_password_link(session, person, address)


def make_password_link(session: Session, person: User, address: str | None) -> str:
    """The link itself, also for somebody who forgot a password and so is nobody yet."""
    now = clock.now()
    unused = select(PasswordLink).where(PasswordLink.user_id == person.id, PasswordLink.used_at.is_(None))
    for link in session.scalars(unused):
        link.expires_at = min(link.expires_at, now)
    made = secret.make()
    session.add(
        PasswordLink(user_id=person.id, token_hash=secret.fingerprint(made), expires_at=now + LINK_LIFETIME)
    )
    if address is not None:
        outbox.post(
            session,
            organisation_id=person.organisation_id,
            recipient=person.email,
            subject="FRACAS: set your password",
            body=f"{person.name},\n\nset your password here within 24 hours; the link works once:\n\n"
            f"{address}/password/{made}\n\nIf you did not ask for it, do nothing.\n",
        )
    return made


def end_access(session: Session, user_id: UUID) -> None:
    """End every session and token of a person."""
    now = clock.now()
    sign_ins = select(SignInSession).where(
        SignInSession.user_id == user_id, SignInSession.revoked_at.is_(None)
    )
    tokens = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    for row in [*session.scalars(sign_ins), *session.scalars(tokens)]:
        row.revoked_at = now


@verb("matrix.edit")
def set_permission(session: Session, actor: Actor, *, permission: str, role: str, is_allowed: bool) -> None:
    """Set or clear one tick of the matrix role x permission."""
    if permission not in permissions.KNOWN | matrix.DEFAULT.keys():
        raise Invalid("There is no permission “%(permission)s”.", field="permission", permission=permission)
    (wanted_role,) = _roles([role])
    if not is_allowed and wanted_role is Role.ADMINISTRATOR and permission == "matrix.edit":
        raise Refused(
            "The administrator keeps the permission to edit the matrix; without it nobody could undo this."
        )
    tick = session.scalar(
        select(RolePermission).where(
            RolePermission.organisation_id == actor.organisation_id,
            RolePermission.role == wanted_role,
            RolePermission.permission == permission,
        )
    )
    if is_allowed and tick is None:
        session.add(
            RolePermission(organisation_id=actor.organisation_id, role=wanted_role, permission=permission)
        )
    elif not is_allowed and tick is not None:
        session.delete(tick)


@verb("matrix.edit")
def grant_defaults(session: Session, actor: Actor) -> None:
    """Give an organisation the default ticks of every permission that it was not offered before.

    A new organisation gets the whole matrix, one that was upgraded the permissions of the later release. What an
    administrator changed stays: a permission is offered once.
    """
    organisation_id = actor.organisation_id
    offered = queries.offered_permissions(session, actor)
    for permission, roles in matrix.DEFAULT.items():
        if permission in offered:
            continue
        session.add(OfferedPermission(organisation_id=organisation_id, permission=permission))
        session.add_all(
            RolePermission(organisation_id=organisation_id, role=role, permission=permission)
            for role in sorted(roles)
        )


def _free_address(session: Session, email: str) -> str:
    address = email.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or len(address) > 200:
        raise Invalid("“%(email)s” is no e-mail address.", field="email", email=email)
    if queries.user_by_email(session, address) is not None:
        raise Invalid("The address %(email)s is taken.", field="email", email=address)
    return address


def _name(name: str) -> str:
    if not name.strip():
        raise Invalid("A name is needed.", field="name")
    return name.strip()


def _locale(locale: str) -> str:
    if locale not in LOCALES:
        raise Invalid(
            "“%(locale)s” is no language of this program; it has %(known)s.",
            field="locale",
            locale=locale,
            known=", ".join(LOCALES),
        )
    return locale


def _roles(names: Iterable[str]) -> list[Role]:
    """The roles with these names, each once."""
    found: dict[Role, None] = {}
    for name in names:
        try:
            found[Role(name)] = None
        except ValueError:
            raise Invalid(
                "“%(role)s” is no role; roles are %(known)s.",
                field="roles",
                role=name,
                known=", ".join(role.value for role in Role),
            ) from None
    return list(found)


def _site_ids(session: Session, actor: Actor, sites: Iterable[Any]) -> list[UUID]:
    return list(dict.fromkeys(wanted("sites", organisations.site, session, actor, key).id for key in sites))


def _customer_id(session: Session, actor: Actor, customer: Any) -> UUID | None:
    found = given("customer", organisations.customer, session, actor, customer)
    return None if found is None else found.id


def _write_sites(session: Session, user: User, site_ids: list[UUID]) -> None:
    for row in [row for row in user.sites if row.site_id not in site_ids]:
        user.sites.remove(row)
        session.delete(row)
    held = {row.site_id for row in user.sites}
    user.sites += [UserSite(site_id=site_id) for site_id in site_ids if site_id not in held]


def _require_scope(user: User) -> None:
    """Refuse roles that would see nothing, or more than is meant."""
    roles = {row.role for row in user.roles}
    if not roles:
        raise Invalid("A person needs at least one role.", field="roles")
    if (Role.CUSTOMER in roles) != (user.customer_id is not None):
        raise Invalid(
            "The role customer and the customer go together: give both or neither.", field="customer"
        )
    if Role.CUSTOMER in roles and len(roles) > 1:
        raise Invalid("A customer's person has no other role.", field="roles")
    if roles <= matrix.SITE_LIMITED and not user.sites:
        raise Invalid(
            "This role sees only the sites written on the person: name at least one.", field="sites"
        )


def _require_another_administrator(session: Session, user: User) -> None:
    """Refuse to lose the last one who could let anybody in again."""
    if not user.is_active or Role.ADMINISTRATOR not in {row.role for row in user.roles}:
        return
    others = (
        select(func.count())
        .select_from(User)
        .join(UserRole)
        .where(
            User.organisation_id == user.organisation_id,
            User.id != user.id,
            User.is_active,
            UserRole.role == Role.ADMINISTRATOR,
        )
    )
    if not session.scalar(others):
        raise Refused("%(name)s is the last active administrator; make another one first.", name=user.name)
