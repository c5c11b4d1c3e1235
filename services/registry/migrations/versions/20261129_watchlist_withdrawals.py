"""A watch list can be withdrawn: nobody is matched against it any more, and its versions stay to be read."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_watchlist_withdrawals"
down_revision: str | None = "registry_import_owners"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CHECK = "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL)"


def upgrade() -> None:
    op.add_column("watchlists", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="since when nobody is matched against it"))
    op.add_column("watchlists", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    op.add_column("watchlists", sa.Column("withdrawal_reason", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_watchlists_withdrawn"), "watchlists", CHECK)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_watchlists_withdrawn"), "watchlists", type_="check")
    op.drop_column("watchlists", "withdrawal_reason")
    op.drop_column("watchlists", "withdrawn_by")
    op.drop_column("watchlists", "withdrawn_at")
