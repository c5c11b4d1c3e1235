"""The registry knows who is bound by which agreement, from the agreements' feed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_agreement_parties"
down_revision: str | None = "registry_directory_identities"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "agreement_parties",
        sa.Column("agreement_id", sa.UUID(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True, comment="the first day on which it does not bind this party"),
        sa.PrimaryKeyConstraint("agreement_id", "actor_id", name=op.f("pk_agreement_parties")),
    )
    op.create_index("ix_agreement_parties_actor_id", "agreement_parties", ["actor_id"], unique=False)


def downgrade() -> None:
    op.drop_table("agreement_parties")
    # The cursor goes with what was made of the feed, so that it is read from the start when the table is back.
    op.execute("DELETE FROM followed_events WHERE source = 'agreements'")
    op.execute("DELETE FROM followers WHERE source = 'agreements'")
