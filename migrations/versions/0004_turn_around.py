"""How long a part type's repair takes, so that a spares forecast counts what comes back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    with op.batch_alter_table("part_type") as batch:
        batch.add_column(
            sa.Column(
                "turn_around_days",
                sa.Double(),
                nullable=True,
                comment="from failure until it is back from repair, days",
            )
        )
        batch.create_check_constraint(op.f("ck_part_type_turn_around"), "turn_around_days >= 0")


def downgrade() -> None:
    with op.batch_alter_table("part_type") as batch:
        batch.drop_constraint(op.f("ck_part_type_turn_around"), type_="check")
        batch.drop_column("turn_around_days")
