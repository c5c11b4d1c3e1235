"""An import says for which country its sender writes, so that it changes nothing that another keeps."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_import_countries"
down_revision: str | None = "registry_flags_shown"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MEANING = "of who sent it, who changes what this country keeps; null: who keeps the registry for all"


def upgrade() -> None:
    op.add_column("imports", sa.Column("country", sa.Text(), nullable=True, comment=MEANING))


def downgrade() -> None:
    op.drop_column("imports", "country")
