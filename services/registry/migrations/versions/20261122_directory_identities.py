"""The local directory knows which actors were merged, and what of it names whom they are known by now."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_directory_identities"
down_revision: str | None = "registry_import_links"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SEAT = "the actor as the registry's event named it, where that one was merged"
SIDE = "the side as the registry's event named it, where that one was merged"


def upgrade() -> None:
    op.add_column("directory_actors", sa.Column("canonical_id", sa.UUID(), nullable=True, comment="the actor into which this one was merged"))
    merged = sa.text("canonical_id IS NOT NULL")
    op.create_index("ix_directory_actors_canonical_id", "directory_actors", ["canonical_id"], unique=False, postgresql_where=merged)
    op.add_column("directory_seats", sa.Column("recorded_actor_id", sa.UUID(), nullable=True, comment=SEAT))
    op.alter_column("directory_seats", "actor_id", comment="the actor as it is known now")
    op.add_column("directory_ties", sa.Column("recorded_from_id", sa.UUID(), nullable=True, comment=SIDE))
    op.add_column("directory_ties", sa.Column("recorded_to_id", sa.UUID(), nullable=True, comment="as recorded_from_id"))


def downgrade() -> None:
    op.drop_column("directory_ties", "recorded_to_id")
    op.drop_column("directory_ties", "recorded_from_id")
    op.alter_column("directory_seats", "actor_id", comment=None)
    op.drop_column("directory_seats", "recorded_actor_id")
    op.drop_index("ix_directory_actors_canonical_id", table_name="directory_actors", postgresql_where=sa.text("canonical_id IS NOT NULL"))
    op.drop_column("directory_actors", "canonical_id")
