"""How a record that is only named by its id is told: by the serial, number or name that people say, with a link.

A room says it once for each of its tables (:func:`told_as`); timelines ask for all ids of a page at once, one query a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import select

from fracas.core.db import Base
from fracas.core.history import HistoryEntry
from fracas.core.lookup import as_id
from fracas.core.permissions import visible
from fracas.web.guard import actor
from fracas.web.session import db

Told = Callable[[Any], str]


@dataclass(frozen=True)
class _Table:
    model: Any
    label: Told
    address: Told | None
    permission: str


_tables: dict[str, _Table] = {}


def told_as(model: Any, label: Told, address: Told | None = None, permission: str = "") -> None:
    """Say what a row of ``model`` is called, and the page that whoever has ``permission`` may open."""
    _tables[model.__tablename__] = _Table(model, label, address, permission)


def referenced(table: str, name: str) -> str | None:
    """The table that a column of the history points to: by its foreign key, a list of ids by its name."""
    if name.endswith("_ids"):
        return name.removesuffix("_ids")
    kept = Base.metadata.tables[table].columns.get(name) if table in Base.metadata.tables else None
    keys = kept.foreign_keys if kept is not None else set()
    return next((key.column.table.name for key in keys), None)


def _ids(entries: Iterable[HistoryEntry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        for name, change in entry.changes.items():
            table = referenced(entry.table, name)
            if table is not None:
                for value in change:
                    yield from (
                        (table, one) for one in (value if isinstance(value, list) else [value]) if one
                    )


def linked(entries: Iterable[HistoryEntry]) -> Mapping[str, str]:
    """id -> what it is called, for every record that the entries point to. Who may not see one is told just that."""
    wanted: dict[str, set[str]] = {}
    for table, found in _ids(entries):
        wanted.setdefault(table, set()).add(found)
    told: dict[str, str] = {}
    for name, ids in wanted.items():
        told |= dict.fromkeys(ids, str(gettext("a record you may not see")))
        if (table_told := _tables.get(name)) is not None:
            told |= {str(row.id): _link(table_told, row) for row in _rows(table_told.model, ids)}
    return told


def _rows(model: Any, ids: set[str]) -> Iterable[Any]:
    meant = model.id.in_([as_id(one) for one in ids])
    return db().scalars(select(model).where(meant, visible(actor(), model))).unique()


def _link(table: _Table, row: Any) -> str:
    if table.address is None or (table.permission and not actor().may(table.permission)):
        return table.label(row)
    return Markup('<a href="{}">{}</a>').format(table.address(row), table.label(row))
