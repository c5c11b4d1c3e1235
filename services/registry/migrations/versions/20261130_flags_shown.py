"""A flag keeps when what its flagged side sees of it last changed: the instant of every change told that the flag was shown to others."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_flags_shown"
down_revision: str | None = "registry_offices"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    instant = postgresql.TIMESTAMP(timezone=True)
    comment = "of the latest change that the flagged side sees; null for the first"
    op.add_column("diligence_flags", sa.Column("shown_at", instant, nullable=True, comment=comment))
    op.execute("UPDATE diligence_flags SET shown_at = updated_at WHERE version > 1")


def downgrade() -> None:
    op.drop_column("diligence_flags", "shown_at")
