"""Paths between two actors over their ties, in one statement of bounded work.

The walk begins at the end with fewer ties and stops one step before the other: the last step is a look-up among the other end's own ties,
so that a network with thousands of members is never walked through for its members' members. What the walk may hold is bounded; it goes
level by level, so that a shorter path is never missed for a longer one.
"""

import re
from typing import Any, cast

from sqlalchemy import literal_column, text
from sqlalchemy.orm import aliased

from services.registry.ties.days import status_of
from services.registry.ties.models import Tie
from shared.reading import DIALECT, Statement

MOST_STEPS = 50_000

_STANDING = """(t.valid_from IS NULL OR t.valid_from <= day.value) AND (t.valid_through IS NULL OR t.valid_through >= day.value)
              AND (CAST(:types AS text[]) IS NULL OR t.type = ANY (CAST(:types AS text[])))
              AND CASE WHEN CAST(:statuses AS text[]) IS NULL THEN t.status NOT IN ('proposed', 'withdrawn')
                  ELSE @status = ANY (CAST(:statuses AS text[])) END"""

_TIES_OF = """
        SELECT t.id, @known(t.to_id) AS there FROM actors AS own JOIN ties AS t ON t.from_id = ANY (array_append(own.merged_ids, own.id)) CROSS JOIN day
        WHERE own.id = @at AND @standing
        UNION ALL
        SELECT t.id, @known(t.from_id) FROM actors AS own JOIN ties AS t ON t.to_id = ANY (array_append(own.merged_ids, own.id)) CROSS JOIN day
        WHERE own.id = @at AND @standing
"""

_PATHS = """
WITH RECURSIVE day AS (
    SELECT coalesce(CAST(:as_of AS date), today) AS value, today FROM (SELECT CAST(timezone('UTC', CAST(:now AS timestamptz)) AS date) AS today) AS clock
), asked AS (
    SELECT @known(CAST(:start AS uuid)) AS start, @known(CAST(:goal AS uuid)) AS goal
), busy AS (
    SELECT a.id, (SELECT count(*) FROM ties AS t WHERE t.from_id = ANY (a.merged_ids || a.id) OR t.to_id = ANY (a.merged_ids || a.id)) AS ties
    FROM asked JOIN actors AS a ON a.id IN (asked.start, asked.goal)
), ends AS (
    SELECT here.ties > there.ties AS turned,
           CASE WHEN here.ties > there.ties THEN there.id ELSE here.id END AS start,
           CASE WHEN here.ties > there.ties THEN here.id ELSE there.id END AS goal
    FROM asked JOIN busy AS here ON here.id = asked.start JOIN busy AS there ON there.id = asked.goal WHERE asked.start <> asked.goal
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
    WHERE a.id IN (SELECT unnest(actors) FROM told UNION SELECT start FROM asked UNION SELECT goal FROM asked)
), ties_told AS (
    SELECT t.id, t.type, @known(t.from_id) AS from_id, @known(t.to_id) AS to_id, @status AS status, t.role, t.valid_from, t.valid_through, t.last_activity_on
    FROM ties AS t CROSS JOIN day WHERE t.id IN (SELECT unnest(ties) FROM told)
)
SELECT CAST(json_build_object(
    'length', (SELECT min(length) FROM told),
    'complete', (SELECT count(*) FROM walked) < CAST(:most AS bigint)
                OR coalesce((SELECT min(length) FROM found) - 1 < (SELECT max(depth) FROM walked), false),
    'more', (SELECT count(*) FROM turned) > CAST(:paths AS bigint),
    'paths', coalesce((SELECT json_agg(json_build_object('actors', actors, 'ties', ties) ORDER BY nth) FROM told), '[]'),
    'actors', coalesce((SELECT json_agg(a ORDER BY a.id) FROM actors_told AS a), '[]'),
    'ties', coalesce((SELECT json_agg(t ORDER BY t.id) FROM ties_told AS t), '[]')
) AS text) AS body,
    ARRAY(
        SELECT given.id FROM unnest(ARRAY[CAST(:start AS uuid), CAST(:goal AS uuid)]) AS given (id) LEFT JOIN actors AS a ON a.id = given.id
        WHERE a.id IS NULL
    ) AS unknown,
    (SELECT start = goal FROM asked) AS itself
"""
# Who an actor is known as: what was merged is few, and has an index of its own.
_KNOWN = re.compile(r"@known\(((?:[^()]|\([^()]*\))+)\)")
_USED = re.compile(r"@ties_of\(([\w.]+)\)")
_WRITTEN = _USED.sub(lambda used: _TIES_OF.replace("@at", used[1]).replace("@standing", _STANDING), _PATHS)
_STATUS = status_of(aliased(Tie, name="t"), literal_column("day.value"), literal_column("day.today"))
_OF_THE_DAY = str(_STATUS.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
_AS_KNOWN = "coalesce((SELECT m.canonical_id FROM actors AS m WHERE m.id = {0} AND m.canonical_id IS NOT NULL), {0})"
PATHS = Statement(cast(Any, text(_KNOWN.sub(lambda used: _AS_KNOWN.format(used[1]), _WRITTEN.replace("@status", _OF_THE_DAY)))))
