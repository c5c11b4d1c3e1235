"""What is wrong between a file's rows, and between them and the registry: a fixed number of statements, whatever the size of the file.

They work on `pending`, a temporary copy of the rows beside the actors they mean. A row means the actor that holds its key today;
without one it is a new actor.
"""

from sqlalchemy import TextClause

from services.registry.imports.sql import statement

PREPARE: tuple[TextClause, ...] = (
    statement(
        """
        CREATE TEMPORARY TABLE pending
            (LIKE import_rows, nth bigint NOT NULL, found_id uuid, actor_id uuid NOT NULL, fresh boolean NOT NULL) ON COMMIT DROP
        """
    ),
    statement("CREATE TEMPORARY TABLE faults (line integer, title text, value text, message text, remedy text) ON COMMIT DROP"),
    statement("CREATE TEMPORARY TABLE touched (actor_id uuid NOT NULL) ON COMMIT DROP"),
    statement("CREATE TEMPORARY TABLE moves (actor_id uuid, parent_id uuid, present_id bigint, present_from date) ON COMMIT DROP"),
    statement(
        """
        CREATE TEMPORARY TABLE seated
            (seat_id uuid NOT NULL, actor_id uuid NOT NULL, role text, title text, email text, fresh boolean, point_id uuid, nth bigint) ON COMMIT DROP
        """
    ),
    statement("CREATE TEMPORARY TABLE seats_touched (seat_id uuid NOT NULL) ON COMMIT DROP"),
    statement(
        """
        INSERT INTO pending
        SELECT r.*, held.actor_id, coalesce(held.actor_id, @id(r.nth)), held.actor_id IS NULL
        FROM (SELECT import_rows.*, row_number() OVER (ORDER BY line) AS nth FROM import_rows WHERE import_id = :id) AS r
        LEFT JOIN actor_identifiers AS held ON held.scheme = r.key_scheme AND held.value = r.key_value AND @current(held)
        """
    ),
    statement("ANALYZE pending"),
)

# Each puts what is wrong into `faults`.
CHECKS: tuple[TextClause, ...] = (
    statement(
        """
        INSERT INTO faults
        SELECT line, CASE WHEN scheme = key_scheme THEN 'key_value' ELSE 'id:' || scheme END, value,
               'is the identifier of line ' || first || ' already', 'Keep one row for each actor.'
        FROM (
            SELECT p.line, p.key_scheme, held.key AS scheme, held.value, min(p.line) OVER (PARTITION BY held.key, held.value) AS first
            FROM pending AS p CROSS JOIN jsonb_each_text(p.identifiers) AS held
        ) AS claimed
        WHERE line > first
        """
    ),
    statement(
        """
        INSERT INTO faults
        SELECT DISTINCT p.line, CASE WHEN held.key = p.key_scheme THEN 'key_value' ELSE 'id:' || held.key END, held.value,
               'belongs to the actor ' || other.actor_id || ' already', 'Use that actor''s key, or correct the identifier.'
        FROM pending AS p CROSS JOIN jsonb_each_text(p.identifiers) AS held
        JOIN actor_identifiers AS other ON other.scheme = held.key AND other.value = held.value
        WHERE (other.valid_through IS NULL OR other.valid_through >= @today) AND other.actor_id IS DISTINCT FROM p.found_id
        """
    ),
    statement(
        """
        INSERT INTO faults
        SELECT p.line, 'parent_value', p.parent_scheme || ':' || p.parent_value, 'is neither in this file nor in the registry',
               'Add a row for the parent, or correct its scheme and value.'
        FROM pending AS p
        LEFT JOIN (SELECT DISTINCT held.key AS scheme, held.value FROM pending CROSS JOIN jsonb_each_text(identifiers) AS held) AS here
            ON here.scheme = p.parent_scheme AND here.value = p.parent_value
        LEFT JOIN actor_identifiers AS known ON known.scheme = p.parent_scheme AND known.value = p.parent_value AND @current(known)
        WHERE p.parent_scheme IS NOT NULL AND here.scheme IS NULL AND known.id IS NULL
        """
    ),
    statement(
        """
        INSERT INTO faults
        SELECT line, 'kind', NULL, 'is missing for a new actor', 'Say what it is; only rows of known actors may leave it out.'
        FROM pending WHERE fresh AND kind IS NULL AND NOT faulty
        UNION ALL
        SELECT line, 'preferred_language', NULL, 'is missing for a new actor', 'Say in which language its name is preferred.'
        FROM pending WHERE fresh AND preferred_language IS NULL AND NOT faulty
        UNION ALL
        SELECT p.line, 'name:' || coalesce(p.preferred_language, a.preferred_language), NULL, 'is missing, and it is the preferred language',
               'Give the name in that language, or prefer another.'
        FROM pending AS p LEFT JOIN actors AS a ON a.id = p.found_id
        WHERE NOT p.faulty AND NOT (coalesce(a.names, CAST('{}' AS jsonb)) || p.names) ? coalesce(p.preferred_language, a.preferred_language)
        """
    ),
)

# Run after the parents are in: whoever was moved and comes back to itself on the way up.
RINGS = statement(
    """
    WITH RECURSIVE above AS (
        SELECT actor_id AS start, parent_id AS id, 1 AS depth FROM moves
        UNION ALL
        SELECT above.start, tie.parent_id, above.depth + 1
        FROM above JOIN actor_parents AS tie ON tie.actor_id = above.id AND @current(tie)
        WHERE above.id <> above.start AND above.depth < 50
    )
    INSERT INTO faults
    SELECT DISTINCT p.line, 'parent_value', p.parent_scheme || ':' || p.parent_value, 'puts the actor inside itself', 'Correct the parent of one of them.'
    FROM above JOIN pending AS p ON p.actor_id = above.start
    WHERE above.id = above.start OR above.depth = 50
    """
)
COUNT_FAULTS = statement("SELECT count(*) FROM faults")
READ_FAULTS = statement("SELECT DISTINCT line, title, value, message, remedy FROM faults ORDER BY line, title LIMIT :most")
