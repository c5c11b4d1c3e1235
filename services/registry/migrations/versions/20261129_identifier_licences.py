"""Of an identifier, the licence of its source and the day on which that was read are kept, as of every record."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_identifier_licences"
down_revision: str | None = "registry_tie_withdrawal"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("actor_identifiers", sa.Column("licence", sa.Text(), nullable=True))
    op.add_column("actor_identifiers", sa.Column("read_on", sa.Date(), nullable=True, comment="the day on which the source was read"))


def downgrade() -> None:
    op.drop_column("actor_identifiers", "read_on")
    op.drop_column("actor_identifiers", "licence")
