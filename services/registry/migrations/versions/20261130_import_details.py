"""A file says what is known of an actor beside its own row: names, parents, seats."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_import_details"
down_revision: str | None = "registry_turn_of_day"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = {
    "language": None,
    "name": None,
    "folded": "the name folded",
    "title": "of a seat",
    "address": "of a seat: the e-mail address of its office",
}


def upgrade() -> None:
    for name, comment in COLUMNS.items():
        op.add_column("import_links", sa.Column(name, sa.Text(), nullable=True, comment=comment))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("import_links", name)
