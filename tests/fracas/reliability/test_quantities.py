"""A number with everything beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from fracas.core.errors import Finding
from fracas.reliability.quantities import Quantity

NOON = datetime(2026, 5, 31, 12, tzinfo=UTC)


def test_a_number_that_is_not_there_is_null_and_its_warnings_are_sentences() -> None:
    one = Quantity(None, 721.0, None, 0.75, "lower", "d", 0, 1000.0, 0.0, NOON, "chi-square", ("plain",))
    told = one.warned([Finding("%(count)s left out.", params={"count": 3})])
    answer = json.loads(json.dumps(told.to_dict(), allow_nan=False))
    assert (answer["estimate"], answer["lower"], answer["side"]) == (None, 721.0, "lower")
    assert answer["warnings"] == ["plain", "3 left out."]
    assert answer["as_of"] == "2026-05-31T12:00:00+00:00"
    assert one.warnings == ("plain",)
