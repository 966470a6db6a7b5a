"""Keyset pages: the cursor names the last row seen, so that rows filed meanwhile neither repeat nor vanish."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session

from fracas.core.errors import Invalid

T = TypeVar("T")
LARGEST = 200


@dataclass(frozen=True)
class Page(Generic[T]):
    rows: Sequence[T]
    next_cursor: str | None


def _encode(value: Any, key: UUID) -> str:
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else value, str(key)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, order: Any) -> tuple[Any, UUID]:
    """What the cursor says, in the type of the column that it is compared with."""
    try:
        value, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if order.type.python_type is datetime:
            value = datetime.fromisoformat(value)
            value.astimezone(UTC)  # a moment that time zones lead out of the calendar is none of ours
        is_naive = isinstance(value, datetime) and value.tzinfo is None
        if not isinstance(value, order.type.python_type) or is_naive or "\x00" in str(value):
            raise TypeError("not a value of the column")
        return value, UUID(key)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Invalid(
            "The cursor is not one that this service gave out; start from the first page.", field="cursor"
        ) from error


def page(
    session: Session,
    rows: Select[Any],
    order: Any,
    *,
    key: Any,
    cursor: str | None = None,
    limit: int = 50,
    ascending: bool = False,
) -> Page[Any]:
    """One page of ``rows`` (a select of one entity), newest ``order`` first, ties broken by ``key``.

    ``ascending`` turns that round: what is known by a name is listed from A to Z.
    """
    if not 1 <= limit <= LARGEST:
        raise Invalid("“limit” must be from 1 to %(largest)s.", field="limit", largest=LARGEST)
    if cursor:
        here, last = tuple_(order, key), tuple_(*_decode(cursor, order))
        rows = rows.where(here > last if ascending else here < last)
    sorting = (order, key) if ascending else (order.desc(), key.desc())
    found = session.scalars(rows.order_by(*sorting).limit(limit + 1)).unique().all()
    more = len(found) > limit
    found = found[:limit]
    end = found[-1] if found else None
    return Page(found, _encode(getattr(end, order.key), end.id) if more and end is not None else None)
