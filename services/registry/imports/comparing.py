"""What the rows will change, found before anything is written: parents that move, actors that will differ, and how they stood."""

from sqlalchemy import TextClause

from services.registry.imports.sql import statement

MOVES: tuple[TextClause, ...] = (
    statement(
        """
        INSERT INTO moves
        SELECT p.actor_id, coalesce(held.actor_id, here.actor_id), present.id, present.valid_from
        FROM pending AS p
        LEFT JOIN held ON held.scheme = p.parent_scheme AND held.value = p.parent_value AND held.today
        LEFT JOIN (
            SELECT m.scheme, m.value, of_row.actor_id FROM mentioned AS m JOIN pending AS of_row ON of_row.line = m.line WHERE m.of <> 'parent_value'
        ) AS here ON here.scheme = p.parent_scheme AND here.value = p.parent_value
        LEFT JOIN actor_parents AS present ON present.actor_id = p.actor_id AND @current(present)
        WHERE p.parent_scheme IS NOT NULL AND present.parent_id IS DISTINCT FROM coalesce(held.actor_id, here.actor_id)
        """
    ),
    statement("ANALYZE moves"),
    statement(
        """
        INSERT INTO faults
        SELECT p.line, 'parent_value', p.parent_scheme || ':' || p.parent_value, 'parent_itself', '{}'
        FROM moves AS m JOIN pending AS p ON p.actor_id = m.actor_id WHERE m.actor_id = m.parent_id
        """
    ),
)

# `touched` are the known actors that will differ, `wanted` how their rows will be, `stood` what the record said of them until now.
TOUCHED: tuple[TextClause, ...] = (
    statement(
        """
        INSERT INTO touched
        SELECT actor_id FROM retold
        UNION
        SELECT m.actor_id FROM moves AS m JOIN pending AS p ON p.actor_id = m.actor_id WHERE NOT p.fresh
        UNION
        SELECT p.actor_id
        FROM mentioned AS m JOIN pending AS p ON p.line = m.line LEFT JOIN held ON held.scheme = m.scheme AND held.value = m.value
        WHERE m.of <> 'parent_value' AND held.scheme IS NULL AND NOT p.fresh
        """
    ),
    statement(
        """
        INSERT INTO wanted
        SELECT given.*
        FROM (
            SELECT a.id, coalesce(p.kind, a.kind) AS kind, coalesce(p.source_kind, a.source_kind) AS source_kind, @status(p) AS status,
                   CASE WHEN @status(p) <> 'active' THEN coalesce(p.dissolved_on, a.dissolved_on) END AS dissolved_on,
                   coalesce(p.preferred_language, a.preferred_language) AS preferred_language, jsonb_strip_nulls(a.names || p.names) AS names,
                   coalesce(p.country, a.country) AS country, coalesce(p.subdivision, a.subdivision) AS subdivision,
                   coalesce(p.lat, a.lat) AS lat, coalesce(p.lon, a.lon) AS lon, coalesce(p.population, a.population) AS population,
                   coalesce(p.website, a.website) AS website, a.border_m || p.border_m AS border_m,
                   coalesce(p.source, a.source) AS source, coalesce(p.licence, a.licence) AS licence, coalesce(p.read_on, a.read_on) AS read_on
            FROM pending AS p JOIN actors AS a ON a.id = p.found_id
            LEFT JOIN actor_sources AS back ON back.source = :source AND back.actor_id = a.id AND back.retired
        ) AS given
        JOIN actors AS a ON a.id = given.id
        WHERE (a.kind, a.source_kind, a.status, a.dissolved_on, a.preferred_language, a.names, a.country, a.subdivision, a.lat, a.lon, a.population,
               a.website, a.border_m, a.source, a.licence, a.read_on)
            IS DISTINCT FROM
            (given.kind, given.source_kind, given.status, given.dissolved_on, given.preferred_language, given.names, given.country, given.subdivision,
             given.lat, given.lon, given.population, given.website, given.border_m, given.source, given.licence, given.read_on)
            OR a.id IN (SELECT actor_id FROM touched)
        """
    ),
    statement("INSERT INTO touched SELECT id FROM wanted"),
    statement("ANALYZE touched"),
    statement("INSERT INTO stood SELECT a.id, @whole(a) FROM actors AS a WHERE a.id IN (SELECT actor_id FROM touched)"),
    statement("INSERT INTO stood SELECT a.id, @whole(a) FROM actors AS a WHERE a.id IN (SELECT actor_id FROM orphans WHERE retired)"),
)
