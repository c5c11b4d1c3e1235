"""What is wrong with an import has a code, and its sentences in every language."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_import_sentences"
down_revision: str | None = "registry_agreement_parties"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FAILURES = "language to the failure in it; null where it is known in English only"
CODE = "null where the problem was found before there were codes"
SAID = "message and remedy, each language to text; null where they are known in English only"


def upgrade() -> None:
    op.add_column("imports", sa.Column("failures", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment=FAILURES))
    op.add_column("import_problems", sa.Column("code", sa.Text(), nullable=True, comment=CODE))
    op.add_column("import_problems", sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment=SAID))


def downgrade() -> None:
    op.drop_column("import_problems", "said")
    op.drop_column("import_problems", "code")
    op.drop_column("imports", "failures")
