"""Wall clocks: order of day and month, zones, the hours of a clock change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from fracas.core.errors import Invalid
from fracas.exchange.dates import Dates, guess_formats, parse, parse_iso

DENVER = ZoneInfo("America/Denver")


@pytest.mark.parametrize(
    ("cells", "text", "moment"),
    [
        (["12/31/2017 11:06:00 PM", "1/2/2017 1:00:00 AM"], "1/2/2017 1:00:00 AM", datetime(2017, 1, 2, 1)),
        (["31/12/2017 23:06", "1/2/2017 01:00"], "1/2/2017 01:00", datetime(2017, 2, 1, 1)),
        (["31.12.2017"], "31.12.2017", datetime(2017, 12, 31)),
        (["2017/1/2 3:04"], "2017/1/2 3:04", datetime(2017, 1, 2, 3, 4)),
        (["2017年1月2日"], "2017年1月2日", datetime(2017, 1, 2)),
    ],
)
def test_the_order_is_told_from_the_whole_column(cells: list[str], text: str, moment: datetime) -> None:
    assert parse(text, guess_formats(cells)[0]) == moment


def test_where_both_orders_fit_nothing_is_guessed() -> None:
    formats, note = guess_formats(["1/2/2017", "3/4/2017"])
    assert parse("1/2/2017", formats) is None
    assert note is not None
    assert "day or with the month first" in str(note)


def test_one_bad_cell_does_not_change_the_order() -> None:
    formats, _ = guess_formats(["12/31/2017", "12/30/2017", "99/99/2017"])
    assert parse("12/31/2017", formats) == datetime(2017, 12, 31)


def test_moments_get_their_zone() -> None:
    dates = Dates(["%m/%d/%Y %H:%M"], DENVER)
    assert dates.moment("07/01/2017 12:00") == datetime(2017, 7, 1, 18, tzinfo=UTC)
    assert dates.moment(datetime(2017, 1, 1, 12)) == datetime(2017, 1, 1, 19, tzinfo=UTC)
    assert dates.moment(date(2017, 1, 1)) == datetime(2017, 1, 1, 7, tzinfo=UTC)
    assert dates.moment("2017-07-01T12:00+08:00") == datetime(2017, 7, 1, 4, tzinfo=UTC)
    assert dates.notes("WHEN") == []


def test_the_hours_of_a_clock_change_are_counted() -> None:
    dates = Dates(["%m/%d/%Y %H:%M"], DENVER)
    assert dates.moment("11/05/2017 01:30") == datetime(2017, 11, 5, 7, 30, tzinfo=UTC)
    assert dates.moment("03/12/2017 02:30") == datetime(2017, 3, 12, 9, 30, tzinfo=UTC)
    assert [note.params["count"] for note in dates.notes("WHEN")] == [1, 1]


def test_a_wall_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(Invalid, match="choose its time zone"):
        Dates([], None).moment("2017-01-01 12:00")


@pytest.mark.parametrize("cell", ["2025-01-01 25:00", "yesterday", 42737.5, "31/31/2017", "0017-01-01 10:00"])
def test_what_is_no_date_is_refused(cell: str | float) -> None:
    with pytest.raises(Invalid):
        Dates(["%m/%d/%Y"], DENVER, is_named=True).moment(cell)


def test_days() -> None:
    assert Dates([], None).day("2025-06-30") == date(2025, 6, 30)
    assert Dates([], None).day(datetime(2025, 6, 30, 5)) == date(2025, 6, 30)


def test_iso() -> None:
    assert parse_iso("2025-06-30 10:00") == datetime(2025, 6, 30, 10)
    assert parse_iso("30.6.2025") is None
