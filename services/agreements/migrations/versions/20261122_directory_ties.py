"""The local directory holds the ties of actors as well."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "agreements_directory_ties"
down_revision: str | None = "agreements_event_readers"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "directory_ties",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("from_id", sa.UUID(), nullable=False),
        sa.Column("to_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_through", sa.Date(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_ties")),
    )
    op.create_index("ix_directory_ties_from_id", "directory_ties", ["from_id", "type"], unique=False)
    op.create_index("ix_directory_ties_to_id", "directory_ties", ["to_id", "type"], unique=False)


def downgrade() -> None:
    op.drop_table("directory_ties")
