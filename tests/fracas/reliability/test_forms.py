"""Queries as addresses write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from fracas.reliability.forms import FleetQuery, McfQuery, PartTypeQuery, SparesQuery, WeibullQuery


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-31", date(2026, 5, 31)),
        ("2026-05-31T14:30:00Z", datetime(2026, 5, 31, 14, 30, tzinfo=UTC)),
        ("2026-05-31T14:30:00 08:00", datetime(2026, 5, 31, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_day_or_a_moment(text: str, expected: date) -> None:
    read = PartTypeQuery(part_type="X", as_of=text).as_of  # type: ignore[arg-type]
    assert read == expected
    assert isinstance(read, datetime) == isinstance(expected, datetime)


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "2026-05-31T14:30"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        PartTypeQuery(part_type="X", as_of=text)  # type: ignore[arg-type]


def test_the_view_is_what_every_data_set_takes() -> None:
    assert PartTypeQuery(part_type="X").view() == {
        "metric": None, "as_of": None, "known_at": None, "scoring": "default",
        "extrapolate": True, "extrapolate_days": 90.0, "sites": None,
    }  # fmt: skip
    assert PartTypeQuery(part_type="X", site="SH").view()["sites"] == ["SH"]
    assert FleetQuery(system_model="LRV").fleet()["system_model"] == "LRV"


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        (WeibullQuery, {"confidence": 1}),
        (WeibullQuery, {"method": "guess"}),
        (WeibullQuery, {"by": "moon"}),
        (McfQuery, {"kind": "colour"}),
        (SparesQuery, {"service_level": 0}),
        (SparesQuery, {"lead_time_days": -1}),
        (PartTypeQuery, {"extrapolate_days": -1}),
        (PartTypeQuery, {"moon": 1}),
    ],
)
def test_what_cannot_be_asked_is_refused(form: type[Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        form(**({} if form is McfQuery else {"part_type": "X"}), **wrong)
