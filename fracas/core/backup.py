"""A whole database as one file that either database can take in: attachments, history and all.

The archive is a zip of one JSON-lines file a table and a manifest with the schema revision, the number of rows and a
checksum of each. It knows nothing of SQLite or PostgreSQL, so it also moves a trial on SQLite to a server.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Date,
    Engine,
    LargeBinary,
    Select,
    Table,
    Uuid,
    column,
    insert,
    select,
    table,
)

from fracas import __version__
from fracas.core import clock, migrate
from fracas.core.db import UTCDateTime, make_engine
from fracas.core.errors import Refused

FORMAT = 1
MANIFEST = "manifest.json"
BATCH = 500


@dataclass(frozen=True)
class Written:
    """What a backup or a restore moved."""

    tables: int
    rows: int


def backup(url: str, path: Path) -> Written:
    """Write the database at ``url``, as it is at one moment, to a new file that only its owner can read."""
    if path.exists():
        raise Refused("%(path)s exists; give another name, a backup overwrites nothing.", path=str(path))
    revision = migrate.current(url)
    if revision != migrate.head():
        raise Refused("The database is not up to date; run “fracas db upgrade” first.")
    draft = path.with_name(path.name + ".part")
    draft.touch(mode=0o600)
    engine = make_engine(url)
    try:
        with _snapshot(engine) as connection, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            tables = {
                row.name: _write(connection, archive, row) for row in migrate.every_table().sorted_tables
            }
            manifest = {
                "format": FORMAT,
                "revision": revision,
                "version": __version__,
                "made_at": clock.now().isoformat(),
                "tables": tables,
            }
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
        engine.dispose()
    return Written(len(tables), sum(entry["rows"] for entry in tables.values()))


def restore(url: str, path: Path) -> Written:
    """Fill the empty database at ``url`` from the archive; everything arrives or nothing does.

    A database without tables gets them first; one that holds any row is refused.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            _require_empty(url)
            migrate.upgrade(url)
            engine = make_engine(url)
            try:
                with engine.begin() as connection:
                    for row in migrate.every_table().sorted_tables:
                        _read(connection, archive, row, manifest["tables"].get(row.name))
            finally:
                engine.dispose()
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError) as error:
        raise Refused("%(path)s is no whole backup: %(why)s.", path=str(path), why=str(error)) from error
    return Written(len(manifest["tables"]), sum(entry["rows"] for entry in manifest["tables"].values()))


def _snapshot(engine: Engine) -> Connection:
    """A connection whose reads all see the same moment, and that keeps nobody from writing."""
    if engine.dialect.name == "postgresql":
        return engine.connect().execution_options(isolation_level="REPEATABLE READ")
    return engine.connect().execution_options(fracas_writes=False)


def _write(connection: Connection, archive: zipfile.ZipFile, source: Table) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    rows: Select[Any] = select(source).order_by(*source.primary_key.columns)
    with archive.open(_entry(source), "w") as file:
        for row in connection.execution_options(yield_per=BATCH).execute(rows).mappings():
            line = (
                json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True).encode()
                + b"\n"
            )
            file.write(line)
            digest.update(line)
            count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


def _read(
    connection: Connection, archive: zipfile.ZipFile, target: Table, expected: dict[str, Any] | None
) -> None:
    """Insert the rows of one table, parents before children."""
    if expected is None:
        return
    # A plain table without our columns' defaults: what is not in the archive was not there.
    bare = table(target.name, *(column(c.name, c.type) for c in target.columns))
    own_keys = [key.parent.name for key in target.foreign_keys if key.column.table is target]
    digest, count = hashlib.sha256(), 0

    def lines(file: IO[bytes]) -> Iterator[dict[str, Any]]:
        nonlocal count
        for line in file:
            digest.update(line)
            count += 1
            yield _typed(target, json.loads(line))

    with archive.open(_entry(target)) as file:
        rows: Iterable[dict[str, Any]] = lines(file)
        if own_keys:
            rows = _parents_first(list(rows), own_keys)
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                connection.execute(insert(bare), batch)
                batch = []
        if batch:
            connection.execute(insert(bare), batch)
    if (count, digest.hexdigest()) != (expected["rows"], expected["sha256"]):
        raise Refused(
            "The backup is damaged: the rows of “%(table)s” are not those that were written.",
            table=target.name,
        )


def _parents_first(rows: list[dict[str, Any]], own_keys: list[str]) -> list[dict[str, Any]]:
    """Rows of a tree in an order in which each finds its parent."""
    waiting = {row["id"]: row for row in rows}
    ordered: list[dict[str, Any]] = []
    while waiting:
        ready = [row for row in waiting.values() if not any(row[key] in waiting for key in own_keys)]
        if not ready:
            raise Refused("The backup is damaged: its rows are each other's parents.")
        ordered += ready
        for row in ready:
            del waiting[row["id"]]
    return ordered


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT or manifest["revision"] != migrate.head():
        raise Refused(
            "The backup was made by version %(theirs)s (schema %(revision)s), this is version %(ours)s (schema %(head)s). "
            "Restore it with the version that made it, upgrade, and back up again.",
            theirs=manifest["version"],
            revision=manifest["revision"],
            ours=__version__,
            head=migrate.head(),
        )
    return manifest


def _require_empty(url: str) -> None:
    if migrate.current(url) is None:
        return
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            for row in migrate.every_table().sorted_tables:
                if connection.execute(select(row).limit(1)).first() is not None:
                    raise Refused(
                        "The database is not empty; restore into a new one, nothing is overwritten."
                    )
    finally:
        engine.dispose()


def _entry(source: Table) -> str:
    return f"tables/{source.name}.jsonl"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def _typed(target: Table, row: dict[str, Any]) -> dict[str, Any]:
    """The values as the columns' types want them."""
    if row.keys() != set(target.columns.keys()):
        raise Refused("The backup is damaged: “%(table)s” has other columns.", table=target.name)
    typed: dict[str, Any] = {}
    for name, value in row.items():
        kind = target.columns[name].type
        if value is None:
            typed[name] = None
        elif isinstance(kind, LargeBinary):
            typed[name] = base64.b64decode(value)
        elif isinstance(kind, UTCDateTime):
            typed[name] = datetime.fromisoformat(value)
        elif isinstance(kind, Date):
            typed[name] = date.fromisoformat(value)
        elif isinstance(kind, Uuid):
            typed[name] = UUID(value)
        else:
            typed[name] = value
    return typed
