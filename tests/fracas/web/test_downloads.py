"""CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from werkzeug.http import parse_options_header

from fracas.web.downloads import csv_response, safe_cell


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_text_that_would_be_a_formula_is_text(begin: str) -> None:
    assert safe_cell(f"{begin}HYPERLINK(1)") == f"'{begin}HYPERLINK(1)"


@pytest.mark.parametrize("value", [-5, -0.5, 0, "LRV101", "a=b", "", True])
def test_numbers_and_plain_text_stay(value: object) -> None:
    assert safe_cell(value) == value


def test_nothing_is_an_empty_cell_and_a_moment_keeps_its_offset() -> None:
    assert safe_cell(None) == ""
    assert safe_cell(datetime(2026, 5, 31, 14, 30, tzinfo=UTC)) == "2026-05-31T14:30:00+00:00"


def test_rows_come_back_as_they_were() -> None:
    rows = [("001", "阀 “卡滞”, two\nlines", 3.5), ("x;y", None, -1)]
    answer = csv_response("life", ["code", "text", "value"], rows)
    text = answer.get_data().decode("utf-8")
    assert text.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert read == [
        ["code", "text", "value"],
        ["001", "阀 “卡滞”, two\nlines", "3.5"],
        ["x;y", "", "-1"],
    ]


@pytest.mark.parametrize("name", ["serial-阀1", 'serial-"; filename="x', "serial-A1"])
def test_any_serial_names_a_file(name: str) -> None:
    header = csv_response(name, [], []).headers["Content-Disposition"]
    header.encode("latin-1")  # what a server can send
    kind, options = parse_options_header(header)
    assert (kind, options["filename"]) == ("attachment", f"{name}.csv")
