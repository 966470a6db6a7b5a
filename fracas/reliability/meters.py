"""Which usage line a stay runs on: its part's own meter, else its system's, else none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from fracas.assets.models import InstalledAs, ReadingKind
from fracas.reliability.keys import Key
from fracas.reliability.queries import ReadingRow
from fracas.reliability.timelines import Stay
from fracas.reliability.usage import (
    CALENDAR_DAYS,
    InstalledClock,
    Meter,
    Reading,
    Usage,
    accumulate,
    anchored,
    first_rate,
    median_rate,
    recent_rate,
)

Points = list[tuple[float, float]]


class NoMeter:
    """A bearer whose use nobody read: its time is seen by the calendar only."""

    begins_at = math.inf
    ends_at = -math.inf
    one_day = 1.0
    corners: tuple[float, ...] = ()
    is_own = False

    def between(self, start: float, end: float) -> float:
        return 0.0

    def estimated(self, start: float, end: float) -> float:
        return 0.0

    def age_at(self, moment: float) -> float | None:
        return None


NO_METER = NoMeter()


class Meters:
    """Usage lines of all bearers in one metric, made when first asked for.

    Parameters
    ----------
    system_readings, part_readings : by bearer and time.
    commissioned_at : system -> moment of commissioning, at which its meter showed 0.
    model_of : system -> system model; the fleet's rate is the median over systems of one model.
    reach_days : how far a line is carried beyond readings; 0 stops at them.
    """

    def __init__(
        self,
        system_readings: Iterable[ReadingRow],
        part_readings: Iterable[ReadingRow],
        *,
        commissioned_at: Mapping[Key, float],
        model_of: Mapping[Key, Key],
        reach_days: float,
    ) -> None:
        self._commissioned_at, self._model_of, self._reach_days = commissioned_at, model_of, reach_days
        self._systems = _by_bearer(system_readings)
        self._parts = _by_bearer(part_readings)
        self._lines: dict[Key, Usage] = {}
        self._rates: dict[Key, float | None] | None = None
        self._part_rate: float | None = None

    def of_system(self, system_id: Key) -> Usage:
        """The line of a system's own meter."""
        line = self._lines.get(system_id)
        if line is None:
            begun = self._commissioned_at.get(system_id)
            own = self._systems.get(system_id, [])
            points = anchored(own, begun)
            line = self._lines[system_id] = (
                self._meter(points, self.fleet_rate(system_id), is_anchored=points is not own)
                if points
                else NO_METER
            )
        return line

    def of_part(self, stays: Sequence[Stay]) -> Usage | None:
        """The line of a part's own meter, which runs only while the part is installed; None without readings."""
        own = self._parts.get(stays[0].part_id)
        if not own:
            return None
        first = stays[0]
        points = own
        if first.installed_as == InstalledAs.NEW or first.stated_age is not None:
            points = anchored(own, first.start, first.stated_age or 0.0)
        # Beyond ``until`` nobody knows what was installed; a last stay without an end keeps the clock running, so that
        # readings taken later still say what was used before.
        intervals = [(stay.start, stay.end if stay.end is not None else math.inf) for stay in stays]
        if self._part_rate is None:
            self._part_rate = median_rate(recent_rate(one) for one in self._parts.values())
        return self._meter(
            points,
            self._part_rate,
            running_seconds=InstalledClock(intervals),
            is_anchored=points is not own,
            is_own=True,
        )

    def fleet_rate(self, system_id: Key) -> float | None:
        """Median use a second of the systems of this one's model."""
        if self._rates is None:
            by_model: dict[Key, list[float | None]] = {}
            for key, points in self._systems.items():
                whole = anchored(points, self._commissioned_at.get(key))
                by_model.setdefault(self._model_of[key], []).append(recent_rate(whole))
            self._rates = {model: median_rate(rates) for model, rates in by_model.items()}
        return self._rates.get(self._model_of[system_id])

    def _meter(
        self,
        points: Points,
        fleet_rate: float | None,
        *,
        is_anchored: bool,
        is_own: bool = False,
        running_seconds: InstalledClock | None = None,
    ) -> Meter:
        running = (
            points if running_seconds is None else [(running_seconds(at), value) for at, value in points]
        )
        before, after = first_rate(running), recent_rate(running)
        extra = {} if running_seconds is None else {"running_seconds": running_seconds}
        return Meter(
            points,
            rate_before=fleet_rate if before is None else before,
            rate_after=fleet_rate if after is None else after,
            reach_days=self._reach_days,
            is_anchored=is_anchored,
            is_own=is_own,
            **extra,
        )


def _by_bearer(rows: Iterable[ReadingRow]) -> dict[Key, Points]:
    found: dict[Key, Points] = {}
    for bearer, readings in groupby(rows, key=lambda row: row.bearer_id):
        found[bearer] = accumulate(_reading(row) for row in readings)
    return found


def _reading(row: ReadingRow) -> Reading:
    replaced = row.kind == ReadingKind.METER_REPLACED
    return Reading(row.occurred_at, row.value, (row.restarts_at or 0.0) if replaced else None)


class CalendarMeters:
    """Every stay by the calendar, in days."""

    def of_system(self, system_id: Key) -> Usage:
        return CALENDAR_DAYS

    def of_part(self, stays: Sequence[Stay]) -> Usage | None:
        return None
