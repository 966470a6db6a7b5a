"""What a meter may show: never less than before, unless the meter was replaced, whatever the order of entry."""

from __future__ import annotations

import itertools
import math
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, lazyload

from fracas.assets.models import Part, ReadingKind, System, UsageReading
from fracas.catalog.models import UsageMetric
from fracas.core.db import known
from fracas.core.errors import Invalid
from fracas.core.moments import shown

METRICS_PER_BEARER = 3
LEAP = 100.0
"""How many times its own fastest use so far a meter may run before the reading is taken for a slip of the finger."""
PAIRS_TO_KNOW_A_PACE = 3
READINGS_LOOKED_AT = 50
Bearer = System | Part


def on(bearer: Bearer) -> Any:
    """SQL condition: the readings of this system or part."""
    column = UsageReading.system_id if isinstance(bearer, System) else UsageReading.part_id
    return column == bearer.id


def _line(bearer: Bearer, metric: UsageMetric, ignoring: UUID | None) -> Select[UsageReading]:
    rows = select(UsageReading).where(
        on(bearer), UsageReading.metric_id == metric.id, known(UsageReading, None)
    )
    rows = rows.options(lazyload("*"))
    return rows if ignoring is None else rows.where(UsageReading.id != ignoring)


def before(
    session: Session, bearer: Bearer, metric: UsageMetric, at: datetime, ignoring: UUID | None = None
) -> UsageReading | None:
    """The last reading up to and including ``at``."""
    rows = _line(bearer, metric, ignoring).where(UsageReading.occurred_at <= at)
    return session.scalar(rows.order_by(UsageReading.occurred_at.desc()).limit(1))


def after(
    session: Session, bearer: Bearer, metric: UsageMetric, at: datetime, ignoring: UUID | None = None
) -> UsageReading | None:
    """The first reading later than ``at``."""
    rows = _line(bearer, metric, ignoring).where(UsageReading.occurred_at > at)
    return session.scalar(rows.order_by(UsageReading.occurred_at).limit(1))


def leaves(reading: UsageReading) -> float:
    """What the meter showed when the reading was over: a replaced one starts again."""
    return reading.value if reading.restarts_at is None else reading.restarts_at


def refuse_value(value: float, field: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise Invalid("“%(value)s” is not a number.", field=field, value=value)
    if value < 0:
        raise Invalid("A meter shows zero or more, not %(value)s.", field=field, value=value)
    return float(value)


def refuse_backwards(
    bearer: Bearer,
    metric: UsageMetric,
    at: datetime,
    value: float,
    restarts_at: float | None,
    earlier: UsageReading | None,
    later: UsageReading | None,
) -> None:
    """A meter runs forwards; name the reading that disagrees."""
    words: dict[str, Any] = {"bearer": bearer.serial, "unit": metric.unit, "at": shown(at)}
    if earlier is not None and leaves(earlier) > value:
        raise Invalid(
            "%(bearer)s: %(value)s %(unit)s on %(at)s is less than the %(other)s %(unit)s of %(when)s, which is earlier. "
            "Correct the wrong one, or enter the replacement of the meter between them.",
            field="value",
            value=number(value),
            other=number(leaves(earlier)),
            when=shown(earlier.occurred_at),
            **words,
        )
    ends_at = value if restarts_at is None else restarts_at
    if later is not None and ends_at > later.value:
        raise Invalid(
            "%(bearer)s: %(value)s %(unit)s on %(at)s is more than the %(other)s %(unit)s of %(when)s, which is later. "
            "Correct the wrong one, or enter the replacement of the meter between them.",
            field="value",
            value=number(ends_at),
            other=number(later.value),
            when=shown(later.occurred_at),
            **words,
        )


def refuse_leap(
    session: Session,
    bearer: Bearer,
    metric: UsageMetric,
    at: datetime,
    value: float,
    earlier: UsageReading | None,
) -> None:
    """A slip that adds a digit would age the unit beyond all others and lock its meter against every true reading."""
    if earlier is None or value <= 2 * earlier.value:
        return  # a slip of a digit is more than that; most readings need no further look
    more, days = value - leaves(earlier), max(_days(earlier.occurred_at, at), 1.0)
    pace = _fastest_pace(session, bearer, metric, earlier)
    is_possible = metric.unit == "h" and more <= 24 * days
    if pace is None or is_possible or more <= LEAP * pace * days:
        return
    raise Invalid(
        "%(bearer)s: %(value)s %(unit)s on %(at)s is %(times)s times its fastest use so far after the %(other)s %(unit)s of "
        "%(when)s. Check the number; correct the earlier reading if that is the wrong one.",
        field="value",
        bearer=bearer.serial,
        value=number(value),
        unit=metric.unit,
        at=shown(at),
        times=f"{more / days / pace:,.0f}",
        other=number(leaves(earlier)),
        when=shown(earlier.occurred_at),
    )


def _fastest_pace(session: Session, bearer: Bearer, metric: UsageMetric, last: UsageReading) -> float | None:
    """The most that was used in a day between two readings up to ``last``; None where too few readings say so."""
    rows = _line(bearer, metric, None).where(UsageReading.occurred_at <= last.occurred_at)
    found = session.scalars(rows.order_by(UsageReading.occurred_at.desc()).limit(READINGS_LOOKED_AT)).all()
    paces = [
        (one.value - leaves(before_it)) / days
        for one, before_it in itertools.pairwise(found)
        if (days := _days(before_it.occurred_at, one.occurred_at)) >= 1.0
    ]
    return (max(paces) or None) if len(paces) >= PAIRS_TO_KNOW_A_PACE else None


def _days(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(days=1)


def refuse_second_at_once(bearer: Bearer, metric: UsageMetric, reading: UsageReading) -> None:
    """One moment has one reading of a meter."""
    raise Invalid(
        "%(bearer)s has a reading of %(value)s %(unit)s at this very moment (%(at)s) already. "
        "Correct that one, or give another moment.",
        field="value",
        bearer=bearer.serial,
        value=number(reading.value),
        unit=metric.unit,
        at=shown(reading.occurred_at),
    )


def refuse_fourth_metric(session: Session, bearer: Bearer, metric: UsageMetric) -> None:
    """Up to three metrics a system or part: more are a sign of a mistyped code."""
    rows = (
        select(UsageMetric.code)
        .join(UsageReading, UsageReading.metric_id == UsageMetric.id)
        .where(on(bearer), known(UsageReading, None), UsageMetric.id != metric.id)
        .distinct()
    )
    used = sorted(session.scalars(rows))
    if len(used) >= METRICS_PER_BEARER:
        raise Invalid(
            "%(bearer)s has readings of %(used)s already, and %(most)s metrics are the most.",
            field="metric",
            bearer=bearer.serial,
            used=", ".join(used),
            most=METRICS_PER_BEARER,
        )


def same(reading: UsageReading, kind: ReadingKind, value: float, restarts_at: float | None) -> bool:
    """Is this the reading that is being entered again?"""
    return (reading.kind, reading.value, reading.restarts_at) == (kind, value, restarts_at)


def number(value: float) -> str:
    return f"{value:,.10g}"
