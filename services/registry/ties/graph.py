"""Paths between two actors over their ties, in one statement of bounded work.

The walk begins at the end with fewer ties and stops one step before the other: the last step is a look-up among the other end's own ties,
so that a network with thousands of members is never walked through for its members' members. What the walk may hold is bounded; it goes
level by level, so that a shorter path is never missed for a longer one.
"""

import re
from typing import Any, cast

from sqlalchemy import text

from shared.reading import Statement

MOST_STEPS = 50_000

_STANDING = """(t.valid_from IS NULL OR t.valid_from <= day.value) AND (t.valid_through IS NULL OR t.valid_through >= day.value)
              AND (CAST(:types AS text[]) IS NULL OR t.type = ANY (CAST(:types AS text[])))
              AND CASE WHEN CAST(:statuses AS text[]) IS NULL THEN t.status <> 'proposed' ELSE t.status = ANY (CAST(:statuses AS text[])) END"""

_TIES_OF = """
        SELECT t.id, t.to_id AS there FROM ties AS t CROSS JOIN day WHERE t.from_id = @at AND @standing
        UNION ALL
        SELECT t.id, t.from_id FROM ties AS t CROSS JOIN day WHERE t.to_id = @at AND @standing
"""

_PATHS = """
WITH RECURSIVE day AS (
    SELECT coalesce(CAST(:as_of AS date), CAST(timezone('UTC', CAST(:now AS timestamptz)) AS date)) AS value
), busy AS (
    SELECT asked.id, (SELECT count(*) FROM ties AS t WHERE t.from_id = asked.id OR t.to_id = asked.id) AS ties
    FROM (VALUES (CAST(:start AS uuid)), (CAST(:goal AS uuid))) AS asked(id)
), ends AS (
    SELECT here.ties > there.ties AS turned,
           CASE WHEN here.ties > there.ties THEN there.id ELSE here.id END AS start,
           CASE WHEN here.ties > there.ties THEN here.id ELSE there.id END AS goal
    FROM busy AS here CROSS JOIN busy AS there WHERE here.id = CAST(:start AS uuid) AND there.id = CAST(:goal AS uuid)
), walk (depth, here, actors, ties) AS (
    SELECT 0, start, ARRAY[start], CAST('{}' AS uuid[]) FROM ends
    UNION ALL
    SELECT w.depth + 1, step.there, w.actors || step.there, w.ties || step.id
    FROM walk AS w CROSS JOIN ends CROSS JOIN LATERAL (@ties_of(w.here)) AS step
    WHERE w.depth < CAST(:deepest AS int) - 1 AND step.there <> ends.goal AND step.there <> ALL (w.actors)
), walked AS MATERIALIZED (
    SELECT * FROM walk LIMIT CAST(:most AS bigint)
), last AS MATERIALIZED (
    SELECT step.id, step.there FROM ends CROSS JOIN LATERAL (@ties_of(ends.goal)) AS step
), found AS MATERIALIZED (
    SELECT w.depth + 1 AS length, w.actors || ends.goal AS actors, w.ties || last.id AS ties
    FROM walked AS w JOIN last ON last.there = w.here CROSS JOIN ends
), shortest AS MATERIALIZED (
    SELECT * FROM found WHERE length = (SELECT min(length) FROM found) ORDER BY ties LIMIT CAST(:paths AS bigint) + 1
), turned AS (
    SELECT nth, length,
           CASE WHEN ends.turned THEN (SELECT array_agg(id ORDER BY n DESC) FROM unnest(actors) WITH ORDINALITY AS item(id, n)) ELSE actors END AS actors,
           CASE WHEN ends.turned THEN (SELECT array_agg(id ORDER BY n DESC) FROM unnest(ties) WITH ORDINALITY AS item(id, n)) ELSE ties END AS ties
    FROM (SELECT *, row_number() OVER (ORDER BY ties) AS nth FROM shortest) AS numbered CROSS JOIN ends
), told AS (
    SELECT * FROM turned WHERE nth <= CAST(:paths AS bigint)
), actors_told AS (
    SELECT a.id, a.kind,
           coalesce((SELECT a.names ->> tag FROM unnest(CAST(:languages AS text[])) WITH ORDINALITY AS wanted(tag, n)
                     WHERE a.names ? tag ORDER BY n LIMIT 1), a.name) AS name,
           a.country, a.subdivision, a.lat, a.lon
    FROM actors AS a
    WHERE a.id IN (SELECT unnest(actors) FROM told UNION SELECT CAST(:start AS uuid) UNION SELECT CAST(:goal AS uuid))
), ties_told AS (
    SELECT t.id, t.type, t.from_id, t.to_id, t.status, t.role, t.valid_from, t.valid_through, t.last_activity_on
    FROM ties AS t WHERE t.id IN (SELECT unnest(ties) FROM told)
)
SELECT CAST(json_build_object(
    'length', (SELECT min(length) FROM told),
    'complete', (SELECT count(*) FROM walked) < CAST(:most AS bigint)
                OR coalesce((SELECT min(length) FROM found) - 1 < (SELECT max(depth) FROM walked), false),
    'more', (SELECT count(*) FROM turned) > CAST(:paths AS bigint),
    'paths', coalesce((SELECT json_agg(json_build_object('actors', actors, 'ties', ties) ORDER BY nth) FROM told), '[]'),
    'actors', coalesce((SELECT json_agg(a ORDER BY a.id) FROM actors_told AS a), '[]'),
    'ties', coalesce((SELECT json_agg(t ORDER BY t.id) FROM ties_told AS t), '[]')
) AS text) AS body
"""
_USED = re.compile(r"@ties_of\(([\w.]+)\)")
PATHS = Statement(cast(Any, text(_USED.sub(lambda used: _TIES_OF.replace("@at", used[1]).replace("@standing", _STANDING), _PATHS))))
