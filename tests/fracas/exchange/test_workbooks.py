"""Workbooks, whole and broken."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter

from fracas.core.errors import Invalid
from fracas.exchange.workbooks import is_workbook, read_workbook


def book(*rows: list[Any], number_format: str | None = None, sheet: str = "Sheet1") -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as made:
        page = made.add_worksheet(sheet)
        style = made.add_format({"num_format": number_format}) if number_format else None
        date = made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(number, column, value, date)
                elif value is not None:
                    page.write(number, column, value, style)
    return content.getvalue()


def test_values_keep_their_types_and_rows_their_numbers() -> None:
    table = read_workbook(
        book([], ["code", "n", "when"], ["0022", 1.5, datetime(2025, 1, 2, 3, 4)], [], ["x"])
    )
    assert table.columns == ("code", "n", "when")
    assert [(row.line, row.cells) for row in table.rows] == [
        (3, ("0022", 1.5, datetime(2025, 1, 2, 3, 4))),
        (5, ("x", None, None)),
    ]


def test_leading_zeros_that_a_format_shows_are_kept() -> None:
    assert read_workbook(book(["code"], [22], number_format="0000")).rows[0].cells == ("0022",)


def test_a_number_without_such_a_format_stays_a_number() -> None:
    assert read_workbook(book(["code"], [22])).rows[0].cells == (22.0,)


def test_a_sheet_can_be_named() -> None:
    content = book(["a"], ["b"], sheet="2025")
    assert read_workbook(content, sheet="2025").rows[0].cells == ("b",)
    with pytest.raises(Invalid, match="no sheet “2026”"):
        read_workbook(content, sheet="2026")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_half_written_workbook_is_refused(share: float) -> None:
    content = book(["a"], *[[f"text {number}"] for number in range(200)])
    with pytest.raises(Invalid, match="not written to its end"):
        read_workbook(content[: int(len(content) * share)])


def test_a_zip_of_something_else_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(Invalid, match="no XLSX workbook"):
        read_workbook(content.getvalue())


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(Invalid, match="empty"):
        read_workbook(book())


def test_a_workbook_is_known_by_its_first_bytes() -> None:
    assert is_workbook(book(["a"]))
    assert not is_workbook(b"PKZ,1\n")
