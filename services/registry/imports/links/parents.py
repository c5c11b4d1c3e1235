"""Parents that are told of known actors, each with its days. A row is about the known time with that parent of which it has a day in common, and corrects it.

A time that no known one shares a day with is a new one. On no day has an actor two parents, and on none is anybody inside itself.
"""

from services.registry.actors.hierarchy import above
from services.registry.imports.links.matching import about, reversed_days, unfound
from services.registry.imports.sql import statement

COMPARE = (
    statement(unfound("actor", "from")),
    statement(unfound("parent", "to")),
    statement(
        """
        INSERT INTO faults SELECT line, 'parent' || CASE WHEN to_side ? 'value' THEN '_value' ELSE '_name' END,
            coalesce(to_side ->> 'value', to_side ->> 'name'), 'parent_itself', '{}'
        FROM linked WHERE from_id = to_id
        """
    ),
    statement(
        f"""
        CREATE TEMPORARY TABLE told_parents ON COMMIT DROP AS
        WITH told AS (
            SELECT nth, line, from_id AS actor_id, to_id AS parent_id, valid_from, valid_through FROM linked WHERE from_id <> to_id
        ), chosen AS ({about("told", "actor_parents", "e.actor_id = t.actor_id AND e.parent_id = t.parent_id")})
        SELECT made.*, CASE WHEN made.valid_from <= made.valid_through IS NOT FALSE THEN @period(made) END AS days,
               made.known_id IS NULL OR (made.valid_from, made.valid_through) IS DISTINCT FROM (made.knew_from, made.knew_through) AS differs
        FROM (
            SELECT t.nth, t.line, t.actor_id, t.parent_id, e.id AS known_id, e.valid_from AS knew_from, e.valid_through AS knew_through,
                   coalesce(t.valid_from, e.valid_from) AS valid_from, coalesce(t.valid_through, e.valid_through) AS valid_through,
                   t.valid_through IS NOT NULL AS gave_last
            FROM told AS t LEFT JOIN chosen AS c ON c.nth = t.nth LEFT JOIN actor_parents AS e ON e.id = c.known_id
        ) AS made
        """  # noqa: S608 - constants
    ),
    statement("ANALYZE told_parents (nth, actor_id, parent_id, known_id)"),
    statement(reversed_days("told_parents")),
    statement(
        """
        INSERT INTO faults
        SELECT DISTINCT t.line, 'valid_from', CAST(t.valid_from AS text), 'parents_overlap', CAST('{}' AS jsonb)
        FROM told_parents AS t JOIN (
            SELECT actor_id, days, nth FROM told_parents
            UNION ALL
            SELECT p.actor_id, @period(p), 0 FROM actor_parents AS p
            WHERE p.actor_id IN (SELECT actor_id FROM told_parents) AND p.id NOT IN (SELECT known_id FROM told_parents WHERE known_id IS NOT NULL)
        ) AS o ON o.actor_id = t.actor_id AND o.nth < t.nth AND o.days && t.days
        """
    ),
    statement("INSERT INTO retold SELECT DISTINCT actor_id FROM told_parents WHERE differs"),
)
# What is corrected is taken away first, so that times which change places are in nobody's way.
APPLY = (
    statement("DELETE FROM actor_parents WHERE id IN (SELECT known_id FROM told_parents WHERE differs)"),
    statement(
        """
        INSERT INTO actor_parents (actor_id, parent_id, valid_from, valid_through)
        SELECT actor_id, parent_id, valid_from, valid_through FROM told_parents WHERE differs ORDER BY nth
        """
    ),
    statement(
        above(
            """
            SELECT t.actor_id, coalesce(merged.canonical_id, t.parent_id), t.days
            FROM told_parents AS t LEFT JOIN actors AS merged ON merged.id = t.parent_id AND merged.canonical_id IS NOT NULL
            WHERE t.differs AND merged.canonical_id IS DISTINCT FROM t.actor_id
            """,
            """
            INSERT INTO faults
            SELECT DISTINCT l.line, 'parent' || CASE WHEN l.to_side ? 'value' THEN '_value' ELSE '_name' END,
                   coalesce(l.to_side ->> 'value', l.to_side ->> 'name'), 'parents_in_a_ring', CAST('{}' AS jsonb)
            FROM above JOIN told_parents AS t ON t.actor_id = above.start AND t.differs AND t.days && above.days JOIN linked AS l ON l.nth = t.nth
            WHERE above.id = above.start
            """,
        )
    ),
)
