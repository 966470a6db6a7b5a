"""Which share of the failed parts of a type a repair brings back, so that the rest is bought"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    with op.batch_alter_table("part_type") as batch:
        batch.add_column(
            sa.Column(
                "repaired_share",
                sa.Double(),
                nullable=True,
                comment="of the failed parts, those that a repair brings back, 0 to 1; none: all",
            )
        )
        batch.create_check_constraint(
            op.f("ck_part_type_repaired_share"), "repaired_share >= 0 AND repaired_share <= 1"
        )


def downgrade() -> None:
    with op.batch_alter_table("part_type") as batch:
        batch.drop_constraint(op.f("ck_part_type_repaired_share"), type_="check")
        batch.drop_column("repaired_share")
