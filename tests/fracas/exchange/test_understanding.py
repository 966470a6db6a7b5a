"""Cells as values of fields."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fracas.exchange.clocks import Clocks
from fracas.exchange.fields import FAILURES, PARTS, USAGE
from fracas.exchange.mapping import read_map
from fracas.exchange.tables import Row, Table
from fracas.exchange.textfiles import read_text
from fracas.exchange.understanding import Understood, preview, understand


def understood(table: str, map_text: str = "", kind: object = FAILURES) -> Understood:
    return understand(read_text(table.encode()), kind, read_map(map_text), Clocks(ZoneInfo("UTC")))  # type: ignore[arg-type]


def test_every_bad_cell_of_a_row_is_found() -> None:
    entry = understood(
        "system,occurred_at,symptom,delay_minutes,effect_on_safety\nS1,soon,x,twelve,awful\n"
    ).entries[0]
    assert [(finding.field, finding.value) for finding in entry.findings] == [
        ("occurred_at", "soon"),
        ("effect_on_safety", "awful"),
        ("delay_minutes", "twelve"),
    ]


def test_codes_keep_their_zeros() -> None:
    assert (
        understood("occurred_at,symptom,symptom_code\n2025-01-01,x,0022\n").entries[0].facts["symptom_code"]
        == "0022"
    )


def test_numbers_in_a_text_column_of_a_workbook_are_warned_of() -> None:
    table = Table(("part_type", "serial", "site"), [Row(2, ("BCU", 22.0, "DEPOT"))])
    found = understand(table, PARTS, read_map(""), Clocks())
    assert found.entries[0].facts["serial"] == "22"
    assert "leading zeros" in str(found.notes[0])


def test_an_empty_cell_that_is_needed_is_found_unless_there_is_a_default() -> None:
    table = "occurred_at,symptom\n2025-01-01,\n"
    assert understood(table).entries[0].findings[0].field == "symptom"
    given = understood(table, '[defaults]\nsymptom = "not recorded at source"').entries[0]
    assert (given.facts["symptom"], given.findings) == ("not recorded at source", [])


def test_missing_replace_translate_and_constants() -> None:
    entry = understood(
        "occurred_at,symptom,symptom_code,route,status\n2025-01-01,DOORý STUCK,n/a,15,OPEN\n",
        '[file]\nmissing = ["n/a"]\nreplace = { "ý" = "," }\n'
        '[translate.state]\n"OPEN" = "open"\n"*" = "closed_elsewhere"\n[constants]\nsite = "DEPOT"\n',
    ).entries[0]
    assert entry.facts["symptom"] == "DOOR, STUCK"
    assert "symptom_code" not in entry.facts
    assert (entry.facts["state"], entry.facts["site"], entry.facts["location"]) == ("open", "DEPOT", "15")


def test_closed_is_not_a_state_that_an_import_knows() -> None:
    entry = understood("occurred_at,symptom,state\n2025-01-01,x,closed\n").entries[0]
    assert "closed_elsewhere" in str(entry.findings[0])


def test_several_columns_make_one_text() -> None:
    table = "occurred_at,symptom,LINE,KM\n2025-01-01,x,15,3.2\n2025-01-02,x,15,\n"
    found = understood(table, '[columns]\nlocation = ["LINE", "KM"]').entries
    assert [entry.facts["location"] for entry in found] == ["15 3.2", "15"]


def test_a_column_has_its_own_format() -> None:
    found = understood(
        "occurred_at,symptom,found\n01/02/2025,x,01/02/2025\n",
        '[columns]\noccurred_at = { column = "occurred_at", format = "%d/%m/%Y" }\n'
        'detected_at = { column = "found", format = "%m/%d/%Y" }\n',
    ).entries[0]
    assert found.facts["occurred_at"] == datetime(2025, 2, 1, tzinfo=UTC)
    assert found.facts["detected_at"] == datetime(2025, 1, 2, tzinfo=UTC)


def test_decimal_commas() -> None:
    table = "system;metric;value;read_at\nS1;km;1.234,5;2025-01-01\n"
    entry = understood(table, '[file]\ndecimal = ","\nthousands = "."', kind=USAGE).entries[0]
    assert entry.facts["value"] == 1234.5


def test_the_headers_are_remembered_for_the_report() -> None:
    assert understood("故障时间,symptom\n2025-01-01,x\n").headers["occurred_at"] == "故障时间"


def test_a_preview_is_the_beginning() -> None:
    entries = understood("occurred_at,symptom\n" + "2025-01-01,x\n" * 30).entries
    assert [entry.line for entry in preview(entries, 3)] == [2, 3, 4]
