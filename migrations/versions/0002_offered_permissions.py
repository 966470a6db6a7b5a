"""Which permissions an organisation was offered, so that those of a later release reach a stored matrix"""

from __future__ import annotations

import os
import time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "offered_permission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("permission", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_offered_permission_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offered_permission")),
        sa.UniqueConstraint(
            "organisation_id", "permission", name=op.f("uq_offered_permission_organisation_id_permission")
        ),
    )
    with op.batch_alter_table("offered_permission") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offered_permission_organisation_id"), ["organisation_id"], unique=False
        )
    _remember_what_was_offered()


def _remember_what_was_offered() -> None:
    """A permission was offered where it has a tick, or once had one: the history holds every tick that was set."""
    connection = op.get_bind()
    ticks = _table("role_permission", permission=sa.String())
    history = _table("history_entry", table=sa.String(), changes=sa.JSON())
    offered = {
        tuple(row) for row in connection.execute(sa.select(ticks.c.organisation_id, ticks.c.permission))
    }
    told = sa.select(history.c.organisation_id, history.c.changes).where(history.c.table == "role_permission")
    for organisation_id, changes in connection.execute(told):
        if organisation_id is not None:
            offered |= {(organisation_id, named) for named in changes.get("permission", ()) if named}
    rows = [
        {"id": _key(), "organisation_id": organisation_id, "permission": permission}
        for organisation_id, permission in sorted(offered, key=str)
    ]
    if rows:
        connection.execute(
            sa.insert(_table("offered_permission", id=sa.Uuid(), permission=sa.String())), rows
        )


def _table(name: str, **columns: Any) -> sa.TableClause:
    return sa.table(
        name,
        sa.column("organisation_id", sa.Uuid()),
        *(sa.column(column, kind) for column, kind in columns.items()),
    )


def _key() -> UUID:
    """A key in order of time; written out, as a migration must not change with the program (RFC 9562, version 7)."""
    random = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000
    return UUID(
        int=(milliseconds & (2**48 - 1)) << 80
        | 0x7 << 76
        | (random >> 68) << 64
        | 0b10 << 62
        | random & (2**62 - 1)
    )


def downgrade() -> None:
    with op.batch_alter_table("offered_permission") as batch_op:
        batch_op.drop_index(batch_op.f("ix_offered_permission_organisation_id"))
    op.drop_table("offered_permission")
