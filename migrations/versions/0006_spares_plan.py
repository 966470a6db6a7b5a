"""The spares to hold of a whole fleet, computed behind the page and kept until the next"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "spares_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "digest",
            sa.String(length=200),
            nullable=False,
            comment="SHA-256 of the settings and of the walls; who shares it may read it",
        ),
        sa.Column("settings", json, nullable=False, comment="what was asked for"),
        sa.Column(
            "walls",
            json,
            nullable=False,
            comment="sites and customer that the reader is limited to; none: all",
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True, comment="user id"),
        sa.Column(
            "seen_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the as-of moment; none: not begun",
        ),
        sa.Column(
            "changes",
            sa.Integer(),
            nullable=False,
            comment="entries of the history when it was begun; see planning",
        ),
        sa.Column("total", sa.Integer(), nullable=False, comment="part types to compute"),
        sa.Column("waiting", json, nullable=False, comment="ids of the part types not computed yet"),
        sa.Column("rows", json, nullable=False, comment="one a part type, as the API tells them"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_spares_plan_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spares_plan")),
    )
    with op.batch_alter_table("spares_plan") as batch:
        batch.create_index("ix_spares_plan_asked", ["organisation_id", "digest"], unique=False)
        batch.create_index(op.f("ix_spares_plan_organisation_id"), ["organisation_id"], unique=False)


def downgrade() -> None:
    op.drop_table("spares_plan")
