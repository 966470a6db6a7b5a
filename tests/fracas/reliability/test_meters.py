"""Which meter a stay runs on."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fracas.assets.models import InstalledAs, ReadingKind
from fracas.reliability.meters import NO_METER, CalendarMeters, Meters
from fracas.reliability.queries import ReadingRow
from fracas.reliability.timelines import Stay
from fracas.reliability.usage import CALENDAR_DAYS, DAY


def reading(bearer: str, days: float, value: float, replaced_by: float | None = None) -> ReadingRow:
    kind = ReadingKind.READING if replaced_by is None else ReadingKind.METER_REPLACED
    return ReadingRow(bearer, days * DAY, kind, value, replaced_by)


def meters(*systems: ReadingRow, parts: Any = (), commissioned: Any = None, reach_days: float = 90) -> Meters:
    model_of = {"s": "m", "t": "m", "u": "m", "z": "other"}
    return Meters(
        systems, parts, commissioned_at=commissioned or {}, model_of=model_of, reach_days=reach_days
    )


def stays(as_: str = "new", *spans: tuple[float, float | None], age: float | None = None) -> list[Stay]:
    return [
        Stay(f"i{a}", "p", "s", "x", a * DAY, None if b is None else b * DAY, InstalledAs(as_), age)
        for a, b in spans or [(0, None)]
    ]


def test_a_system_that_nobody_read_has_no_meter() -> None:
    line = meters().of_system("s")
    assert line is NO_METER
    assert (line.begins_at, line.ends_at) == (math.inf, -math.inf)
    assert (line.between(0, 1), line.estimated(0, 1), line.age_at(0)) == (0, 0, None)


def test_commissioning_is_the_meters_zero() -> None:
    line = meters(reading("s", 100, 500), commissioned={"s": 50 * DAY}).of_system("s")
    assert line.between(50 * DAY, 75 * DAY) == pytest.approx(250)
    assert line.begins_at == 50 * DAY


def test_the_fleets_median_stands_in_for_a_unit_of_its_model() -> None:
    given = [
        reading(key, day, rate * day) for key, rate in (("t", 2), ("u", 4), ("z", 100)) for day in (10, 20)
    ]
    line = meters(*given, commissioned={"s": 0.0, "t": 0.0, "u": 0.0}).of_system("s")
    assert line.between(0, 10 * DAY) == pytest.approx(30)
    assert line.ends_at == 90 * DAY


def test_no_reach_no_estimate() -> None:
    line = meters(reading("s", 10, 100), reading("s", 20, 200), reach_days=0).of_system("s")
    assert (line.begins_at, line.ends_at) == (10 * DAY, 20 * DAY)


def test_a_replaced_meter_may_restart_at_nothing() -> None:
    line = meters(reading("s", 10, 100, replaced_by=0), reading("s", 20, 50)).of_system("s")
    assert line.between(10 * DAY, 20 * DAY) == pytest.approx(50)


def test_a_part_without_readings_has_no_meter_of_its_own() -> None:
    assert meters().of_part(stays()) is None


@pytest.mark.parametrize(
    ("as_", "age", "expected"), [("new", None, 100), ("age_stated", 40.0, 60), ("age_unknown", None, 0)]
)
def test_an_own_meter_begins_with_what_is_known(as_: str, age: float | None, expected: float) -> None:
    found = meters(parts=[reading("p", 10, 100)], reach_days=0).of_part(stays(as_, (0, None), age=age))
    assert found is not None
    use = found.between(0, 10 * DAY) if found.begins_at <= 0 else 0
    assert use == pytest.approx(expected)


def test_an_own_meter_rests_on_the_shelf() -> None:
    found = meters(parts=[reading("p", 5, 50), reading("p", 25, 150)]).of_part(
        stays("new", (0, 10), (20, None))
    )
    assert found is not None
    assert found.between(0, 10 * DAY) == pytest.approx(100)


def test_the_calendar_needs_none() -> None:
    assert CalendarMeters().of_system("s") is CALENDAR_DAYS
    assert CalendarMeters().of_part(stays()) is None
