"""What the guard asks on every request: who is it? By bearer token for programs, by cookie for browsers."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from fracas.core.permissions import Actor
from fracas.users import account, queries
from fracas.web.session import reads

COOKIE = "fracas_session"


def load_actor(session: Session, request: Any) -> Actor | None:
    """The actor of a request; None for nobody. A request with a bad token is nobody's, whatever cookie it brings."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        return queries.actor_from_token(session, token.strip()) if scheme.lower() == "bearer" else None
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return None
    actor = queries.actor_from_cookie(session, cookie)
    if actor is not None and not reads():  # a page that is only read opens no writing transaction
        account.note_seen(session, cookie)
    return actor
