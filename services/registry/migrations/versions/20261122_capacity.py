"""Capacity reports: what governments say of their own means, corrected by later reports and verified by others."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_capacity"
down_revision: str | None = "registry_people"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "capacity_reports",
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="the day on which it is true"),
        sa.Column("has_senior_manager", sa.Boolean(), nullable=True),
        sa.Column("has_international_office", sa.Boolean(), nullable=True),
        sa.Column("office_name", sa.Text(), nullable=True),
        sa.Column("fte_dedicated", sa.Numeric(precision=9, scale=2), nullable=True, comment="full-time equivalents that do nothing else"),
        sa.Column("fte_shared", sa.Numeric(precision=9, scale=2), nullable=True, comment="full-time equivalents of those who do other things as well"),
        sa.Column("annual_budget", sa.Numeric(precision=18, scale=2), nullable=True, comment="of the fiscal year that holds as_of"),
        sa.Column("budget_currency", sa.Text(), nullable=True, comment="ISO 4217"),
        sa.Column("has_strategy", sa.Boolean(), nullable=True),
        sa.Column("strategy_year", sa.Integer(), nullable=True),
        sa.Column("staff_total_intl", sa.Integer(), nullable=True, comment="persons with international work among their duties"),
        sa.Column("staff_trained", sa.Integer(), nullable=True, comment="of those, the ones who were trained for it"),
        sa.Column(
            "training_mode",
            sa.Enum("formal", "informal", "self_guided", "none", name="trainingmode", native_enum=False, create_constraint=True, length=64),
            nullable=True,
        ),
        sa.Column("networks", sa.ARRAY(sa.Text()), nullable=True, comment="as the government names them; empty: in none"),
        sa.Column("tracks_sdg", sa.Boolean(), nullable=True),
        sa.Column("has_council_rule_for_ties", sa.Boolean(), nullable=True),
        sa.Column("federal_contact_point", sa.Boolean(), nullable=True, comment="whether it knows whom to call in the national government"),
        sa.Column(
            "respondent_role",
            sa.Enum(
                "chief_executive",
                "international_office",
                "secretariat",
                "finance",
                "planning",
                "economic_development",
                "other",
                name="respondentrole",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("respondent_seat_id", sa.UUID(), nullable=True),
        sa.Column("supersedes_id", sa.UUID(), nullable=True),
        sa.Column("superseded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("verified_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("verified_by_id", sa.UUID(), nullable=True, comment="the organisation that looked at it"),
        sa.Column("verification_note", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("training_mode IS DISTINCT FROM 'none' OR coalesce(staff_trained, 0) = 0", name=op.f("ck_capacity_reports_training")),
        sa.CheckConstraint("(annual_budget IS NULL) = (budget_currency IS NULL)", name=op.f("ck_capacity_reports_budget")),
        sa.CheckConstraint("(verified_at IS NULL) = (verified_by_id IS NULL)", name=op.f("ck_capacity_reports_verified")),
        sa.CheckConstraint("fte_dedicated >= 0 AND fte_shared >= 0 AND annual_budget >= 0", name=op.f("ck_capacity_reports_amounts")),
        sa.CheckConstraint("office_name IS NULL OR has_international_office IS TRUE", name=op.f("ck_capacity_reports_office")),
        sa.CheckConstraint(
            "staff_total_intl >= 0 AND coalesce(staff_trained, 0) BETWEEN 0 AND coalesce(staff_total_intl, 0)", name=op.f("ck_capacity_reports_staff")
        ),
        sa.CheckConstraint("strategy_year IS NULL OR has_strategy IS TRUE", name=op.f("ck_capacity_reports_strategy")),
        sa.CheckConstraint("verified_by_id <> actor_id", name=op.f("ck_capacity_reports_verified_by_another")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_capacity_reports_actor_id")),
        sa.ForeignKeyConstraint(["respondent_seat_id"], ["seats.id"], name=op.f("fk_capacity_reports_respondent_seat_id")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["capacity_reports.id"], name=op.f("fk_capacity_reports_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capacity_reports")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_capacity_reports_supersedes_id")),
    )
    op.create_index("uq_capacity_reports_current", "capacity_reports", ["actor_id", "as_of"], unique=True, postgresql_where=sa.text("superseded_at IS NULL"))


def downgrade() -> None:

    op.drop_table("capacity_reports")
