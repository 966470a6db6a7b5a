"""A sheet as a file: CSV or XLSX, with nothing in it that a spreadsheet would run; and empty templates to fill in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import xlsxwriter

from fracas.core.errors import Invalid
from fracas.core.spreadsheets import harmless
from fracas.exchange.exporting import Sheet
from fracas.exchange.fields import Kind, ValueType

WORKBOOK_OPTIONS = {
    "constant_memory": True,
    "remove_timezone": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TEXT_FORMAT = "@"


def ending(file_name: str) -> str:
    """``csv`` or ``xlsx``, by the end of the name."""
    found = file_name.rpartition(".")[2].lower()
    if found not in MEDIA_TYPES:
        raise Invalid("“%(name)s” must end in .csv or .xlsx.", field="file", name=file_name)
    return found


def write(sheet: Sheet, form: str) -> bytes:
    """The sheet as ``csv`` (UTF-8 with a mark, so that Excel reads Chinese) or ``xlsx``; times are ISO 8601 with offset."""
    rows = ([cell(row.get(column)) for column in sheet.columns] for row in sheet.rows)
    if form == "csv":
        return _csv([list(sheet.columns)], rows)
    return _workbook(sheet.name, sheet.columns, rows)


def cell(value: Any) -> Any:
    """Text, a number or None. A moment stays text, so that its offset from UTC is not lost in a spreadsheet."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return None if value != value else value.isoformat()  # noqa: PLR0124 - not a time
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(map(str, value))
    if isinstance(value, float):
        return None if value != value else value  # noqa: PLR0124 - not a number
    if value is None or isinstance(value, int | str):
        return value
    return value.item() if hasattr(value, "item") else str(value)


def _csv(head: Sequence[Sequence[Any]], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows(head)
    writer.writerows([harmless(value) if isinstance(value, str) else value for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _workbook(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, WORKBOOK_OPTIONS) as book:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
        as_text = book.add_format({"num_format": TEXT_FORMAT})
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value, as_text)
                elif value is not None:
                    sheet.write_number(number, column, value)
    return content.getvalue()


def template(kind: Kind, form: str) -> bytes:
    """The columns of a kind with one example row, to be filled in. A workbook has a second sheet that explains them."""
    columns = [field.name for field in kind.fields]
    example = [field.example for field in kind.fields]
    if form == "csv":
        return _csv([columns], [example])
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {**WORKBOOK_OPTIONS, "constant_memory": False}) as book:
        bold, as_text = book.add_format({"bold": True}), book.add_format({"num_format": TEXT_FORMAT})
        sheet = book.add_worksheet(kind.name)
        sheet.freeze_panes(1, 0)
        for column, field in enumerate(kind.fields):
            # Text format, so that 0022 typed into the template stays 0022.
            plain = field.kind is ValueType.NUMBER
            sheet.set_column(column, column, max(12, len(field.name) + 2), None if plain else as_text)
            sheet.write_string(0, column, field.name, bold)
            if field.example and plain:
                sheet.write_number(1, column, float(field.example))
            elif field.example:
                sheet.write_string(1, column, field.example, as_text)
        explained = book.add_worksheet("fields")
        explained.write_row(0, 0, ["field", "needed", "values", "also read under"], bold)
        for row, field in enumerate(kind.fields, 1):
            values = ", ".join(field.choices) if field.choices else field.kind.value
            words = f"{values}; {field.help}" if field.help else values
            explained.write_row(
                row, 0, [field.name, "yes" if field.required else "", words, ", ".join(field.names)]
            )
    return content.getvalue()
