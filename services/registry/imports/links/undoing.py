"""Takes back what a decision has made, unless something else says it as well.

A tie stays where another source lists it, where a decision on another row means the same two, or where an engagement was held under it; a
domain where a decision on another row of its source says it. What stays because of another row goes with that row's decision from then on.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from services.registry.imports.links.rows import Row
from services.registry.imports.sql import statement
from services.registry.ties import service as ties
from services.registry.ties.models import Tie, TieStatus
from shared.work import Work

UNDONE = "It was recorded because of a row of an import, which means others."

# Suggestions `o` of the row that `s` is a side of.
_SAME_ROW = """(o.source = s.source AND o.key = s.key
    OR s.source IS NULL AND o.import_id = s.import_id AND o.line = s.line AND o.part = s.part)"""
_TIES = statement(
    f"""
    WITH undone AS (
        SELECT t.id, u.source, heir.id AS heir_id, heir.source AS heir_source, heir.id IS NOT NULL
               OR EXISTS (SELECT FROM tie_sources AS ts WHERE ts.tie_id = t.id AND ts.source IS DISTINCT FROM u.source)
               OR EXISTS (SELECT FROM engagement_ties AS e WHERE e.tie_id = t.id) AS stays
        FROM unnest(CAST(:ids AS uuid[]), CAST(:sources AS text[])) AS u (id, source)
        JOIN ties AS t ON t.id = u.id
        LEFT JOIN LATERAL (
            SELECT s.id, s.source
            FROM import_suggestions AS s
            JOIN import_links AS l ON l.import_id = s.import_id AND l.line = s.line AND l.part = s.part
            LEFT JOIN import_suggestions AS o ON o.side <> s.side AND {_SAME_ROW}
            CROSS JOIN LATERAL (SELECT CASE WHEN o.id IS NULL THEN s.other_id ELSE o.actor_id END) AS other (id)
            WHERE s.state = 'resolved' AND s.actor_id IN (t.from_id, t.to_id) AND l.type = t.type
              AND least(s.actor_id, other.id) = least(t.from_id, t.to_id) AND greatest(s.actor_id, other.id) = greatest(t.from_id, t.to_id)
              AND daterange(l.valid_from, l.valid_through, '[]') && daterange(t.valid_from, t.valid_through, '[]')
            ORDER BY s.id LIMIT 1
        ) AS heir ON true
    ), inherited AS (
        UPDATE import_suggestions AS s SET tie_id = n.id FROM undone AS n WHERE s.id = n.heir_id AND s.state = 'resolved'
    ), unlisted AS (
        DELETE FROM tie_sources AS ts USING undone AS n
        WHERE ts.tie_id = n.id AND ts.source = n.source AND (n.heir_id IS NULL OR n.heir_source IS DISTINCT FROM n.source)
    )
    SELECT id FROM undone WHERE NOT stays
    """  # noqa: S608 - constants
)
_DOMAINS = statement(
    """
    WITH undone AS (
        SELECT d.id, heir.id AS heir_id
        FROM actor_domains AS d
        LEFT JOIN LATERAL (
            SELECT s.id
            FROM import_suggestions AS s JOIN import_links AS l ON l.import_id = s.import_id AND l.line = s.line AND l.part = s.part
            WHERE s.state = 'resolved' AND s.actor_id = d.actor_id AND l.domain = d.domain AND coalesce(s.source, l.source, 'import') = d.source
            ORDER BY s.id LIMIT 1
        ) AS heir ON true
        WHERE d.id = ANY (CAST(:ids AS bigint[]))
    ), inherited AS (
        UPDATE import_suggestions AS s SET domain_id = n.id FROM undone AS n WHERE s.id = n.heir_id AND s.state = 'resolved'
    )
    DELETE FROM actor_domains AS d USING undone AS n WHERE d.id = n.id AND n.heir_id IS NULL
    """
)


async def undo(work: Work, rows: Sequence[Row], reason: str) -> dict[int, UUID]:
    """Take back what was made of these rows, whose decisions as they stand now are flushed; the ties that were withdrawn, by `id` of the row."""
    domains = [domain for row in rows for domain in row.domains]
    if domains:
        await work.execute(_DOMAINS, {"ids": domains})
    made = {tie: row for row in rows for tie in row.ties}
    if not made:
        return {}
    # Held before it is looked at who else says them: a file that is just listing one has listed it by then, or waits.
    held = (
        (await work.execute(select(Tie).where(Tie.id.in_(made)).order_by(Tie.id).with_for_update().execution_options(populate_existing=True))).scalars().all()
    )
    sources = [next(iter(row.sides.values())).source for row in made.values()]
    gone = frozenset((await work.execute(_TIES, {"ids": list(made), "sources": sources})).scalars())
    withdrawn: dict[int, UUID] = {}
    for tie in held:
        if tie.id in gone and tie.status is not TieStatus.withdrawn:  # else somebody has done so, and for another reason
            row, before = made[tie.id], ties.plain(tie)
            withdrawn[id(row)] = tie.id
            tie.withdraw(reason=UNDONE)
            ties.tell(work, tie, before, f"import {next(iter(row.sides.values())).import_id}: {reason}")
    await work.flush()
    return withdrawn
