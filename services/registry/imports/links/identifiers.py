"""Identifiers that are told of known actors: an actor takes one when a single row means it and it has no other of that scheme.

A row that names its actor by an identifier leaves no doubt. In a file in our own columns such rows may therefore be several, one for each
source or for a second identifier of a scheme, and what they say of the source of an identifier that is known already
is taken too.
"""

from sqlalchemy import TextClause

from services.registry.imports.sql import statement

# `told` has the identifiers that a file gives beside those of its rows of actors; `line` is the first of the actor's.
TOLD: tuple[TextClause, ...] = (
    statement(
        """
        CREATE TEMPORARY TABLE told
            (actor_id uuid NOT NULL, line integer NOT NULL, scheme text NOT NULL, value text NOT NULL, source text, licence text, read_on date)
            ON COMMIT DROP
        """
    ),
    statement("CREATE TEMPORARY TABLE restated (id bigint NOT NULL, actor_id uuid NOT NULL, source text, licence text, read_on date) ON COMMIT DROP"),
)
STAGE: tuple[TextClause, ...] = (
    statement(
        """
        INSERT INTO told
        SELECT DISTINCT ON (l.from_id, given.key, given.value) l.from_id, l.first, given.key, given.value, l.source, l.licence, l.read_on
        FROM (
            SELECT *, count(*) OVER of_actor AS rows, bool_and(exact) OVER of_actor AS sure, min(line) OVER of_actor AS first
            FROM linked WHERE from_id IS NOT NULL WINDOW of_actor AS (PARTITION BY from_id)
        ) AS l
        CROSS JOIN jsonb_each_text(l.identifiers) AS given
        WHERE (l.rows = 1 OR (CAST(:own AS boolean) AND l.sure)) AND ((CAST(:own AS boolean) AND l.sure) OR NOT EXISTS (
            SELECT FROM actor_identifiers AS i
            WHERE i.actor_id = l.from_id AND i.scheme = given.key AND i.value <> given.value AND @current(i)
        ))
        ORDER BY l.from_id, given.key, given.value, l.line
        """
    ),
    statement(
        """
        INSERT INTO import_rows (import_id, line, faulty, key_scheme, key_value, names, folded, identifiers, border_m, fields)
        SELECT DISTINCT CAST(:id AS uuid), line, false, 'comity', CAST(actor_id AS text), CAST('{}' AS jsonb), CAST('{}' AS jsonb),
               jsonb_build_object('comity', CAST(actor_id AS text)), CAST('{}' AS jsonb), CAST('{}' AS text[])
        FROM told
        """
    ),
)
# Whose word a known identifier is, where the file says another: a row says all of it, or nothing.
RESTATED = statement(
    """
    INSERT INTO restated
    SELECT i.id, i.actor_id, t.source, t.licence, t.read_on
    FROM told AS t
    JOIN actor_identifiers AS i ON i.actor_id = t.actor_id AND i.scheme = t.scheme AND i.value = t.value AND @current(i)
    JOIN actors AS a ON a.id = i.actor_id
    CROSS JOIN LATERAL @origin AS said
    WHERE CAST(:own AS boolean) AND num_nonnulls(t.source, t.licence, t.read_on) > 0
      AND (said.source, said.licence, said.read_on) IS DISTINCT FROM (t.source, t.licence, t.read_on)
    """
)
RESTATE = statement("UPDATE actor_identifiers AS i SET source = r.source, licence = r.licence, read_on = r.read_on FROM restated AS r WHERE i.id = r.id")
