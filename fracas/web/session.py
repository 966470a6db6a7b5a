"""One database session a request: committed under status 400, rolled back otherwise. The only commit in the web."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session, sessionmaker

View = TypeVar("View", bound=Callable[..., Any])
READS = {"GET", "HEAD", "OPTIONS"}


def only_reads(view: View) -> View:
    """Mark a POST that writes nothing to the database, so that it need not wait for whoever is writing."""
    view.only_reads = True  # type: ignore[attr-defined]
    return view


def reads() -> bool:
    """Whether this request only reads."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in READS or getattr(view, "only_reads", False)


def db() -> Session:
    """The request's session, opened at first use."""
    if "session" not in g:
        factories = cast(dict[str, sessionmaker[Session]], current_app.extensions["fracas.sessions"])
        g.session = factories["read" if reads() else "write"]()
    return cast(Session, g.session)


def writes() -> Session:
    """A session that may write although the method is GET (signing in by link, last-seen times)."""
    if "session" not in g:
        g.session = current_app.extensions["fracas.sessions"]["write"]()
    return cast(Session, g.session)


def _finish(response: Response) -> Response:
    session: Session | None = g.get("session")
    if session is not None:
        if response.status_code < 400:
            session.commit()
        else:
            session.rollback()
    return response


def _close(_error: BaseException | None) -> None:
    session: Session | None = g.pop("session", None)
    if session is not None:
        session.close()


def install(app: Flask, sessions: sessionmaker[Session]) -> None:
    bind = sessions.kw["bind"]
    app.extensions["fracas.sessions"] = {
        "write": sessions,
        "read": sessionmaker(bind.execution_options(fracas_writes=False), expire_on_commit=False),
    }
    app.after_request(_finish)
    app.teardown_request(_close)
