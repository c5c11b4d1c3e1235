"""The registry keeps through which day it has told what the calendar does to actors."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_turn_of_day"
down_revision: str | None = "registry_days"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "turn_of_day",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True, comment="the day through which is being told now"),
        sa.Column("after", sa.UUID(), nullable=True, comment="the last actor who was told of"),
        sa.CheckConstraint("id = 1", name=op.f("ck_turn_of_day_one")),
        sa.CheckConstraint("until > day", name=op.f("ck_turn_of_day_forward")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn_of_day")),
    )
    op.execute("INSERT INTO turn_of_day (id, day) VALUES (1, CAST(timezone('UTC', now()) AS date))")


def downgrade() -> None:
    op.drop_table("turn_of_day")
