"""A day of review that was kept as an infinity becomes the first or last day that is kept."""

from collections.abc import Sequence

from alembic import op

revision: str = "agreements_days"
down_revision: str | None = "agreements_directory_identities"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE agreements SET withheld_review_on = greatest(date '0001-01-02', least(date '9999-12-30', withheld_review_on))
        WHERE NOT isfinite(withheld_review_on)
        """
    )


def downgrade() -> None:
    """The days stay repaired: nothing that an earlier release does needs an infinity."""
