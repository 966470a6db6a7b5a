"""A table as it was read from a file, before anybody knows what its columns mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from fracas.core.errors import Finding

Cell = str | float | int | bool | datetime | date | time | timedelta | None
"""What a cell holds: text from a CSV file, also numbers and dates from a workbook."""

REASON_COLUMN = "import_reason"
LINE_COLUMN = "import_line"
OWN_COLUMNS = {REASON_COLUMN, LINE_COLUMN}
"""Columns that a file of refused rows carries; they are ignored when it is fed back."""


@dataclass(frozen=True)
class Row:
    """One record. ``line`` is where it begins in the file: the number that an editor or a spreadsheet shows."""

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Broken:
    """A record that has not the columns of the header; ``reason`` says what is wrong with it."""

    line: int
    cells: tuple[Cell, ...]
    reason: Finding


@dataclass(frozen=True)
class Table:
    """The records of a file in its order, and what had to be guessed or mended to read them."""

    columns: tuple[str, ...]
    rows: list[Row]
    broken: list[Broken] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    encoding: str | None = None
    delimiter: str | None = None
    is_workbook: bool = False
