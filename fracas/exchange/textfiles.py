"""CSV and its relatives: the delimiter guessed, lines that a stray line break cut apart joined again."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile

from fracas.core.errors import Finding, Invalid
from fracas.core.words import N_
from fracas.exchange.encodings import decode
from fracas.exchange.tables import Broken, Row, Table

DELIMITERS = ",;\t|"
SHOWN_LINES = 10


@dataclass
class _Record:
    """One record as csv gave it, and the line it begins in."""

    line: int
    cells: list[str]


def read_text(
    content: bytes, *, encoding: str | None = None, delimiter: str | None = None, header_line: int = 1
) -> Table:
    """The table in a text file.

    Parameters
    ----------
    content : the whole file.
    encoding, delimiter : what the map says; None has them guessed.
    header_line : the line that names the columns, from 1; lines above it are ignored.

    Raises
    ------
    Invalid : the file is empty, holds no text, or a quotation mark swallows the rest of it.
    """
    decoded = decode(content, encoding)
    body = "".join(io.StringIO(decoded.text, newline="").readlines()[header_line - 1 :])
    delimiter = delimiter or guess_delimiter(body)
    # Some programs write an empty line or two above the names of the columns.
    records = list(dropwhile(_is_blank, _records(body, delimiter, header_line)))
    if not records:
        raise Invalid("The file is empty: there is no line that names the columns.", field="file")
    header = [name.strip() for name in records[0].cells]
    while header and not header[-1]:
        header.pop()
    rows, broken, joined = _assembled(records[1:], len(header))
    notes = [decoded.note] if decoded.note else []
    if joined:
        notes.append(_joined_note(joined))
    return Table(tuple(header), rows, broken, notes, decoded.encoding, delimiter)


def guess_delimiter(text: str) -> str:
    """The separator that splits the first lines most evenly into the most columns."""
    lines = [line for line in text[:100_000].split("\n")[:50] if line.strip()]
    best, best_score = ",", 0.0
    for candidate in DELIMITERS:
        try:
            widths = [len(cells) for cells in csv.reader(lines, delimiter=candidate)]
        except csv.Error:  # it will be refused, with its line, when it is read
            continue
        if not widths or widths[0] < 2:
            continue
        score = widths[0] * Counter(widths)[widths[0]] / len(widths)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _records(body: str, delimiter: str, first_line: int) -> Iterator[_Record]:
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            yield _Record(before + first_line, cells)
            before = reader.line_num
    except csv.Error as error:
        raise Invalid(
            "The text from line %(line)s on cannot be split into columns (%(error)s): "
            "look for a quotation mark that is not closed.",
            field="file",
            line=before + first_line,
            error=str(error),
        ) from None


def _is_blank(record: _Record) -> bool:
    return not any(map(str.strip, record.cells))


def _assembled(records: list[_Record], width: int) -> tuple[list[Row], list[Broken], list[int]]:
    """Records of ``width`` cells; (rows, what is broken, lines that were joined to the record above)."""
    whole: list[_Record] = []
    joined: list[int] = []
    for record in (_trimmed(record, width) for record in records if record.cells):
        if whole and _continues(whole[-1], record, width):
            rest = record.cells[0].strip()
            whole[-1].cells[-1] = whole[-1].cells[-1].rstrip() + ("\n" + rest if rest else "")
            whole[-1].cells.extend(record.cells[1:])
            joined.append(record.line)
        else:
            whole.append(record)
    rows: list[Row] = []
    broken: list[Broken] = []
    for record in whole:
        cells = tuple(cell.strip() for cell in record.cells)
        if len(cells) != width:
            broken.append(Broken(record.line, cells, _width_finding(len(cells), width)))
        elif any(cells):
            rows.append(Row(record.line, cells))
    return rows, broken, joined


def _trimmed(record: _Record, width: int) -> _Record:
    """Without the empty cells that some programs write behind the last column."""
    while len(record.cells) > width and not record.cells[-1].strip():
        record.cells.pop()
    return record


def _continues(above: _Record, record: _Record, width: int) -> bool:
    """Is ``record`` the rest of the one above, cut off by a line break that nobody quoted?"""
    if width > 1 and len(record.cells) == 1:
        return True
    return len(above.cells) < width and len(above.cells) + len(record.cells) - 1 == width


def _width_finding(count: int, width: int) -> Finding:
    return Finding(
        N_(
            "This line has %(count)s columns and the header has %(width)s: is there a delimiter inside a text?"
        ),
        params={"count": count, "width": width},
    )


def _joined_note(lines: list[int]) -> Finding:
    shown = ", ".join(map(str, lines[:SHOWN_LINES])) + (" ..." if len(lines) > SHOWN_LINES else "")
    return Finding(
        N_(
            "%(count)s lines begin in the middle of a record; each was joined to the record above: %(lines)s."
        ),
        params={"count": len(lines), "lines": shown},
    )
