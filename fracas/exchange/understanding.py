"""From a table to entries: every cell as the value of a field, or as a finding that says why it cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from fracas.core.errors import Finding, Invalid
from fracas.core.words import N_
from fracas.exchange import values
from fracas.exchange.clocks import Clocks
from fracas.exchange.dates import Dates, guess_formats
from fracas.exchange.fields import Field, Kind, ValueType
from fracas.exchange.mapping import ImportMap
from fracas.exchange.matching import Matched, match
from fracas.exchange.tables import Cell, Row, Table
from fracas.failures.scoring import LADDER

Reader = Callable[[Any], Any]


@dataclass
class Entry:
    """One row as understood: the facts by field name, the columns without a field, what could not be read."""

    row: Row
    facts: dict[str, Any]
    extra: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def line(self) -> int:
        return self.row.line


@dataclass(frozen=True)
class Understood:
    """All entries of a file, in its order, and the notes on how it was read. ``headers`` names a field's column."""

    entries: list[Entry]
    notes: list[Finding]
    headers: dict[str, str]
    places: Mapping[str, tuple[int, ...]]

    def written(self, entry: Entry, name: str) -> str:
        """A field as the file has it, before it was understood."""
        cells = [entry.row.cells[index] for index in self.places.get(name, ())]
        return " ".join(values.plain_text(cell) for cell in cells if cell is not None)


def understand(table: Table, kind: Kind, mapping: ImportMap, clocks: Clocks) -> Understood:
    """Read every cell by the type of its field.

    Parameters
    ----------
    table : as read from the file.
    kind, mapping : what the rows are, and how they are written.
    clocks : in which zone times without an offset are.

    Raises
    ------
    Invalid : a column that is needed is missing, or the map does not fit the file or the kind.
    """
    matched = match(table, kind, mapping)
    reading = _Reading(table, kind, mapping, matched, clocks)
    entries = [reading.entry(row) for row in table.rows]
    return Understood(
        entries, [*table.notes, *matched.notes, *reading.notes()], reading.headers, matched.places
    )


class _Reading:
    """The readers of one file, one for each field."""

    def __init__(
        self, table: Table, kind: Kind, mapping: ImportMap, matched: Matched, clocks: Clocks
    ) -> None:
        self.table, self.kind, self.mapping, self.matched, self.clocks = table, kind, mapping, matched, clocks
        self.headers = {
            name: " + ".join(table.columns[index] for index in indices)
            for name, indices in matched.places.items()
        }
        self.missing = {"", *mapping.file.missing}
        self.dates: dict[str, Dates] = {}
        self.guesses: list[Finding] = []
        self.numeric_texts: dict[str, int] = {}
        self.replaced: dict[str, int] = {}
        self.readers = {wanted.name: self._reader(wanted) for wanted in kind.fields}
        self.translations = {name: _Translation(words) for name, words in mapping.translate.items()}
        self.fixed, self.fixed_findings = self._constants()

    def entry(self, row: Row) -> Entry:
        zone = self.clocks.of(self._word("site", row), self._word("system", row))
        for dates in self.dates.values():
            dates.zone = zone
        entry = Entry(row, dict(self.fixed), self._extra(row), list(self.fixed_findings))
        if any("\x00" in text for text in entry.extra.values()):
            entry.findings.append(Finding(values.ZERO_BYTE))
        for wanted in self.kind.fields:
            if wanted.name not in self.matched.places and wanted.name not in self.mapping.defaults:
                continue
            cell = self._cell(wanted, row)
            if cell is None:
                if wanted.required and wanted.name not in self.mapping.constants:
                    entry.findings.append(Finding(N_("This is needed."), field=wanted.name))
                continue
            try:
                values.refuse_zero_byte(cell)
                entry.facts[wanted.name] = self.readers[wanted.name](cell)
            except Invalid as error:
                value = values.plain_text(cell)
                entry.findings.append(
                    Finding(error.message, field=wanted.name, value=value, params=error.params)
                )
        return entry

    def notes(self) -> list[Finding]:
        found = list(self.guesses)
        for name, dates in self.dates.items():
            found += dates.notes(self.headers.get(name, name))
        for name, count in self.numeric_texts.items():
            message = N_(
                "%(count)s cells of “%(column)s” are numbers where text is expected: leading zeros that they may have "
                "had are lost. Format the column as text."
            )
            found.append(
                Finding(message, field=name, params={"count": count, "column": self.headers.get(name, name)})
            )
        for letter, count in self.replaced.items():
            message = N_("“%(letter)s” was read as “%(meant)s” %(count)s times, as the map says.")
            params = {"letter": letter, "meant": self.mapping.file.replace[letter], "count": count}
            found.append(Finding(message, params=params))
        return found

    def _cell(self, wanted: Field, row: Row) -> Cell:
        """The cell of a field after the map's replacements, defaults and translations; None where it is empty."""
        cells = [self._cleaned(row.cells[index]) for index in self.matched.places.get(wanted.name, ())]
        cells = [cell for cell in cells if cell is not None]
        if len(cells) > 1:
            cells = [" ".join(values.plain_text(cell) for cell in cells)]
        cell: Cell = cells[0] if cells else self.mapping.defaults.get(wanted.name)
        translation = self.translations.get(wanted.name)
        if translation is not None:
            cell = translation(values.plain_text(cell))
        return cell if cell != "" else None

    def _word(self, name: str, row: Row) -> str:
        """The text of a field that says whose clock it was, before anything else is read."""
        wanted = self.kind.field(name)
        if wanted is None:
            return ""
        return values.plain_text(self._cell(wanted, row) or self.mapping.constants.get(name))

    def _cleaned(self, cell: Cell) -> Cell:
        if isinstance(cell, str):
            for letter, meant in self.mapping.file.replace.items():
                if letter in cell:
                    self.replaced[letter] = self.replaced.get(letter, 0) + cell.count(letter)
                    cell = cell.replace(letter, meant)
            if cell.strip() in self.missing:
                return None
        return cell

    def _extra(self, row: Row) -> dict[str, str]:
        found = {
            name: values.plain_text(self._cleaned(row.cells[at])) for name, at in self.matched.extra.items()
        }
        return {name: value for name, value in found.items() if value}

    def _constants(self) -> tuple[dict[str, Any], list[Finding]]:
        fixed: dict[str, Any] = {}
        findings = []
        for name, value in self.mapping.constants.items():
            try:
                fixed[name] = self.readers[name](value)
            except Invalid as error:
                findings.append(Finding(error.message, field=name, value=str(value), params=error.params))
        return fixed, findings

    def _reader(self, wanted: Field) -> Reader:
        settings = self.mapping.file
        choices = wanted.choices
        if choices is not None:
            return lambda cell: values.coded(cell, choices)
        if wanted.kind in (ValueType.MOMENT, ValueType.DAY):
            dates = self.dates[wanted.name] = Dates(*self._formats(wanted))
            return dates.moment if wanted.kind is ValueType.MOMENT else dates.day
        if wanted.kind is ValueType.TEXT:
            return lambda cell: self._text(wanted, cell)
        plain: dict[ValueType, Reader] = {
            ValueType.NUMBER: lambda cell: values.number(
                cell, decimal=settings.decimal, thousands=settings.thousands
            ),
            ValueType.YES_NO: values.yes_or_no,
            ValueType.AGES: values.ages,
            ValueType.ANSWERS: lambda cell: values.answers(cell, [question.key for question in LADDER]),
            ValueType.LIST: lambda cell: cell if isinstance(cell, list) else values.listed(cell),
        }
        return plain[wanted.kind]

    def _text(self, wanted: Field, cell: Cell) -> str:
        if (
            isinstance(cell, int | float)
            and not isinstance(cell, bool)
            and wanted.name in self.matched.places
        ):
            self.numeric_texts[wanted.name] = self.numeric_texts.get(wanted.name, 0) + 1
        return values.plain_text(cell)

    def _formats(self, wanted: Field) -> tuple[list[str], ZoneInfo | None, bool]:
        """(patterns, zone, whether the map named the patterns)."""
        column = self.mapping.columns.get(wanted.name)
        named = [column.format] if column is not None and column.format else self.mapping.file.date_formats
        return (
            (named, self.clocks.named, True)
            if named
            else (self._guessed_formats(wanted), self.clocks.named, False)
        )

    def _guessed_formats(self, wanted: Field) -> list[str]:
        indices = self.matched.places.get(wanted.name, ())
        if len(indices) != 1:
            return guess_formats([])[0]
        formats, note = guess_formats([row.cells[indices[0]] for row in self.table.rows])
        if note is not None:
            self.guesses.append(Finding(note.message, field=wanted.name, params=note.params))
        return formats


class _Translation:
    """The map's words for one field; ``"*"`` stands for every word that it does not name, ``""`` for an empty cell."""

    def __init__(self, words: dict[str, str]) -> None:
        self.words = {word.strip(): meant for word, meant in words.items() if word != "*"}
        self.rest = words.get("*")

    def __call__(self, text: str) -> str:
        if text in self.words:
            return self.words[text]
        return self.rest if self.rest is not None and text else text


def preview(entries: Iterable[Entry], count: int = 20) -> list[Entry]:
    """The first entries, for a person to look at."""
    return [entry for entry, _ in zip(entries, range(count), strict=False)]
