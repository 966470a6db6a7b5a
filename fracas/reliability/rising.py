"""What fails more often than before: the part types, modes or symptoms of a fleet, watched all at once."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from fracas.core.errors import Finding
from fracas.reliability.histories import FleetHistory
from fracas.reliability.uptime import calendar_periods
from fracas.reliability.usage import DAY

WATCHED = 3
"""Months looked at now; what lies before is what they are compared with."""
MOST_MONTHS = 24
"""A fleet of five years ago is no measure for today's."""
FEWEST_BEFORE = 6
FALSE_ALARMS = 0.05
"""Expected number of false alarms of one look, over all that is watched."""


@dataclass(frozen=True)
class Riser:
    """How often one kind failed lately, beside what the months before would give.

    Attributes
    ----------
    kind : as in the history; "" where none is said.
    is_alarm : whether that is more than chance explains, with `FALSE_ALARMS` over all kinds.
    months : how many of the last months it is about; `since` and `until` are their first and last day.
    failures, expected : in those months, and as many as the rate before gives over the same exposure; None where nothing
        failed before, as none seen is not a rate of 0.
    ratio, ratio_lower : rate over the rate before, with its one-sided lower bound; None where nothing failed before.
    """

    kind: str
    is_alarm: bool
    months: int
    since: date
    until: date
    failures: int
    expected: float | None
    ratio: float | None
    ratio_lower: float | None


@dataclass(frozen=True)
class Rising:
    """Every kind that failed, the clearest rise first, over a stated at-risk set and a number of months."""

    risers: tuple[Riser, ...]
    months: int
    exposure_days: float
    confidence: float
    as_of: datetime
    at_risk: Finding


def rising(history: FleetHistory, *, confidence: float = 0.90, zone: tzinfo = UTC) -> Rising | None:
    """Watch the last months of a calendar history against those before; None where too little lies behind.

    Parameters
    ----------
    history : of a fleet, by `kind`; every kind is taken to be exposed in every system of it.
    confidence : of the lower bound on the ratio.
    zone : months begin at midnight there.
    """
    from analytics import rising_rate_alarm

    months = _months(history, zone)
    kinds = sorted({kind for month in months for kind in month.counted})
    if len(months) < FEWEST_BEFORE + WATCHED or not kinds:
        return None
    found = rising_rate_alarm(
        [[month.counted[kind] for month in months] for kind in kinds],
        [[month.days for month in months]] * len(kinds),
        history=len(months) - WATCHED,
        false_alarms=FALSE_ALARMS,
        labels=kinds,
        confidence=confidence,
        unit="d",
    )
    risers = []
    for i in sorted(range(len(kinds)), key=lambda i: (not found.alarm[i], found.p_value[i])):
        last = int(found.period[i]) if found.alarm[i] else len(months) - 1
        known = not math.isnan(found.ratio[i])
        risers.append(
            Riser(
                kind=kinds[i],
                is_alarm=bool(found.alarm[i]),
                months=int(found.lookback[i]),
                since=months[last + 1 - int(found.lookback[i])].first,
                until=months[last].last,
                failures=int(found.failures[i]),
                expected=float(found.expected[i]) if known else None,
                ratio=float(found.ratio[i]) if known else None,
                ratio_lower=float(found.ratio_lower[i]) if known else None,
            )
        )
    exposure = sum(month.days for month in months)
    return Rising(tuple(risers), len(months), exposure, confidence, history.as_of, history.at_risk)


@dataclass(frozen=True)
class _Month:
    """First and last day, system-days under observation, and failures of each kind."""

    first: date
    last: date
    days: float
    counted: Counter[str]


def _months(history: FleetHistory, zone: tzinfo) -> list[_Month]:
    """The last months up to when the fleet was last seen, oldest first."""
    if not history.windows:
        return []
    since = min(begin for _, begin, _ in history.windows).astimezone(zone)
    until = max(stop for _, _, stop in history.windows).astimezone(zone)
    found = []
    for _, start, end in list(calendar_periods(since, until, "month"))[-MOST_MONTHS:]:
        overlaps = (min(end, stop) - max(start, begin) for _, begin, stop in history.windows)
        days = sum(max(one.total_seconds(), 0.0) for one in overlaps) / DAY
        counted = Counter(one.kind for one in history.events if days and start <= one.at < end)
        last = min(end.date() - timedelta(days=1), until.date())
        found.append(_Month(start.date(), last, days, counted))
    return found
