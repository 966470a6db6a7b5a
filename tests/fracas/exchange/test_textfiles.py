"""Columns, records and lines of text files."""

from __future__ import annotations

import pytest

from fracas.core.errors import Invalid
from fracas.exchange.textfiles import guess_delimiter, read_text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed(delimiter: str) -> None:
    text = "\n".join(
        delimiter.join(cells) for cells in (["a", "b", "c"], ["1,5", "x", "y"]) if delimiter != ","
    )
    assert guess_delimiter(text or "a,b,c\n1,2,3") == delimiter


def test_a_single_column_is_a_table_too() -> None:
    assert read_text(b"serial\n0022\n0033\n").rows[1].cells == ("0033",)


def test_quoted_line_breaks_stay_in_their_cell_and_lines_are_counted_on() -> None:
    table = read_text(b'id,text\n1,"two\nlines"\n2,next\n')
    assert [(row.line, row.cells) for row in table.rows] == [(2, ("1", "two\nlines")), (4, ("2", "next"))]
    assert table.notes == []


def test_a_record_cut_by_a_stray_line_break_is_joined_and_reported() -> None:
    table = read_text(b"id,when,text\r\n1,a,DOOR STUCK\r\n   RE SAVE\r\n   \r\n2,b,next\r\n")
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, ("1", "a", "DOOR STUCK\nRE SAVE")),
        (5, ("2", "b", "next")),
    ]
    assert "2 lines" in str(table.notes[0])
    assert "3, 4" in str(table.notes[0])


def test_a_break_in_a_middle_column_is_joined() -> None:
    table = read_text(b"id,text,code\n1,first\nhalf,0022\n")
    assert table.rows[0].cells == ("1", "first\nhalf", "0022")


def test_too_many_columns_are_reported_with_their_line() -> None:
    table = read_text(b"id,text\n1,a\n2,a,b,c\n3,c\n")
    assert [row.cells[0] for row in table.rows] == ["1", "3"]
    assert [(row.line, row.reason.params) for row in table.broken] == [(3, {"count": 4, "width": 2})]


def test_empty_lines_and_empty_last_columns_do_no_harm() -> None:
    table = read_text(b"id,text,\n\n1,a,\n,,\n2,b,,,\n")
    assert [row.cells for row in table.rows] == [("1", "a"), ("2", "b")]
    assert table.broken == []


def test_lines_above_the_header_are_left_out_and_counted() -> None:
    table = read_text(b"Report of 2025\n\nid,text\n1,a\n", header_line=3)
    assert (table.columns, table.rows[0].line) == (("id", "text"), 4)


def test_unicode_line_separators_do_not_cut_records() -> None:
    assert len(read_text("id,text\n1,a\u2028b\x85c\n".encode()).rows) == 1


def test_an_open_quotation_mark_does_not_swallow_the_file_silently() -> None:
    content = b'id,text\n1,"never closed\n' + b"2,x\n" * 40_000
    with pytest.raises(Invalid, match="line 2"):
        read_text(content)


def test_empty_lines_above_the_header_do_no_harm() -> None:
    table = read_text(b"\n , \na,b\n1,2\n")
    assert (table.columns, [row.line for row in table.rows]) == (("a", "b"), [4])


@pytest.mark.parametrize("content", [b"\x1c", b"\n\n", b",,\n,,\n"])
def test_a_file_of_nothing_but_blanks_is_empty(content: bytes) -> None:
    with pytest.raises(Invalid, match="empty"):
        read_text(content)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Invalid, match="empty"):
        read_text(b"")
