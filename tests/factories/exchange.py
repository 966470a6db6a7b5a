"""A small register, and a table imported into it in one line."""

from __future__ import annotations

import io
import zipfile
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


def raw_workbook(sheet: str, shared: str = "") -> bytes:
    """An XLSX file whose one sheet and shared texts are written as given, as no program would write them."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    packed = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "_rels/.rels": f'<Relationships {packed}><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}">'
        '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships {packed}>'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{sheet}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {main}>{shared}</sst>",
    }  # fmt: skip
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, head + text)
    return content.getvalue()
