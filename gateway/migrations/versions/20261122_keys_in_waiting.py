"""Signing keys are published before they sign; the use of a refresh token can be repeated by whoever made it."""

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
    op.add_column(
        "refresh_tokens",
        sa.Column("repeat_digest", sa.Text(), nullable=True, comment="SHA-256 of the Idempotency-Key of its use, under which that may be repeated"),
    )
    op.create_check_constraint(op.f("ck_refresh_tokens_repeat_of_a_use"), "refresh_tokens", "repeat_digest IS NULL OR used_at IS NOT NULL")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_refresh_tokens_repeat_of_a_use"), "refresh_tokens", type_="check")
    op.drop_column("refresh_tokens", "repeat_digest")
    op.drop_index("uq_signing_keys_next", table_name="signing_keys", postgresql_where=sa.text("state = 'next'"))
    op.drop_constraint(op.f("ck_signing_keys_next_signs"), "signing_keys", type_="check")
    op.execute("DELETE FROM signing_keys WHERE state = 'next'")
    op.drop_constraint(op.f("keystate"), "signing_keys", type_="check")
    op.create_check_constraint(op.f("keystate"), "signing_keys", "state IN ('active', 'retired')")
    op.drop_column("signing_keys", "signs_from")
