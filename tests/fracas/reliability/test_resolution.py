"""Which serial a report is about. What the tracker makes of it is tested in test_datasets."""

from __future__ import annotations

from typing import Any

import pytest

from fracas.catalog.models import RepairAssumption
from fracas.failures.models import Decision, MaintenanceKind, Outcome
from fracas.reliability.queries import FailureRow
from fracas.reliability.resolution import Judgements, Occupants, Resolved, counts, resolve
from fracas.reliability.timelines import Stay

NOTHING_SAID = Judgements({}, {}, {})


def row(key: str = "f", at: float = 5, **facts: Any) -> FailureRow:
    blank: dict[str, Any] = dict.fromkeys(FailureRow._fields)
    return FailureRow(**{**blank, "id": key, "number": key, "occurred_at": at, "system_id": "s", **facts})


def stay(part: str, start: float, end: float | None = None, position: str = "x") -> Stay:
    return Stay(f"i-{part}-{start}", part, "s", position, start, end)


def resolved(
    *rows: FailureRow, stays: list[Stay], swaps: Any = None, said: Judgements = NOTHING_SAID
) -> Resolved:
    return resolve(
        rows,
        stays,
        part_type_id="T",
        part_ids={one.part_id for one in stays},
        swaps=swaps or {},
        judgements=said,
        scoring="default",
        default=RepairAssumption.AS_OLD,
        as_of=100,
    )


def test_the_serial_that_is_named_is_meant() -> None:
    found = resolved(row(part_id="B"), stays=[stay("A", 0), stay("B", 0, position="y")])
    assert list(found.by_part) == ["B"]


def test_the_part_taken_out_is_meant_and_linked() -> None:
    found = resolved(
        row(part_type_id="T"), stays=[stay("A", 0), stay("B", 0, position="y")], swaps={"f": [("r", "B")]}
    )
    assert found.by_part["B"][0].removal_id == "r"


def test_a_swap_of_another_serial_does_not_take_this_one_out() -> None:
    found = resolved(
        row(part_id="A"), stays=[stay("A", 0), stay("B", 0, position="y")], swaps={"f": [("r", "B")]}
    )
    assert found.by_part["A"][0].removal_id is None


def test_who_sat_in_the_place_is_meant() -> None:
    found = resolved(row(position_id="y"), stays=[stay("A", 0), stay("B", 0, position="y")])
    assert list(found.by_part) == ["B"]
    assert resolved(row(position_id="z"), stays=[stay("A", 0)]) == Resolved()


def test_one_of_several_is_not_guessed() -> None:
    found = resolved(row(part_type_id="T"), stays=[stay("A", 0), stay("B", 0, position="y")])
    assert (found.by_part, [one.id for one in found.without_serial]) == ({}, ["f"])


def test_at_a_swaps_own_moment_the_one_that_came_out_is_meant() -> None:
    stays = [stay("A", 0, 5), stay("B", 5)]
    place = Occupants(stays).of_place("s", "x", 5)
    alone = Occupants(stays).only_one("s", 5)
    assert place is stays[0]
    assert alone is stays[0]
    assert Occupants(stays).of_place("s", "x", -1) is Occupants(stays).only_one("q", 5) is None


def test_a_failure_found_after_the_day_was_not_seen() -> None:
    late = row(part_id="A", at=50, detected_at=150, last_known_good_at=40)
    assert resolved(late, stays=[stay("A", 0)]) == Resolved()


def test_the_reports_own_choice_beats_the_types() -> None:
    both = resolved(
        row("f"), row("g", repair_assumption=RepairAssumption.AS_NEW), stays=[stay("A", 0)]
    ).by_part
    assert both == {}
    named = [row("f", part_id="A"), row("g", part_id="A", repair_assumption=RepairAssumption.AS_NEW)]
    assert [one.is_as_new for one in resolved(*named, stays=[stay("A", 0)]).by_part["A"]] == [False, True]


@pytest.mark.parametrize(
    ("outcome", "decision", "kind", "expected"),
    [
        (None, None, None, "unscored"),
        (Outcome.CONFIRMED, Decision.COUNT, MaintenanceKind.REPAIR, "counted"),
        (Outcome.NO_FAULT_FOUND, Decision.COUNT, None, "excluded"),
        (None, None, MaintenanceKind.PREVENTIVE, "excluded"),
    ],
)
def test_scoring_is_the_failures_rooms_rule(outcome: Any, decision: Any, kind: Any, expected: str) -> None:
    said = Judgements({"f": (outcome, None)} if outcome else {}, {"f": decision} if decision else {}, {})
    assert said.scoring_of(row(maintenance_kind=kind)) == expected


def test_the_analysis_overrides_the_observed_mode() -> None:
    said = Judgements({"f": (Outcome.CONFIRMED, "SEEN")}, {}, {"g": "FOUND"})
    assert [said.mode_of(key) for key in "fgh"] == ["SEEN", "FOUND", None]


@pytest.mark.parametrize(
    ("scoring_class", "default", "strict"),
    [("counted", True, True), ("unscored", True, False), ("excluded", False, False)],
)
def test_what_counts(scoring_class: str, default: bool, strict: bool) -> None:
    assert counts(scoring_class, "default") is default
    assert counts(scoring_class, "counted") is strict
