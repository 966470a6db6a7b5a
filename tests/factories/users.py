"""People of an organisation, made by the verbs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from fracas.core.permissions import Actor
from fracas.users import account, queries, workflow
from fracas.users.models import Role, User

PASSWORD = "correct horse battery staple"


def make_user(
    session: Session,
    administrator: Actor,
    roles: str | Iterable[str] = Role.QUALITY,
    *,
    email: str | None = None,
    password: str | None = None,
    **facts: Any,
) -> User:
    """A person with ``roles``; with ``password`` they can sign in."""
    roles = [roles] if isinstance(roles, str) else list(roles)
    count = len(queries.users(session, administrator))
    facts = {"name": f"{roles[0].replace('_', ' ').title()} {count}", **facts}
    made: User = workflow.create_user(
        session, administrator, email=email or f"person{count}@example.org", roles=roles, **facts
    )
    if password is not None:
        link = workflow.send_password_link(session, administrator, made)
        account.set_password_by_link(session, link=link, password=password)
    return made


def make_actor(session: Session, administrator: Actor, roles: str | Iterable[str], **facts: Any) -> Actor:
    """What a new person with ``roles`` may do and see."""
    workflow.grant_defaults(session, administrator)
    return queries.actor_for(session, make_user(session, administrator, roles, **facts))
