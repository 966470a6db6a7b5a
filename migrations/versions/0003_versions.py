"""Versions of sites, partners, positions and codes, so that the second of two editors is told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = ("customer", "supplier", "site", "position", "failure_code")


def upgrade() -> None:
    for table in TABLES:
        # What is there begins at version 1; new rows bring theirs, so the default goes again.
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column(
                    "version",
                    sa.Integer(),
                    server_default="1",
                    nullable=False,
                    comment="raised by every change; the ETag of the record",
                )
            )
        with op.batch_alter_table(table) as batch:
            batch.alter_column("version", server_default=None)


def downgrade() -> None:
    for table in reversed(TABLES):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("version")
