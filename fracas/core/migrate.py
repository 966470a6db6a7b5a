"""The schema and its numbered migrations, run from a checkout and from an installed wheel alike."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, event
from sqlalchemy.engine import Connection, make_url

import fracas
from fracas.core.db import Base, make_engine

UPGRADE_LOCK = 0x46524143  # "FRAC": two servers that start at once migrate one after the other


def every_table() -> MetaData:
    """The tables of all rooms. They are found, not listed, so that the ground floor knows no room by name."""
    for room in pkgutil.iter_modules(fracas.__path__):
        if room.ispkg and not room.name.startswith("_"):
            path = Path(fracas.__path__[0]) / room.name
            modules = path.glob("*.py") if room.name == "core" else path.glob("models.py")
            for module in modules:
                if module.stem != "__init__":
                    importlib.import_module(f"fracas.{room.name}.{module.stem}")
    return Base.metadata


def scripts() -> Path:
    """The folder of migrations: inside the package where it was installed, beside it in a checkout."""
    package = Path(fracas.__path__[0])
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def _config(connection: Connection | None = None) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _migrating(url: str) -> Iterator[AlembicConfig]:
    """One transaction around all steps, so that a migration that fails leaves the schema as it was."""
    engine = make_engine(url)
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    if is_sqlite:
        # SQLite alters a table by building it anew; with foreign keys on, dropping the old one would be refused.
        @event.listens_for(engine, "connect")
        def _relax(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA foreign_keys=OFF")

    try:
        with engine.begin() as connection:
            if not is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
            yield _config(connection)
            if is_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(
                        f"the migration broke {len(broken)} foreign keys, first: {tuple(broken[0])}"
                    )
    finally:
        engine.dispose()


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at ``url`` up to ``revision``; an empty one gets every table."""
    with _migrating(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to ``revision`` (``base``: no tables, and so no data, left)."""
    with _migrating(url) as config:
        command.downgrade(config, revision)


def current(url: str) -> str | None:
    """The revision the database stands at; None for one without a schema."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """The revision this version of the program needs. More than one head is an error of ours."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        raise RuntimeError(f"no migrations in {scripts()}")
    return found
