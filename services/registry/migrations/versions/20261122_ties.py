"""Ties between actors: one row for a symmetric pair, one for a directed tie, never two of a type at a time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_ties"
down_revision: str | None = "registry_trigrams"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SYMMETRIC = ("sister_city", "friendship_city", "twinning", "cooperation", "counterpart")
TYPES = (*SYMMETRIC, "network_membership", "commission_membership", "office_of")
KEY = "uuid_hash_extended(to_id, uuid_hash_extended(from_id, hashtextextended(type, 0)))"


def _box(key_hash: str) -> str:
    """A row in the plane of keys and days, as a box for GiST: two of one key never touch."""
    key = f"(({key_hash}) >> 11)::double precision"
    first, last = "coalesce(valid_from - '2000-01-01'::date, -4000000)", "coalesce(valid_through - '2000-01-01'::date, 4000000)"
    return f"box(point({key}, {first}), point({key}, {last}))"


def upgrade() -> None:
    op.create_table(
        "ties",
        sa.Column("type", sa.Enum(*TYPES, name="tietype", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("from_id", sa.UUID(), nullable=False),
        sa.Column("to_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True, comment="as what the actor is a member, in the source's own word"),
        sa.Column(
            "status",
            sa.Enum("proposed", "active", "dormant", "ended", name="tiestatus", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("stated_activity_on", sa.Date(), nullable=True, comment="the last activity that people stated"),
        sa.Column("last_activity_on", sa.Date(), nullable=True, comment="the later of that and of the engagements held under the tie"),
        sa.Column("quiet_since", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True, comment="the day on which the source was read"),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_through", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint((sa.text(_box(KEY)), "&&"), using="gist", name="ex_ties_overlap"),
        sa.CheckConstraint("valid_from <= valid_through", name=op.f("ck_ties_period")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_ties_itself")),
        sa.CheckConstraint(f"type NOT IN ({', '.join(map(repr, SYMMETRIC))}) OR from_id < to_id", name=op.f("ck_ties_ordered")),
        sa.CheckConstraint("(status = 'ended') = (end_reason IS NOT NULL)", name=op.f("ck_ties_reasoned")),
        sa.CheckConstraint("status <> 'ended' OR valid_through IS NOT NULL", name=op.f("ck_ties_ended")),
        sa.ForeignKeyConstraint(["from_id"], ["actors.id"], name=op.f("fk_ties_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["actors.id"], name=op.f("fk_ties_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ties")),
    )
    op.create_index("ix_ties_from_id", "ties", ["from_id", "type"], unique=False)
    op.create_index("ix_ties_to_id", "ties", ["to_id", "type"], unique=False)
    op.create_index("ix_ties_quiet_since", "ties", ["quiet_since"], unique=False, postgresql_where=sa.text("status = 'active'"))
    op.create_index("ix_ties_valid_through", "ties", ["valid_through"], unique=False, postgresql_where=sa.text("status <> 'ended'"))


def downgrade() -> None:
    op.drop_table("ties")
