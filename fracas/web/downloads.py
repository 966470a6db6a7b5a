"""Tables as CSV files that a spreadsheet opens without running anything in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Response
from werkzeug.http import dump_options_header

from fracas.core.spreadsheets import harmless


def safe_cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return harmless(value) if isinstance(value, str) else value


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A download named ``name``.csv, UTF-8 with a mark so that Excel reads Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe_cell(column) for column in columns])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return Response(
        "\ufeff" + text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": _named(f"{name}.csv")},
    )


def _named(file: str) -> str:
    """A header is Latin only, so a Chinese serial goes into the second form of the name, which browsers prefer."""
    plain = file.encode("ascii", "ignore").decode()
    names = {"filename": plain}
    if plain != file:
        names["filename*"] = f"UTF-8''{quote(file, safe='')}"
    return dump_options_header("attachment", names)
