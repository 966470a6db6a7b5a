"""The life table: one row a stretch of life, with what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fracas.core.errors import Finding, Invalid
from fracas.core.words import N_

if TYPE_CHECKING:
    import pandas as pd

    from analytics import LifeData

FloatColumn = NDArray[np.float64]
Labels = NDArray[np.object_]


@dataclass(frozen=True)
class TableCounts:
    """What stands behind a life table.

    Attributes
    ----------
    serials : parts with at least one row.
    failures : failures shown as events.
    counted, excluded, unscored : failure reports of the part type, by scoring; a removal because of a failure that
        nobody reported is among the unscored.
    outside : counting failures that no row can show, as they fell outside observation.
    without_serial : failure reports of the type whose serial nobody can tell.
    age_unknown : rows whose age nobody knows; they give exposure, but no point of a distribution.
    without_usage : serials installed all along, but without any usage reading to see them by.
    """

    serials: int = 0
    failures: int = 0
    counted: int = 0
    excluded: int = 0
    unscored: int = 0
    outside: int = 0
    without_serial: int = 0
    age_unknown: int = 0
    without_usage: int = 0


@dataclass(frozen=True, eq=False)
class LifeTable:
    """Life segments of one part type in one usage metric; columns are arrays of one length.

    Attributes
    ----------
    serial, part_type, position, system, site, lot, configuration : of object
        Where the segment was lived. `site` and `configuration` are the failure's own on a row that ends in one, the
        system's present ones elsewhere.
    entry, exit : of float
        Ages at the start and end of the segment, in `unit`. Where ``age_known`` is False they are counted
        from the first sight of the part.
    planned_exit : of float
        Age at which a row that ended in a failure would have been censored instead: its place went on being used
        until the as-of moment or the end of its window. NaN where nobody knows; `exit` on other rows. Methods that
        resample need it.
    event : of int
        0 right-censored, 1 failed exactly at `exit`, 3 failed between `lower` and `upper`.
    lower, upper : of float
        Ages between which an interval-censored failure lies; NaN elsewhere.
    exposure : of float
        Use under observation while the part worked: ``exit - entry``, up to the middle of an interval.
    estimated : of float
        The part of ``exit - entry`` that no reading covers.
    age_known, is_running : of bool
        `is_running`: still installed and working at the as-of moment.
    mode : of object
        Failure mode of an event; None elsewhere or where nobody coded it.
    repair : of object
        "as_new" or "as_old" for an event, None elsewhere.
    scoring : of object
        "counted" or "unscored" for an event, None elsewhere.
    failure_number, failure_id, part_id, installation_id : of object
        The records behind the row; the failure's are None where the reader may not open it.
    started_at, ended_at : of datetime64[us], UTC
    life_started_at : of datetime64[us], UTC
        When this life of the serial began: installed or made as new, or first seen.
    part_type_number, metric, unit : str
        `metric` is "calendar" (unit d) or the code of a usage metric.
    as_of, known_at : datetime
        Up to when things had happened, and had been entered (None: now).
    counts : TableCounts
    warnings : tuple of Finding
        What a careful reader should know; str() gives the sentence.
    is_repaired : bool
        Whether parts of this type are repaired to run on (as bad as old): then times between failures are no lives.
    """

    serial: Labels
    part_type: Labels
    position: Labels
    system: Labels
    site: Labels
    entry: FloatColumn
    exit: FloatColumn
    planned_exit: FloatColumn
    lower: FloatColumn
    upper: FloatColumn
    event: NDArray[np.int8]
    exposure: FloatColumn
    estimated: FloatColumn
    age_known: NDArray[np.bool_]
    is_running: NDArray[np.bool_]
    mode: Labels
    repair: Labels
    scoring: Labels
    configuration: Labels
    lot: Labels
    failure_number: Labels
    failure_id: Labels
    part_id: Labels
    installation_id: Labels
    started_at: NDArray[np.datetime64]
    ended_at: NDArray[np.datetime64]
    life_started_at: NDArray[np.datetime64]
    part_type_number: str
    metric: str
    unit: str
    as_of: datetime
    known_at: datetime | None
    counts: TableCounts
    warnings: tuple[Finding, ...] = ()
    is_repaired: bool = False

    def __post_init__(self) -> None:
        for name in self.columns():
            getattr(self, name).flags.writeable = False

    def __len__(self) -> int:
        return int(self.entry.size)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(field.name for field in fields(cls))[: -len(_SCALARS)]

    @property
    def failures(self) -> int:
        """Number of failures that the rows show."""
        return int(np.count_nonzero(self.event))

    @property
    def total_exposure(self) -> float:
        """Use under observation of all rows, in `unit`, rows of unknown age included."""
        return float(self.exposure.sum())

    @property
    def exposure_estimated_share(self) -> float | None:
        """Share of the use that no reading covers; None without any use."""
        whole = float((self.exit - self.entry).sum())
        return float(self.estimated.sum()) / whole if whole > 0 else None

    def failure_ages(self) -> FloatColumn:
        """The age at which each row's failure is drawn: its own, or the middle of the interval it lies in."""
        return np.where(self.event == 3, (self.lower + self.upper) / 2, self.exit)

    def where(self, rows: Any) -> LifeTable:
        """The rows chosen by a mask or positions; counts of reports stay those of the whole table."""
        chosen: dict[str, Any] = {name: getattr(self, name)[rows] for name in self.columns()}
        chosen["counts"] = replace(
            self.counts,
            serials=len(set(chosen["serial"])),
            failures=int(np.count_nonzero(chosen["event"])),
            age_unknown=int(np.count_nonzero(~chosen["age_known"])),
        )
        return replace(self, **chosen)

    def groups(self, by: str) -> Iterator[tuple[Any, LifeTable]]:
        """The table cut by a column, in order of the label; rows without one come last, under None.

        Cut by ``mode``, each part keeps every row: a failure by another mode is a censored exit of this one.
        """
        if by not in GROUPINGS:
            raise Invalid(
                N_("Lives cannot be grouped by “%(by)s”; possible: %(possible)s."),
                field="by",
                by=by,
                possible=", ".join(GROUPINGS),
            )
        labels = getattr(self, by)
        if by == "mode":
            for label in _ordered(labels[self.event > 0]):
                yield label, self.for_mode(label)
            return
        for label in _ordered(labels):
            yield label, self.where(np.array([one == label for one in labels], dtype=bool))

    def for_mode(self, mode: str | None) -> LifeTable:
        """The same lives seen for one failure mode: a failure by another mode only ends the view of a life."""
        other = (self.event > 0) & np.array([one != mode for one in self.mode], dtype=bool)
        seen_until = np.where(other & (self.event == 3), np.maximum(self.lower, self.entry), self.exit)
        blank: dict[str, Any] = {
            name: np.where(other, None, getattr(self, name)) for name in ("mode", "repair", "scoring")
        }
        return replace(
            self,
            event=np.where(other, 0, self.event).astype(np.int8),
            exit=seen_until,
            planned_exit=np.where(other, seen_until, self.planned_exit),
            exposure=np.where(other, seen_until - self.entry, self.exposure),
            lower=np.where(other, np.nan, self.lower),
            upper=np.where(other, np.nan, self.upper),
            **blank,
        )

    def life_data(self, *, group: str | None = None, minimal_repair: bool = False) -> LifeData:
        """The rows of known age as `analytics.LifeData`; ``group`` names the column that labels them.

        Parts that are repaired to run on have no lives to fit, but recurrent failures. ``minimal_repair`` gives their rows all
        the same, for a forecast: entered late at each failure's age, their likelihood is that of a power-law process.

        Raises
        ------
        Invalid
            If no row has a known age, or a part that is repaired to run on did so after a failure.
        """
        from analytics import LifeData, NotLives

        rows = np.flatnonzero(self.age_known)
        if rows.size == 0:
            raise Invalid(N_("There is no life of known age to fit."), field="part_type")
        interval = self.event[rows] == 3
        labels = None
        if group is not None:
            labels = np.array(["" if one is None else str(one) for one in getattr(self, group)[rows]])
        planned = self.planned_exit[rows]
        lives = zip(self.part_id[rows], self.life_started_at[rows], strict=True)
        try:
            return LifeData(
                np.where(interval, self.lower[rows], self.exit[rows]),
                self.event[rows],
                entry=self.entry[rows],
                upper=self.upper[rows],
                group=labels,
                # One age that nobody knows leaves none: the library then estimates them, and says so.
                planned_exit=planned if np.isfinite(planned).all() else None,
                system=[f"{part} {start}" for part, start in lives] if self.is_repaired else None,
                as_renewals=minimal_repair,
                unit=self.unit,
            )
        except NotLives as error:
            raise Invalid(REPAIRED, field="part_type") from error

    def to_frame(self) -> pd.DataFrame:
        """The table as a pandas frame, with metric and unit on every row."""
        import pandas as pd

        frame = pd.DataFrame({name: getattr(self, name) for name in self.columns()})
        for name in ("started_at", "ended_at", "life_started_at"):
            frame[name] = frame[name].dt.tz_localize("UTC")
        return frame.assign(metric=self.metric, unit=self.unit)


REPAIRED = N_(
    "Parts of this type are repaired to run on (as bad as old), so the times between their failures are no lives to fit."
    " Look at the recurrence of their failures instead."
)
_SCALARS = ("part_type_number", "metric", "unit", "as_of", "known_at", "counts", "warnings", "is_repaired")
GROUPINGS = ("lot", "configuration", "site", "position", "system", "mode")


def _ordered(labels: Iterable[Any]) -> list[Any]:
    return sorted(set(labels), key=lambda one: (one is None, str(one)))
