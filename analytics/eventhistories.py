"""Recurrent events of repairable systems: who was watched, from when to when, and what happened to them.

The unit of observation is a system, which goes on after an event (a repair, a replacement inside it). A
system that was watched and had no event carries as much information as one that had, so the windows of
observation come first and the events second: an event must fall into a window of its own system.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidData, NotLives
from analytics.lifedata import LifeData
from analytics.plain_numbers import as_floats, as_unit
from analytics.results import Counts, FloatArray

IntArray = NDArray[np.intp]
NO_LIVES = (
    "these are histories of systems that go on after an event, not lives. trend_tests says which model they allow; "
    "where every repair makes as new, give times_between_failures(as_renewals=True)"
)
WindowEdge = float | Mapping[Any, Any] | Sequence[float] | FloatArray


@dataclass(frozen=True, init=False, eq=False)
class EventHistories:
    """Events of several repairable systems, with the windows in which each system was observed.

    Parameters
    ----------
    system : sequence of hashable, shape (n_events,)
        The system that each event happened to. Labels are kept as text (``str(label)``).
    time : array_like of float, shape (n_events,)
        Age, usage or calendar time of each event, in `unit`, any order.
    start, end : float, mapping or array_like
        Where observation of each system begins and ends, in `unit`. Three forms, which may be mixed:

        * a mapping from system to a number, or to a sequence of numbers when the system was watched in
          several windows with gaps between them. **The keys are the register of systems**: one without any
          event is stated by being a key;
        * arrays of one value per entry of `systems`;
        * one number for every system (`start` is 0 unless given).

        Both ends belong to the window: an event on the first or the last day counts, and the system is at
        risk on it. Windows of one system that touch are joined; windows that overlap are refused.
    systems : sequence of hashable, optional
        The register, aligned with array forms of `start` and `end`; a label that is repeated has several
        windows. Needed when neither `start` nor `end` is a mapping and some system may have had no event;
        without it such a system cannot be told from one that does not exist, so two plain numbers are
        refused.
    kind : sequence of hashable, optional, shape (n_events,)
        What happened ("seal leak"), for `select`. Kept as text, as the systems are.
    cost : array_like of float, optional, shape (n_events,)
        Cost of each event (money, labour hours, downtime), for cumulative cost.
    unit : str
        Unit of `time`, `start` and `end`.

    Attributes
    ----------
    systems : tuple of str
        The register, sorted.
    event_system : ndarray of int, shape (n_events,)
        Position in `systems` for each event; events are sorted by time, then system.
    time, cost : ndarray of float, shape (n_events,)
        `cost` is None when not given.
    kind : tuple of str or None
        Aligned with `time`.
    window_system, window_start, window_end : ndarray, shape (n_windows,)
        Windows sorted by system, then start.

    Raises
    ------
    InvalidData
        Naming the row (from 0), the system and the value: lengths differ, a number is not finite, a window
        ends before it starts or overlaps another, a system has events but no window, an event lies outside
        its system's windows.

    Notes
    -----
    A window of zero length is kept: the system was seen, but adds no exposure.

    Examples
    --------
    Two engines watched for 700 h, of which the second never needed anything:

    >>> histories = EventHistories(["E1", "E1"], [250, 400], start=0, end={"E1": 700, "E2": 700})
    >>> histories.systems, histories.exposure
    (('E1', 'E2'), 1400.0)
    >>> histories.counts
    Counts(records=2, failures=2)
    >>> histories.at_risk([100, 700, 701]).tolist()
    [2, 2, 0]
    """

    systems: tuple[str, ...]
    event_system: IntArray
    time: FloatArray
    kind: tuple[str, ...] | None
    cost: FloatArray | None
    window_system: IntArray
    window_start: FloatArray
    window_end: FloatArray
    unit: str
    fingerprint: str

    def __init__(
        self,
        system: Sequence[Any],
        time: ArrayLike,
        *,
        start: WindowEdge = 0.0,
        end: WindowEdge,
        systems: Sequence[Any] | None = None,
        kind: Sequence[str] | None = None,
        cost: ArrayLike | None = None,
        unit: str = "h",
    ) -> None:
        labels = [str(label) for label in system]
        times = _column("time", time, len(labels))
        costs = None if cost is None else _column("cost", cost, len(labels))
        if kind is not None and len(kind) != len(labels):
            raise InvalidData(f"kind has {len(kind)} values for {len(labels)} events")
        register, windows = _windows(start, end, systems)
        position = {label: index for index, label in enumerate(register)}
        strangers = [row for row, label in enumerate(labels) if label not in position]
        if strangers:
            row = strangers[0]
            raise InvalidData(
                f"row {row}: system {labels[row]!r} has an event but no window of observation; "
                f"give its start and end ({len(strangers)} such rows)",
                strangers,
            )
        members = np.array([position[label] for label in labels], dtype=np.intp)
        kinds = np.array(
            [str(word) for word in kind] if kind is not None else [""] * len(labels), dtype=np.str_
        )
        # Every column takes part, so that the same events in another order carry the same fingerprint.
        order = np.lexsort((np.zeros(len(labels)) if costs is None else costs, kinds, members, times))
        values: dict[str, Any] = {
            "systems": register,
            "event_system": members[order],
            "time": times[order],
            "kind": None if kind is None else tuple(kinds[order].tolist()),
            "cost": None if costs is None else costs[order],
            "window_system": windows[0],
            "window_start": windows[1],
            "window_end": windows[2],
            "unit": as_unit(unit),
        }
        self._fill(values)
        outside = np.flatnonzero(~self._observed(members, times))
        if outside.size:
            row = int(outside[0])
            seen = ", ".join(f"[{low:g}, {high:g}]" for low, high in self.windows_of(labels[row]))
            raise InvalidData(
                f"row {row}: system {labels[row]!r} has an event at {times[row]:g} {unit} outside its "
                f"observation {seen}; correct the time or the window ({outside.size} such rows)",
                outside.tolist(),
            )

    def _fill(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)
        object.__setattr__(self, "fingerprint", _fingerprint(values))

    def _observed(self, members: IntArray, times: FloatArray) -> NDArray[np.bool_]:
        # Walk windows and events in one order of (system, time), a window before an event at the same
        # instant: the only window that can hold an event is the last one opened before it.
        n_windows = self.window_system.size
        owner = np.concatenate([self.window_system, members])
        instant = np.concatenate([self.window_start, times])
        is_event = np.arange(owner.size) >= n_windows
        order = np.lexsort((is_event, instant, owner))
        opened = np.maximum.accumulate(np.where(is_event[order], -1, order))
        held = (
            (opened >= 0)
            & (self.window_system[opened] == owner[order])
            & (instant[order] <= self.window_end[opened])
        )
        found = np.empty(owner.size, dtype=bool)
        found[order] = held
        return found[n_windows:]

    @property
    def counts(self) -> Counts:
        """Events, all of which count as failures here; use `select` first to leave kinds out."""
        return Counts(records=self.time.size, failures=self.time.size)

    @property
    def exposure(self) -> float:
        """Total observed time of all systems, in `unit`, gaps left out."""
        return float(np.sum(self.window_end - self.window_start))

    def windows_of(self, system: Any) -> list[tuple[float, float]]:
        """Windows of one system as (start, end), in order."""
        if str(system) not in self.systems:
            raise InvalidData(f"no system {str(system)!r} in these histories")
        own = self.window_system == self.systems.index(str(system))
        return list(zip(self.window_start[own].tolist(), self.window_end[own].tolist(), strict=True))

    def events_of(self, system: Any) -> FloatArray:
        """Event times of one system, sorted."""
        if str(system) not in self.systems:
            raise InvalidData(f"no system {str(system)!r} in these histories")
        own: FloatArray = self.time[self.event_system == self.systems.index(str(system))]
        return own

    def at_risk(self, time: ArrayLike) -> IntArray:
        """Number of systems under observation at each time, both ends of a window included."""
        times = np.asarray(time, dtype=float)
        begun = np.searchsorted(np.sort(self.window_start), times, side="right")
        ended = np.searchsorted(np.sort(self.window_end), times, side="left")
        return np.asarray(begun - ended, dtype=np.intp)

    def times_between_failures(self, *, as_renewals: bool = False) -> LifeData:
        """Times between the failures of each system as lives: complete ones, and each window's last one still open.

        The first of a window that begins after age 0 is left out, as nobody saw when it began.

        Parameters
        ----------
        as_renewals : bool
            That every repair makes as new. Only then are these times a sample of lives, so without it they are refused where
            a system failed more than once or went on after its failure. `trend_tests` says whether the data allow it.

        Raises
        ------
        NotLives
            Without `as_renewals`, where the systems were repaired.
        InvalidData
            If two failures of one system are at the same time.

        Examples
        --------
        >>> histories = EventHistories(["E1", "E1"], [250, 400], end={"E1": 700, "E2": 700})
        >>> lives = histories.times_between_failures(as_renewals=True)
        >>> lives.time.tolist(), lives.event.tolist()
        ([250.0, 150.0, 300.0, 700.0], [1, 1, 0, 0])
        """
        owner = np.concatenate([self.window_system, self.event_system, self.window_system])
        age = np.concatenate([self.window_start, self.time, self.window_end])
        rank = np.repeat([0, 1, 2], [self.window_start.size, self.time.size, self.window_end.size])
        # Within a system: by age, and at one age a window opens before its events and closes after them.
        order = np.lexsort((rank, age, owner))
        owner, age, rank = owner[order], age[order], rank[order]
        is_gap = (rank[1:] > 0) & ((rank[:-1] == 1) | (age[:-1] == 0))
        length = np.diff(age)[is_gap]
        labels = [self.systems[index] for index in owner[1:][is_gap]]
        return LifeData(length, rank[1:][is_gap] == 1, system=labels, as_renewals=as_renewals, unit=self.unit)

    @property
    def event(self) -> NoReturn:
        """What lives have and histories have not: refused, so that nothing fits a life distribution to histories."""
        raise NotLives(NO_LIVES)

    def select(self, *kinds: Any) -> Self:
        """The same systems and windows with only the events of these kinds: exposure is never taken away.

        Raises
        ------
        InvalidData
            If the histories carry no kinds.
        """
        if self.kind is None:
            raise InvalidData("these histories carry no kinds to select by; give kind= when building them")
        wanted = {str(kind) for kind in kinds}
        keep = np.array([word in wanted for word in self.kind], dtype=bool)
        return self._taken(range(len(self.systems)), keep, np.ones(self.window_system.size, dtype=bool))

    def only(self, *systems: Any) -> Self:
        """The same histories with only these systems, their windows and events.

        Raises
        ------
        InvalidData
            If one of them is not in the register, or none is given.
        """
        wanted = {str(label) for label in systems}
        if not wanted or not wanted <= set(self.systems):
            raise InvalidData(f"no system {sorted(wanted - set(self.systems))} in these histories")
        kept = [index for index, label in enumerate(self.systems) if label in wanted]
        return self._taken(kept, np.isin(self.event_system, kept), np.isin(self.window_system, kept))

    def _taken(self, systems: Sequence[int], events: NDArray[np.bool_], windows: NDArray[np.bool_]) -> Self:
        position = np.zeros(len(self.systems), dtype=np.intp)
        position[list(systems)] = np.arange(len(systems))
        kind, cost = self.kind, self.cost
        chosen = object.__new__(type(self))
        chosen._fill(
            {
                "systems": tuple(self.systems[index] for index in systems),
                "event_system": position[self.event_system[events]],
                "time": self.time[events],
                "kind": None if kind is None else tuple(np.array(kind, dtype=object)[events]),
                "cost": None if cost is None else cost[events],
                "window_system": position[self.window_system[windows]],
                "window_start": self.window_start[windows],
                "window_end": self.window_end[windows],
                "unit": self.unit,
            }
        )
        return chosen


def _column(name: str, values: ArrayLike, length: int) -> FloatArray:
    try:
        column = as_floats(values)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"{name} must be numbers: {error}") from error
    if column.shape != (length,):
        raise InvalidData(f"{name} has shape {column.shape} for {length} rows")
    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        raise InvalidData(
            f"row {bad[0]}: {name} is {column[bad[0]]}; give a finite number or leave the row out",
            bad.tolist(),
        )
    return column


def _windows(
    start: WindowEdge, end: WindowEdge, systems: Sequence[Any] | None
) -> tuple[tuple[str, ...], tuple[IntArray, FloatArray, FloatArray]]:
    owners = None if systems is None else [str(label) for label in systems]
    edges = {"start": start, "end": end}
    register_of: dict[str, list[str]] = {}
    if owners is None:
        # Without a list the register is the keys of whichever edge is a mapping.
        for name, edge in edges.items():
            if isinstance(edge, Mapping):
                register_of[name] = [str(key) for key in edge for _ in np.atleast_1d(edge[key])]
        if not register_of:
            raise InvalidData(
                "the register of systems is missing: give start or end as a mapping from system to time, or "
                "systems= with arrays, so that systems without events are known"
            )
        owners = next(iter(register_of.values()))
        for name, other in register_of.items():
            if sorted(other) != sorted(owners):
                lone = sorted(set(other).symmetric_difference(owners)) or "the number of windows"
                raise InvalidData(
                    f"start and end do not name the same windows: {lone} differ (seen at {name})"
                )
    starts = _edge("start", start, owners)
    ends = _edge("end", end, owners)
    register = tuple(sorted(set(owners)))
    position = {label: index for index, label in enumerate(register)}
    members = np.array([position[label] for label in owners], dtype=np.intp)
    backwards = np.flatnonzero(ends < starts)
    if backwards.size:
        row = int(backwards[0])
        raise InvalidData(
            f"row {row} of the windows: system {owners[row]!r} ends at {ends[row]:g}, "
            f"before it starts at {starts[row]:g}",
            backwards.tolist(),
        )
    return register, _joined(register, members, starts, ends)


def _edge(name: str, edge: WindowEdge, owners: list[str]) -> FloatArray:
    if not isinstance(edge, Mapping):
        if np.ndim(edge) == 0:
            return _column(name, np.full(len(owners), edge), len(owners))
        return _column(name, edge, len(owners))
    by_label = {str(key): np.atleast_1d(value).tolist() for key, value in edge.items()}
    missing = [label for label in owners if label not in by_label]
    if missing:
        raise InvalidData(f"{name} says nothing about system {missing[0]!r} ({len(missing)} missing)")
    taken = dict.fromkeys(by_label, 0)
    values = []
    for label in owners:
        if taken[label] >= len(by_label[label]):
            raise InvalidData(
                f"{name} has {len(by_label[label])} values for system {label!r}, which has more windows"
            )
        values.append(by_label[label][taken[label]])
        taken[label] += 1
    return _column(name, values, len(owners))


def _joined(
    register: tuple[str, ...], members: IntArray, starts: FloatArray, ends: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    order = np.lexsort((ends, starts, members))
    members, starts, ends = members[order], starts[order], ends[order]
    follows = (members[1:] == members[:-1]) if members.size else np.zeros(0, dtype=bool)
    overlaps = np.flatnonzero(follows & (starts[1:] < ends[:-1]))
    if overlaps.size:
        at = int(overlaps[0])
        raise InvalidData(
            f"system {register[members[at]]!r} is observed twice between {starts[at + 1]:g} and "
            f"{ends[at]:g}; its windows must not overlap",
            order[overlaps + 1].tolist(),
        )
    # Two windows that touch would count the system twice at the shared instant.
    touches = follows & (starts[1:] == ends[:-1])
    first = np.concatenate([np.ones(min(members.size, 1), dtype=bool), ~touches])
    last = np.concatenate([~touches, np.ones(min(members.size, 1), dtype=bool)])
    return members[first], starts[first], ends[last]


def _fingerprint(values: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(values):
        value = values[name]
        digest.update(f"\n{name}:".encode())
        if isinstance(value, np.ndarray):
            # Adding 0 turns -0.0 into 0.0: the two are equal, their bytes are not.
            digest.update((value.astype("<i8" if value.dtype.kind == "i" else "<f8") + 0).tobytes())
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()
