"""A number with everything beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from fracas.core.errors import Finding
from fracas.reliability.quantities import Quantity, told

NOON = datetime(2026, 5, 31, 12, tzinfo=UTC)


def test_a_number_that_is_not_there_is_null_and_its_warnings_are_sentences() -> None:
    one = Quantity(None, 721.0, None, 0.75, "lower", "d", 0, 1000.0, 0.0, NOON, "chi-square", ("plain",))
    warned = one.warned([Finding("%(count)s left out.", params={"count": 3})])
    answer = json.loads(json.dumps(warned.to_dict(), allow_nan=False))
    assert (answer["estimate"], answer["lower"], answer["side"]) == (None, 721.0, "lower")
    assert answer["warnings"] == ["plain", "3 left out."]
    assert answer["as_of"] == "2026-05-31T12:00:00+00:00"
    assert one.warnings == ("plain",)


def test_a_number_that_is_not_finite_is_left_out_and_says_so() -> None:
    one = Quantity(float("nan"), 3.0, float("inf"), 0.9, "two", "d", 2, 10.0, 0.0, NOON, "mle")
    answer = json.loads(json.dumps(one.to_dict(), allow_nan=False))
    assert (answer["estimate"], answer["lower"], answer["upper"]) == (None, 3.0, None)
    assert answer["warnings"] == [
        "A number is too large to be told, or is not defined, and is left out: estimate, upper."
    ]
    assert [told(value) for value in (None, 1, float("-inf"))] == [None, 1.0, None]
