"""Forms: one model for page, API and import."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from fracas.core.forms import Form, Moment, field


class Sample(Form):
    occurred_at: Moment = field(label="When")
    hours: float | None = field(None, label="Hours", ge=0, unit="h")


def test_a_wall_clock_is_read_in_the_zone_of_the_page() -> None:
    form = Sample.model_validate({"occurred_at": "2026-05-31T14:30"}, context={"zone": "Asia/Shanghai"})
    assert form.occurred_at.astimezone(UTC) == datetime(2026, 5, 31, 6, 30, tzinfo=UTC)


def test_an_offset_wins_over_the_zone_of_the_page() -> None:
    form = Sample.model_validate({"occurred_at": "2026-05-31T14:30+02:00"}, context={"zone": "Asia/Shanghai"})
    assert form.occurred_at.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("text", ["2026-05-31T14:30", "yesterday", "2026-13-01T00:00+00:00", ""])
def test_a_program_must_name_its_offset_and_a_real_moment(text: str) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({"occurred_at": text})


def test_only_what_was_given_is_handed_on() -> None:
    form = Sample.model_validate({"occurred_at": "2026-05-31T14:30Z", "reason": "  a slip "})
    assert form.facts() == {"occurred_at": datetime(2026, 5, 31, 14, 30, tzinfo=UTC), "reason": "a slip"}


@pytest.mark.parametrize("values", [{"hours": -1}, {"hours": "many"}, {"minutes": 3}])
def test_what_does_not_fit_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({"occurred_at": "2026-05-31T14:30Z", **values})
