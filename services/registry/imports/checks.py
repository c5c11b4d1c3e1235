"""What is wrong between a file's rows, and between them and the registry: a fixed number of statements, whatever the size of the file.

They work on `pending`, a temporary copy of the rows beside the actors they mean. A row means the actor that holds its key today;
without one it is a new actor.
"""

from sqlalchemy import TextClause

from services.registry.actors.hierarchy import above
from services.registry.imports.sql import statement

KEEP_FIRST = statement(
    """
    DELETE FROM import_rows AS r USING (
        SELECT key_scheme, key_value, min(line) AS line FROM import_rows WHERE import_id = :id GROUP BY key_scheme, key_value
    ) AS first
    WHERE r.import_id = :id AND r.key_scheme = first.key_scheme AND r.key_value = first.key_value AND r.line > first.line
    """
)
"""For files that name an actor in several rows."""

KEEP_FIRST_OF_ACTOR = statement(
    """
    DELETE FROM pending AS p USING (SELECT found_id, min(line) AS line FROM pending WHERE found_id IS NOT NULL GROUP BY found_id) AS first
    WHERE p.found_id = first.found_id AND p.line > first.line
    """
)
"""For files that others write: what is one actor here may be two rows there, such as a city and the county that it is."""

FAULTS = statement("CREATE TEMPORARY TABLE faults (line integer, title text, value text, code text NOT NULL, given jsonb NOT NULL) ON COMMIT DROP")
PREPARE: tuple[TextClause, ...] = (
    statement(
        """
        CREATE TEMPORARY TABLE pending
            (LIKE import_rows, nth bigint NOT NULL, found_id uuid, actor_id uuid NOT NULL, fresh boolean NOT NULL) ON COMMIT DROP
        """
    ),
    FAULTS,
    statement("CREATE TEMPORARY TABLE touched (actor_id uuid NOT NULL) ON COMMIT DROP"),
    statement("CREATE TEMPORARY TABLE stood (actor_id uuid PRIMARY KEY, was jsonb NOT NULL) ON COMMIT DROP"),
    statement(
        """
        CREATE TEMPORARY TABLE wanted
            (id uuid PRIMARY KEY, kind text, source_kind text, status text, dissolved_on date, preferred_language text, names jsonb, country text,
             subdivision text, lat float, lon float, population bigint, website text, border_m jsonb, source text, licence text, read_on date) ON COMMIT DROP
        """
    ),
    statement("CREATE TEMPORARY TABLE moves (actor_id uuid, parent_id uuid, present_id bigint, present_from date) ON COMMIT DROP"),
    statement(
        """
        CREATE TEMPORARY TABLE seated
            (seat_id uuid NOT NULL, actor_id uuid NOT NULL, role text, title text, email text, fresh boolean, point_id uuid, nth bigint, was text)
            ON COMMIT DROP
        """
    ),
    statement("CREATE TEMPORARY TABLE seats_touched (seat_id uuid NOT NULL) ON COMMIT DROP"),
    statement(
        """
        CREATE TEMPORARY TABLE mentioned
            (line integer, of text, scheme text NOT NULL, value text NOT NULL, source text, licence text, read_on date) ON COMMIT DROP
        """
    ),
    statement("CREATE TEMPORARY TABLE held (scheme text, value text, actor_id uuid, today boolean) ON COMMIT DROP"),
    statement(
        """
        INSERT INTO mentioned
        SELECT line, CASE WHEN given.key = key_scheme THEN 'key_value' ELSE 'id:' || given.key END, given.key, given.value, source, licence, read_on
        FROM import_rows CROSS JOIN jsonb_each_text(identifiers) AS given WHERE import_id = :id
        UNION ALL
        SELECT line, 'id:' || scheme, scheme, value, source, licence, read_on FROM told
        UNION ALL
        SELECT line, 'parent_value', parent_scheme, parent_value, NULL, NULL, NULL FROM import_rows WHERE import_id = :id AND parent_scheme IS NOT NULL
        """
    ),
    statement("ANALYZE mentioned"),
    # Who holds what is read once, so that all that follows agrees on it. If it is no longer so when the rows are written, a constraint says so.
    statement(
        """
        INSERT INTO held
        SELECT i.scheme, i.value, i.actor_id, @current(i)
        FROM (SELECT DISTINCT scheme, value FROM mentioned) AS m JOIN actor_identifiers AS i ON i.scheme = m.scheme AND i.value = m.value
        WHERE i.valid_through IS NULL OR i.valid_through >= @today
        """
    ),
    # What has no identifier is exported under its id.
    statement(
        """
        INSERT INTO held
        SELECT m.scheme, m.value, a.id, true
        FROM (SELECT DISTINCT scheme, value FROM mentioned WHERE scheme = 'comity') AS m JOIN actors AS a ON CAST(a.id AS text) = m.value
        WHERE NOT EXISTS (SELECT FROM held WHERE held.scheme = m.scheme AND held.value = m.value)
        """
    ),
    statement("ANALYZE held"),
    statement(
        """
        INSERT INTO pending
        SELECT r.*, held.actor_id, coalesce(held.actor_id, @id(r.nth)), held.actor_id IS NULL
        FROM (SELECT import_rows.*, row_number() OVER (ORDER BY line) AS nth FROM import_rows WHERE import_id = :id) AS r
        LEFT JOIN held ON held.scheme = r.key_scheme AND held.value = r.key_value AND held.today
        """
    ),
    statement("ANALYZE pending (line, nth, key_scheme, key_value, parent_scheme, parent_value, found_id, actor_id, fresh)"),
    # An identifier of a scheme that the preset calls shared proves nothing where two claim it: neither gets it.
    statement(
        """
        DELETE FROM mentioned AS m USING (
            SELECT scheme, value FROM mentioned WHERE scheme = ANY (CAST(:shared AS text[])) AND of <> 'parent_value'
            GROUP BY scheme, value HAVING count(*) > 1
            UNION
            SELECT given.scheme, given.value
            FROM mentioned AS given JOIN pending AS p ON p.line = given.line JOIN held ON held.scheme = given.scheme AND held.value = given.value
            WHERE given.scheme = ANY (CAST(:shared AS text[])) AND given.of <> 'parent_value' AND held.actor_id IS DISTINCT FROM p.found_id
        ) AS claimed
        WHERE m.scheme = claimed.scheme AND m.value = claimed.value AND m.of LIKE 'id:%'
        """
    ),
    # From here on nobody else changes these actors, so that what is read of them is what is changed. Rows that refer to them may come.
    statement("SELECT count(*) FROM (SELECT FROM actors WHERE id IN (SELECT found_id FROM pending) ORDER BY id FOR NO KEY UPDATE) AS locked"),
)

# Each puts what is wrong into `faults`, by its code (see `faults.KINDS`) with the values of its sentences.
CHECKS: tuple[TextClause, ...] = (
    statement(
        """
        INSERT INTO faults
        SELECT line, of, value, 'identifier_twice', jsonb_build_object('first', first)
        FROM (SELECT *, min(line) OVER (PARTITION BY scheme, value) AS first FROM mentioned WHERE of <> 'parent_value') AS claimed
        WHERE line > first
        """
    ),
    statement(
        """
        INSERT INTO faults
        SELECT line, 'key_value', key_value, 'actor_twice', jsonb_build_object('first', first)
        FROM (SELECT line, key_value, min(line) OVER (PARTITION BY found_id) AS first FROM pending WHERE found_id IS NOT NULL) AS meant
        WHERE line > first
        """
    ),
    statement(
        """
        INSERT INTO faults
        SELECT DISTINCT m.line, m.of, m.value, 'identifier_held', jsonb_build_object('actor', held.actor_id)
        FROM mentioned AS m JOIN pending AS p ON p.line = m.line JOIN held ON held.scheme = m.scheme AND held.value = m.value
        WHERE m.of <> 'parent_value' AND held.actor_id IS DISTINCT FROM p.found_id
        """
    ),
    statement(
        """
        INSERT INTO faults
        SELECT m.line, m.of, m.scheme || ':' || m.value, 'parent_unknown', '{}'
        FROM mentioned AS m
        LEFT JOIN (SELECT DISTINCT scheme, value FROM mentioned WHERE of <> 'parent_value') AS here ON here.scheme = m.scheme AND here.value = m.value
        LEFT JOIN held ON held.scheme = m.scheme AND held.value = m.value AND held.today
        WHERE m.of = 'parent_value' AND here.scheme IS NULL AND held.scheme IS NULL
        """
    ),
    statement(
        """
        INSERT INTO faults
        SELECT line, 'kind', NULL, 'kind_missing', CAST('{}' AS jsonb)
        FROM pending WHERE fresh AND kind IS NULL AND NOT faulty
        UNION ALL
        SELECT line, 'preferred_language', NULL, 'language_missing', '{}'
        FROM pending WHERE fresh AND preferred_language IS NULL AND NOT faulty
        UNION ALL
        SELECT p.line, 'dissolved_on', CAST(p.dissolved_on AS text), 'dissolved_while_active', '{}'
        FROM pending AS p LEFT JOIN actors AS a ON a.id = p.found_id
        WHERE p.dissolved_on IS NOT NULL AND NOT p.faulty AND coalesce(p.status, a.status, 'active') = 'active'
        UNION ALL
        SELECT p.line, 'country', NULL, 'pair_missing', '{"present": "subdivision"}'
        FROM pending AS p LEFT JOIN actors AS a ON a.id = p.found_id
        WHERE p.subdivision IS NOT NULL AND NOT p.faulty AND coalesce(p.country, a.country) IS NULL
        UNION ALL
        SELECT p.line, 'subdivision', coalesce(p.subdivision, a.subdivision), 'subdivision_elsewhere',
               jsonb_build_object('country', coalesce(p.country, a.country))
        FROM pending AS p JOIN actors AS a ON a.id = p.found_id
        WHERE (p.country IS NOT NULL OR p.subdivision IS NOT NULL) AND NOT p.faulty
              AND NOT starts_with(coalesce(p.subdivision, a.subdivision), coalesce(p.country, a.country) || '-')
        UNION ALL
        SELECT p.line, 'name:' || coalesce(p.preferred_language, a.preferred_language), NULL, 'name_missing', '{}'
        FROM pending AS p LEFT JOIN actors AS a ON a.id = p.found_id
        WHERE NOT p.faulty AND coalesce(p.preferred_language, a.preferred_language) IS NOT NULL
              AND p.names ->> coalesce(p.preferred_language, a.preferred_language) IS NULL AND (
            coalesce(p.names ? coalesce(p.preferred_language, a.preferred_language), false) OR NOT EXISTS (
                SELECT FROM actor_names AS n
                WHERE n.actor_id = p.found_id AND n.language = coalesce(p.preferred_language, a.preferred_language) AND n.kind = 'preferred'
            )
        )
        """
    ),
)

# Run after the parents are in: whoever was moved and comes back to itself on the way up, on a day on which it has the new parent.
RINGS = statement(
    above(
        """
        SELECT m.actor_id, coalesce(merged.canonical_id, tie.parent_id), daterange(tie.valid_from, tie.valid_through, '[]')
        FROM moves AS m JOIN actor_parents AS tie ON tie.actor_id = m.actor_id AND @current(tie)
        LEFT JOIN actors AS merged ON merged.id = tie.parent_id AND merged.canonical_id IS NOT NULL
        WHERE merged.canonical_id IS DISTINCT FROM m.actor_id
        """,
        """
        INSERT INTO faults
        SELECT DISTINCT p.line, 'parent_value', p.parent_scheme || ':' || p.parent_value, 'parents_in_a_ring', CAST('{}' AS jsonb)
        FROM above JOIN pending AS p ON p.actor_id = above.start WHERE above.id = above.start
        """,
    )
)
# Run before anything is written: whom the sender's country does not keep, of those who might be changed.
STRANGERS = statement(
    """
    CREATE TEMPORARY TABLE strangers ON COMMIT DROP AS
    SELECT p.actor_id FROM pending AS p
    WHERE CAST(:country AS text) IS NOT NULL AND p.found_id IS NOT NULL
          AND (p.actor_id IN (SELECT actor_id FROM touched) OR p.seat_role IS NOT NULL OR NOT CAST(:now_called AS boolean))
          AND @keeping(p.found_id) IS DISTINCT FROM CAST(:country AS text)
    """
)
# A row of a stranger may stand in a file as long as it changes nothing. An address is not even compared: what differs would tell what is hidden.
_LEFT_ALONE = statement(
    """
    DELETE FROM strangers WHERE actor_id NOT IN (SELECT actor_id FROM touched) AND actor_id NOT IN (
        SELECT w.actor_id FROM seated AS w WHERE w.fresh OR w.email IS NOT NULL OR w.seat_id IN (SELECT seat_id FROM seats_touched)
    )
    """
)
THEIRS = (
    _LEFT_ALONE,
    statement(
        """
        INSERT INTO faults
        SELECT p.line, 'key_value', p.key_value, 'actor_of_another', '{}' FROM pending AS p WHERE p.actor_id IN (SELECT actor_id FROM strangers)
        """
    ),
)
THEIRS_TOLD = (
    _LEFT_ALONE,
    statement(
        """
        INSERT INTO faults
        SELECT l.line, CASE WHEN l.from_side ? 'name' THEN 'actor_name' ELSE 'actor_value' END, coalesce(l.from_side ->> 'name', l.from_side ->> 'value'),
               'actor_of_another', '{}'
        FROM linked AS l WHERE l.from_id IN (SELECT actor_id FROM strangers)
        """
    ),
)
# Run after everything is written: nobody but who keeps the registry gives an actor to another country, by its own or by that of what it is inside.
MOVED = statement(
    """
    INSERT INTO faults
    SELECT p.line, CASE WHEN p.country IS NULL THEN 'parent_value' ELSE 'country' END, coalesce(p.country, p.parent_value), 'moved_abroad', '{}'
    FROM pending AS p
    WHERE CAST(:country AS text) IS NOT NULL AND p.found_id IS NOT NULL AND p.actor_id IN (SELECT actor_id FROM touched)
          AND p.actor_id NOT IN (SELECT actor_id FROM strangers) AND @keeping(p.found_id) IS DISTINCT FROM CAST(:country AS text)
    """
)
COUNT_FAULTS = statement("SELECT count(*) FROM faults")
READ_FAULTS = statement("SELECT DISTINCT line, title, value, code, CAST(given AS text) FROM faults ORDER BY line, title LIMIT :most")
"""Rows of (line, column, value, code, values as JSON)."""
