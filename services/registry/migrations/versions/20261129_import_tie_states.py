"""A file of ties says how each of them stands: its status, why it ended, a note."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_import_tie_states"
down_revision: str | None = "registry_identifier_licences"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = ("status", "end_reason", "note")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("import_links", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("import_links", name)
