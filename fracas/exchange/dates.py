"""Wall clocks in a file: which order of day and month a column is written in, and what moment in UTC is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from fracas.core.errors import Finding, Invalid
from fracas.core.moments import FIRST_YEAR, LAST_YEAR
from fracas.core.words import N_
from fracas.exchange.tables import Cell
from fracas.exchange.values import is_span, plain_text

TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
CLEAR = ("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d.%m.%Y", "%d-%b-%Y", "%d %b %Y", "%Y%m%d")
"""Orders that can be read in one way only (a point after the day is used where the day comes first)."""
UNCLEAR = ("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y")


@dataclass
class Dates:
    """How the moments of one column are read.

    Parameters
    ----------
    formats : strptime patterns, tried in turn after ISO 8601.
    zone : the zone of times that carry no offset; None refuses them.
    is_named : the formats are the map's, not guessed.
    """

    formats: Sequence[str]
    zone: ZoneInfo | None
    is_named: bool = False
    repeated_hours: int = field(default=0, init=False)
    skipped_hours: int = field(default=0, init=False)

    def moment(self, cell: Cell) -> datetime:
        """The moment in UTC."""
        found = self._parsed(cell)
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise Invalid("“%(value)s” lies too far away to be meant.", value=plain_text(cell))
        if found.tzinfo is None:
            if self.zone is None:
                raise Invalid(
                    "“%(value)s” carries no offset from UTC: choose its time zone for this import "
                    "(--time-zone, or time_zone in the map).",
                    value=plain_text(cell),
                )
            self._watch_clock_change(found, self.zone)
            found = found.replace(tzinfo=self.zone)
        return found.astimezone(UTC)

    def day(self, cell: Cell) -> date:
        return (
            cell if isinstance(cell, date) and not isinstance(cell, datetime) else self._parsed(cell).date()
        )

    def _parsed(self, cell: Cell) -> datetime:
        if isinstance(cell, datetime):
            return cell
        if isinstance(cell, date):
            return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - gets its zone in moment()
        text = plain_text(cell)
        if not is_span(cell) and not isinstance(cell, int | float):
            found = parse_iso(text) or parse(text, self.formats)
            if found is not None:
                return found
        if self.is_named:
            raise Invalid(
                "“%(value)s” is no date and time as the map writes them: %(formats)s.",
                value=text,
                formats=", ".join(self.formats),
            )
        raise Invalid(
            "“%(value)s” is no date and time; write 2026-05-31 14:30, or set the format in the map.",
            value=text,
        )

    def _watch_clock_change(self, wall: datetime, zone: ZoneInfo) -> None:
        early, late = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
        if early.utcoffset() == late.utcoffset():
            return
        exists = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall
        self.repeated_hours += exists
        self.skipped_hours += not exists

    def notes(self, column: str) -> list[Finding]:
        found = []
        if self.repeated_hours:
            found.append(
                Finding(
                    N_(
                        "%(count)s times lie in an hour that the clock went through twice; the first one was taken."
                    ),
                    field=column,
                    params={"count": self.repeated_hours},
                )
            )
        if self.skipped_hours:
            found.append(
                Finding(
                    N_(
                        "%(count)s times lie in an hour that the clock left out in spring; they were read an hour later."
                    ),
                    field=column,
                    params={"count": self.skipped_hours},
                )
            )
        return found


def parse_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def parse(text: str, formats: Iterable[str]) -> datetime | None:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - gets its zone in Dates.moment()
        except ValueError:
            continue
    return None


def guess_formats(cells: Sequence[Cell]) -> tuple[list[str], Finding | None]:
    """The patterns that a column is written in, where the map does not say.

    Day before month or month before day is decided by the column as a whole: some day must be above 12. Where none is,
    nothing is guessed, and the finding says so.
    """
    clear = [pattern + time for pattern in CLEAR for time in TIMES]
    texts = [plain_text(cell) for cell in cells if isinstance(cell, str)]
    texts = [text for text in texts if text and parse_iso(text) is None and parse(text, clear) is None]
    fits = {order: sum(parse(text, _with_times(order)) is not None for text in texts) for order in UNCLEAR}
    best = max(fits.values())
    orders = [order for order, count in fits.items() if count == best]
    if best == 0:
        return clear, None
    example = next(text for text in texts if parse(text, _with_times(orders[0])) is not None)
    if len(orders) > 1:
        message = N_(
            "Dates such as “%(value)s” can be read with the day or with the month first: set the format in the map."
        )
        return clear, Finding(message, params={"value": example})
    message = N_("Dates such as “%(value)s” were read as %(format)s, the order that fits the column best.")
    return _with_times(orders[0]) + clear, Finding(message, params={"value": example, "format": orders[0]})


def _with_times(order: str) -> list[str]:
    return [order + time for time in TIMES]
