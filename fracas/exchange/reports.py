"""What an import found and did: counts, notes, what it made, every bad row; and the file of those rows, to be mended."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import xlsxwriter

from fracas.core.errors import Finding
from fracas.core.spreadsheets import harmless
from fracas.core.words import N_
from fracas.exchange.tables import LINE_COLUMN, OWN_COLUMNS, REASON_COLUMN, Cell, Table
from fracas.exchange.understanding import Entry
from fracas.exchange.values import plain_text

LONGEST_VALUE = 60
Words = Callable[[Finding], str]
"""How a finding is said: in English on the command line, in the reader's language on a page."""


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class BadRow:
    """A row that was not imported, with every reason."""

    line: int
    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]


@dataclass
class Report:
    """The result of an import or of a trial run of it."""

    kind: str
    file_name: str
    rows: int
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    repeated: int = 0
    bad: list[BadRow] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    created: dict[str, list[str]] = field(default_factory=dict)
    windows: int = 0
    preview: list[Entry] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    is_written: bool = False
    is_trial: bool = False
    differing: list[str] = field(default_factory=list)

    @property
    def good(self) -> int:
        return sum(self.outcomes.values())

    def summary(self) -> Finding:
        """One sentence: what became of the rows."""
        done = N_(
            "%(rows)s rows: %(new)s new, %(changed)s changed, %(unchanged)s already here, %(repeated)s repeated, "
            "%(bad)s refused."
        )
        params = {
            "rows": self.rows,
            "repeated": self.repeated,
            "bad": len(self.bad),
            **{outcome.value: count for outcome, count in self.outcomes.items()},
        }
        return Finding(done, params=params)

    def verdict(self) -> Finding:
        """Was anything written?"""
        if self.is_trial:
            return Finding(N_("This was a trial run: nothing was written."))
        if not self.is_written:
            return Finding(N_("Nothing was written: mend the refused rows, or accept the good ones."))
        return Finding(N_("The good rows were written.") if self.bad else N_("All rows were written."))

    def closing_notes(self) -> list[Finding]:
        """The notes, what was made for unknown words, and what differs from the records that were here."""
        found = list(self.notes)
        for reference, words in self.created.items():
            found.append(
                Finding(
                    N_(
                        "Created because the file names them and nobody knew them (%(count)s, %(reference)s): %(words)s."
                    ),
                    params={"count": len(words), "reference": reference, "words": ", ".join(words)},
                )
            )
        if self.differing:
            message = N_(
                "%(count)s records are here already and say something else; they were left alone: %(records)s."
            )
            shown = ", ".join(self.differing[:20]) + (" …" if len(self.differing) > 20 else "")
            found.append(Finding(message, params={"count": len(self.differing), "records": shown}))
        if self.windows:
            message = N_(
                "Systems seen in the file and now under observation in the stated window: %(count)s."
            )
            found.append(Finding(message, params={"count": self.windows}))
        return found


def sentence(finding: Finding) -> str:
    """The finding in English, with its field."""
    return str(finding)


def reason(row: BadRow, headers: dict[str, str], say: Words = sentence) -> str:
    """Every reason of a bad row: column, value, what is wrong."""
    return " | ".join(_placed(finding, headers, say) for finding in row.findings)


def _placed(finding: Finding, headers: dict[str, str], say: Words) -> str:
    if finding.field is None:
        return say(finding)
    column, said = headers.get(finding.field, finding.field), say(finding)
    value = "" if finding.value is None else str(finding.value)
    if value and value not in said and len(value) <= LONGEST_VALUE:
        return f"{column} “{value}”: {said}"
    return f"{column}: {said}"


def rejected_csv(table: Table, report: Report, say: Words = sentence) -> bytes:
    """The refused rows with the file's own columns and the reason, in UTF-8 with a mark, to be mended and fed back."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=table.delimiter or ",")
    writer.writerows(
        [harmless(plain_text(cell)) for cell in cells] for cells in _rejected(table, report, say)
    )
    return text.getvalue().encode("utf-8-sig")


def rejected_workbook(table: Table, report: Report, say: Words = sentence) -> bytes:
    """As :func:`rejected_csv`, as a workbook that keeps numbers and dates as they were."""
    content = io.BytesIO()
    options = {
        "remove_timezone": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet()
        dates = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for number, cells in enumerate(_rejected(table, report, say)):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(number, column, cell, *([dates] if hasattr(cell, "year") else []))
    return content.getvalue()


def _rejected(table: Table, report: Report, say: Words) -> list[list[Any]]:
    own = [index for index, name in enumerate(table.columns) if name not in OWN_COLUMNS]
    lines: list[list[Any]] = [[*(table.columns[index] for index in own), LINE_COLUMN, REASON_COLUMN]]
    for row in report.bad:
        # A line that was cut into too many columns is kept whole in as many as there are.
        cells = [row.cells[index] if index < len(row.cells) else None for index in own]
        lines.append([*cells, row.line, reason(row, report.headers, say)])
    return lines
