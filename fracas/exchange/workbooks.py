"""XLSX (and XLS) in: values with their types, and the leading zeros that a number format shows."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineWorkbook

from fracas.core.errors import Invalid
from fracas.exchange.tables import Cell, Row, Table
from fracas.exchange.unpacking import refuse_bomb

XLSX_MARK = b"PK\x03\x04"
XLS_MARK = b"\xd0\xcf\x11\xe0"
ZEROS_ONLY = re.compile(r"0{2,}")
DAMAGED = (
    CalamineError, zipfile.BadZipFile, zlib.error, ExpatError, OSError, EOFError, ValueError, RuntimeError,
)  # fmt: skip


def is_workbook(content: bytes) -> bool:
    return content.startswith((XLSX_MARK, XLS_MARK))


def read_workbook(content: bytes, *, sheet: str | None = None, header_line: int | None = None) -> Table:
    """The table on one sheet of a workbook.

    Parameters
    ----------
    content : the whole file.
    sheet : its name; None takes the first sheet that holds anything.
    header_line : the row that names the columns, from 1; None takes the first that is not empty.

    Raises
    ------
    Invalid : the file is cut off or damaged, has no such sheet, or is empty.
    """
    name, lines = _sheet(content, sheet)
    start = (header_line - 1) if header_line else _first_filled(lines)
    if start >= len(lines) or not any(_text(cell) for cell in lines[start]):
        raise Invalid("The sheet “%(sheet)s” is empty: there is no row that names the columns.", sheet=name)
    header = [_text(cell) for cell in lines[start]]
    while not header[-1]:
        header.pop()
    padded = _zero_padded(content, name) if content.startswith(XLSX_MARK) else {}
    rows = list(_rows(lines, start, len(header), padded))
    return Table(tuple(header), rows, is_workbook=True)


def _sheet(content: bytes, wanted: str | None) -> tuple[str, list[list[Cell]]]:
    """The name of a sheet and its cells, from its first row and column on."""
    try:
        if content.startswith(XLSX_MARK):
            refuse_bomb(content)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = _sheet_name(book, wanted)
        return name, [list(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
    except DAMAGED as error:
        raise _unreadable(error) from None
    except BaseException as error:
        # A panic of the reader is no Exception, and its class has no address to import it from.
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable(error) from None


def _rows(
    lines: list[list[Cell]], start: int, width: int, padded: dict[tuple[int, int], str]
) -> Iterator[Row]:
    for index in range(start + 1, len(lines)):
        cells = tuple(
            padded.get((index + 1, column + 1), _plain(cell))
            for column, cell in enumerate(lines[index][:width])
        )
        if any(cell is not None for cell in cells):
            yield Row(index + 1, cells)


def _plain(cell: Cell) -> Cell:
    return (cell.strip() or None) if isinstance(cell, str) else cell


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()


def _first_filled(lines: list[list[Cell]]) -> int:
    return next((i for i, cells in enumerate(lines) if any(_text(cell) for cell in cells)), len(lines))


def _sheet_name(book: CalamineWorkbook, wanted: str | None) -> str:
    names = book.sheet_names
    if wanted is not None:
        if wanted not in names:
            raise Invalid(
                "The workbook has no sheet “%(sheet)s”; it has: %(sheets)s.",
                field="sheet",
                sheet=wanted,
                sheets=", ".join(names),
            )
        return wanted
    if not names:
        raise Invalid("The workbook has no sheet.", field="file")
    return next((name for name in names if book.get_sheet_by_name(name).total_height), names[0])


def _unreadable(error: BaseException) -> Invalid:
    return Invalid(
        "The workbook cannot be read (%(error)s): it is damaged or was not written to its end. Save it again.",
        field="file",
        error=str(error),
    )


def _zero_padded(content: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """(row, column) -> text of numbers that a format such as ``0000`` shows with leading zeros.

    Looked for only where the workbook has such a format, because it means reading the file a second time.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            styles = archive.read("xl/styles.xml").decode("utf-8", "replace")
    except (KeyError, zipfile.BadZipFile):
        return {}
    if not re.search(r'formatCode="0{2,}"', styles):
        return {}
    import openpyxl  # slow to import, and seldom needed

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        return {
            (cell.row, cell.column): f"{int(cell.value):0{len(cell.number_format)}d}"
            for cells in book[sheet].iter_rows()
            for cell in cells
            if isinstance(cell.value, int | float) and ZEROS_ONLY.fullmatch(cell.number_format or "")
        }
    finally:
        book.close()
