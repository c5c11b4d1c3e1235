"""A tie that should not have been recorded is taken back: it stays on record, and its pair is free again."""

from collections.abc import Sequence

from alembic import op

revision: str = "registry_tie_withdrawal"
down_revision: str | None = "registry_watchlist_withdrawals"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEY = "((uuid_hash_extended(to_id, uuid_hash_extended(from_id, hashtextextended(type, 0)))) >> 11)::double precision"
FIRST, LAST = "coalesce(valid_from - '2000-01-01'::date, -4000000)", "coalesce(valid_through - '2000-01-01'::date, 4000000)"
BOX = f"box(point({KEY}, {FIRST}), point({KEY}, {LAST}))"
REASON = "why it ended, or why it was withdrawn"


def _constrain(statuses: str, reasoned: str, where: str) -> None:
    op.execute(
        f"""
        ALTER TABLE ties DROP CONSTRAINT tiestatus, DROP CONSTRAINT ck_ties_reasoned, DROP CONSTRAINT ex_ties_overlap,
            ADD CONSTRAINT tiestatus CHECK (status IN ({statuses})),
            ADD CONSTRAINT ck_ties_reasoned CHECK ((status IN ({reasoned})) = (end_reason IS NOT NULL)),
            ADD CONSTRAINT ex_ties_overlap EXCLUDE USING gist ({BOX} WITH &&){where}
        """
    )


def upgrade() -> None:
    _constrain("'proposed', 'active', 'dormant', 'ended', 'withdrawn'", "'ended', 'withdrawn'", " WHERE (status <> 'withdrawn')")
    op.alter_column("ties", "end_reason", comment=REASON)


def downgrade() -> None:
    # A release that knows no withdrawal would take them for ties that stand; the events still tell of them.
    op.execute("DELETE FROM engagement_ties WHERE tie_id IN (SELECT id FROM ties WHERE status = 'withdrawn')")
    op.execute("DELETE FROM tie_sources WHERE tie_id IN (SELECT id FROM ties WHERE status = 'withdrawn')")
    op.execute("DELETE FROM import_orphans WHERE tie_id IN (SELECT id FROM ties WHERE status = 'withdrawn')")
    op.execute("DELETE FROM ties WHERE status = 'withdrawn'")
    op.alter_column("ties", "end_reason", comment=None, existing_comment=REASON)
    _constrain("'proposed', 'active', 'dormant', 'ended'", "'ended'", "")
