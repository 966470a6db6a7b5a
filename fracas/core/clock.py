"""The only place that knows what time it is, so that tests and the demo fleet can live on another day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """The current moment in UTC, or the one set by :func:`at`."""
    return _moment.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Make ``now()`` answer ``moment`` inside the block (the demo plays three years in a minute)."""
    if moment.tzinfo is None:
        raise ValueError("clock.at() needs a time with a time zone")
    token = _moment.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _moment.reset(token)
