"""How Alembic reaches the database: by the connection that `fracas.core.migrate` hands over, else by the settings."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON
from sqlalchemy.engine import Connection

from fracas.core.db import UTCDateTime, make_engine
from fracas.core.migrate import every_table


def render(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Write our own column types as plain SQLAlchemy, so that a migration never changes with our code."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=every_table(),
        render_as_batch=True,
        render_item=render,
        user_module_prefix="sa.",
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("fracas migrates a database that answers; there is no --sql mode")

given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    from fracas.config import Config

    with make_engine(Config.from_env().database_url).begin() as opened:
        run(opened)
