"""Engagements: who took part, what came of it, what is owed, and under which ties it was held."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_engagements"
down_revision: str | None = "registry_import_sources"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "engagements",
        sa.Column(
            "kind",
            sa.Enum(
                "visit",
                "outgoing_delegation",
                "incoming_delegation",
                "mission",
                "meeting",
                "summit",
                "network_event",
                "training",
                "drill",
                name="engagementkind",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "status", sa.Enum("planned", "held", "cancelled", name="engagementstatus", native_enum=False, create_constraint=True, length=64), nullable=False
        ),
        sa.Column(
            "visibility", sa.Enum("public", "restricted", name="engagementvisibility", native_enum=False, create_constraint=True, length=64), nullable=False
        ),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=True),
        sa.Column("agreement_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_engagements_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
    )
    op.create_index(op.f("ix_engagements_organization_id"), "engagements", ["organization_id"], unique=False)
    op.create_index("ix_engagements_starts_on", "engagements", ["starts_on", "id"], unique=False)
    op.create_index("ix_engagements_topics", "engagements", ["topics"], unique=False, postgresql_using="gin")
    op.create_table(
        "engagement_deliverables",
        sa.Column("engagement_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Enum("open", "done", "dropped", name="deliverablestatus", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_engagement_deliverables_engagement_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["actors.id"], name=op.f("fk_engagement_deliverables_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_deliverables")),
    )
    op.create_index("ix_engagement_deliverables_engagement_id", "engagement_deliverables", ["engagement_id"], unique=False)
    op.create_table(
        "engagement_participants",
        sa.Column("engagement_id", sa.UUID(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("host", "organiser", "guest", "participant", "observer", name="participantrole", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("on_behalf_of_id", sa.UUID(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_engagement_participants_actor_id")),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_engagement_participants_engagement_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["actors.id"], name=op.f("fk_engagement_participants_on_behalf_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_participants")),
        sa.UniqueConstraint("engagement_id", "actor_id", "role", name=op.f("uq_engagement_participants_engagement_id_actor_id_role")),
    )
    op.create_index("ix_engagement_participants_actor_id", "engagement_participants", ["actor_id"], unique=False)
    op.create_index("ix_engagement_participants_on_behalf_of_id", "engagement_participants", ["on_behalf_of_id"], unique=False)
    op.create_table(
        "engagement_ties",
        sa.Column("engagement_id", sa.UUID(), nullable=False),
        sa.Column("tie_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["engagement_id"], ["engagements.id"], name=op.f("fk_engagement_ties_engagement_id")),
        sa.ForeignKeyConstraint(["tie_id"], ["ties.id"], name=op.f("fk_engagement_ties_tie_id")),
        sa.PrimaryKeyConstraint("engagement_id", "tie_id", name=op.f("pk_engagement_ties")),
    )
    op.create_index("ix_engagement_ties_tie_id", "engagement_ties", ["tie_id"], unique=False)


def downgrade() -> None:
    op.drop_table("engagement_ties")
    op.drop_table("engagement_participants")
    op.drop_table("engagement_deliverables")
    op.drop_table("engagements")
