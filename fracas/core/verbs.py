"""What every verb of every room has in common: permission, state, savepoint, history.

    @verb("failure.verify", machine)
    def verify(session, actor, failure, *, outcome, ...): ...

The caller may add ``reason=`` (kept in the history) and ``if_version=`` (the version the person saw). A refused verb
leaves nothing half-written, whichever door it came through: the outermost verb has a savepoint, unless its caller keeps
or drops many verbs together (:func:`as_one`). A verb inside a verb has none, as its refusal is the outer one's. A verb
that was done raises the version of its record, also where it only added a fact beside it: a form that was opened before
is out of date.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from fracas.core import history, permissions
from fracas.core.errors import FracasError, Invalid, Stale
from fracas.core.permissions import Actor
from fracas.core.statemachine import Machine
from fracas.core.words import VerbName

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def as_one(session: Session) -> Iterator[None]:
    """Keep or drop all that is done inside together: a verb in here needs no savepoint of its own.

    For a caller that rolls everything in it back when one verb is refused, such as a row of an import in its savepoint. A
    savepoint costs two statements and a flush; where verbs come by the thousand that is a fifth of the time.
    """
    before = session.info.get("as_one", False)
    session.info["as_one"] = True
    try:
        yield
    finally:
        session.info["as_one"] = before


@contextmanager
def _savepoint(session: Session) -> Iterator[None]:
    with session.begin_nested(), as_one(session):
        yield


def verb(
    permission: str, machine: Machine | None = None, *, needs_reason: bool = False
) -> Callable[[Callable[Concatenate[Session, Actor, P], R]], Callable[..., R]]:
    """Make a workflow function a verb; ``permission`` is ``<kind>.<verb>``.

    With a machine the first positional argument after the actor is the record that moves. Without one the function
    either creates a record or works on rows that have no states; ``needs_reason`` then asks for a written reason (as
    every correction does).
    """
    permissions.declare([permission])
    kind, _, name = permission.rpartition(".")

    def wrap(function: Callable[Concatenate[Session, Actor, P], R]) -> Callable[..., R]:
        @functools.wraps(function)
        def run(
            session: Session,
            actor: Actor,
            *args: Any,
            reason: str | None = None,
            if_version: int | None = None,
            **facts: Any,
        ) -> R:
            subject = args[0] if args else None
            actor.require(permission, subject)
            version = getattr(subject, "version", None)  # a fact has none: it is superseded, never changed
            if None not in (if_version, version) and version != if_version:
                raise Stale(
                    "This record was changed by somebody else meanwhile (version %(now)s, you saw %(seen)s). "
                    "Nothing was overwritten: open it again and repeat your change.",
                    now=version,
                    seen=if_version,
                )
            if needs_reason and not (reason or "").strip():
                raise Invalid("“%(verb)s” needs a reason.", field="reason", verb=VerbName(name, kind))
            try:
                guard = nullcontext() if session.info.get("as_one") else _savepoint(session)
                with guard, history.acting(session, actor, name, reason):
                    if machine is not None:
                        machine.require_state(subject, name, reason)
                    result = function(session, actor, *args, **facts)
                    if machine is not None:
                        if inspect(subject).modified:
                            session.flush()  # the facts are an entry of their own in the history, before the move
                        machine.move(session, subject, name, actor)
                        if subject is not None and subject.version == version:
                            flag_modified(
                                subject, "organisation_id"
                            )  # any column: an UPDATE raises the version
                    return result
            except StaleDataError as race:
                session.expire_all()
                raise Stale(
                    "This record was changed by somebody else at this moment. Nothing was overwritten: open it again "
                    "and repeat your change."
                ) from race
            except FracasError:
                # A row that was loaded inside the savepoint may still show what was rolled back.
                session.expire_all()
                raise

        run.permission = permission  # type: ignore[attr-defined]
        run.needs_reason = needs_reason  # type: ignore[attr-defined]
        return run

    return wrap
