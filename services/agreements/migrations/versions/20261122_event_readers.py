"""Who may read which position of the feed. The relay fills the table, for the events that are already there as well."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "agreements_event_readers"
down_revision: str | None = "agreements_initial"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "event_readers",
        sa.Column("reader", sa.UUID(), nullable=False, comment="an organisation; the nil UUID stands for everyone"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "position", name=op.f("pk_event_readers")),
    )
    listed = sa.Column("listed", sa.BigInteger(), nullable=False, server_default=sa.text("0"), comment="the last position that event_readers knows about")
    op.add_column("relay_state", listed)


def downgrade() -> None:
    op.drop_column("relay_state", "listed")
    op.drop_table("event_readers")
