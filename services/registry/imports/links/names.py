"""Names that are told of known actors: a name is found again by its actor, its language and its letters.

What a row says of its kind, its days and its source is taken; a cell that is empty leaves what is known. A language has one preferred
name: the one before becomes a former one, unless the file says what else it is.
"""

from services.registry.imports.links.matching import reversed_days, unfound
from services.registry.imports.sql import statement

COMPARE = (
    statement(unfound("actor", "from")),
    statement(
        """
        CREATE TEMPORARY TABLE told_names ON COMMIT DROP AS
        SELECT made.*, (made.kind, made.valid_from, made.valid_through, made.source)
                   IS DISTINCT FROM (made.was, made.knew_from, made.knew_through, made.knew_source) AS differs
        FROM (
            SELECT l.line, l.from_id AS actor_id, l.language, l.name, l.folded, l.type AS kind, n.kind AS was,
                   n.valid_from AS knew_from, n.valid_through AS knew_through, n.source AS knew_source,
                   coalesce(l.valid_from, n.valid_from) AS valid_from, coalesce(l.valid_through, n.valid_through) AS valid_through,
                   l.valid_through IS NOT NULL AS gave_last, coalesce(l.source, n.source) AS source
            FROM linked AS l LEFT JOIN actor_names AS n ON n.actor_id = l.from_id AND n.language = l.language AND n.name = l.name
            WHERE l.from_id IS NOT NULL
        ) AS made
        """
    ),
    statement("ANALYZE told_names (line, actor_id, language)"),
    statement(reversed_days("told_names")),
    statement(
        """
        INSERT INTO faults
        SELECT line, 'name', name, 'name_repeated', jsonb_build_object('first', first)
        FROM (SELECT line, name, min(line) OVER (PARTITION BY actor_id, language, name) AS first FROM told_names) AS said WHERE line > first
        UNION ALL
        SELECT line, 'kind', kind, 'preferred_twice', jsonb_build_object('first', first)
        FROM (
            SELECT line, kind, name, min(line) OVER of_language AS first, first_value(name) OVER of_language AS other FROM told_names WHERE kind = 'preferred'
            WINDOW of_language AS (PARTITION BY actor_id, language ORDER BY line)
        ) AS said
        WHERE line > first AND name <> other
        UNION ALL
        SELECT t.line, 'kind', t.kind, 'preferred_lost', '{}'
        FROM told_names AS t JOIN actors AS a ON a.id = t.actor_id AND a.preferred_language = t.language
        WHERE t.was = 'preferred' AND t.kind <> 'preferred' AND NOT EXISTS (
            SELECT FROM told_names AS o WHERE o.actor_id = t.actor_id AND o.language = t.language AND o.kind = 'preferred'
        )
        """
    ),
    # Null takes the language's preferred name away.
    statement(
        """
        UPDATE pending AS p SET names = said.names, folded = said.folded
        FROM (
            SELECT actor_id, jsonb_object_agg(language, preferred) AS names, jsonb_object_agg(language, folded) AS folded
            FROM (
                SELECT t.actor_id, t.language, max(t.name) FILTER (WHERE t.kind = 'preferred') AS preferred,
                       max(t.folded) FILTER (WHERE t.kind = 'preferred') AS folded
                FROM told_names AS t WHERE t.kind = 'preferred' OR t.was = 'preferred' GROUP BY t.actor_id, t.language HAVING bool_or(t.differs)
            ) AS of_language
            JOIN actors AS a ON a.id = actor_id AND (preferred IS NOT NULL OR a.preferred_language <> language)
            GROUP BY actor_id
        ) AS said
        WHERE p.actor_id = said.actor_id
        """
    ),
    statement("INSERT INTO retold SELECT DISTINCT actor_id FROM told_names WHERE differs"),
)
# The preferred names are in by now, and what was preferred before is a former name.
APPLY = (
    statement(
        """
        INSERT INTO actor_names (actor_id, language, name, kind, valid_from, valid_through, source, folded)
        SELECT actor_id, language, name, kind, valid_from, valid_through, source, folded FROM told_names WHERE differs ORDER BY line
        ON CONFLICT (actor_id, language, name) DO UPDATE
        SET kind = excluded.kind, valid_from = excluded.valid_from, valid_through = excluded.valid_through, source = excluded.source
        """
    ),
)
