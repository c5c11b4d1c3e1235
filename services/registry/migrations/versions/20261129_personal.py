"""A verification can be taken back; of the addresses of one channel, one is preferred at a time and not for all time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_personal"
down_revision: str | None = "registry_import_tie_states"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEY = "((uuid_hash_extended(seat_id, hashtextextended(channel, 0))) >> 11)::double precision"
FIRST, LAST = "coalesce(valid_from - '2000-01-01'::date, -4000000)", "coalesce(valid_through - '2000-01-01'::date, 4000000)"
STATES = ("unverified", "verified", "refused")


def upgrade() -> None:
    op.add_column("seat_claims", sa.Column("withdrawn_by", sa.Text(), nullable=True, comment="the account that took a verification back"))
    op.add_column("seat_claims", sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("seat_claims", sa.Column("withdrawal", sa.Text(), nullable=True, comment="why it was taken back"))
    _admit(*STATES, "withdrawn")
    op.create_check_constraint(op.f("ck_seat_claims_withdrawn"), "seat_claims", "(status = 'withdrawn') = (withdrawn_at IS NOT NULL)")
    op.create_check_constraint(op.f("ck_seat_claims_withdrawer"), "seat_claims", "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)")
    op.drop_index("uq_contact_points_preferred", table_name="contact_points", postgresql_where=sa.text("preferred"))
    op.execute(
        f"ALTER TABLE contact_points ADD CONSTRAINT ex_contact_points_preferred "
        f"EXCLUDE USING gist (box(point({KEY}, {FIRST}), point({KEY}, {LAST})) WITH &&) WHERE (preferred)"
    )


def downgrade() -> None:
    op.drop_constraint("ex_contact_points_preferred", "contact_points")
    op.execute(
        """
        UPDATE contact_points AS p SET preferred = false
        WHERE preferred AND EXISTS (
            SELECT FROM contact_points AS other WHERE other.seat_id = p.seat_id AND other.channel = p.channel AND other.preferred AND other.id > p.id
        )
        """
    )
    op.create_index("uq_contact_points_preferred", "contact_points", ["seat_id", "channel"], unique=True, postgresql_where=sa.text("preferred"))
    for name in ("withdrawer", "withdrawn"):
        op.drop_constraint(op.f(f"ck_seat_claims_{name}"), "seat_claims", type_="check")
    op.execute("UPDATE seat_claims SET status = 'refused' WHERE status = 'withdrawn'")
    _admit(*STATES)
    for column in ("withdrawal", "withdrawn_at", "withdrawn_by"):
        op.drop_column("seat_claims", column)


def _admit(*states: str) -> None:
    op.drop_constraint("verification", "seat_claims", type_="check")
    op.create_check_constraint("verification", "seat_claims", f"status IN ({', '.join(repr(state) for state in states)})")
