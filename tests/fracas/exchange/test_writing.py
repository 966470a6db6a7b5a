"""Sheets as files."""

from __future__ import annotations

import csv
import io
import math
from datetime import UTC, date, datetime

import pytest
from python_calamine import CalamineWorkbook

from fracas.assets.models import Condition
from fracas.core.errors import Invalid
from fracas.exchange import importing, writing
from fracas.exchange.exporting import Sheet
from fracas.exchange.fields import KINDS
from fracas.exchange.mapping import read_map, shipped_maps
from tests.factories.exchange import Desk

VALUES = {
    "text": "=HYPERLINK(1)",
    "code": "0022",
    "n": 1.5,
    "none": None,
    "nan": math.nan,
    "when": datetime(2025, 1, 2, 3, 4, tzinfo=UTC),
    "day": date(2025, 1, 2),
    "flag": True,
    "word": Condition.SERVICEABLE,
    "list": ["a", "b"],
}
SHEET = ("sheet", list(VALUES))


def rows_of(content: bytes, form: str) -> list[list[object]]:
    if form == "csv":
        return [list(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))]
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()  # type: ignore[return-value]


def test_csv_runs_nothing_and_keeps_zeros() -> None:
    head, row = rows_of(writing.write(Sheet(*SHEET, iter([VALUES])), "csv"), "csv")
    assert head == list(VALUES)
    assert row == [
        "'=HYPERLINK(1)", "0022", "1.5", "", "", "2025-01-02T03:04:00+00:00", "2025-01-02", "yes", "serviceable", "a; b",
    ]  # fmt: skip


def test_a_workbook_keeps_numbers_numbers_and_text_text() -> None:
    _, row = rows_of(writing.write(Sheet(*SHEET, iter([VALUES])), "xlsx"), "xlsx")
    assert row[:5] == ["=HYPERLINK(1)", "0022", 1.5, "", ""]


def test_the_form_is_told_by_the_name() -> None:
    assert writing.ending("A.XLSX") == "xlsx"
    with pytest.raises(Invalid, match=r"\.csv or \.xlsx"):
        writing.ending("a.pdf")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_has_every_field(form: str) -> None:
    for kind in KINDS.values():
        assert rows_of(writing.template(kind, form), form)[0] == [field.name for field in kind.fields]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_examples_of_the_templates_can_be_imported_one_after_the_other(desk: Desk, form: str) -> None:
    mapping = read_map(
        shipped_maps()["another_fracas"].replace("[unknown]", '[unknown]\npart_type = "create-flagged"')
    )
    for kind in KINDS.values():
        table = importing.read_table(writing.template(kind, form), mapping)
        report = importing.import_table(desk.session, desk.actor, kind, table, mapping, file_name="template")
        assert (kind.name, [str(row.findings[0]) for row in report.bad]) == (kind.name, [])
        assert report.rows == 1
