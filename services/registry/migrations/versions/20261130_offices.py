"""What an office abroad recorded in confidence is its own country's: it was kept for the one in which the office stands."""

from collections.abc import Sequence

from alembic import op

revision: str = "registry_offices"
down_revision: str | None = "registry_suggestion_decisions"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

RECORDS = ("approach_reports", "diligence_checks", "diligence_flags", "watchlists")
_GOVERNMENTS = "('nation', 'state', 'county', 'county_subdivision', 'municipality', 'indigenous_government')"
_OWNERS = f"""
    SELECT t.to_id AS id FROM ties AS t WHERE a.kind = 'office' AND t.from_id = a.id AND t.type = 'office_of' AND t.status NOT IN ('withdrawn', 'proposed')
    UNION ALL
    SELECT p.parent_id FROM actor_parents AS p JOIN actors AS o ON o.id = p.parent_id
    WHERE p.actor_id = a.id AND (a.kind = 'office' OR o.country IS NOT NULL) AND a.kind NOT IN {_GOVERNMENTS}
"""  # noqa: S608
_KEEPING = f"""(
    WITH RECURSIVE kept (id, kind, country, owner_id) AS (
        SELECT a.id, a.kind, a.country, owner.id FROM actors AS a LEFT JOIN LATERAL ({_OWNERS}) AS owner ON true WHERE a.id = r.organization_id
        UNION
        SELECT a.id, a.kind, a.country, owner.id FROM kept JOIN actors AS a ON a.id = kept.owner_id LEFT JOIN LATERAL ({_OWNERS}) AS owner ON true
    )
    SELECT CASE WHEN bool_and(country IS NOT NULL AND kind <> 'office') AND min(country) = max(country) THEN min(country) END
    FROM kept WHERE owner_id IS NULL
)"""  # noqa: S608


def upgrade() -> None:
    for table in RECORDS:
        op.execute(
            f"UPDATE {table} AS r SET country = {_KEEPING} FROM actors AS o WHERE o.id = r.organization_id AND o.kind NOT IN {_GOVERNMENTS}"  # noqa: S608
        )


def downgrade() -> None:
    for table in RECORDS:
        op.execute(f"UPDATE {table} AS r SET country = o.country FROM actors AS o WHERE o.id = r.organization_id AND o.kind NOT IN {_GOVERNMENTS}")  # noqa: S608
