"""Signing in and out, and what a person does with the own account: password, sessions, API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core import clock, history
from fracas.core.errors import Invalid, NotFound, Refused
from fracas.core.lookup import as_id
from fracas.core.permissions import Actor
from fracas.core.verbs import verb
from fracas.users import queries, secret
from fracas.users.models import ApiToken, SignInSession, User
from fracas.users.workflow import LOCALES, make_password_link

SEEN_EVERY = timedelta(minutes=5)
"""A session's last use is written at most this often: it is for a person to read, not a log."""


def sign_in(
    session: Session, *, email: str, password: str, device: str | None = None, hours: float = 12
) -> tuple[User, str]:
    """The person, and the secret for the browser's cookie.

    Raises
    ------
    Invalid : the address or the password is wrong, or the person is deactivated. The answer and the time it takes
        are the same for each, so that nobody learns who has an account.
    """
    person = queries.user_by_email(session, email)
    known = person if person is not None and person.is_active else None
    stored = known.password_hash if known is not None else None
    if not secret.password_matches(password, stored) or known is None or stored is None:
        raise Invalid("The address or the password is not right.", field="password")
    if secret.wants_rehash(stored):
        known.password_hash = secret.hash_password(password)
    return known, start_session(session, known, device=device, hours=hours)


def start_session(session: Session, person: User, *, device: str | None, hours: float) -> str:
    """Sign a person in whose identity was proved; returns the secret for the cookie."""
    made = secret.make()
    session.add(
        SignInSession(
            user_id=person.id,
            token_hash=secret.fingerprint(made),
            expires_at=clock.now() + timedelta(hours=hours),
            device=(device or "")[:200] or None,
        )
    )
    session.flush()
    return made


def sign_out(session: Session, cookie: str) -> None:
    """End the session of this browser."""
    found = queries.live_session(session, cookie)
    if found is not None:
        found.revoked_at = clock.now()


def note_seen(session: Session, cookie: str) -> None:
    """Write down that a session was used."""
    found = queries.live_session(session, cookie)
    if found is not None and clock.now() - found.seen_at >= SEEN_EVERY:
        found.seen_at = clock.now()


def ask_for_password_link(session: Session, *, email: str, address: str) -> None:
    """Mail a link to somebody who forgot the password. Says nothing about whether the address is known."""
    person = queries.user_by_email(session, email)
    if person is not None and person.is_active:
        with history.acting(session, _self(person), "ask_for_password_link"):
            make_password_link(session, person, address)


def set_password_by_link(session: Session, *, link: str, password: str) -> User:
    """Use a password link, once. Every session of the person ends."""
    found = queries.live_link(session, link)
    person = session.get(User, found.user_id) if found is not None else None
    if found is None or person is None or not person.is_active:
        raise NotFound("This link was used already or is older than 24 hours; ask for a new one.")
    _require_good(password, person)
    with history.acting(session, _self(person), "set_password"):
        found.used_at = clock.now()
        _write_password(person, password)
        _end_sessions(session, person.id)
    return person


@verb("account.change_password")
def change_password(
    session: Session, actor: Actor, *, current_password: str, new_password: str, keep: str | None = None
) -> User:
    """Change the own password; every other session ends. ``keep``: the cookie's secret of the session that stays."""
    person = me(session, actor)
    if not secret.password_matches(current_password, person.password_hash):
        raise Invalid("This is not your password.", field="current_password")
    _require_good(new_password, person, field="new_password")
    _write_password(person, new_password)
    _end_sessions(session, person.id, keep=keep)
    return person


@verb("account.edit_own")
def edit_own(session: Session, actor: Actor, *, name: str | None = None, locale: str | None = None) -> User:
    """Change the own name or language."""
    person = me(session, actor)
    if name is not None and name.strip():
        person.name = name.strip()
    if locale is not None:
        if locale not in LOCALES:
            raise Invalid(
                "“%(locale)s” is no language of this program; it has %(known)s.",
                field="locale",
                locale=locale,
                known=", ".join(LOCALES),
            )
        person.locale = locale
    return person


@verb("account.end_session")
def end_session(session: Session, actor: Actor, which: Any) -> None:
    """End one of the own sessions, from whatever device."""
    for row in queries.sessions_of(session, me(session, actor).id):
        if row.id == as_id(which):
            row.revoked_at = clock.now()
            return
    raise NotFound("There is no such session of yours, or it has ended already.")


@verb("account.end_session")
def end_other_sessions(session: Session, actor: Actor, *, keep: str | None = None) -> None:
    """End every own session but the one whose cookie is ``keep``."""
    _end_sessions(session, me(session, actor).id, keep=keep)


@verb("token.create")
def create_token(
    session: Session, actor: Actor, *, name: str, owner: Any = None, expires_at: datetime | None = None
) -> str:
    """Make an API token that may do what its owner may do. It is shown now and never again.

    ``owner`` is the actor unless given; making one for somebody else needs the permission to edit people.
    """
    person = queries.user(session, actor, owner) if owner is not None else me(session, actor)
    if person.id != actor.user_id:
        actor.require("user.edit")
    if not person.is_active:
        raise Refused("%(name)s is deactivated; reactivate the person first.", name=person.name)
    if not name.strip():
        raise Invalid("Give the token a name, so that you know later which to revoke.", field="name")
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid("The token would have run out already.", field="expires_at")
    made = secret.make()
    session.add(
        ApiToken(
            user_id=person.id, name=name.strip(), token_hash=secret.fingerprint(made), expires_at=expires_at
        )
    )
    return made


@verb("token.revoke")
def revoke_token(session: Session, actor: Actor, which: Any) -> None:
    """End a token at once: an own one, or with the permission to edit people anybody's in the organisation."""
    token_id = as_id(which)
    found = session.get(ApiToken, token_id) if token_id is not None else None
    owner = session.get(User, found.user_id) if found is not None else None
    is_mine = owner is not None and owner.id == actor.user_id
    is_ours = owner is not None and actor.may("user.edit") and actor.sees(owner)
    if found is None or found.revoked_at is not None or not (is_mine or is_ours):
        raise NotFound("There is no such token, or it was revoked already.")
    found.revoked_at = clock.now()


def me(session: Session, actor: Actor) -> User:
    """The person who acts; refuses the system, which has no account."""
    person = session.get(User, actor.user_id) if actor.user_id is not None else None
    if person is None:
        raise Refused("The service itself has no account; say for whom.")
    return person


def _self(person: User) -> Actor:
    return Actor(person.organisation_id, person.id, person.name)


def _require_good(password: str, person: User, field: str = "password") -> None:
    if len(password) < secret.SHORTEST_PASSWORD:
        raise Invalid(
            "A password has at least %(least)s characters; a sentence is easy to remember.",
            field=field,
            least=secret.SHORTEST_PASSWORD,
        )
    if len(password) > secret.LONGEST_PASSWORD:
        raise Invalid(
            "A password has at most %(most)s characters.", field=field, most=secret.LONGEST_PASSWORD
        )
    if password.lower() in (person.email, person.name.lower()) or len(set(password)) < 4:
        raise Invalid("This password is the first that anybody would try; choose another.", field=field)


def _write_password(person: User, password: str) -> None:
    person.password_hash = secret.hash_password(password)
    person.password_changed_at = clock.now()


def _end_sessions(session: Session, user_id: UUID, keep: str | None = None) -> None:
    live = select(SignInSession).where(SignInSession.user_id == user_id, SignInSession.revoked_at.is_(None))
    kept = secret.fingerprint(keep) if keep else None
    for row in session.scalars(live):
        if row.token_hash != kept:
            row.revoked_at = clock.now()
