"""Imports of ties, official domains and identifiers: their rows, what they leave to people, and which ties a source has brought."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_import_links"
down_revision: str | None = "registry_diligence"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _json(name: str, *, nullable: bool = False, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable, comment=comment)


def upgrade() -> None:
    op.add_column("imports", sa.Column("suggestions", sa.Integer(), nullable=True, comment="sides of rows that this file leaves to people"))
    op.add_column("import_orphans", sa.Column("tie_id", sa.UUID(), nullable=True, comment="the actor's tie, where that is meant"))
    op.add_column("import_orphans", sa.Column("domain", sa.Text(), nullable=True, comment="the actor's domain, where that is meant"))
    op.create_foreign_key(op.f("fk_import_orphans_tie_id"), "import_orphans", "ties", ["tie_id"], ["id"])
    said = "by what the actor is found: scheme, value, name, folded, kind, country, subdivision"
    op.create_table(
        "import_links",
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False, comment="of a record that lists several things: the how-manieth, from 0"),
        sa.Column("faulty", sa.Boolean(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="a hash of what the row says; the same words of a source have the same"),
        _json("from_side", comment=said),
        _json("to_side", nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("type", "role")),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("valid_from", "valid_through", "last_activity_on")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("domain", "domain_type")),
        _json("identifiers"),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("source", "licence")),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_links_import_id")),
        sa.PrimaryKeyConstraint("import_id", "line", "part", name=op.f("pk_import_links")),
    )
    _create_suggestions()
    op.create_table(
        "tie_sources",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("tie_id", sa.UUID(), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False, comment="the import that listed it first"),
        sa.Column("brought", sa.Boolean(), nullable=False, comment="an import of this source recorded the tie"),
        sa.Column("retired", sa.Boolean(), nullable=False, comment="an import of this source ended the tie"),
        sa.ForeignKeyConstraint(["tie_id"], ["ties.id"], name=op.f("fk_tie_sources_tie_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_tie_sources_import_id")),
        sa.PrimaryKeyConstraint("source", "tie_id", name=op.f("pk_tie_sources")),
    )
    op.create_index("ix_tie_sources_tie_id", "tie_sources", ["tie_id"], unique=False)


def _create_suggestions() -> None:
    candidates = "actors of this name, at most ten, the largest first"
    op.create_table(
        "import_suggestions",
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False, comment="from or to"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("candidates", postgresql.ARRAY(sa.UUID()), nullable=False, comment=candidates),
        sa.Column("other_id", sa.UUID(), nullable=True, comment="the actor on the other side, where that is certain"),
        sa.Column(
            "state", sa.Enum("open", "resolved", "dismissed", name="suggestionstate", native_enum=False, create_constraint=True, length=64), nullable=False
        ),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True, comment="the account, or the import that found exactly one"),
        sa.Column("resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.CheckConstraint("(state = 'open') = (resolved_by IS NULL)", name=op.f("ck_import_suggestions_resolved")),
        sa.CheckConstraint("actor_id IS NULL OR state = 'resolved'", name=op.f("ck_import_suggestions_actor")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_suggestions_import_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_import_suggestions_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_suggestions")),
    )
    op.create_index("uq_import_suggestions_said", "import_suggestions", ["source", "key", "side"], unique=True)
    op.create_index("ix_import_suggestions_line", "import_suggestions", ["import_id", "line", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("tie_sources")
    op.drop_table("import_suggestions")
    op.drop_table("import_links")
    op.drop_constraint(op.f("fk_import_orphans_tie_id"), "import_orphans", type_="foreignkey")
    op.drop_column("import_orphans", "domain")
    op.drop_column("import_orphans", "tie_id")
    op.drop_column("imports", "suggestions")
