"""Signing keys are published before they sign."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "gateway_keys_in_waiting"
down_revision: str | None = "gateway_initial"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "signing_keys",
        sa.Column(
            "signs_from",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when the next key is to take over; the first key had nobody to take over from",
        ),
    )
    op.drop_constraint(op.f("keystate"), "signing_keys", type_="check")
    op.create_check_constraint(op.f("keystate"), "signing_keys", "state IN ('next', 'active', 'retired')")
    op.create_check_constraint(op.f("ck_signing_keys_next_signs"), "signing_keys", "state <> 'next' OR signs_from IS NOT NULL")
    op.create_index("uq_signing_keys_next", "signing_keys", ["state"], unique=True, postgresql_where=sa.text("state = 'next'"))


def downgrade() -> None:
    op.drop_index("uq_signing_keys_next", table_name="signing_keys", postgresql_where=sa.text("state = 'next'"))
    op.drop_constraint(op.f("ck_signing_keys_next_signs"), "signing_keys", type_="check")
    op.execute("DELETE FROM signing_keys WHERE state = 'next'")
    op.drop_constraint(op.f("keystate"), "signing_keys", type_="check")
    op.create_check_constraint(op.f("keystate"), "signing_keys", "state IN ('active', 'retired')")
    op.drop_column("signing_keys", "signs_from")
