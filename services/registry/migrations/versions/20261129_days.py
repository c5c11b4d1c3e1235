"""Days that were kept as infinities become the first or last day that is kept, and engagements take no more of them."""

from collections.abc import Sequence

from alembic import op

revision: str = "registry_days"
down_revision: str | None = "registry_personal"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The order of days stays as it was, so that no period, and nothing that a status asks for, is broken by it.
REPAIR = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT c.table_name, c.column_name FROM information_schema.columns AS c
        JOIN information_schema.tables AS t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
        WHERE c.table_schema = current_schema() AND c.data_type = 'date'
    LOOP
        EXECUTE format(
            'UPDATE %1$I SET %2$I = greatest(date ''0001-01-02'', least(date ''9999-12-30'', %2$I)) WHERE NOT isfinite(%2$I)',
            found.table_name, found.column_name
        );
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(REPAIR)
    op.create_check_constraint(op.f("ck_engagements_days"), "engagements", "isfinite(starts_on) AND isfinite(ends_on)")
    op.create_check_constraint(op.f("ck_engagement_deliverables_days"), "engagement_deliverables", "isfinite(due_on)")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_engagement_deliverables_days"), "engagement_deliverables", type_="check")
    op.drop_constraint(op.f("ck_engagements_days"), "engagements", type_="check")
