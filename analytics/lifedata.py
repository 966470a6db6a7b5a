"""One table of lives: when each part entered observation, when it left, and whether it failed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidData, NotLives, WrongType
from analytics.plain_numbers import as_floats, as_unit
from analytics.results import Counts, FloatArray

RIGHT_CENSORED, EXACT, LEFT_CENSORED, INTERVAL_CENSORED = 0, 1, 2, 3
# Beyond this not every whole number is a float, and sums of counts are no longer exact.
MOST_UNITS = 1e15
EVENT_NAMES = ("right-censored", "exact failure", "left-censored", "interval-censored")


@dataclass(frozen=True)
class LifeCounts(Counts):
    """Counts of a life table, each row weighted by its `count`.

    `failures` is every unit known to have failed, whatever is known of its time; `exact`, `left` and `intervals` split
    it. `suspensions` are right-censored units (survivors and removals without failure).
    """

    suspensions: int
    exact: int
    left: int
    intervals: int


class LifeData:
    """Life data of one or many parts: exact and censored, truncated, grouped counts.

    Each record is one stretch of life under observation. It begins at age `entry` and ends at age `time`.
    The arrays are checked once, here, and are read-only afterwards.

    Parameters
    ----------
    time : array_like, shape (n,)
        Age at the end of the record, in `unit`: the age at failure, at censoring, at the inspection that found a
        left-censored failure, or (interval) the last age at which the part was known to be good.
    event : array_like of int, shape (n,), or a single int for all
        0 right-censored (had not failed by `time`), 1 failed exactly at `time`, 2 left-censored (failed at or before
        `time`), 3 interval-censored (failed in ``(time, upper]``). Required: a forgotten `event` would turn every
        survivor into a failure. True and False count as 1 and 0.
    entry : array_like, shape (n,), optional
        Age at which observation began (delayed entry, left truncation); 0 where not given. The part is known to
        have survived to this age, and a part that failed earlier could not have been seen.
    upper : array_like, shape (n,), optional
        End of the interval for event 3; ignored (may be NaN) elsewhere.
    truncated_above : array_like, shape (n,), optional
        Right truncation: the record could be seen only because its failure came at or before this age (for instance a
        table of failures only). NaN or infinity where it does not apply.
    count : array_like of int, shape (n,), optional
        Number of identical units in the row, at least 1; 1 where not given.
    group : array_like, shape (n,), optional
        Label of the part, site or cell that the row belongs to. Lets one table hold many parts; see `for_group`.
    covariates : mapping of str to array_like, optional
        Numbers that go with each row (temperature, load); kept for regression.
    planned_exit : array_like, shape (n,), optional
        Age at which the row would have been censored had it not failed; resampling methods need it.
    system : sequence of hashable, shape (n,), optional
        What lived each row: a serial, or the repaired system that the times between failures were seen on. A part fails
        once and is gone; a row that goes on, or begins anew, after a failure of the same system shows that it was repaired,
        and such rows are refused: times between failures are a sample of lives only if every repair makes as new.
    as_renewals : bool
        Take rows of a repaired system all the same, as you know that its repairs make it as new. `trend_tests` says whether the
        data allow it.
    unit : str
        Unit of every age in the table.

    Raises
    ------
    InvalidData
        With the offending row numbers (from 0) in `rows` and what to do about them in the message.
    NotLives
        If rows name their `system` and one went on after it failed, without `as_renewals`.

    Notes
    -----
    Decisions at the edges:

    * A right-censored record with ``time == entry`` is accepted and carries no information: a part installed
      today is part of the fleet. ``time < entry`` is refused.
    * An exact failure needs ``time > 0``: the density of a life distribution at age 0 is 0 or infinite. A part found dead
      at its first inspection is left-censored (event 2) at the age of that inspection.
    * An exact failure at ``time == entry > 0`` is accepted: its likelihood f(t) / S(entry) is well defined.
    * Left- and interval-censored records need an interval of positive length, ``time > entry`` and ``upper > time``. An
      interval may begin before `entry`; what lies before `entry` is then cut off, as the part is known to have survived it.
    * An interval that begins at 0 is the same as a left-censored record and has the same likelihood.

    References
    ----------
    Meeker, W. Q., Escobar, L. A. and Pascual, F. G. (2022). *Statistical Methods for Reliability Data*, 2nd ed.,
    Wiley, ch. 2 (censoring) and ch. 11 (truncation).

    Examples
    --------
    >>> data = LifeData([54, 187, 216, 500], [1, 1, 1, 0], count=[1, 1, 1, 17])
    >>> data.counts.failures, data.counts.suspensions
    (3, 17)
    >>> data.exposure
    8957.0
    """

    time: FloatArray
    event: NDArray[np.int8]
    entry: FloatArray
    upper: FloatArray
    truncated_above: FloatArray
    count: FloatArray
    group: NDArray[Any] | None
    covariates: Mapping[str, FloatArray]
    planned_exit: FloatArray | None
    unit: str

    def __init__(
        self,
        time: ArrayLike,
        event: ArrayLike,
        *,
        entry: ArrayLike | None = None,
        upper: ArrayLike | None = None,
        truncated_above: ArrayLike | None = None,
        count: ArrayLike | None = None,
        group: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
        planned_exit: ArrayLike | None = None,
        system: Sequence[Any] | None = None,
        as_renewals: bool = False,
        unit: str = "h",
    ) -> None:
        time_ = _column("time", time)
        n = time_.size
        if n == 0:
            raise InvalidData("life data need at least one record")
        fields: dict[str, Any] = {
            "time": time_,
            "event": _events(event, n),
            "entry": _column("entry", entry, n, 0.0),
            "upper": _column("upper", upper, n, np.nan, finite=False),
            "truncated_above": _column("truncated_above", truncated_above, n, np.inf, finite=False),
            "count": _column("count", count, n, 1.0),
            "group": None if group is None else _labels(group, n),
            "covariates": _covariates(covariates, n),
            "planned_exit": None if planned_exit is None else _column("planned_exit", planned_exit, n),
            "unit": as_unit(unit),
        }
        if truncated_above is not None:
            fields["truncated_above"][np.isnan(fields["truncated_above"])] = np.inf
        if upper is not None:
            # What `upper` says outside intervals is dropped, so that equal data have equal fingerprints.
            fields["upper"][fields["event"] != INTERVAL_CENSORED] = np.nan
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)
        _check(self)
        if system is not None and not as_renewals:
            _refuse_repaired(self, system)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"LifeData is frozen; make a new one instead of setting {name!r}")

    def __len__(self) -> int:
        return int(self.time.size)

    def __repr__(self) -> str:
        c = self.counts
        groups = "" if self.group is None else f", groups={len(self.groups)}"
        return f"LifeData(failures={c.failures}, suspensions={c.suspensions}, unit={self.unit!r}{groups})"

    @cached_property
    def counts(self) -> LifeCounts:
        """Units by what is known of them, weighted by `count`."""
        by_event = np.bincount(self.event, weights=self.count, minlength=4).astype(int).tolist()
        return LifeCounts(
            records=len(self),
            failures=sum(by_event[1:]),
            suspensions=by_event[RIGHT_CENSORED],
            exact=by_event[EXACT],
            left=by_event[LEFT_CENSORED],
            intervals=by_event[INTERVAL_CENSORED],
        )

    @cached_property
    def exposure(self) -> float:
        """Total time at risk, in `unit`; a failure of inexact time is taken at the middle of its interval."""
        end = self.time
        if self.counts.intervals or self.counts.left:
            low, high = self.failure_intervals()
            end = np.where(self.event >= LEFT_CENSORED, (low + high) / 2.0, end)
        return float(np.dot(self.count, end - self.entry))

    @cached_property
    def age_range(self) -> tuple[float, float]:
        """The least and the greatest `time`."""
        return _range(self.time)

    @cached_property
    def has_counts(self) -> bool:
        """Whether some row stands for more than one unit."""
        return _range(self.count) != (1.0, 1.0)

    @cached_property
    def has_entries(self) -> bool:
        """Whether some row came under observation after age 0."""
        return _range(self.entry) != (0.0, 0.0)

    @cached_property
    def has_inexact(self) -> bool:
        """Whether some failure is left- or interval-censored, or some row truncated above."""
        return bool(self.event.max() >= LEFT_CENSORED) or _range(self.truncated_above)[0] < np.inf

    def failure_intervals(self) -> tuple[FloatArray, FloatArray]:
        """Ages between which each left- or interval-censored failure lies (`time` twice for other records)."""
        low = np.where(self.event == LEFT_CENSORED, self.entry, self.time)
        low = np.where(self.event == INTERVAL_CENSORED, np.maximum(low, self.entry), low)
        return low, np.where(self.event == INTERVAL_CENSORED, self.upper, self.time)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the table in a canonical order, so that the order of rows does not matter."""
        columns = [self.time, self.event, self.entry, self.upper, self.truncated_above, self.count]
        if self.planned_exit is not None:
            columns.append(self.planned_exit)
        columns.extend(self.covariates.values())
        if self.group is not None:
            columns.append(np.unique(self.group, return_inverse=True)[1])
        # Adding 0.0 turns -0.0 into 0.0: the two are equal, their bytes are not.
        table = np.column_stack([np.asarray(c, dtype="<f8") + 0.0 for c in columns])
        order = np.argsort(self.time)
        if (np.diff(self.time[order]) == 0.0).any():  # the other columns matter where ages are equal
            order = np.lexsort(table.T[::-1])
        table = np.take(table, order, axis=0)
        names = (self.unit, self.planned_exit is not None, tuple(self.covariates), self.groups)
        return hashlib.sha256(repr(names).encode() + table.tobytes()).hexdigest()

    @cached_property
    def groups(self) -> tuple[Any, ...]:
        """Group labels in sorted order; empty when the table has no groups."""
        return () if self.group is None else tuple(np.unique(self.group).tolist())

    @cached_property
    def group_rows(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row numbers sorted by group, and the offset at which each group of `groups` begins, plus the end."""
        if self.group is None:
            return np.arange(len(self)), np.array([0, len(self)])
        codes = np.unique(self.group, return_inverse=True)[1]
        order = np.argsort(codes, kind="stable")
        return order, np.concatenate([[0], np.cumsum(np.bincount(codes))]).astype(np.intp)

    def for_group(self, label: object) -> "LifeData":
        """The rows of one group, as life data of their own.

        Raises
        ------
        KeyError
            If no row carries the label.
        """
        if label not in self.groups:
            raise KeyError(label)
        order, offsets = self.group_rows
        at = self.groups.index(label)
        return self.take(order[offsets[at] : offsets[at + 1]])

    def by_group(self) -> Iterator[tuple[Any, "LifeData"]]:
        """Each group label with its rows, in sorted order of the labels."""
        order, offsets = self.group_rows
        for at, label in enumerate(self.groups):
            yield label, self.take(order[offsets[at] : offsets[at + 1]])

    def take(self, rows: ArrayLike) -> "LifeData":
        """Life data made of the given rows (integer positions or a boolean mask)."""
        at = np.asarray(rows)
        if at.size == 0 or (at.dtype == bool and not at.any()):
            raise InvalidData("the selection holds no record")
        part, n = object.__new__(LifeData), self.time[at].size
        for name in ("time", "event", "entry", "upper", "truncated_above", "count", "group", "planned_exit"):
            values = getattr(self, name)
            if values is not None:
                values = np.broadcast_to(values[0], n) if _is_one_number(values) else _frozen(values[at])
            object.__setattr__(part, name, values)
        covariates = {name: _frozen(values[at]) for name, values in self.covariates.items()}
        object.__setattr__(part, "covariates", covariates)
        object.__setattr__(part, "unit", self.unit)
        return part


def _is_one_number(column: NDArray[Any]) -> bool:
    """Whether a column was not given: it is one number in memory, whatever the number of rows."""
    return column.strides == (0,)


def _range(column: FloatArray) -> tuple[float, float]:
    """The least and the greatest number of a column."""
    seen = column[:1] if _is_one_number(column) else column
    return float(seen.min()), float(seen.max())


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    values.flags.writeable = False
    return values


def _column(
    name: str, values: ArrayLike | None, n: int | None = None, default: float = np.nan, *, finite: bool = True
) -> FloatArray:
    if values is None:
        return np.broadcast_to(default, n or 0)
    try:
        column = as_floats(values)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"{name} must be numbers: {error}") from error
    if column.ndim == 0 and n is not None:
        column = np.full(n, float(column))
    if column.ndim != 1:
        raise InvalidData(f"{name} must be one-dimensional, not of shape {column.shape}")
    if n is not None and column.size != n:
        raise InvalidData(f"{name} has {column.size} values where time has {n}")
    if finite and not np.isfinite(column).all():
        _refuse(~np.isfinite(column), f"{name} must be finite; give the missing values or leave the rows out")
    return column


def _events(event: ArrayLike, n: int) -> NDArray[np.int8]:
    given = event if type(event) is np.ndarray and event.dtype.kind in "biu" and event.shape == (n,) else None
    codes = _column("event", event, n) if given is None else given
    short = codes.astype(np.int8)
    if (short != codes).any() or short.min() < RIGHT_CENSORED or short.max() > INTERVAL_CENSORED:
        _refuse(
            ~np.isin(codes, (0, 1, 2, 3)),
            "event must be 0 (right-censored), 1 (exact), 2 (left-censored) or 3 (interval)",
        )
    return short


def _covariates(covariates: Mapping[str, ArrayLike] | None, n: int) -> dict[str, FloatArray]:
    if covariates is None:
        return {}
    # A table of pandas is as good as a dict of its columns.
    if not hasattr(covariates, "items"):
        raise WrongType(f"covariates must be a dict of names and numbers, not {type(covariates).__name__}")
    return {name: _column(name, values, n) for name, values in covariates.items()}


def _labels(group: ArrayLike, n: int) -> NDArray[Any]:
    if isinstance(group, np.ma.MaskedArray) and group.shape == (n,):
        _refuse(np.ma.getmaskarray(group), "group is masked; every row needs the label of its part")
    try:
        labels = np.array(group)
    except ValueError as error:
        raise InvalidData(f"group must be one label a row: {error}") from error
    if labels.shape != (n,):
        raise InvalidData(f"group has shape {labels.shape} where time has {n} values")
    if labels.dtype.kind in "OUS" and not (isinstance(group, np.ndarray) and group.dtype.kind in "US"):
        given = list(np.asarray(group, dtype=object))
        _refuse(
            np.array([label is None for label in given]),
            "group is None; every row needs the label of its part",
        )
        # 1 and "1" would become one part, and what is no text has no place among texts in their order.
        text = np.array([isinstance(label, str) for label in given])
        if text.any():
            _refuse(~text, "group is no text where other rows have text; give one kind of label to all rows")
    return labels


def _refuse(bad: NDArray[np.bool_], message: str) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        shown = ", ".join(map(str, rows[:5].tolist())) + (", ..." if rows.size > 5 else "")
        raise InvalidData(f"row {shown}: {message}", rows.tolist())


def _check(data: LifeData) -> None:
    # Most data have ages and failures alone: nothing is there that could contradict anything.
    if data.has_inexact or data.has_entries or data.has_counts or not data.age_range[0] > 0.0:
        _refuse_contradictions(data)
    if data.planned_exit is not None:
        _refuse(
            data.planned_exit < data.time,
            "planned_exit is before time; a record cannot outlast its observation",
        )


def _refuse_contradictions(data: LifeData) -> None:
    time, event, entry, upper, count = data.time, data.event, data.entry, data.upper, data.count
    inexact = (event == LEFT_CENSORED) | (event == INTERVAL_CENSORED)
    _refuse(time < 0, "time is negative; ages are counted from new")
    _refuse(entry < 0, "entry is negative; ages are counted from new")
    _refuse(
        (count < 1) | (count != np.floor(count)) | (count > MOST_UNITS),
        f"count must be a whole number from 1 to {MOST_UNITS:g}; leave empty rows out",
    )
    _refuse(
        (event == EXACT) & (time == 0),
        "a failure at age 0 has no likelihood; make it left-censored (event 2) at the first age at which it was seen",
    )
    _refuse((time < entry) & ~inexact, "time is before entry; the record would end before it began")
    _refuse(
        (event == LEFT_CENSORED) & (time <= entry),
        "a left-censored record needs time after entry; otherwise the failure came before observation",
    )
    interval = event == INTERVAL_CENSORED
    _refuse(
        interval & ~np.isfinite(upper),
        "an interval record (event 3) needs a finite upper; without one it is right-censored (event 0)",
    )
    _refuse(
        interval & ~(upper > time), "upper must lie after time; an interval of no length is exact (event 1)"
    )
    _refuse(interval & ~(upper > entry), "upper must lie after entry; the failure came before observation")
    _refuse(
        entry >= data.truncated_above,
        "entry is not below truncated_above; the record could never have been seen",
    )
    end = np.where(interval, upper, time)
    beyond = (end > data.truncated_above) | ((event == RIGHT_CENSORED) & (time >= data.truncated_above))
    _refuse(beyond, "the record reaches beyond truncated_above and could not have been seen")


def _refuse_repaired(data: LifeData, system: Sequence[Any]) -> None:
    """Refuse rows of a system that goes on, or begins anew, after it failed."""
    labels = np.array([str(label) for label in system])
    if labels.shape != (len(data),):
        raise InvalidData(f"system has {labels.size} values where time has {len(data)}")
    members = np.unique(labels, return_inverse=True)[1]
    # A row of no length is a part seen in passing and tells nothing of what came after.
    seen = np.where((data.event > RIGHT_CENSORED) | (data.time > data.entry), data.entry, -np.inf)
    latest = np.full(members.max() + 1, -np.inf)
    np.maximum.at(latest, members, seen)
    rows_at_latest = np.bincount(members, weights=data.count * (seen == latest[members]))
    failed = data.event > RIGHT_CENSORED
    # The one failure of a life is its last row, and alone there.
    repaired = failed & ((seen < latest[members]) | (rows_at_latest[members] > 1))
    rows = np.flatnonzero(repaired)
    if rows.size:
        raise NotLives(
            f"row {rows[0]}: system {str(labels[rows[0]])!r} was repaired and went on after this failure, so its times between "
            "failures are no lives. trend_tests says which model the events allow: fit_power_law or fit_renewal_process "
            "fit EventHistories; where every repair makes as new, say as_renewals=True",
            rows.tolist(),
        )
