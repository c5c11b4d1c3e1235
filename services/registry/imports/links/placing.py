"""Makes of rows whose sides are all known what the import would have made of them: ties, or official domains."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from services.registry.imports.links import sources
from services.registry.imports.links.models import ImportSuggestion
from services.registry.imports.links.rows import Row
from services.registry.imports.sql import statement
from services.registry.ties.applying import PENDING, apply_pending
from shared import traces
from shared.work import Work

# `placed` are the rows, each with the suggestions of its sides.
_PLACED = """unnest(CAST(:lines AS int[]), CAST(:parts AS int[]), CAST(:from_ids AS uuid[]), CAST(:to_ids AS uuid[]))
    WITH ORDINALITY AS placed (line, part, from_id, to_id, nth)"""
_SAID = "unnest(CAST(:suggestions AS uuid[]), CAST(:of AS int[])) AS said (id, nth)"
_LINKS = statement(
    """
    SELECT DISTINCT ON (s.id) s.id, l.import_id, l.line, l.part
    FROM unnest(CAST(:ids AS uuid[])) AS s (id)
    JOIN import_suggestions AS of ON of.id = s.id
    JOIN import_links AS l ON l.import_id = of.import_id AND l.line = of.line AND l.part = of.part
    """
)
_PEND = statement(
    f"""
    INSERT INTO pending_ties
        (line, type, from_id, to_id, role, status, end_reason, valid_from, valid_through, last_activity_on, note, source, licence, read_on)
    SELECT placed.nth, l.type, placed.from_id, placed.to_id, l.role, l.status, l.end_reason, l.valid_from, l.valid_through, l.last_activity_on, l.note,
           l.source, l.licence, l.read_on
    FROM {_PLACED} JOIN import_links AS l ON l.import_id = :id AND l.line = placed.line AND l.part = placed.part
    WHERE l.type IS NOT NULL AND placed.from_id IS NOT NULL AND placed.to_id IS NOT NULL
    """  # noqa: S608 - constants
)
_TIES_MADE = statement(
    f"""
    UPDATE import_suggestions AS s SET tie_id = p.tie_id
    FROM {_SAID} JOIN pending_ties AS p ON p.line = said.nth WHERE p.fresh AND s.id = said.id AND s.state = 'resolved'
    """  # noqa: S608 - constants
)
_DOMAINS = statement(
    f"""
    WITH given AS (
        SELECT placed.nth, placed.from_id AS actor_id, l.domain, l.domain_type AS type, coalesce(CAST(:source AS text), l.source, 'import') AS source,
               l.licence, l.read_on
        FROM {_PLACED} JOIN import_links AS l ON l.import_id = :id AND l.line = placed.line AND l.part = placed.part
        WHERE l.domain IS NOT NULL AND placed.from_id IS NOT NULL
    ), added AS (
        INSERT INTO actor_domains (actor_id, domain, type, source, licence, read_on)
        SELECT actor_id, domain, type, source, licence, read_on FROM given ORDER BY nth
        ON CONFLICT (domain, actor_id, source) DO NOTHING
        RETURNING id, domain, actor_id, source
    )
    UPDATE import_suggestions AS s SET domain_id = a.id
    FROM {_SAID} JOIN given AS g ON g.nth = said.nth
    JOIN added AS a ON a.domain = g.domain AND a.actor_id = g.actor_id AND a.source = g.source
    WHERE s.id = said.id AND s.state = 'resolved'
    """  # noqa: S608 - constants
)
_DROP = text("DROP TABLE pending_ties, ties_touched")


async def place(work: Work, rows: Sequence[Row], reason: str) -> None:
    """Apply the rows of which every side is known: a fixed number of statements for those of one import."""
    known = [row for row in rows if _known(row)]
    if not known:
        return
    ids = [said.id for row in known for said in row.sides.values()]
    links = {row.id: row for row in await work.execute(_LINKS, {"ids": ids})}
    of_import: dict[UUID, list[tuple[Row, Any]]] = {}
    for row in known:
        # Of decisions of earlier releases the words were not kept: they hold for the next file that has them.
        link = next((links[said.id] for said in row.sides.values() if said.id in links), None)
        if link is not None:
            of_import.setdefault(link.import_id, []).append((row, link))
    for import_id, placed in of_import.items():
        values = _values(work, import_id, placed, reason)
        if all("to" not in row.sides and row.actors()["to"] is None for row, _ in placed):
            await work.execute(_DOMAINS, values)
        else:
            await _ties(work, values)


async def _ties(work: Work, values: dict[str, Any]) -> None:
    for each in (PENDING, _PEND):
        await work.execute(each, values)
    await apply_pending(work, values)
    after: tuple[TextClause, ...] = (_TIES_MADE, sources.REMEMBER, _DROP)
    for each in after:
        await work.execute(each, values)


def _known(row: Row) -> bool:
    """Every side of it that was left to people is somebody."""
    return all(said.actor_id is not None for said in row.sides.values())


def _values(work: Work, import_id: UUID, placed: Sequence[tuple[Row, Any]], reason: str) -> dict[str, Any]:
    actors = [row.actors() for row, _ in placed]
    said: list[tuple[ImportSuggestion, int]] = [(side, nth) for nth, (row, _) in enumerate(placed, 1) for side in row.sides.values()]
    return {
        "id": import_id,
        "source": said[0][0].source,
        "lines": [link.line for _, link in placed],
        "parts": [link.part for _, link in placed],
        "from_ids": [known["from"] for known in actors],
        "to_ids": [known["to"] for known in actors],
        "suggestions": [side.id for side, _ in said],
        "of": [nth for _, nth in said],
        "now": work.now,
        "today": work.now.date(),
        "ms": int(work.now.timestamp() * 1000),
        "subject": work.caller.subject,
        "organization": work.caller.organization,
        "reason": f"import {import_id}: {reason}",
        "request_id": work.asked.request_id,
        "trace": traces.parent(),
    }
