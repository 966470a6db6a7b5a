"""How a word becomes a record: by the record itself, by its id, or by the natural key that people say.

A finder (in a room's ``queries.py``) raises :class:`NotFound`, which is right for the record an address names. The same
finder called through :func:`wanted` raises :class:`Invalid` for the field that the unknown word stood in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fracas.core.errors import Invalid, NotFound
from fracas.core.permissions import Actor, visible

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
P = ParamSpec("P")


def as_id(key: object) -> UUID | None:
    """``key`` as an id, if it is one or is written like one."""
    if isinstance(key, UUID):
        return key
    if not isinstance(key, str) or len(key) != 36:
        return None
    try:
        return UUID(key)
    except ValueError:
        return None


def matches(
    session: Session,
    actor: Actor,
    model: type[T],
    key: object,
    natural: Any,
    *conditions: ColumnElement[bool],
) -> Sequence[T]:
    """The visible rows of ``model`` that ``key`` can mean; ``natural`` is the column of the natural key."""
    if isinstance(key, model):
        return [key] if actor.sees(key) else []
    key_id = as_id(key)
    if isinstance(key, UUID):
        meant = model.id == key_id  # type: ignore[attr-defined]
    elif isinstance(key, str):
        meant = natural == key.strip()
        if key_id is not None:
            meant |= model.id == key_id  # type: ignore[attr-defined]
    else:
        return []
    return session.scalars(select(model).where(visible(actor, model), meant, *conditions)).unique().all()


def find(
    session: Session,
    actor: Actor,
    model: type[T],
    key: object,
    natural: Any,
    missing: NotFound,
    *conditions: ColumnElement[bool],
) -> T:
    """The one visible row that ``key`` means, or ``missing``."""
    found = matches(session, actor, model, key, natural, *conditions)
    if len(found) != 1:
        raise missing
    return found[0]


def wanted(
    field: str,
    finder: Callable[Concatenate[Session, Actor, P], T],
    session: Session,
    actor: Actor,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """What the input word in ``field`` means; an unknown word is the input's mistake, not the address's."""
    try:
        return finder(session, actor, *args, **kwargs)
    except NotFound as missing:
        raise Invalid(missing.message, field=field, **missing.params) from missing


def given(
    field: str, finder: Callable[[Session, Actor, Any], T], session: Session, actor: Actor, key: object
) -> T | None:
    """As :func:`wanted`, for a field that may be left empty."""
    return None if key is None or key == "" else wanted(field, finder, session, actor, key)


def member(field: str, kind: type[E], value: object) -> E:
    """The coded value that is meant; the refusal names the choices."""
    try:
        return kind(str(value).strip().lower())
    except ValueError:
        raise Invalid(
            "“%(value)s” is not one of: %(choices)s.",
            field=field,
            value=str(value),
            choices=", ".join(choice.value for choice in kind),
        ) from None
