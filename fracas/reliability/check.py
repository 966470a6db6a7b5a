"""Do the unit-hours of the life table add up to the register's? Computed a second time, straight from the facts.

The life table walks serial by serial and cuts lives at failures. Here nothing is cut: for every installed interval the
use inside the system's windows is taken from its readings by interpolation (numpy), and the sum must be what the table holds
as exposure, and as the dead time that it took out between failures and removals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.assets.models import Installation, Part, ReadingKind
from fracas.catalog import queries as catalog
from fracas.catalog.models import CALENDAR, PartType, UsageMetric
from fracas.core.errors import Finding
from fracas.core.permissions import Actor, visible
from fracas.core.words import N_
from fracas.reliability import queries
from fracas.reliability.keys import Key
from fracas.reliability.lives import trace_part_type
from fracas.reliability.meters import Meters
from fracas.reliability.queries import ReadingRow
from fracas.reliability.register import (
    EXTRAPOLATE_DAYS,
    Register,
    open_register,
    read_meters,
    stays_by_part,
    whose,
)
from fracas.reliability.timelines import Stay
from fracas.reliability.usage import DAY, Usage

RELATIVE_TOLERANCE = 1e-9
"""Both sides add the same numbers in another order; only rounding may differ."""

FloatColumn = NDArray[np.float64]


@dataclass(frozen=True)
class UnitHours:
    """Exposure of one part type in one metric, by both ways."""

    part_type: str
    metric: str
    installed: float
    exposure: float
    dead: float

    @property
    def is_right(self) -> bool:
        return abs(self.installed - self.exposure - self.dead) <= RELATIVE_TOLERANCE * max(
            self.installed, 1.0
        )


def unit_hours(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    as_of: datetime | date | None = None,
    known_at: datetime | date | None = None,
) -> list[Finding]:
    """Findings where the life table and the register disagree; empty when all is well.

    Every part type that was ever installed is checked by the calendar and in every usage metric.
    """
    message = N_(
        "Unit-hours of %(part_type)s in %(metric)s disagree: %(installed)s installed, "
        "but %(exposure)s in the life table and %(dead)s between failure and removal."
    )
    return [
        Finding(message, params=dict(vars(one)))
        for one in compare(session, actor, as_of=as_of, known_at=known_at)
        if not one.is_right
    ]


def compare(
    session: Session,
    actor: Actor | UUID | None = None,
    *,
    as_of: datetime | date | None = None,
    known_at: datetime | date | None = None,
) -> Iterator[UnitHours]:
    """Both sums for every part type and metric."""
    actor = whose(session, actor)
    register = open_register(session, actor, as_of=as_of, known_at=known_at)
    metrics = [CALENDAR, *session.scalars(select(UsageMetric.code).where(visible(actor, UsageMetric)))]
    ever_installed = select(Part.part_type_id).join(Installation, Installation.part_id == Part.id)
    kinds = select(PartType).where(visible(actor, PartType), PartType.id.in_(ever_installed))
    for part_type in session.scalars(kinds.order_by(PartType.number)).unique():
        for metric in metrics:
            yield _compared(session, register, part_type, metric)


def _compared(session: Session, register: Register, part_type: PartType, metric: str) -> UnitHours:
    traced = trace_part_type(
        session, register, part_type, metric=metric, scoring="default", reach_days=EXTRAPOLATE_DAYS
    )
    lines = _Lines(session, register, part_type, metric)
    chosen = register.chosen
    segments = [
        one for life in traced.lives.values() for one in life.segments if one.stay.system_id in chosen
    ]
    exposure = sum(one.exposure for one in segments)
    # The half of an inspection interval in which the part is taken to have been dead already.
    dead = sum(one.exit - one.entry - one.exposure for one in segments)
    for life in traced.lives.values():
        for stay, start, end in life.dead:
            if stay.system_id in chosen:
                dead += lines.use(traced.stays[stay.part_id], stay.system_id, start, end)
    installed = 0.0
    for own in stays_by_part(session, register, part_type, metric).values():
        for stay in own:
            if stay.system_id in chosen:
                end = register.until if stay.end is None else stay.end
                installed += lines.use(own, stay.system_id, stay.start, end)
    return UnitHours(part_type.number, metric, installed, exposure, dead)


class _Lines:
    """Use inside windows, from the readings by `numpy.interp`."""

    def __init__(self, session: Session, register: Register, part_type: PartType, metric: str) -> None:
        self._register = register
        self._meters = read_meters(session, register, metric, part_type.id, reach_days=EXTRAPOLATE_DAYS)
        self._points: dict[tuple[str, Key], tuple[FloatColumn, FloatColumn]] = {}
        self._readings: dict[Key, list[ReadingRow]] = {}
        if isinstance(self._meters, Meters):
            metric_id = catalog.metric(session, register.actor, metric).id
            for row in queries.system_readings(session, register.horizon, metric_id):
                self._readings.setdefault(row.bearer_id, []).append(row)

    def use(self, stays: Sequence[Stay], system_id: Key, start: float, end: float) -> float:
        """Use of a serial in one system between two moments, as far as that was watched and is known."""
        windows = np.array(self._register.observation_of(system_id).windows, dtype=np.float64).reshape(-1, 2)
        low, high = np.maximum(windows[:, 0], start), np.minimum(windows[:, 1], end)
        if not isinstance(self._meters, Meters):
            return float(np.clip(high - low, 0.0, None).sum()) / DAY
        own = self._meters.of_part(stays)
        key = ("system", system_id) if own is None else ("part", stays[0].part_id)
        if key not in self._points:
            self._points[key] = self._system_line(system_id) if own is None else _own_line(own, stays)
        x, y = self._points[key]
        if x.size == 0:
            return 0.0
        low, high = np.clip(low, x[0], x[-1]), np.clip(high, x[0], x[-1])
        gained = np.interp(high, x, y) - np.interp(low, x, y)
        return float(gained[high > low].sum())

    def _system_line(self, system_id: Key) -> tuple[FloatColumn, FloatColumn]:
        """Corner points (moment, use): gains between readings added up, carried on at both ends."""
        line, rows = self._meters.of_system(system_id), self._readings.get(system_id, [])
        if line.begins_at > line.ends_at:
            return np.empty(0), np.empty(0)
        x = np.array([row.occurred_at for row in rows])
        shown = np.array([row.value for row in rows])
        # What the meter in place showed after each reading: the new one's first value where it was replaced.
        replaced = [row.kind == ReadingKind.METER_REPLACED for row in rows]
        left_at = np.where(replaced, [row.restarts_at or 0.0 for row in rows], shown)
        y = shown[:1].tolist() + (shown[1:] - left_at[:-1]).tolist()
        begun = self._register.observation_of(system_id).commissioned_at
        if begun is not None and (x.size == 0 or x[0] > begun):
            x, y = np.concatenate([[begun], x]), [0.0, *y]
        before = line.between(line.begins_at, x[0]) if line.begins_at < x[0] else 0.0
        after = line.between(x[-1], line.ends_at) if line.ends_at > x[-1] else 0.0
        return np.concatenate([[line.begins_at], x, [line.ends_at]]), np.cumsum([0.0, before, *y[1:], after])


def _own_line(line: Usage, stays: Sequence[Stay]) -> tuple[FloatColumn, FloatColumn]:
    """A part's own meter, which bends where the part goes to the shelf and comes back."""
    bends = [moment for stay in stays for moment in (stay.start, stay.end) if moment is not None]
    moments = {line.begins_at, line.ends_at, *line.corners, *bends}
    x = np.array(sorted(moment for moment in moments if line.begins_at <= moment <= line.ends_at))
    return x, np.cumsum([0.0, *(line.between(a, b) for a, b in pairwise(x.tolist()))])
