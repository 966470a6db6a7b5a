"""An import from the first byte to the last row: read, understood, written through the verbs, all rows or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fracas.assets import queries as assets
from fracas.assets.models import System
from fracas.assets.workflow import observe
from fracas.core import permissions
from fracas.core.errors import Finding, FracasError, Invalid
from fracas.core.permissions import Actor
from fracas.core.verbs import as_one
from fracas.core.words import N_
from fracas.exchange import asset_rows, loop_rows
from fracas.exchange.asset_rows import Written
from fracas.exchange.clocks import clocks
from fracas.exchange.fields import KINDS, Kind
from fracas.exchange.mapping import ImportMap, Window
from fracas.exchange.register import Register
from fracas.exchange.reports import BadRow, Report
from fracas.exchange.tables import Table
from fracas.exchange.textfiles import read_text
from fracas.exchange.understanding import Entry, Understood, preview, understand
from fracas.exchange.workbooks import is_workbook, read_workbook

PERMISSION = "exchange.import"
permissions.declare([PERMISSION])

VERBS = (
    "site.add", "customer.add", "supplier.add", "metric.add", "part_type.add", "system_model.add", "position.add",
    "code.add", "system.register", "system.commission", "system.retire", "system.observe", "part.register",
    "part.set_condition", "part.install", "part.remove", "usage.record", "failure.file", "failure.complete",
    "failure.verify", "failure.score", "failure.bring_history", "problem.open_problem", "problem.analyse",
    "problem.bring_history", "action.plan_action", "action.bring_history",
)  # fmt: skip
"""What whoever may import does through it, within their own walls. Closing is not among them."""

WRITERS: Mapping[str, Callable[[Register, Mapping[str, Any]], Written]] = {
    "part-types": asset_rows.write_part_type,
    "systems": asset_rows.write_system,
    "parts": asset_rows.write_part,
    "installations": asset_rows.write_installation,
    "usage": asset_rows.write_usage,
    "failures": loop_rows.write_failure,
    "problems": loop_rows.write_problem,
    "actions": loop_rows.write_action,
}

Progress = Callable[[int, int], None]
"""(rows done, rows in all)"""


class _TakeBack(Exception):
    """Leaves the savepoint of an import that must not stay."""


def kind_of(name: str) -> Kind:
    try:
        return KINDS[name]
    except KeyError:
        raise Invalid(
            "“%(kind)s” cannot be imported; possible: %(kinds)s.",
            field="kind",
            kind=name,
            kinds=", ".join(KINDS),
        ) from None


def read_table(content: bytes, mapping: ImportMap) -> Table:
    """The table in a CSV file or a workbook; which of the two, the first bytes say."""
    if not content.strip():
        raise Invalid("The file is empty.", field="file")
    settings = mapping.file
    if is_workbook(content):
        return read_workbook(content, sheet=settings.sheet, header_line=settings.header_line)
    return read_text(
        content,
        encoding=settings.encoding,
        delimiter=settings.delimiter,
        header_line=settings.header_line or 1,
    )


def import_table(
    session: Session,
    actor: Actor,
    kind: Kind,
    table: Table,
    mapping: ImportMap,
    *,
    file_name: str,
    is_trial: bool = False,
    accept_good_rows: bool = False,
    time_zone: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Import a table: all rows, or none where one of them is bad.

    Parameters
    ----------
    session, actor : who imports; needs the permission ``exchange.import`` and stays within their own walls.
    kind, table, mapping : what the rows are, the rows, and how they are to be read.
    file_name : kept as the reason in the history of what is made.
    is_trial : do everything, then take it back.
    accept_good_rows : write the good rows although others are bad.
    time_zone : of times without an offset, where the map names none; left out: each row's site knows.
    progress : told now and then how far it is.

    Returns
    -------
    Report : ``is_written`` says whether anything stayed. Nothing is committed here.

    Raises
    ------
    Invalid : the table as a whole cannot be read as that kind.
    Forbidden : the person may not import.
    """
    actor.require(PERMISSION)
    actor = actor.also(*VERBS)
    named, made_in = mapping.file.time_zone or time_zone, mapping.create.get("site", {}).get("time_zone")
    understood = understand(table, kind, mapping, clocks(session, actor, named, made_in))
    report = Report(kind.name, PurePath(file_name).name, len(table.rows) + len(table.broken))
    report.notes, report.headers, report.is_trial = list(understood.notes), understood.headers, is_trial
    report.preview = preview(understood.entries)
    report.bad += [BadRow(row.line, row.cells, (row.reason,)) for row in table.broken]
    entries = _once_each(understood.entries, kind, mapping, report)
    run = _Run(session, actor, kind, mapping, report, understood)
    try:
        with session.begin_nested():
            run.write(entries, progress)
            if is_trial or (report.bad and not accept_good_rows):
                raise _TakeBack
    except _TakeBack:
        session.expire_all()
    else:
        report.is_written = report.good > 0 or not report.bad
    report.created = run.register.created
    report.bad.sort(key=lambda row: row.line)
    return report


# ------------------------------------------------------------------ records that a file holds more than once


def _once_each(entries: list[Entry], kind: Kind, mapping: ImportMap, report: Report) -> list[Entry]:
    """Each record once: equal rows are one; rows that differ are one by the map's rule, else refused."""
    rule = mapping.repeated.rows
    kept: dict[Any, Entry] = {}
    for entry in entries:
        key = _key(entry, kind)
        before = kept.get(key)
        if before is None:
            kept[key] = entry
        elif before.facts == entry.facts and before.extra == entry.extra:
            report.repeated += 1
        elif rule == "refuse":
            finding = Finding(
                N_(
                    "Line %(line)s holds the same record with other facts; say in the map which of them holds ([repeated])."
                ),
                field=kind.identity[-1],
                params={"line": before.line},
            )
            entry.findings.append(finding)
            kept[("refused", entry.line)] = entry
        else:
            report.repeated += 1
            kept[key] = entry if rule == "keep-last" else before
    return list(kept.values())


def _key(entry: Entry, kind: Kind) -> Any:
    """What the row is about; a row that does not say, or that could not be read, stands for itself."""
    words = tuple(str(entry.facts.get(name, "")) for name in kind.identity)
    return words if any(words) and not entry.findings else ("line", entry.line)


# ------------------------------------------------------------------ writing


class _Run:
    """One pass over the rows: each in a savepoint of its own, so that a bad one leaves nothing behind."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        kind: Kind,
        mapping: ImportMap,
        report: Report,
        understood: Understood,
    ) -> None:
        self.session, self.actor, self.kind, self.mapping = session, actor, kind, mapping
        self.report, self.understood = report, understood
        self.register = Register(session, actor, mapping)
        self.seen: dict[UUID, None] = {}  # in order, as a set is not

    def write(self, entries: list[Entry], progress: Progress | None) -> None:
        for number, entry in enumerate(entries, 1):
            self._write(entry)
            if progress is not None and (number % 100 == 0 or number == len(entries)):
                progress(number, len(entries))
        if self.mapping.window is not None:
            self._watch(self.mapping.window)

    def _write(self, entry: Entry) -> None:
        if entry.findings:
            self._refuse(entry, entry.findings)
            return
        facts = {**entry.facts, "extra": entry.extra} if entry.extra else entry.facts
        self.register.begin_row(f"import of {self.report.file_name}, line {entry.line}")
        try:
            with self.session.begin_nested(), as_one(self.session):
                written = WRITERS[self.kind.name](self.register, facts)
        except FracasError as error:
            self.register.forget_row()
            self._refuse(entry, [self._with_value(found, entry) for found in error.findings])
            return
        except IntegrityError:
            self.register.forget_row()
            self._refuse(
                entry, [Finding(N_("The database refused this row: it contradicts a record that is here."))]
            )
            return
        self.report.outcomes[written.outcome] += 1
        if written.differs:
            self.report.differing.append(written.differs)
        if written.system_id is not None:
            self.seen[written.system_id] = None

    def _refuse(self, entry: Entry, findings: list[Finding]) -> None:
        self.report.bad.append(BadRow(entry.line, entry.row.cells, tuple(findings)))

    def _with_value(self, found: Finding, entry: Entry) -> Finding:
        name = self.kind.own_word(found.field)
        value = found.value if found.value is not None else self.understood.written(entry, name or "")
        return Finding(found.message, name, entry.line, value, found.params)

    def _watch(self, window: Window) -> None:
        """State that the systems of the file were under observation; those with a commissioning date are anyway."""
        start, end = self._moment(window.start), self._moment(window.end) if window.end else None
        lives = assets.service_lives(self.session, list(self.seen))
        for system_id in self.seen:
            life = lives[system_id]
            if life.commissioned_at is not None or (start, end) in life.windows:
                continue
            self.report.windows += 1
            observe(
                self.session, self.actor, self.session.get_one(System, system_id), start=start, end=end,
                basis=window.basis, reason=f"import of {self.report.file_name}",
            )  # fmt: skip

    def _moment(self, day: datetime | date) -> datetime:
        """A day in the map begins at midnight of the map's zone."""
        moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)  # noqa: DTZ001 - see below
        zone = ZoneInfo(self.mapping.file.time_zone or "UTC")
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
