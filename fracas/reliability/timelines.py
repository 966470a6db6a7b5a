"""From events to life segments: one serial's stays and failures in, stretches of life with their ages out.

Pure: no database. Moments are seconds since 1970 (UTC), ages are in the metric's unit.

The rules, in the order in which they bite:

* A *stay* is one installation of a serial in a place, up to its removal or to the as-of moment.
* Age travels with the serial. A stay begins at the stated age, at 0 when the part was installed as new, or where the
  last stay left off; where nobody knows, ages count from the first sight of the part and ``age_known`` is False.
* A failure that counts ends a life. After a repair *as new* the next life of the same serial begins at age 0, *as
  old* the next segment enters at the age of the failure.
* A failure that led to a removal ends the stay's life when it happened; from then to the removal the part was dead,
  which is no exposure. A failure that does not count leaves the life as it is: its removal is a censored exit.
* A failure found later, with a moment at which the part was last known to work, is interval-censored between the two. Half
  of the interval is taken as exposure, as `analytics.LifeData` does, the rest as dead time.
* Only what lies in the system's observation windows, and where use is known, is seen. A counting failure outside is
  reported (``outside``), never dropped.
* A row that ended in a failure also says at which age it would have been censored instead (``planned_exit``): its place
  went on being used up to the end of the window or the as-of moment. Removals that were still to come are not guessed
  at, and where a meter of the part's own left with it nobody knows (NaN).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fracas.assets.models import InstalledAs, RemovalCause
from fracas.failures.models import MaintenanceKind
from fracas.reliability.keys import Key
from fracas.reliability.observation import Window
from fracas.reliability.usage import Usage

RIGHT_CENSORED, EXACT, INTERVAL_CENSORED = 0, 1, 3
REPAIRED_IN_PLACE = frozenset({MaintenanceKind.REPAIR, MaintenanceKind.ADJUST})


@dataclass(slots=True, unsafe_hash=True)
class Stay:
    """One installation of a serial."""

    installation_id: Key
    part_id: Key
    system_id: Key
    position_id: Key
    start: float
    end: float | None
    installed_as: InstalledAs = InstalledAs.NEW
    stated_age: float | None = None
    removal_id: Key | None = None
    removal_cause: RemovalCause | None = None


@dataclass(slots=True, unsafe_hash=True)
class Breakdown:
    """A failure of one serial. ``counts`` already holds the scoring that was asked for."""

    failure_id: Key | None
    at: float
    scoring: str
    counts: bool
    is_as_new: bool
    found_at: float | None = None
    good_at: float | None = None
    removal_id: Key | None = None
    restored_at: float | None = None
    maintenance_kind: MaintenanceKind | None = None

    @property
    def is_interval(self) -> bool:
        return self.good_at is not None and self.good_at < self.seen_at

    @property
    def seen_at(self) -> float:
        """The moment at which the life is over: when it was found, for a failure found later."""
        if self.good_at is None:
            return self.at
        return self.at if self.found_at is None else self.found_at


@dataclass(slots=True)
class Segment:
    """A stretch of one life in one place under observation: a row of the life table.

    Not frozen, as there are a million of them and a frozen one takes four times as long to make.
    """

    stay: Stay
    start: float
    end: float
    entry: float
    exit: float
    planned_exit: float
    event: int
    lower: float
    upper: float
    exposure: float
    estimated: float
    age_known: bool
    life_start: float
    breakdown: Breakdown | None
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """A counting failure that no segment can show, and why: ``not_installed``, ``window``, ``usage`` or ``down``."""

    breakdown: Breakdown
    stay: Stay | None
    why: str


@dataclass(frozen=True, slots=True)
class Place:
    """What surrounds a stay: how much it was used, and when its system was watched."""

    usage: Usage
    windows: Sequence[Window]


@dataclass(frozen=True, slots=True)
class Life:
    """Everything that one serial's events say."""

    segments: tuple[Segment, ...]
    outside: tuple[Outside, ...]
    dead: tuple[tuple[Stay, float, float], ...]
    """Stretches between a failure and the removal that it led to."""
    unreported: int
    """Removals because of a failure for which there is no report; the removal itself is then the failure."""


@dataclass(slots=True)
class _Age:
    value: float = 0.0
    is_known: bool = False
    since: float | None = None
    """When this life of the serial began: as new, or at its first sight."""


def trace(
    stays: Sequence[Stay],
    breakdowns: Sequence[Breakdown],
    places: Sequence[Place],
    until: float,
    *,
    is_as_new: bool = True,
    counts_unscored: bool = True,
) -> Life:
    """Follow one serial through its stays (in time order, with the place of each) up to ``until``.

    ``is_as_new`` and ``counts_unscored`` are for removals because of a failure that nobody reported.
    """
    by_stay, homeless = _share_out(stays, breakdowns)
    outside = [Outside(one, None, "not_installed") for one in homeless if one.counts]
    segments: list[Segment] = []
    dead: list[tuple[Stay, float, float]] = []
    unreported = 0
    age = _Age()
    for stay, place, reported in zip(stays, places, by_stay, strict=True):
        own, ending = reported, _ending(stay, reported)
        if ending is None and stay.removal_cause == RemovalCause.FAILURE and stay.end is not None:
            ending = Breakdown(
                None, stay.end, "unscored", counts_unscored, is_as_new, removal_id=stay.removal_id
            )
            own = [*reported, ending]
            unreported += 1
        _begin(age, stay, place.usage)
        walk = _Walk(stay, place, until, age, segments, outside)
        down_from = walk.through(own, ending)
        if down_from is not None:
            dead.append((stay, down_from, walk.stop))
    return Life(tuple(segments), tuple(outside), tuple(dead), unreported)


def _share_out(
    stays: Sequence[Stay], breakdowns: Sequence[Breakdown]
) -> tuple[list[list[Breakdown]], list[Breakdown]]:
    """Each failure to the stay that its removal names, else to the one that holds its moment; the earlier one where
    two stays meet."""
    shared: list[list[Breakdown]] = [[] for _ in stays]
    if not breakdowns:
        return shared, []
    homeless = []
    by_removal = {stay.removal_id: i for i, stay in enumerate(stays) if stay.removal_id is not None}
    for one in sorted(breakdowns, key=lambda b: (b.seen_at, str(b.failure_id))):
        at = by_removal.get(one.removal_id) if one.removal_id is not None else None
        if at is None or one.seen_at < stays[at].start:
            at = next(
                (
                    i
                    for i, s in enumerate(stays)
                    if s.start <= one.seen_at and (s.end is None or one.seen_at <= s.end)
                ),
                None,
            )
        if at is None:
            homeless.append(one)
            continue
        shared[at].append(_by_end(one, stays[at].end))
    for own in shared:
        own.sort(key=lambda b: b.seen_at)
    return shared, homeless


def _by_end(one: Breakdown, end: float | None) -> Breakdown:
    """A failure that the report puts after the removal which it led to: it had failed by then."""
    return replace(one, at=min(one.at, end), found_at=end) if end is not None and one.seen_at > end else one


def _ending(stay: Stay, own: Sequence[Breakdown]) -> Breakdown | None:
    """The failure for which the part came out, if it came out for one."""
    if stay.removal_id is None or stay.end is None:
        return None
    linked = [one for one in own if one.removal_id == stay.removal_id]
    if linked:
        return next((one for one in linked if one.counts), linked[0])
    if stay.removal_cause != RemovalCause.FAILURE:
        return None
    for one in reversed(own):
        went_on = one.restored_at is not None and one.restored_at < stay.end
        if not went_on and one.maintenance_kind not in REPAIRED_IN_PLACE:
            return one
    return None


def _begin(age: _Age, stay: Stay, usage: Usage) -> None:
    """Set the age at which a stay begins; a part that goes on elsewhere keeps the one it has."""
    if age.since is None or stay.installed_as == InstalledAs.NEW:
        age.since = stay.start
    if stay.installed_as == InstalledAs.NEW:
        age.value, age.is_known = 0.0, True
    elif stay.installed_as == InstalledAs.AGE_STATED and stay.stated_age is not None:
        age.value, age.is_known = stay.stated_age, True
    elif stay.installed_as == InstalledAs.AGE_UNKNOWN:
        known = usage.age_at(stay.start)
        age.value, age.is_known = known or 0.0, known is not None


class _Walk:
    """The way through one stay: cuts it at failures and hands each stretch to the windows."""

    def __init__(
        self,
        stay: Stay,
        place: Place,
        until: float,
        age: _Age,
        segments: list[Segment],
        outside: list[Outside],
    ) -> None:
        self.stay, self.usage, self.windows = stay, place.usage, place.windows
        self.until = until
        self.stop = until if stay.end is None else min(stay.end, until)
        self.age, self.segments, self.outside = age, segments, outside
        self.first = len(segments)

    def through(self, own: Sequence[Breakdown], ending: Breakdown | None) -> float | None:
        """Emit the stay's segments; returns since when the part was down, if it was when it came out."""
        at, is_down = self.stay.start, False
        for one in own:
            if not one.counts:
                continue
            if is_down:
                self.outside.append(Outside(one, self.stay, "down"))
                continue
            self._stretch(at, one.seen_at, one)
            self._grow(at, one.seen_at)
            if one.is_as_new:
                self.age.value, self.age.is_known, self.age.since = 0.0, True, one.seen_at
            at, is_down = one.seen_at, one is ending
        if not is_down:
            self._stretch(at, self.stop, None)
            self._grow(at, self.stop)
            if len(self.segments) > self.first:
                self.segments[-1].is_last = True
        return at if is_down else None

    def _grow(self, start: float, end: float) -> None:
        """Let the age run on; where use is not known throughout, the age is lost."""
        begin, finish = max(start, self.usage.begins_at), min(end, self.usage.ends_at)
        if finish > begin:
            self.age.value += self.usage.between(begin, finish)
        if start < self.usage.begins_at or end > self.usage.ends_at:
            self.age.is_known = False

    def _stretch(self, start: float, end: float, failure: Breakdown | None) -> None:
        """Emit the seen pieces of one life between two moments of the stay."""
        is_shown = False
        for piece_start, piece_end in self._seen(start, end):
            is_shown = failure is not None and piece_end == end
            if piece_end > piece_start or is_shown or (start == self.stay.start == self.stop):
                self._emit(start, piece_start, piece_end, failure if is_shown else None)
            if is_shown:
                return
        if failure is not None:
            why = "usage" if end > self.usage.ends_at or end < self.usage.begins_at else "window"
            self.outside.append(Outside(failure, self.stay, why))

    def _seen(self, start: float, end: float) -> Iterator[Window]:
        start, end = max(start, self.usage.begins_at), min(end, self.usage.ends_at)
        for window_start, window_end in self.windows:
            piece = max(start, window_start), min(end, window_end)
            if piece[0] <= piece[1]:
                yield piece

    def _spared(self, failed: float) -> float:
        """How much longer the part would have been seen, had it not failed; NaN where its place has no meter."""
        if self.usage.is_own and self.stop < self.until:
            return float("nan")
        window_end = next(end for start, end in self.windows if start <= failed <= end)
        seen_until = min(window_end, self.until, self.usage.ends_at)
        return self.usage.between(failed, seen_until) if seen_until > failed else 0.0

    def _emit(self, life_start: float, start: float, end: float, failure: Breakdown | None) -> None:
        usage, known = self.usage, self.age.is_known and life_start >= self.usage.begins_at
        base = max(life_start, usage.begins_at)
        entry = self.age.value + usage.between(base, start)
        exit_age = entry + usage.between(start, end)
        event, lower, upper = RIGHT_CENSORED, float("nan"), float("nan")
        ended = planned_exit = exit_age
        if failure is not None:
            event = EXACT
            planned_exit += self._spared(end)
            if failure.is_interval and failure.good_at is not None:
                lower = entry + usage.between(start, max(start, failure.good_at))
                upper = exit_age
                event = INTERVAL_CENSORED if upper > lower else EXACT
                ended = (lower + upper) / 2.0
            if exit_age <= 0.0:
                # No density is finite at age 0: say "within its first day", which is what the record can tell.
                event, lower, upper = INTERVAL_CENSORED, 0.0, usage.one_day
                planned_exit = max(planned_exit, upper)
        self.segments.append(
            Segment(
                stay=self.stay,
                start=start,
                end=end,
                entry=entry,
                exit=exit_age,
                planned_exit=planned_exit,
                event=event,
                lower=lower,
                upper=upper,
                exposure=ended - entry,
                estimated=usage.estimated(start, end),
                age_known=known,
                life_start=life_start if self.age.since is None else self.age.since,
                breakdown=failure,
            )
        )
