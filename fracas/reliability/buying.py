"""What must be bought: the spares number of one part type as a row of the fleet's plan, and which rows come first.

A row holds plain JSON values, as it is kept until the next plan; its numbers are those of `spares`, whatever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fracas.catalog.models import PartType
from fracas.core.errors import Finding, FracasError
from fracas.core.permissions import Actor
from fracas.reliability.datasets import life_table
from fracas.reliability.forms import SparesPlanQuery
from fracas.reliability.lifetable import LifeTable
from fracas.reliability.quantities import Note
from fracas.reliability.spares import SparesReport, spares

Row = dict[str, Any]
COUNTS = (
    "installed", "on_hand", "lead_time_days", "turn_around_days", "repaired_share", "service_level", "stock", "achieved",
    "to_order", "expected_shortage_on_hand",
)  # fmt: skip
"""What a row says in the words of `SparesReport.to_dict`."""
DEMAND = ("estimate", "lower", "upper", "confidence", "side", "failures", "exposure")


def row_of(
    session: Session, actor: Actor, kind: PartType, query: SparesPlanQuery, as_of: datetime
) -> Row | None:
    """The row of a part type; None where it is neither in service nor has failed. A refusal is a row that says why."""
    view = query.view() | {"as_of": as_of}
    try:
        report = spares(session, actor, part_type=kind, **query.holding(), **view)
    except FracasError as refused:
        table = life_table(session, actor, part_type=kind, **view)
        return _row(kind, table, int(table.is_running.sum()), None, refused.findings[0])
    return _row(kind, report.table, report.installed, report, None)


def _row(
    kind: PartType, table: LifeTable, installed: int, report: SparesReport | None, refusal: Finding | None
) -> Row | None:
    if not installed and not table.failures:
        return None
    told: Row = report.to_dict() if report else {"installed": installed}
    demand = told.get("demand")
    return {
        "part_type": kind.number,
        "name": kind.name,
        "metric": table.metric,
        "unit": table.unit,
        "failures": table.failures,
        **{name: told.get(name) for name in COUNTS},
        "demand": {name: demand[name] for name in DEMAND} if demand else None,
        "distribution": report.distribution if report else None,
        "refusal": None if refusal is None else kept(refusal),
        "warnings": [kept(one) for one in (report.demand.warnings if report else table.warnings)],
    }


def refused(kind: PartType, error: FracasError) -> Row:
    """The row of a part type of which nothing can be said, and why."""
    unknown = dict.fromkeys(("metric", "unit", "failures", *COUNTS, "demand", "distribution"))
    told = {"refusal": kept(error.findings[0]), "warnings": []}
    return {"part_type": kind.number, "name": kind.name, **unknown, **told}


def most_urgent_first(rows: Sequence[Row]) -> list[Row]:
    """What is to be ordered, the most demands unmet first; then what has no number; then what is covered."""

    def rank(row: Row) -> tuple[float, ...]:
        if row["stock"] is None:
            return 1, 0, 0, -(row["failures"] or 0)
        return (
            0 if row["to_order"] else 2,
            -row["expected_shortage_on_hand"],
            -row["to_order"],
            -row["failures"],
        )

    return sorted(rows, key=lambda row: (*rank(row), row["part_type"]))


def kept(note: Note) -> Any:
    """A remark as JSON, from which `read_note` makes it again for a reader of any language."""
    if isinstance(note, str):
        return note
    values = {
        name: kept(one) if isinstance(one, Finding) else _plain(one) for name, one in note.params.items()
    }
    return {"message": note.message, "params": values}


def read_note(told: Any) -> Note:
    """What `kept` has kept; a remark that never was is itself."""
    if isinstance(told, str | Finding):
        return told
    values = {name: read_note(one) if isinstance(one, dict) else one for name, one in told["params"].items()}
    msgid: str = told["message"]
    return Finding(msgid, params=values)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else str(value)


def in_words(row: Row) -> Row:
    """A row for a program: its remarks in English, as everywhere in the API."""
    refusal = row["refusal"] and str(read_note(row["refusal"]))
    return {**row, "refusal": refusal, "warnings": [str(read_note(one)) for one in row["warnings"]]}


COLUMNS = (
    "part_type", "name", "installed", "failures", "expected_demand", "demand_lower", "demand_upper", "confidence", "side",
    "lead_time_days", "turn_around_days", "repaired_share", "service_level", "stock", "achieved", "on_hand", "to_order",
    "expected_shortage_on_hand", "distribution", "exposure", "unit", "as_of", "no_number_because", "remarks",
)  # fmt: skip


def cells(row: Row, as_of: datetime) -> list[Any]:
    """A row under `COLUMNS`; demand and stock are pieces, ``unit`` is that of the exposure."""
    demand, words = row["demand"] or dict.fromkeys(DEMAND), in_words(row)
    told = {
        **demand, **row,
        "expected_demand": demand["estimate"], "demand_lower": demand["lower"], "demand_upper": demand["upper"],
        "as_of": as_of, "no_number_because": words["refusal"], "remarks": " ".join(words["warnings"]),
    }  # fmt: skip
    return [told[name] for name in COLUMNS]
