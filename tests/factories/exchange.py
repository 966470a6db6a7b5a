"""A small register, and a table imported into it in one line."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from fracas.exchange import importing
from fracas.exchange.mapping import read_map
from fracas.exchange.reports import Report
from tests.factories.assets import Register


class Desk(Register):
    """The register S1, S2 of model LRV at DEPOT and YARD, and somebody who imports into it."""

    def bring(self, kind: str, table: str | bytes, map_text: str = "", **options: Any) -> Report:
        mapping = read_map(map_text)
        content = table.encode() if isinstance(table, str) else table
        options = {"file_name": "table.csv", "time_zone": "UTC", **options}
        actor = options.pop("actor", self.actor)
        read = importing.read_table(content, mapping)
        return importing.import_table(self.session, actor, importing.kind_of(kind), read, mapping, **options)

    def count(self, model: Any) -> int:
        return self.session.scalar(select(func.count()).select_from(model)) or 0


def reasons(report: Report) -> list[tuple[int, str]]:
    """(line, first reason) of the refused rows."""
    return [(row.line, str(row.findings[0])) for row in report.bad]
