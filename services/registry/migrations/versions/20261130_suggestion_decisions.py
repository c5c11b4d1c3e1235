"""A decision on a suggestion may be taken back or replaced: its version, what it made, every decision before; and what a dry run would leave to people.

What a decision of an earlier release has made was not kept: it stays when the decision is taken back.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_suggestion_decisions"
down_revision: str | None = "registry_import_details"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SUGGESTIONS = "import_suggestions"
REMEMBER = """
INSERT INTO suggestion_decisions (suggestion_id, state, actor_id, decided_by, decided_at, reason)
SELECT id, state, actor_id, resolved_by, resolved_at, reason FROM import_suggestions WHERE state <> 'open' AND resolved_at IS NOT NULL ORDER BY id
"""


def upgrade() -> None:
    counted = "the first half of its ETag; counted by whoever holds the row"
    op.add_column(SUGGESTIONS, sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1"), comment=counted))
    op.add_column(SUGGESTIONS, sa.Column("tie_id", sa.UUID(), nullable=True, comment="the tie that was recorded because of the decision"))
    op.add_column(SUGGESTIONS, sa.Column("domain_id", sa.BigInteger(), nullable=True, comment="the official domain that was recorded because of the decision"))
    op.create_foreign_key(op.f("fk_import_suggestions_tie_id"), SUGGESTIONS, "ties", ["tie_id"], ["id"])
    op.create_check_constraint(op.f("ck_import_suggestions_made"), SUGGESTIONS, "state = 'resolved' OR (tie_id IS NULL AND domain_id IS NULL)")
    for name in ("actor_id", "tie_id"):
        op.create_index(f"ix_import_suggestions_{name}", SUGGESTIONS, [name], unique=False, postgresql_where=sa.text(f"{name} IS NOT NULL"))
    _create_decisions()
    _create_questions()
    op.execute(REMEMBER)


def _create_decisions() -> None:
    states = sa.Enum("open", "resolved", "dismissed", name="suggestionstate", native_enum=False, create_constraint=True, length=64)
    op.create_table(
        "suggestion_decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("suggestion_id", sa.UUID(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="the account, or the import"),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("withdrew_id", sa.UUID(), nullable=True, comment="the tie that was withdrawn with the decision before"),
        sa.ForeignKeyConstraint(["suggestion_id"], ["import_suggestions.id"], name=op.f("fk_suggestion_decisions_suggestion_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_suggestion_decisions_actor_id")),
        sa.ForeignKeyConstraint(["withdrew_id"], ["ties.id"], name=op.f("fk_suggestion_decisions_withdrew_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_decisions")),
    )
    op.create_index("ix_suggestion_decisions_suggestion_id", "suggestion_decisions", ["suggestion_id", "id"], unique=False)
    withdrew = sa.text("withdrew_id IS NOT NULL")
    op.create_index("ix_suggestion_decisions_withdrew_id", "suggestion_decisions", ["withdrew_id"], unique=False, postgresql_where=withdrew)


def _create_questions() -> None:
    candidates = "actors of this name, at most ten, the largest first"
    op.create_table(
        "import_questions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False, comment="in the columns of ours: that which names the actor"),
        sa.Column("side", sa.Text(), nullable=False, comment="from or to"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("candidates", postgresql.ARRAY(sa.UUID()), nullable=False, comment=candidates),
        sa.Column("other_id", sa.UUID(), nullable=True, comment="the actor on the other side, where that is certain"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_questions_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_questions")),
    )
    op.create_index("ix_import_questions_line", "import_questions", ["import_id", "line", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("import_questions")
    op.drop_table("suggestion_decisions")
    for name in ("tie_id", "actor_id"):
        op.drop_index(f"ix_import_suggestions_{name}", SUGGESTIONS)
    op.drop_constraint(op.f("ck_import_suggestions_made"), SUGGESTIONS, type_="check")
    op.drop_constraint(op.f("fk_import_suggestions_tie_id"), SUGGESTIONS, type_="foreignkey")
    for name in ("domain_id", "tie_id", "version"):
        op.drop_column(SUGGESTIONS, name)
