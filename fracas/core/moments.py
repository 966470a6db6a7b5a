"""What a moment in the input may be: with a time zone, and not in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fracas.core import clock
from fracas.core.errors import Invalid

CLOCK_SKEW = timedelta(minutes=5)
"""A phone's clock may be this far ahead of ours."""


FIRST_YEAR, LAST_YEAR = 1900, 9000
"""Outside of these a date is a slip of the finger, and time zones lead out of the calendar."""


def happened(moment: datetime | None, field: str = "occurred_at") -> datetime:
    """``moment`` in UTC; nothing given means now. Refuses a naive time and one in the future."""
    if moment is None:
        return clock.now()
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise Invalid(
            "%(moment)s has no time zone; give the offset from UTC, such as 2026-05-31T14:30+08:00.",
            field=field,
            moment=moment.isoformat(sep=" "),
        )
    moment = moment.astimezone(UTC)
    now = clock.now()
    if moment > now + CLOCK_SKEW:
        raise Invalid(
            "%(moment)s is in the future (it is %(now)s now); give the moment when it happened.",
            field=field,
            moment=shown(moment),
            now=shown(now),
        )
    return moment


def happened_if_given(moment: datetime | None, field: str) -> datetime | None:
    return None if moment is None else happened(moment, field)


def shown(moment: datetime) -> str:
    """A moment in a message: unmistakable, in UTC, to the minute (to the second where that matters)."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment.second else f"{moment:%Y-%m-%d %H:%M} UTC"
