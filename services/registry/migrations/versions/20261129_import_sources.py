"""A source belongs to who first sent a file of it, a file may say how many it dissolves, and a key knows the sheet it was used for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_import_owners"
down_revision: str | None = "registry_import_sentences"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "import_sources",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("organization", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_import_sources")),
    )
    op.execute(
        """
        INSERT INTO import_sources
        SELECT DISTINCT ON (source) source, organization, created_at FROM imports WHERE source IS NOT NULL AND NOT validate_only ORDER BY source, id
        """
    )
    op.add_column("imports", sa.Column("retire_at_most", sa.Integer(), nullable=True))
    op.add_column("imports", sa.Column("sheet", sa.Text(), nullable=True, comment="of a workbook, the one that was asked for"))


def downgrade() -> None:
    op.drop_column("imports", "sheet")
    op.drop_column("imports", "retire_at_most")
    op.drop_table("import_sources")
