"""How much a unit was used between two moments, from what its meter showed. Moments are seconds since 1970, UTC."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

DAY = 86_400.0
RECENT_DAYS = 365.0
"""How far back from its last reading (or forward from its first) a unit's own rate is taken."""
LEAST_SPAN_DAYS = 1.0
"""Readings closer together than this say nothing about a rate."""


class Usage(Protocol):
    """Use of one bearer against time, in one metric."""

    begins_at: float
    ends_at: float
    one_day: float
    """Use of an ordinary day; the resolution at which a failure at age 0 is stated."""
    corners: tuple[float, ...]
    """Moments of the readings, at which the line may bend."""
    is_own: bool
    """The meter sits on the part and stands still once the part is out, so that it says nothing of the place."""

    def between(self, start: float, end: float) -> float:
        """Use from ``start`` to ``end``, both inside ``begins_at`` .. ``ends_at``."""

    def estimated(self, start: float, end: float) -> float:
        """The part of ``between`` that no reading covers."""

    def age_at(self, moment: float) -> float | None:
        """The bearer's own age, where its own meter says it; None for a meter that belongs to the system."""


class Calendar:
    """Days: always there, never estimated."""

    begins_at = -math.inf
    ends_at = math.inf
    one_day = 1.0
    corners: tuple[float, ...] = ()
    is_own = False

    def between(self, start: float, end: float) -> float:
        return (end - start) / DAY

    def estimated(self, start: float, end: float) -> float:
        return 0.0

    def age_at(self, moment: float) -> float | None:
        return None


CALENDAR_DAYS = Calendar()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter showed at a moment; ``restarts_at`` is the new meter's first value where it was replaced."""

    at: float
    value: float
    restarts_at: float | None = None


def accumulate(readings: Iterable[Reading]) -> list[tuple[float, float]]:
    """Readings as points (moment, use since the first meter's zero), across replaced meters and never falling.

    An ordinary reading at the moment of a replacement is the old meter's.
    """
    offset, highest = 0.0, -math.inf
    points: list[tuple[float, float]] = []
    for reading in sorted(readings, key=lambda one: (one.at, one.restarts_at is not None)):
        highest = max(highest, offset + reading.value)
        if points and points[-1][0] == reading.at:
            points.pop()
        points.append((reading.at, highest))
        if reading.restarts_at is not None:
            offset = highest - reading.restarts_at
    return points


def anchored(
    points: list[tuple[float, float]], at: float | None, value: float = 0.0
) -> list[tuple[float, float]]:
    """The points with a known first value put before them (0 at commissioning), unless a reading already says more."""
    if at is None or (points and (points[0][0] <= at or points[0][1] < value)):
        return points
    return [(at, value), *points]


def recent_rate(points: Sequence[tuple[float, float]]) -> float | None:
    """Use a second over the last 365 days of readings; over the last two where they lie further apart; None: unknown."""
    return _rate(points[-1:], points[-2::-1], RECENT_DAYS * DAY) if points else None


def first_rate(points: Sequence[tuple[float, float]]) -> float | None:
    """Use a second over the first 365 days of readings; None where there is no second one to say."""
    return _rate(points[:1], points[1:], RECENT_DAYS * DAY) if points else None


def _rate(
    end: Sequence[tuple[float, float]], others: Iterable[tuple[float, float]], window_seconds: float
) -> float | None:
    """Rate between one end of a line and the farthest point within the window, else the nearest beyond it."""
    at, value = end[0]
    chosen: tuple[float, float] | None = None
    for moment, amount in others:
        span = abs(moment - at)
        if chosen is not None and span > window_seconds:
            break
        if span >= LEAST_SPAN_DAYS * DAY:
            chosen = (moment, amount)
    return None if chosen is None else (value - chosen[1]) / (at - chosen[0])


def median_rate(rates: Iterable[float | None]) -> float | None:
    """The fleet's rate: the median of what its members' own readings say."""
    known = [rate for rate in rates if rate is not None]
    return median(known) if known else None


def _same(moment: float) -> float:
    return moment


class Meter:
    """A meter's line: straight between readings, and beyond them at a rate for a limited time.

    Parameters
    ----------
    points : (moment, use) in time order, at least one; see :func:`accumulate`.
    rate_before, rate_after : use a second before the first and beyond the last reading; None: the line ends there.
    reach_days : how many days it is carried beyond readings; 0 stops at them.
    running_seconds : maps a moment to seconds of running up to it. A part's own meter stands still while the part is on
        the shelf, so its readings are joined over installed time only; what it gained there (on a test bench) is no use
        in a system, and is left out.
    is_anchored : the first point is a known beginning (commissioning), before which there was no use.
    is_own : the meter sits on the part itself, so that what it shows is the part's age.
    """

    def __init__(
        self,
        points: Sequence[tuple[float, float]],
        *,
        rate_before: float | None,
        rate_after: float | None,
        reach_days: float,
        running_seconds: Callable[[float], float] = _same,
        is_anchored: bool = False,
        is_own: bool = False,
    ) -> None:
        self.is_own = is_own
        self._running = running_seconds
        self._x: list[float] = []
        self._y: list[float] = []
        gained_at_rest = 0.0
        for at, value in points:
            x = running_seconds(at)
            if self._x and x <= self._x[-1]:
                gained_at_rest = value - self._y[-1]
            else:
                self._x.append(x)
                self._y.append(value - gained_at_rest)
        self._before, self._after = rate_before or 0.0, rate_after or 0.0
        self.corners = tuple(at for at, _ in points)
        self.first_at, self.last_at = points[0][0], points[-1][0]
        carried_back = reach_days * DAY if rate_before is not None and not is_anchored else 0.0
        self.begins_at = self.first_at - carried_back
        self.ends_at = self.last_at + (reach_days * DAY if rate_after is not None else 0.0)
        self.one_day = (rate_after or rate_before or 0.0) * DAY or 1.0

    def at(self, moment: float) -> float:
        """Use since the first meter's zero."""
        x = self._running(moment)
        if x <= self._x[0]:
            return self._y[0] - self._before * (self._x[0] - x)
        if x >= self._x[-1]:
            return self._y[-1] + self._after * (x - self._x[-1])
        i = bisect_right(self._x, x)
        x0, x1, y0, y1 = self._x[i - 1], self._x[i], self._y[i - 1], self._y[i]
        return y0 + (y1 - y0) * (x - x0) / (x1 - x0)

    def age_at(self, moment: float) -> float | None:
        known = self.is_own and self.begins_at <= moment <= self.ends_at
        return max(self.at(moment), 0.0) if known else None

    def between(self, start: float, end: float) -> float:
        return max(self.at(end) - self.at(start), 0.0)

    def estimated(self, start: float, end: float) -> float:
        before = self.between(start, min(end, self.first_at)) if start < self.first_at else 0.0
        return before + (self.between(max(start, self.last_at), end) if end > self.last_at else 0.0)


class InstalledClock:
    """Seconds that a part spent installed up to a moment, from its installed intervals in time order."""

    def __init__(self, intervals: Sequence[tuple[float, float]]) -> None:
        self._starts = [start for start, _ in intervals]
        self._intervals = intervals
        total = 0.0
        self._before = []
        for start, end in intervals:
            self._before.append(total)
            total += end - start

    def __call__(self, moment: float) -> float:
        i = bisect_right(self._starts, moment) - 1
        if i < 0:
            # A reading taken before the part first ran keeps its distance, so that the order of readings stays.
            return moment - self._starts[0] if self._starts else moment
        start, end = self._intervals[i]
        return self._before[i] + min(moment, end) - start
