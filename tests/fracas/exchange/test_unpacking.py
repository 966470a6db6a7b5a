"""Workbooks that would take the machine down: refused before they are read."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from fracas.core.errors import Invalid
from fracas.exchange import unpacking
from fracas.exchange.unpacking import refuse_bomb
from fracas.exchange.workbooks import read_workbook
from tests.factories.exchange import raw_workbook


def cell(place: str, text: str = "serial") -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def test_a_plain_sheet_is_let_through() -> None:
    content = raw_workbook(row(1, cell("A1")) + row(2, cell("A2", "007")))
    refuse_bomb(content)
    assert read_workbook(content).rows[0].cells == ("007",)


@pytest.mark.parametrize(
    "sheet",
    [
        row(1, cell("A1")) + row(1_048_576, cell("XFD1048576")),
        row(1_048_576, cell("XFD1048576")),  # the reader would panic at it, not only run out of memory
        row(1, cell("A1"), cell("XFD1")) + row(100_000, "<c><v>1</v></c>"),  # places that count on
    ],
)
def test_a_cell_in_the_last_corner_is_refused(sheet: str) -> None:
    content = raw_workbook(sheet)
    assert len(content) < 2000
    with pytest.raises(Invalid, match="reaches to row .* too large"):
        read_workbook(content)


def test_a_colour_far_away_takes_no_room() -> None:
    content = raw_workbook(
        row(1, cell("A1")) + row(2, cell("A2", "x")) + row(1_048_576, '<c r="XFD1048576" s="0"/>')
    )
    assert len(read_workbook(content).rows) == 1


@pytest.mark.parametrize("place", ["ZZZ1", "A9999999", "A4294967296", "1A", "AAAA1", "A-1"])
def test_a_cell_that_no_sheet_has_is_refused(place: str) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        read_workbook(raw_workbook(row(1, cell(place))))


def test_one_long_text_in_every_cell_is_refused() -> None:
    named = "".join(row(number, f'<c r="A{number}" t="s"><v>0</v></c>') for number in range(1, 20_002))
    content = raw_workbook(named, shared=f"<si><t>{'x' * 30_000}</t></si>")
    assert len(content) < 200_000
    with pytest.raises(Invalid, match="too large once unpacked"):
        read_workbook(content)


def test_more_bytes_than_the_machine_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST_BYTES", 1000)
    with pytest.raises(Invalid, match="too large once unpacked"):
        refuse_bomb(raw_workbook(row(1, cell("A1"))))


def test_a_size_that_is_not_true_is_found_out() -> None:
    """The directory says a few bytes, the member holds more: whoever believes the directory unpacks without end."""
    content = bytearray(raw_workbook(row(1, cell("A1", "x" * 100_000))))
    place = content.rfind(b"PK\x01\x02", 0, content.rfind(b"xl/worksheets/sheet1.xml"))
    content[place + 24 : place + 28] = (100).to_bytes(4, "little")
    with pytest.raises(Invalid, match="cannot be read"):
        read_workbook(bytes(content))


def test_other_archives_are_no_workbooks() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("content.xml", '<table number-rows-repeated="1048576"/>')
    with pytest.raises(Invalid, match="no XLSX workbook"):
        read_workbook(content.getvalue())


def test_a_real_workbook_with_pictures_of_numbers_dates_and_texts_is_let_through() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("S")
        for number in range(200):
            sheet.write_row(number, 0, ["text", "text", number, number / 7, "另一个"])
        book.add_worksheet("T").write(0, 0, "x")
    refuse_bomb(content.getvalue())
    assert len(read_workbook(content.getvalue()).rows) == 199
