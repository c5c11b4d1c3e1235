"""Imports have a source, which remembers whom it brought; what a file no longer lists is reported and may be dissolved."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_import_sources"
down_revision: str | None = "registry_places_and_days"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("imports", sa.Column("source", sa.Text(), nullable=True, comment="whose file it is; the next file of the same source follows it"))
    op.add_column("imports", sa.Column("retire", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("imports", sa.Column("orphans", sa.Integer(), nullable=True))
    op.add_column("imports", sa.Column("retired", sa.Integer(), nullable=True))
    op.add_column("imports", sa.Column("format", sa.Text(), nullable=False, server_default="csv", comment="of the chunks: csv or ndjson"))
    op.add_column("import_rows", sa.Column("dissolved_on", sa.Date(), nullable=True))
    op.add_column("import_rows", sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False, comment="what the row says something of"))
    op.create_table(
        "actor_sources",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False, comment="the import that said something new last"),
        sa.Column("brought", sa.Boolean(), nullable=False, comment="an import of this source registered the actor"),
        sa.Column("retired", sa.Boolean(), nullable=False, comment="an import of this source dissolved the actor"),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False, comment="the columns that the source has filled"),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_actor_sources_actor_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_actor_sources_import_id")),
        sa.PrimaryKeyConstraint("source", "actor_id", name=op.f("pk_actor_sources")),
    )
    op.create_index("ix_actor_sources_actor_id", "actor_sources", ["actor_id"], unique=False)
    op.create_table(
        "import_orphans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("kept_by", postgresql.ARRAY(sa.Text()), nullable=False, comment="other sources that list the actor"),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_import_orphans_actor_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_orphans_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_orphans")),
    )
    op.create_index("ix_import_orphans_import_id", "import_orphans", ["import_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("import_orphans")
    op.drop_table("actor_sources")
    op.drop_column("import_rows", "fields")
    op.drop_column("import_rows", "dissolved_on")
    for column in ("format", "retired", "orphans", "retire", "source"):
        op.drop_column("imports", column)
