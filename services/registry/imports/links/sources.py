"""Which ties a source has brought. A following file of it reports which it no longer lists, and may end them.

A tie is ended by a source only if the source recorded it and no other source lists it. Listed again by that source, it is there again;
what people have ended stays ended.
"""

from sqlalchemy import TextClause

from services.registry.imports.sql import statement
from services.registry.ties.types import SYMMETRIC, listed

# `turned` are the ties whose status this file changes, with how they stood.
REOPEN: tuple[TextClause, ...] = (
    statement("CREATE TEMPORARY TABLE turned (tie_id uuid PRIMARY KEY, was jsonb NOT NULL, back boolean NOT NULL) ON COMMIT DROP"),
    statement(
        """
        INSERT INTO turned
        SELECT t.id, jsonb_build_object('status', t.status, 'valid_through', t.valid_through), true
        FROM pending_ties AS p JOIN ties AS t ON t.id = p.tie_id
        JOIN tie_sources AS s ON s.tie_id = t.id AND s.source = :source AND s.retired
        WHERE t.status = 'ended' AND t.end_reason = :gone AND coalesce(p.valid_through >= @today, true)
        """
    ),
    statement(
        """
        UPDATE ties AS t SET status = 'active', end_reason = NULL, valid_through = p.valid_through, updated_at = @now, version = t.version + 1
        FROM turned AS b JOIN pending_ties AS p ON p.tie_id = b.tie_id WHERE t.id = b.tie_id
        """
    ),
)

ORPHANS: tuple[TextClause, ...] = (
    statement(
        """
        CREATE TEMPORARY TABLE link_orphans (actor_id uuid NOT NULL, tie_id uuid, domain text, kept_by text[] NOT NULL, retired boolean NOT NULL)
        ON COMMIT DROP
        """
    ),
    statement(
        """
        INSERT INTO link_orphans
        SELECT found.from_id, found.id, NULL, found.kept_by, CAST(:retire AS boolean) AND found.kept_by = '{}'
        FROM (
            SELECT t.id, t.from_id, ARRAY(SELECT o.source FROM tie_sources AS o WHERE o.tie_id = t.id AND o.source <> s.source ORDER BY 1) AS kept_by
            FROM tie_sources AS s JOIN ties AS t ON t.id = s.tie_id
            WHERE s.source = :source AND s.brought AND t.status NOT IN ('ended', 'withdrawn')
                AND t.id NOT IN (SELECT tie_id FROM pending_ties WHERE tie_id IS NOT NULL)
            ORDER BY t.id FOR NO KEY UPDATE OF t
        ) AS found
        """
    ),
    statement(
        """
        INSERT INTO turned
        SELECT t.id, jsonb_build_object('status', t.status, 'valid_through', t.valid_through), false
        FROM link_orphans AS o JOIN ties AS t ON t.id = o.tie_id WHERE o.retired
        """
    ),
    statement(
        """
        UPDATE ties AS t
        SET status = 'ended', end_reason = :gone, valid_through = greatest(@today, t.valid_from), updated_at = @now, version = t.version + 1
        WHERE t.id IN (SELECT tie_id FROM turned WHERE NOT back)
        """
    ),
    statement("UPDATE tie_sources AS s SET retired = NOT b.back FROM turned AS b WHERE s.source = :source AND s.tie_id = b.tie_id"),
)

# The same state that a change over the API records; their numbers follow those of the rows.
TELL: tuple[TextClause, ...] = (
    statement(
        f"""
        INSERT INTO events @event
        SELECT @id(told.nth), 'tie', CAST(told.id AS text), 'tie.changed', @now, told.state, told.state, @who,
               (SELECT jsonb_object_agg(key, value) FROM jsonb_each(told.was) WHERE value IS DISTINCT FROM told.after -> key),
               (SELECT jsonb_object_agg(key, value) FROM jsonb_each(told.after) WHERE value IS DISTINCT FROM told.was -> key)
        FROM (
            SELECT t.id, b.was, (SELECT count(*) FROM linked) + row_number() OVER (ORDER BY t.id) AS nth,
                   jsonb_build_object(
                       'tie_id', t.id, 'tie_type', t.type, 'symmetric', t.type IN ({listed(SYMMETRIC)}), 'from_id', t.from_id, 'to_id', t.to_id,
                       'role', t.role, 'status', t.status, 'valid_from', t.valid_from, 'valid_through', t.valid_through,
                       'last_activity_on', t.last_activity_on
                   ) AS state,
                   jsonb_build_object('status', t.status, 'valid_through', t.valid_through) AS after
            FROM turned AS b JOIN ties AS t ON t.id = b.tie_id
        ) AS told
        ORDER BY told.nth
        """  # noqa: S608 - constants
    ),
)
REMEMBER = statement(
    """
    INSERT INTO tie_sources (source, tie_id, import_id, brought, retired)
    SELECT :source, tie_id, :id, fresh, false FROM pending_ties WHERE CAST(:source AS text) IS NOT NULL ORDER BY line
    ON CONFLICT (source, tie_id) DO NOTHING
    """
)
COUNT_REOPENED = statement("SELECT count(*) FROM turned WHERE back AND tie_id NOT IN (SELECT id FROM ties_touched)")
READ_ORPHANS = statement("SELECT actor_id, tie_id, domain, kept_by, retired FROM link_orphans ORDER BY actor_id, tie_id, domain")
"""Rows of (actor, its tie, its domain, other sources, whether it was ended or taken away)."""
KEEP_ORPHANS = statement(
    """
    INSERT INTO import_orphans (import_id, actor_id, tie_id, domain, kept_by, retired)
    SELECT :id, actor_id, tie_id, domain, kept_by, retired FROM link_orphans ORDER BY actor_id, tie_id, domain
    """
)
COUNT_ORPHANS = statement("SELECT count(*) AS orphans, count(*) FILTER (WHERE retired) AS retired FROM link_orphans")
