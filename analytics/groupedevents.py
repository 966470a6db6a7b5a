"""Events of repairable systems of which only the number in each interval is known."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import InvalidData
from analytics.eventhistories import IntArray
from analytics.plain_numbers import as_floats, as_unit
from analytics.results import Counts, FloatArray


@dataclass(frozen=True, init=False, eq=False)
class GroupedEvents:
    """Counts of events between inspections, or in periods, of one or several repairable systems.

    Parameters
    ----------
    end : array_like, shape (n,)
        Age at which each interval ends, in `unit`.
    events : array_like of int, shape (n,)
        Number of events in each interval; 0 is information too.
    start : array_like, shape (n,), optional
        Where each interval begins. Where not given, at the end of the same system's interval before it, and its first at 0.
    system : sequence of hashable, shape (n,), optional
        The system of each interval; one system where not given.
    unit : str
        Unit of `end` and `start`.

    Raises
    ------
    InvalidData
        If lengths differ, a count is negative or not whole, or intervals of a system are empty or overlap.

    Examples
    --------
    Six inspections of one helicopter (ReliaWiki, Crow-AMSAA, grouped data):

    >>> grouped = GroupedEvents([62, 100, 187, 210, 350, 500], [12, 6, 15, 3, 18, 16])
    >>> grouped.counts.failures, grouped.exposure
    (70, 500.0)
    """

    start: FloatArray
    end: FloatArray
    events: FloatArray
    system: tuple[str, ...]
    unit: str
    fingerprint: str

    def __init__(
        self,
        end: ArrayLike,
        events: ArrayLike,
        *,
        start: ArrayLike | None = None,
        system: Sequence[Any] | None = None,
        unit: str = "h",
    ) -> None:
        ends, counts = _numbers("end", end), _numbers("events", events)
        labels = ["1"] * ends.size if system is None else [str(label) for label in system]
        starts = None if start is None else _numbers("start", start)
        lengths = {ends.size, counts.size, len(labels), ends.size if starts is None else starts.size}
        if len(lengths) != 1 or not ends.size:
            raise InvalidData(
                f"end, events, start and system must have one value an interval, not {sorted(lengths)}"
            )
        if np.any((counts < 0) | (counts != np.floor(counts))):
            raise InvalidData("a number of events must be a whole number of at least 0")
        members = np.unique(np.array(labels), return_inverse=True)[1]
        order = np.lexsort((ends, members))
        members, ends, counts = members[order], ends[order], counts[order]
        first = np.concatenate([[True], members[1:] != members[:-1]])
        before = np.where(first, 0.0, np.concatenate([[0.0], ends[:-1]]))
        starts = before if starts is None else starts[order]
        self._refuse_bad_intervals(starts, ends, before, order)
        values = {"start": starts, "end": ends, "events": counts}
        for name, value in values.items():
            value.flags.writeable = False
            object.__setattr__(self, name, value)
        object.__setattr__(self, "system", tuple(labels[row] for row in order))
        object.__setattr__(self, "unit", as_unit(unit))
        table = np.ascontiguousarray(np.column_stack([starts, ends, counts]).astype("<f8") + 0.0)
        facts = repr((self.system, unit)).encode() + table.tobytes()
        object.__setattr__(self, "fingerprint", hashlib.sha256(facts).hexdigest())

    @staticmethod
    def _refuse_bad_intervals(
        start: FloatArray, end: FloatArray, before: FloatArray, order: IntArray
    ) -> None:
        bad = np.flatnonzero((start < before) | ~(end > start))
        if bad.size:
            row = int(bad[0])
            raise InvalidData(
                f"row {order[row]}: the interval {start[row]:g} to {end[row]:g} is empty, begins before age 0, or "
                "overlaps the one before it",
                order[bad].tolist(),
            )

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems, sorted."""
        return tuple(sorted(set(self.system)))

    @property
    def counts(self) -> Counts:
        """Intervals and events."""
        return Counts(records=self.end.size, failures=int(self.events.sum()))

    @property
    def exposure(self) -> float:
        """Total observed time of all systems, in `unit`."""
        return float(np.sum(self.end - self.start))


def _numbers(name: str, values: ArrayLike) -> FloatArray:
    try:
        column = np.atleast_1d(as_floats(values))
    except (TypeError, ValueError) as error:
        raise InvalidData(f"{name} must be numbers: {error}") from error
    if column.ndim != 1 or not np.all(np.isfinite(column)):
        raise InvalidData(f"{name} must be finite numbers, one an interval")
    return column
