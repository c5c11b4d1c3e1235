"""An actor is called in its row what it is called today: a name planned for later was there already."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

revision: str = "registry_names_of_day"
down_revision: str | None = "registry_import_countries"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TODAY = "CAST(timezone('UTC', now()) AS date)"
RENAME = f"""
    UPDATE actors AS a
    SET names = called.names, name = called.names ->> a.preferred_language, sort_name = called.folded ->> a.preferred_language
    FROM (
        SELECT actor_id, jsonb_object_agg(language, name) AS names, jsonb_object_agg(language, folded) AS folded
        FROM (
            SELECT DISTINCT ON (n.actor_id, n.language) n.actor_id, n.language, n.name, n.folded FROM actor_names AS n
            WHERE n.actor_id IN (SELECT actor_id FROM actor_names WHERE kind = 'former' AND valid_through >= {TODAY})
                  AND (n.kind = 'preferred' OR n.kind = 'former' AND n.valid_through >= {TODAY} AND (n.valid_from IS NULL OR n.valid_from <= {TODAY}))
            ORDER BY n.actor_id, n.language, CASE WHEN n.kind = 'former' THEN 1 WHEN n.valid_from <= {TODAY} THEN 0 ELSE 2 END,
                     n.valid_from DESC NULLS LAST, n.name
        ) AS of_language
        GROUP BY actor_id
    ) AS called
    WHERE a.id = called.actor_id AND called.names ? a.preferred_language AND a.names IS DISTINCT FROM called.names
"""  # noqa: S608 - constants
COMMENTS: dict[str, tuple[TypeEngine[Any], str, str]] = {
    "name": (sa.Text(), "the preferred name in the preferred language", "what it is called today in the preferred language"),
    "names": (JSONB(), "language to preferred name", "language to what it is called today"),
}


def upgrade() -> None:
    op.execute(RENAME)
    for column, (kind, before, now) in COMMENTS.items():
        op.alter_column("actors", column, existing_type=kind, existing_nullable=False, comment=now, existing_comment=before)


def downgrade() -> None:
    for column, (kind, before, now) in COMMENTS.items():
        op.alter_column("actors", column, existing_type=kind, existing_nullable=False, comment=before, existing_comment=now)
