"""Many ties at once, for an import: a fixed number of statements, whatever the number of rows.

The caller makes `pending_ties` with `PENDING`, fills it with rows whose two sides it has resolved, and calls `apply_pending` in the same
transaction. A row with a side that is not certain does not belong there: it stays a suggestion for a person. A pair that a list names
from both sides is one tie. A tie that is known keeps what the list does not say, its days and its status; one that a person has ended or
withdrawn stays so, whatever the list says. A tie recorded by somebody else at the same moment is refused by the constraint (`TieExists`),
and the caller tries again.
"""

from collections.abc import Mapping
from typing import Any

from services.registry.imports.sql import statement
from services.registry.ties.models import EXPIRED
from services.registry.ties.types import SYMMETRIC, listed
from shared.work import Work

PENDING = statement(
    """
    CREATE TEMPORARY TABLE pending_ties (
        line int PRIMARY KEY, type text NOT NULL, from_id uuid NOT NULL, to_id uuid NOT NULL, role text, status text, end_reason text,
        valid_from date, valid_through date, last_activity_on date, note text,
        source text, licence text, read_on date, tie_id uuid, fresh boolean NOT NULL DEFAULT false
    ) ON COMMIT DROP
    """
)

_PREPARE = (
    # A list that names a pair twice says it once; nobody is tied to itself.
    statement(f"UPDATE pending_ties SET from_id = to_id, to_id = from_id WHERE type IN ({listed(SYMMETRIC)}) AND to_id < from_id"),  # noqa: S608 - constants
    statement("DELETE FROM pending_ties WHERE from_id = to_id"),
    statement(
        """
        DELETE FROM pending_ties AS p USING pending_ties AS before
        WHERE before.line < p.line AND (before.type, before.from_id, before.to_id) = (p.type, p.from_id, p.to_id)
          AND daterange(before.valid_from, before.valid_through, '[]') && daterange(p.valid_from, p.valid_through, '[]')
        """
    ),
    statement("ANALYZE pending_ties"),
    # The tie that a row means is the latest of this type between the two whose time touches the row's. What was withdrawn because its row
    # meant others is not that of a row which means these two.
    statement(
        """
        UPDATE pending_ties AS p SET tie_id = (
            SELECT t.id FROM ties AS t
            WHERE t.type = p.type AND t.from_id = p.from_id AND t.to_id = p.to_id
              AND daterange(t.valid_from, t.valid_through, '[]') && daterange(p.valid_from, p.valid_through, '[]')
              AND NOT EXISTS (SELECT FROM suggestion_decisions AS d WHERE d.withdrew_id = t.id)
            ORDER BY t.status = 'withdrawn', t.valid_from DESC NULLS LAST LIMIT 1
        )
        """
    ),
    statement("UPDATE pending_ties SET tie_id = @id(line), fresh = true WHERE tie_id IS NULL"),
    statement("SELECT t.id FROM ties AS t JOIN pending_ties AS p ON p.tie_id = t.id ORDER BY t.id FOR UPDATE OF t"),
)

_CHANGED = statement(
    """
    CREATE TEMPORARY TABLE ties_touched ON COMMIT DROP AS
    WITH wanted AS (
        SELECT p.line, t.id, coalesce(p.role, t.role) AS role, coalesce(p.note, t.note) AS note, coalesce(p.source, t.source) AS source,
               coalesce(p.licence, t.licence) AS licence,
               coalesce(p.read_on, t.read_on) AS read_on, greatest(p.last_activity_on, t.stated_activity_on) AS stated,
               greatest(p.last_activity_on, t.last_activity_on) AS last
        FROM pending_ties AS p JOIN ties AS t ON t.id = p.tie_id WHERE NOT p.fresh AND t.status NOT IN ('ended', 'withdrawn')
    )
    SELECT w.*, jsonb_build_object('role', t.role, 'licence', t.licence, 'read_on', t.read_on,
                                   'last_activity_on', t.last_activity_on, 'status', t.status) AS before
    FROM wanted AS w JOIN ties AS t ON t.id = w.id
    WHERE (t.role, t.note, t.source, t.licence, t.read_on, t.stated_activity_on, t.last_activity_on)
          IS DISTINCT FROM (w.role, w.note, w.source, w.licence, w.read_on, w.stated, w.last)
    """
)

_APPLY = (
    statement(
        """
        UPDATE ties AS t
        SET role = w.role, note = w.note, source = w.source, licence = w.licence, read_on = w.read_on, stated_activity_on = w.stated,
            last_activity_on = w.last,
            quiet_since = greatest(t.quiet_since, w.last),
            status = CASE WHEN t.status = 'dormant' AND w.last > coalesce(t.last_activity_on, '-infinity') THEN 'active' ELSE t.status END,
            updated_at = @now, version = t.version + 1
        FROM ties_touched AS w WHERE t.id = w.id
        """
    ),
    statement(
        """
        INSERT INTO ties (id, type, from_id, to_id, role, status, end_reason, valid_from, valid_through, stated_activity_on, last_activity_on,
                          quiet_since, note, source, licence, read_on, created_at, updated_at, version)
        SELECT tie_id, type, from_id, to_id, role, stands, CASE WHEN stands = 'ended' THEN coalesce(end_reason, CAST(:expired AS text)) END,
               valid_from, valid_through, last_activity_on, last_activity_on, coalesce(last_activity_on, @today), note, source, licence, read_on,
               @now, @now, 1
        FROM pending_ties CROSS JOIN LATERAL (SELECT CASE WHEN valid_through < @today THEN 'ended' ELSE coalesce(status, 'active') END) AS s (stands)
        WHERE fresh ORDER BY line
        """
    ),
    # The same state that a change over the API records (`TieState`); a test compares them.
    statement(
        f"""
        INSERT INTO events (id, aggregatetype, aggregateid, type, time, payload, payload_open, visibility, organizations, subject, organization,
                            reason, request_id, trace, before, after)
        SELECT @id(told.nth), 'tie', CAST(told.id AS text), CASE WHEN told.before IS NULL THEN 'tie.recorded' ELSE 'tie.changed' END,
               @now, told.state, told.state, 'public', ARRAY[CAST(told.state ->> 'from_id' AS uuid), CAST(told.state ->> 'to_id' AS uuid)], @by,
               (SELECT jsonb_object_agg(key, value) FROM jsonb_each(told.before) WHERE value IS DISTINCT FROM told.after -> key),
               CASE WHEN told.before IS NULL THEN told.after
                    ELSE (SELECT jsonb_object_agg(key, value) FROM jsonb_each(told.after) WHERE value IS DISTINCT FROM told.before -> key) END
        FROM (
            SELECT t.id, p.line AS nth, w.before,
                   jsonb_build_object(
                       'tie_id', t.id, 'tie_type', t.type, 'symmetric', t.type IN ({listed(SYMMETRIC)}), 'from_id', t.from_id, 'to_id', t.to_id,
                       'role', t.role, 'status', t.status, 'valid_from', t.valid_from, 'valid_through', t.valid_through,
                       'last_activity_on', t.last_activity_on
                   ) AS state,
                   jsonb_build_object('role', t.role, 'licence', t.licence, 'read_on', t.read_on,
                                      'last_activity_on', t.last_activity_on, 'status', t.status) AS after
            FROM pending_ties AS p JOIN ties AS t ON t.id = p.tie_id LEFT JOIN ties_touched AS w ON w.id = t.id AND w.line = p.line
            WHERE p.fresh OR w.id IS NOT NULL
        ) AS told
        ORDER BY told.nth
        """  # noqa: S608 - constants
    ),
)
_COUNT = statement(
    """
    SELECT count(*) FILTER (WHERE p.fresh) AS created, count(w.id) AS changed, count(*) FILTER (WHERE NOT p.fresh AND w.id IS NULL) AS unchanged
    FROM pending_ties AS p LEFT JOIN ties_touched AS w ON w.id = p.tie_id AND w.line = p.line
    """
)


async def apply_pending(work: Work, values: Mapping[str, Any]) -> dict[str, int]:
    """Apply `pending_ties`; how many ties were created, changed and left as they are.

    `values` are those of an import's statements: now, today, ms, subject, organization, reason, request_id, trace.
    """
    for each in (*_PREPARE, _CHANGED, *_APPLY):
        await work.execute(each, {**values, "expired": EXPIRED})
    return dict((await work.execute(_COUNT)).one()._mapping)
