"""Which column of the file is which field: as the map says, else by the header's own words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from fracas.core.errors import Finding, Invalid
from fracas.core.words import N_
from fracas.exchange.fields import Field, Kind
from fracas.exchange.mapping import Column, ImportMap
from fracas.exchange.tables import OWN_COLUMNS, Table

EXTRA_PREFIX = "extra."
"""An export writes a report's own extra columns under this prefix, and an import takes them back."""


@dataclass(frozen=True)
class Matched:
    """Where each field is found: indices of columns, and what was left over."""

    places: Mapping[str, tuple[int, ...]]
    extra: Mapping[str, int]
    notes: list[Finding] = field(default_factory=list)


def match(table: Table, kind: Kind, mapping: ImportMap) -> Matched:
    """Find the columns of the fields.

    Raises
    ------
    Invalid : the map names a column that the file has not, or a field that is needed is found nowhere.
    """
    mapping.check(kind)
    at = {name: index for index, name in reversed(list(enumerate(table.columns))) if name}
    places = {name: _named(column, at, table) for name, column in mapping.columns.items()}
    taken = {index for indices in places.values() for index in indices}
    set_elsewhere = {*mapping.columns, *mapping.constants}
    for wanted in kind.fields:
        index = None if wanted.name in set_elsewhere else _by_header(wanted, table, taken)
        if index is not None:
            places[wanted.name] = (index,)
            taken.add(index)
    places = {name: indices for name, indices in places.items() if indices}
    _refuse_missing(kind, mapping, places, table)
    left = {name: at[name] for name in sorted(at, key=lambda name: at[name]) if at[name] not in taken}
    left = {name: index for name, index in left.items() if name not in OWN_COLUMNS}
    extra = _extra(left, mapping, kind)
    ignored = [name for name in left if name not in extra and name.removeprefix(EXTRA_PREFIX) not in extra]
    notes = []
    if ignored:
        message = N_("These columns have no field and were left out: %(columns)s.")
        notes.append(Finding(message, params={"columns": ", ".join(ignored)}))
    return Matched(places, extra, notes)


def _named(column: Column, at: Mapping[str, int], table: Table) -> tuple[int, ...]:
    for name in column.names:
        if name not in at:
            raise Invalid(
                "The map names the column “%(column)s”, and the file has no such column; it has: %(columns)s.",
                field="map",
                column=name,
                columns=", ".join(table.columns),
            )
    return tuple(at[name] for name in column.names)


def _by_header(wanted: Field, table: Table, taken: set[int]) -> int | None:
    """The field's own name is stronger than its synonyms, an earlier synonym than a later one."""
    headers = [_folded(name) for name in table.columns]
    for word in (wanted.name, *wanted.names):
        for index, header in enumerate(headers):
            if header == _folded(word) and index not in taken:
                return index
    return None


def _folded(name: str) -> str:
    """``Serial No.`` and ``serial_no`` are one header."""
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFKC", name).casefold()).strip("_")


def _refuse_missing(kind: Kind, mapping: ImportMap, places: Mapping[str, object], table: Table) -> None:
    given = {*places, *mapping.constants, *mapping.defaults}
    missing = [wanted.name for wanted in kind.fields if wanted.required and wanted.name not in given]
    if missing:
        raise Invalid(
            "No column was found for %(fields)s. The file has: %(columns)s. Rename the columns or name them in a map.",
            field=missing[0],
            fields=", ".join(missing),
            columns=", ".join(table.columns),
        )


def _extra(left: Mapping[str, int], mapping: ImportMap, kind: Kind) -> dict[str, int]:
    if not kind.extra_columns:
        return {}
    kept = {name.removeprefix(EXTRA_PREFIX): at for name, at in left.items() if name.startswith(EXTRA_PREFIX)}
    named = mapping.extra.columns
    if named == "*":
        return {name.removeprefix(EXTRA_PREFIX): at for name, at in left.items()}
    for name in named:
        if name not in left:
            raise Invalid("[extra] names the column “%(column)s”, which the file has not or which is a field.",
                          field="map", column=name)  # fmt: skip
        kept[name] = left[name]
    return kept
