"""Rows of the plan: what each says, and which come first."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from fracas.core.errors import Finding, Invalid
from fracas.reliability import buying
from fracas.reliability.forms import SparesPlanQuery
from fracas.reliability.spares import spares
from tests.factories.fleet import Fleet, day, half_failed


@pytest.fixture
def fleet(session: Session) -> Fleet:
    return half_failed(session)


def row_of(fleet: Fleet, **settings: Any) -> buying.Row | None:
    query = SparesPlanQuery(**settings)
    return buying.row_of(fleet.session, fleet.actor, fleet.part_type, query, day(600))


def test_a_row_says_what_the_part_types_own_answer_says(fleet: Fleet) -> None:
    row = row_of(fleet, service_level=0.9, confidence=0.8)
    report = spares(
        fleet.session, fleet.actor, part_type="VALVE-1", as_of=day(600), service_level=0.9, confidence=0.8
    )
    assert row is not None
    assert report.stock is not None
    told = report.to_dict()
    assert {name: row[name] for name in buying.COUNTS} == {name: told[name] for name in buying.COUNTS}
    assert row["demand"] == {name: told["demand"][name] for name in buying.DEMAND}
    assert (row["installed"], row["failures"], row["distribution"], row["refusal"]) == (
        10,
        5,
        "weibull",
        None,
    )


def test_too_few_failures_say_what_is_taken_instead_and_never_0(session: Session) -> None:
    fleet = Fleet(session)
    fleet.install("A")
    row = row_of(fleet, lead_time_days=2000)
    assert row is not None
    assert (row["distribution"], row["failures"]) == ("exponential", 0)
    assert (row["demand"]["estimate"], row["demand"]["lower"], row["demand"]["side"]) == (None, None, "upper")
    assert row["demand"]["upper"] > 0
    assert any("failure rate as constant" in one for one in buying.in_words(row)["warnings"])


def test_without_a_lead_time_the_row_says_so(fleet: Fleet) -> None:
    fleet.part_type.lead_time_days = None
    row = row_of(fleet)
    assert row is not None
    assert (row["installed"], row["failures"], row["stock"], row["demand"]) == (10, 5, None, None)
    assert "VALVE-1 has no lead time" in buying.in_words(row)["refusal"]
    assert row_of(fleet, lead_time_days=30)["stock"] is not None  # type: ignore[index]


def test_what_is_neither_in_service_nor_has_failed_has_no_row(session: Session) -> None:
    fleet = Fleet(session)
    assert row_of(fleet) is None
    fleet.part_type.lead_time_days = None
    assert row_of(fleet) is None
    installation = fleet.install("A")
    fleet.remove(installation, 300)
    assert row_of(fleet) is None
    fleet.install("B", "S2")
    assert row_of(fleet) is not None


def ranked(number: str, **facts: Any) -> buying.Row:
    return {
        "part_type": number,
        "stock": 4,
        "to_order": 0,
        "expected_shortage_on_hand": 0.0,
        "failures": 1,
    } | facts


def test_the_most_urgent_come_first() -> None:
    rows = [
        ranked("COVERED"),
        ranked("UNKNOWN", stock=None, to_order=None, expected_shortage_on_hand=None, failures=None),
        ranked("UNKNOWN-FAILED", stock=None, to_order=None, expected_shortage_on_hand=None, failures=9),
        ranked("FEW", to_order=5, expected_shortage_on_hand=0.2),
        ranked("MANY", to_order=1, expected_shortage_on_hand=1.5),
        ranked("COVERED-LESS", expected_shortage_on_hand=0.01),
    ]
    found = [row["part_type"] for row in buying.most_urgent_first(rows)]
    assert found == ["MANY", "FEW", "UNKNOWN-FAILED", "UNKNOWN", "COVERED-LESS", "COVERED"]


def test_remarks_are_kept_for_readers_of_any_language() -> None:
    inner = Finding("a fit needs %(count)s", params={"count": 2})
    note = Finding("No fit (%(why)s) on %(day)s", params={"why": inner, "day": day(0)})
    told = buying.kept(note)
    assert told["params"]["why"] == {"message": "a fit needs %(count)s", "params": {"count": 2}}
    again = buying.read_note(told)
    assert isinstance(again, Finding)
    assert str(again) == str(note)
    assert isinstance(again.params["why"], Finding)
    assert buying.read_note(buying.kept("plain")) == "plain"
    assert buying.read_note(note) is note


def test_a_part_type_of_which_nothing_can_be_said(fleet: Fleet) -> None:
    row = buying.refused(fleet.part_type, Invalid("No %(what)s.", what="way"))
    assert buying.cells(row, day(600))[0] == "VALVE-1"
    told = dict(zip(buying.COLUMNS, buying.cells(row, day(600)), strict=True))
    assert (told["no_number_because"], told["failures"], told["expected_demand"]) == ("No way.", None, None)
    assert set(row) == set(row_of(fleet) or {})
