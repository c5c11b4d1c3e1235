"""Checks of counterparts and flags on them, approach reports, and watch lists of intermediaries."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_diligence"
down_revision: str | None = "registry_capacity"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "approach_reports",
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True, comment="of the organisation: its national coordinator reads the report"),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("approached_by", sa.Text(), nullable=False, comment="who sought contact, in the reporter's words; never leaves this table"),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("through", sa.Text(), nullable=True, comment="the intermediary"),
        sa.Column("asked", sa.Text(), nullable=False, comment="what was asked or offered"),
        sa.Column(
            "channel",
            sa.Enum(
                "in_person",
                "event",
                "phone",
                "email",
                "message",
                "social_media",
                "letter",
                "other",
                name="approachchannel",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_approach_reports_withdrawn")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_approach_reports_actor_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["actors.id"], name=op.f("fk_approach_reports_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approach_reports")),
    )
    op.create_index("ix_approach_reports_actor_id", "approach_reports", ["actor_id"], unique=False)
    op.create_index("ix_approach_reports_country", "approach_reports", ["country"], unique=False)
    op.create_index("ix_approach_reports_happened_on", "approach_reports", ["happened_on", "id"], unique=False)
    op.create_index("ix_approach_reports_organization_id", "approach_reports", ["organization_id"], unique=False)
    op.create_table(
        "diligence_checks",
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True, comment="of the organisation: its national coordinator reads the check"),
        sa.Column("counterpart_id", sa.UUID(), nullable=False),
        sa.Column("agreement_id", sa.UUID(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.UUID(), nullable=True, comment="the concluded check that this one re-opened"),
        sa.Column("state", sa.Enum("open", "concluded", name="checkstate", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "proceed",
                "proceed_with_conditions",
                "do_not_proceed",
                "undecided",
                name="diligenceverdict",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="of the verdict"),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("concluded_by", sa.Text(), nullable=True),
        sa.Column("concluded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(conditions IS NOT NULL) = (verdict IS NOT NULL AND verdict = 'proceed_with_conditions')", name=op.f("ck_diligence_checks_conditions")
        ),
        sa.CheckConstraint(
            "(state = 'concluded') = (verdict IS NOT NULL AND reason IS NOT NULL AND concluded_by IS NOT NULL AND concluded_at IS NOT NULL)",
            name=op.f("ck_diligence_checks_concluded"),
        ),
        sa.CheckConstraint("counterpart_id <> organization_id", name=op.f("ck_diligence_checks_oneself")),
        sa.ForeignKeyConstraint(["counterpart_id"], ["actors.id"], name=op.f("fk_diligence_checks_counterpart_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["actors.id"], name=op.f("fk_diligence_checks_organization_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["diligence_checks.id"], name=op.f("fk_diligence_checks_previous_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diligence_checks")),
        sa.UniqueConstraint("previous_id", name=op.f("uq_diligence_checks_previous_id")),
    )
    op.create_index("ix_diligence_checks_counterpart_id", "diligence_checks", ["counterpart_id"], unique=False)
    op.create_index("ix_diligence_checks_country", "diligence_checks", ["country"], unique=False)
    op.create_index("ix_diligence_checks_organization_id", "diligence_checks", ["organization_id", "counterpart_id"], unique=False)
    op.create_index(
        "uq_diligence_checks_open",
        "diligence_checks",
        ["organization_id", "counterpart_id", sa.literal_column("coalesce(agreement_id, '00000000-0000-0000-0000-000000000000'::uuid)")],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "diligence_flags",
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True, comment="of the organisation"),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "control",
                "intermediary",
                "money",
                "reciprocity",
                "technology",
                "political_clause",
                "secrecy",
                "conduct",
                "listed",
                "legal",
                "other",
                name="flagcategory",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("severity", sa.Enum("info", "caution", "serious", name="flagseverity", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("audience", sa.Enum("organization", "country", name="flagaudience", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("shown_to_actor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_through", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
            name=op.f("ck_diligence_flags_withdrawn"),
        ),
        sa.CheckConstraint("actor_id <> organization_id", name=op.f("ck_diligence_flags_oneself")),
        sa.CheckConstraint("valid_from <= valid_through", name=op.f("ck_diligence_flags_period")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_diligence_flags_actor_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["actors.id"], name=op.f("fk_diligence_flags_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diligence_flags")),
    )
    op.create_index("ix_diligence_flags_actor_id", "diligence_flags", ["actor_id"], unique=False)
    op.create_index("ix_diligence_flags_country", "diligence_flags", ["country"], unique=False)
    op.create_index("ix_diligence_flags_organization_id", "diligence_flags", ["organization_id"], unique=False)
    op.create_table(
        "watchlists",
        sa.Column("organization_id", sa.UUID(), nullable=True, comment="who keeps it; null: an operator"),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False, comment="of the current version; 0: none yet"),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_watchlists_number")),
        sa.ForeignKeyConstraint(["organization_id"], ["actors.id"], name=op.f("fk_watchlists_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlists")),
        sa.UniqueConstraint(
            "organization_id", "publisher", "name", name=op.f("uq_watchlists_organization_id_publisher_name"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index("ix_watchlists_country", "watchlists", ["country"], unique=False)
    op.create_table(
        "approach_corrections",
        sa.Column("approach_id", sa.UUID(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True, comment="who it was, when that was found out"),
        sa.Column("corrected_by", sa.Text(), nullable=False),
        sa.Column("corrected_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_approach_corrections_actor_id")),
        sa.ForeignKeyConstraint(["approach_id"], ["approach_reports.id"], name=op.f("fk_approach_corrections_approach_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approach_corrections")),
    )
    op.create_index("ix_approach_corrections_actor_id", "approach_corrections", ["actor_id"], unique=False)
    op.create_index("ix_approach_corrections_approach_id", "approach_corrections", ["approach_id"], unique=False)
    op.create_table(
        "diligence_answers",
        sa.Column("check_id", sa.UUID(), nullable=False),
        sa.Column(
            "item",
            sa.Enum(
                "counterpart",
                "intermediary",
                "payment",
                "goals",
                "reciprocity",
                "transfer",
                "exclusivity",
                "confidentiality",
                "exit",
                "disclosure",
                "advisers",
                name="checklistitem",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("place", sa.Integer(), nullable=False, comment="in the list"),
        sa.Column(
            "status",
            sa.Enum("open", "clear", "concern", "not_applicable", name="answerstatus", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.CheckConstraint("(status = 'open') = (answered_by IS NULL)", name=op.f("ck_diligence_answers_answered")),
        sa.CheckConstraint("status NOT IN ('concern', 'not_applicable') OR note IS NOT NULL", name=op.f("ck_diligence_answers_noted")),
        sa.CheckConstraint("(answered_by IS NULL) = (answered_at IS NULL)", name=op.f("ck_diligence_answers_dated")),
        sa.ForeignKeyConstraint(["check_id"], ["diligence_checks.id"], name=op.f("fk_diligence_answers_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diligence_answers")),
        sa.UniqueConstraint("check_id", "item", name=op.f("uq_diligence_answers_check_id_item")),
    )
    op.create_table(
        "diligence_flag_replies",
        sa.Column("flag_id", sa.UUID(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("replied_by", sa.Text(), nullable=False),
        sa.Column("replied_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["flag_id"], ["diligence_flags.id"], name=op.f("fk_diligence_flag_replies_flag_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diligence_flag_replies")),
    )
    op.create_index("ix_diligence_flag_replies_flag_id", "diligence_flag_replies", ["flag_id"], unique=False)
    op.create_table(
        "watchlist_versions",
        sa.Column("watchlist_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False, comment="the publisher's own word for it"),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the body as it was sent"),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_versions_watchlist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlist_versions")),
        sa.UniqueConstraint("watchlist_id", "number", name=op.f("uq_watchlist_versions_watchlist_id_number")),
        sa.UniqueConstraint("watchlist_id", "version", name=op.f("uq_watchlist_versions_watchlist_id_version")),
    )
    op.create_table(
        "watchlist_entries",
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, comment="of the file, or the place in the list"),
        sa.Column("names", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("identifiers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["watchlist_versions.id"], name=op.f("fk_watchlist_entries_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlist_entries")),
        sa.UniqueConstraint("version_id", "line", name=op.f("uq_watchlist_entries_version_id_line")),
    )
    op.create_index("ix_watchlist_entries_identifiers", "watchlist_entries", ["identifiers"], unique=False, postgresql_using="gin")
    op.create_table(
        "watchlist_names",
        sa.Column("watchlist_id", sa.UUID(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False, comment="words without case and accents, one blank between"),
        sa.Column("trigrams", postgresql.ARRAY(sa.Text(collation="C")), sa.Computed("word_trigrams(folded)", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["watchlist_entries.id"], name=op.f("fk_watchlist_names_entry_id")),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_names_watchlist_id")),
        sa.PrimaryKeyConstraint("entry_id", "folded", name=op.f("pk_watchlist_names")),
    )
    op.create_index("ix_watchlist_names_trigrams", "watchlist_names", ["trigrams"], unique=False, postgresql_using="gin")
    op.create_index("ix_watchlist_names_watchlist_id", "watchlist_names", ["watchlist_id"], unique=False)


def downgrade() -> None:
    op.drop_table("watchlist_names")
    op.drop_table("watchlist_entries")
    op.drop_table("watchlist_versions")
    op.drop_table("diligence_flag_replies")
    op.drop_table("diligence_answers")
    op.drop_table("approach_corrections")
    op.drop_table("watchlists")
    op.drop_table("diligence_flags")
    op.drop_table("diligence_checks")
    op.drop_table("approach_reports")
