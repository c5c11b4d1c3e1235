"""Leaves to people what a file does not say exactly, and answers what its source left open before. A fixed number of statements.

What an earlier file of the source left open is asked again in the place of the newer file, or is answered by it. What was decided is asked
again only where the actor that was named is there no longer, and then by a person only. Each answer, and each decision that holds no longer, is told.
"""

from sqlalchemy import TextClause

from services.registry.imports.links.models import FITS_NOW
from services.registry.imports.links.resolving import WANTED
from services.registry.imports.sql import statement


def _told(type_: str, state: str, actor: str) -> str:
    """Keep these decisions of an import, and record their events: the same that a decision over the API records."""
    return f"""
        , kept AS (
            INSERT INTO suggestion_decisions (suggestion_id, state, actor_id, decided_by, decided_at, reason)
            SELECT id, '{state}', {actor}, :reason, @now, why FROM told ORDER BY nth
        )
        INSERT INTO events @event
        SELECT @id(told.nth), 'suggestion', CAST(told.id AS text), '{type_}', @now, p.payload, p.payload, 'organizations',
               array_remove(ARRAY[CAST(:organization AS uuid)], NULL), @by,
               jsonb_build_object('state', told.was, 'actor_id', told.was_id), jsonb_build_object('state', '{state}', 'actor_id', {actor})
        FROM told CROSS JOIN LATERAL (SELECT jsonb_build_object(
            'suggestion_id', told.id, 'import_id', told.import_id, 'organization_id', CAST(:organization AS uuid), 'source', told.source,
            'line', told.line, 'side', told.side, 'state', '{state}', 'actor_id', {actor}
        )) AS p (payload)
        ORDER BY told.nth
    """  # noqa: S608 - constants


SUGGEST: tuple[TextClause, ...] = (
    statement(
        f"""
        WITH told AS (
            SELECT s.id, s.source, s.side, w.line, CAST(:id AS uuid) AS import_id, w.nth, s.state AS was, s.actor_id AS was_id,
                   'Who was meant is there no longer.' AS why
            FROM ({WANTED}) AS w JOIN import_suggestions AS s ON s.source = :source AND s.key = w.key AND s.side = w.side AND s.state <> 'open'
        ) {_told("suggestion.reopened", "open", "CAST(NULL AS uuid)")}
        """  # noqa: S608 - constants
    ),
    statement(
        f"""
        INSERT INTO import_suggestions AS s (id, import_id, source, key, line, part, side, text, candidates, other_id, state, version)
        SELECT @id(wanted.nth), :id, CAST(:source AS text), wanted.key, wanted.line, wanted.part, wanted.side, wanted.text, wanted.candidates,
               wanted.other_id, 'open', 1
        FROM ({WANTED}) AS wanted
        ORDER BY wanted.nth
        ON CONFLICT (source, key, side) DO UPDATE
        SET import_id = excluded.import_id, line = excluded.line, part = excluded.part, candidates = excluded.candidates, other_id = excluded.other_id,
            state = 'open', actor_id = NULL, resolved_by = NULL, resolved_at = NULL, reason = NULL, tie_id = NULL, domain_id = NULL, version = s.version + 1
        """  # noqa: S608 - constants
    ),
    statement(
        f"""
        WITH told AS (
            UPDATE import_suggestions AS s
            SET state = 'resolved', actor_id = CASE s.side WHEN 'from' THEN l.from_id ELSE l.to_id END, resolved_by = :reason, resolved_at = @now,
                reason = '{FITS_NOW}', version = s.version + 1
            FROM linked AS l
            WHERE s.source = :source AND s.key = l.key AND s.state = 'open' AND CASE s.side WHEN 'from' THEN l.from_id ELSE l.to_id END IS NOT NULL
            RETURNING s.id, s.source, s.side, s.line, s.import_id, s.actor_id, l.nth, 'open' AS was, CAST(NULL AS uuid) AS was_id, s.reason AS why
        ) {_told("suggestion.decided", "resolved", "told.actor_id")}
        """  # noqa: S608 - constants
    ),
    statement(
        """
        DELETE FROM import_links AS l
        WHERE l.import_id IN (SELECT i.id FROM imports AS i WHERE i.source = :source AND i.id <> :id AND i.state = 'done')
          AND (l.import_id, l.line, l.part) NOT IN (SELECT s.import_id, s.line, s.part FROM import_suggestions AS s WHERE s.source = :source)
        """
    ),
)

# What a file records because of a decision goes with the decision, until a row says it that needed none.
TIES_MADE: tuple[TextClause, ...] = (
    statement(
        """
        UPDATE import_suggestions AS s SET tie_id = p.tie_id
        FROM pending_ties AS p JOIN linked AS l ON l.nth = p.line
        WHERE p.fresh AND s.source = :source AND s.key = l.key AND s.state = 'resolved'
        """
    ),
    statement(
        """
        UPDATE import_suggestions AS s SET tie_id = NULL
        FROM ties AS t, linked AS l
        WHERE s.source = :source AND t.id = s.tie_id AND l.type = t.type AND NOT l.dismissed
          AND least(l.from_id, l.to_id) = least(t.from_id, t.to_id) AND greatest(l.from_id, l.to_id) = greatest(t.from_id, t.to_id)
          AND num_nulls(l.from_id, l.to_id) = 0 AND daterange(l.valid_from, l.valid_through, '[]') && daterange(t.valid_from, t.valid_through, '[]')
          AND NOT EXISTS (SELECT FROM import_suggestions AS o WHERE o.source = :source AND o.key = l.key)
        """
    ),
)
DOMAINS_MADE: tuple[TextClause, ...] = (
    statement(
        """
        UPDATE import_suggestions AS s SET domain_id = d.id
        FROM listed AS f JOIN linked AS l ON l.nth = f.nth
        JOIN actor_domains AS d ON d.domain = f.domain AND d.actor_id = f.actor_id AND d.source = f.source
        WHERE f.known_id IS NULL AND s.source = :source AND s.key = l.key AND s.state = 'resolved'
        """
    ),
    statement(
        """
        UPDATE import_suggestions AS s SET domain_id = NULL
        FROM actor_domains AS d, linked AS l
        WHERE s.source = :source AND d.id = s.domain_id AND l.domain = d.domain AND l.from_id = d.actor_id AND NOT l.dismissed
          AND NOT EXISTS (SELECT FROM import_suggestions AS o WHERE o.source = :source AND o.key = l.key)
        """
    ),
)
