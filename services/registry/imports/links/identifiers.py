"""Identifiers that are told of known actors: an actor takes one when a single row means it and it has no other of that scheme.

A row that names its actor by an identifier leaves no doubt. In a file in our own columns such rows may therefore be several, one for each
source or for a second identifier of a scheme, and what they say of the source of an identifier that is known already
is taken too.

A row that says days is about a time: about the known one of that identifier with which it has a day in common, else about a new one.
"""

from sqlalchemy import TextClause

from services.registry.imports.links.matching import about, reversed_days
from services.registry.imports.sql import statement

# `told` has the identifiers that a file gives beside those of its rows of actors; `line` is the first of the actor's. `retold` are the actors
# of whom anything changes that is not in their own rows.
TOLD: tuple[TextClause, ...] = (
    statement(
        """
        CREATE TEMPORARY TABLE told
            (actor_id uuid NOT NULL, line integer NOT NULL, scheme text NOT NULL, value text NOT NULL, source text, licence text, read_on date)
            ON COMMIT DROP
        """
    ),
    statement("CREATE TEMPORARY TABLE retold (actor_id uuid NOT NULL) ON COMMIT DROP"),
)
STAGE: tuple[TextClause, ...] = (
    statement(
        """
        CREATE TEMPORARY TABLE said ON COMMIT DROP AS
        SELECT l.from_id AS actor_id, l.line, l.first, given.key AS scheme, given.value, l.source, l.licence, l.read_on, l.valid_from, l.valid_through,
               CAST(:own AS boolean) AND l.sure AS sure, num_nonnulls(l.valid_from, l.valid_through) > 0 AS dated
        FROM (
            SELECT *, count(*) OVER of_actor AS rows, bool_and(exact) OVER of_actor AS sure, min(line) OVER of_actor AS first
            FROM linked WHERE from_id IS NOT NULL WINDOW of_actor AS (PARTITION BY from_id)
        ) AS l
        CROSS JOIN jsonb_each_text(l.identifiers) AS given
        WHERE l.rows = 1 OR (CAST(:own AS boolean) AND l.sure)
        """
    ),
    statement(
        """
        INSERT INTO told
        SELECT DISTINCT ON (s.actor_id, s.scheme, s.value) s.actor_id, s.first, s.scheme, s.value, s.source, s.licence, s.read_on
        FROM said AS s
        WHERE NOT s.dated AND (s.sure OR NOT EXISTS (
            SELECT FROM actor_identifiers AS i
            WHERE i.actor_id = s.actor_id AND i.scheme = s.scheme AND i.value <> s.value AND @current(i)
        ))
        ORDER BY s.actor_id, s.scheme, s.value, s.line
        """
    ),
    statement(
        """
        INSERT INTO import_rows (import_id, line, faulty, key_scheme, key_value, names, folded, identifiers, border_m, fields)
        SELECT DISTINCT CAST(:id AS uuid), first, false, 'comity', CAST(actor_id AS text), CAST('{}' AS jsonb), CAST('{}' AS jsonb),
               jsonb_build_object('comity', CAST(actor_id AS text)), CAST('{}' AS jsonb), CAST('{}' AS text[])
        FROM (SELECT actor_id, line AS first FROM told UNION SELECT actor_id, first FROM said WHERE dated) AS meant
        """
    ),
)
COMPARE: tuple[TextClause, ...] = (
    # Whose word a known identifier is, where the file says another: a row says all of it, or nothing.
    statement(
        """
        CREATE TEMPORARY TABLE restated ON COMMIT DROP AS
        SELECT i.id, i.actor_id, t.source, t.licence, t.read_on
        FROM told AS t
        JOIN actor_identifiers AS i ON i.actor_id = t.actor_id AND i.scheme = t.scheme AND i.value = t.value AND @current(i)
        JOIN actors AS a ON a.id = i.actor_id
        CROSS JOIN LATERAL @origin AS said
        WHERE CAST(:own AS boolean) AND num_nonnulls(t.source, t.licence, t.read_on) > 0
          AND (said.source, said.licence, said.read_on) IS DISTINCT FROM (t.source, t.licence, t.read_on)
        """
    ),
    statement(
        f"""
        CREATE TEMPORARY TABLE dated ON COMMIT DROP AS
        WITH given AS (SELECT *, row_number() OVER (ORDER BY line, scheme) AS nth FROM said WHERE dated),
        chosen AS ({about("given", "actor_identifiers", "e.actor_id = t.actor_id AND e.scheme = t.scheme AND e.value = t.value")})
        SELECT made.*, CASE WHEN made.valid_from <= made.valid_through IS NOT FALSE THEN @period(made) END AS days,
               made.known_id IS NULL OR (made.valid_from, made.valid_through, made.source, made.licence, made.read_on)
                   IS DISTINCT FROM (made.knew_from, made.knew_through, made.knew_source, made.knew_licence, made.knew_read_on) AS differs
        FROM (
            SELECT t.nth, t.line, t.actor_id, t.scheme, t.value, i.id AS known_id, i.valid_from AS knew_from, i.valid_through AS knew_through,
                   i.source AS knew_source, i.licence AS knew_licence, i.read_on AS knew_read_on,
                   coalesce(t.valid_from, i.valid_from) AS valid_from, coalesce(t.valid_through, i.valid_through) AS valid_through,
                   t.valid_through IS NOT NULL AS gave_last,
                   CASE WHEN word.new THEN t.source ELSE i.source END AS source, CASE WHEN word.new THEN t.licence ELSE i.licence END AS licence,
                   CASE WHEN word.new THEN t.read_on ELSE i.read_on END AS read_on
            FROM given AS t LEFT JOIN chosen AS c ON c.nth = t.nth LEFT JOIN actor_identifiers AS i ON i.id = c.known_id
            JOIN actors AS a ON a.id = t.actor_id
            CROSS JOIN LATERAL @origin AS was
            CROSS JOIN LATERAL (
                SELECT i.id IS NULL OR (num_nonnulls(t.source, t.licence, t.read_on) > 0
                       AND (was.source, was.licence, was.read_on) IS DISTINCT FROM (t.source, t.licence, t.read_on)) AS new
            ) AS word
        ) AS made
        """  # noqa: S608 - constants
    ),
    statement("ANALYZE dated (nth, actor_id, scheme, value, known_id)"),
    statement(reversed_days("dated")),
    # On no day do two have it, and nobody has it twice.
    statement(
        """
        INSERT INTO faults
        SELECT DISTINCT t.line, 'id:' || t.scheme, t.value, 'identifier_overlaps', jsonb_build_object('actor', o.actor_id)
        FROM dated AS t JOIN (
            SELECT scheme, value, actor_id, days, nth FROM dated
            UNION ALL
            SELECT scheme, value, actor_id, daterange(NULL, NULL), 0 FROM told
            UNION ALL
            SELECT i.scheme, i.value, i.actor_id, @period(i), 0
            FROM (SELECT DISTINCT scheme, value FROM dated) AS d JOIN actor_identifiers AS i ON i.scheme = d.scheme AND i.value = d.value
            WHERE i.id NOT IN (SELECT known_id FROM dated WHERE known_id IS NOT NULL)
        ) AS o ON o.scheme = t.scheme AND o.value = t.value AND o.nth < t.nth AND o.days && t.days
        """
    ),
    statement("INSERT INTO retold SELECT actor_id FROM restated UNION SELECT actor_id FROM dated WHERE differs"),
)
# What is corrected is taken away first, so that times which change places are in nobody's way.
APPLY: tuple[TextClause, ...] = (
    statement("UPDATE actor_identifiers AS i SET source = r.source, licence = r.licence, read_on = r.read_on FROM restated AS r WHERE i.id = r.id"),
    statement("DELETE FROM actor_identifiers WHERE id IN (SELECT known_id FROM dated WHERE differs)"),
    statement(
        """
        INSERT INTO actor_identifiers (actor_id, scheme, value, valid_from, valid_through, source, licence, read_on)
        SELECT actor_id, scheme, value, valid_from, valid_through, source, licence, read_on FROM dated WHERE differs ORDER BY nth
        """
    ),
)
