"""Judgements of which actors are the same, and by whom an actor is known that was merged."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_judgements"
down_revision: str | None = "registry_directory_ties"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "judgements",
        sa.Column("left_id", sa.UUID(), nullable=False),
        sa.Column("right_id", sa.UUID(), nullable=False),
        sa.Column("verdict", sa.Enum("same", "different", "unsure", name="verdict", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("canonical_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("left_id <> right_id", name=op.f("ck_judgements_itself")),
        sa.CheckConstraint("left_id <= right_id", name=op.f("ck_judgements_ordered")),
        sa.CheckConstraint("canonical_id IS NULL OR (verdict = 'same' AND canonical_id IN (left_id, right_id))", name=op.f("ck_judgements_canonical")),
        sa.ForeignKeyConstraint(["left_id"], ["actors.id"], name=op.f("fk_judgements_left_id")),
        sa.ForeignKeyConstraint(["right_id"], ["actors.id"], name=op.f("fk_judgements_right_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
    )
    standing = sa.text("withdrawn_at IS NULL")
    op.create_index("uq_judgements_standing", "judgements", ["left_id", "right_id"], unique=True, postgresql_where=standing)
    op.create_index("ix_judgements_left_id", "judgements", ["left_id"], unique=False)
    op.create_index("ix_judgements_right_id", "judgements", ["right_id"], unique=False)
    op.add_column("actors", sa.Column("canonical_id", sa.UUID(), nullable=True, comment="the actor into which this one was merged"))
    merged: sa.Column[Any] = sa.Column(
        "merged_ids", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'::uuid[]"), nullable=False, comment="the actors that were merged into this one"
    )
    op.add_column("actors", merged)
    op.create_foreign_key(op.f("fk_actors_canonical_id"), "actors", "actors", ["canonical_id"], ["id"])
    op.create_check_constraint(op.f("ck_actors_merged"), "actors", "canonical_id IS NULL OR (canonical_id <> id AND merged_ids = '{}'::uuid[])")
    op.create_index("ix_actors_merged", "actors", ["id", "canonical_id"], unique=False, postgresql_where=sa.text("canonical_id IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_actors_merged", table_name="actors")
    op.drop_constraint(op.f("ck_actors_merged"), "actors", type_="check")
    op.drop_constraint(op.f("fk_actors_canonical_id"), "actors", type_="foreignkey")
    op.drop_column("actors", "merged_ids")
    op.drop_column("actors", "canonical_id")
    op.drop_table("judgements")
