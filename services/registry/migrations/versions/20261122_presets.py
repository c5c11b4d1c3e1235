"""Presets are files, not a list in the database; a row may say whether its actor is dissolved."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_presets"
down_revision: str | None = "registry_event_readers"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_constraint("importpreset", "imports", type_="check")
    op.alter_column("imports", "preset", type_=sa.Text(), existing_type=sa.String(64), existing_nullable=False)
    op.add_column("import_rows", sa.Column("status", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("import_rows", "status")
    op.execute("UPDATE imports SET preset = 'actors' WHERE preset <> 'actors'")
    op.alter_column("imports", "preset", type_=sa.String(64), existing_type=sa.Text(), existing_nullable=False)
    op.create_check_constraint("importpreset", "imports", "preset IN ('actors')")
