"""Applies the rows of `pending` (see `checks`): a fixed number of statements, whatever the size of the file.

An empty cell says nothing: what the registry has stays. What is equal is left alone, so that it gets no new version and no event.
"""

from sqlalchemy import TextClause

from services.registry.imports.shapes import Makes
from services.registry.imports.sql import statement

ACTORS: tuple[TextClause, ...] = (
    statement(
        """
        INSERT INTO actors (id, kind, source_kind, status, dissolved_on, preferred_language, name, sort_name, names, country, subdivision, lat, lon,
                            population, website, border_m, source, licence, read_on, created_at, updated_at, version)
        SELECT actor_id, kind, source_kind, coalesce(status, 'active'), dissolved_on, preferred_language, names ->> preferred_language,
               folded ->> preferred_language, names, country, subdivision, lat, lon, population, website, border_m, source, licence, read_on, @now, @now, 1
        FROM pending WHERE fresh ORDER BY nth
        """
    ),
    # An identifier that another actor gave up is held from the day after. One that another actor got since it was read is refused by the
    # constraint, and the file is checked again.
    statement(
        """
        INSERT INTO actor_identifiers (actor_id, scheme, value, valid_from, source, licence, read_on)
        SELECT p.actor_id, m.scheme, m.value, past.until + 1, m.source, m.licence, m.read_on
        FROM mentioned AS m JOIN pending AS p ON p.line = m.line
        LEFT JOIN (
            SELECT scheme, value, max(valid_through) AS until FROM actor_identifiers WHERE valid_through < @today GROUP BY scheme, value
        ) AS past ON past.scheme = m.scheme AND past.value = m.value
        LEFT JOIN held ON held.scheme = m.scheme AND held.value = m.value
        WHERE m.of <> 'parent_value' AND held.scheme IS NULL
        ORDER BY p.nth
        """
    ),
    statement(
        """
        UPDATE actor_names AS n SET kind = 'former'
        FROM pending AS p JOIN actors AS a ON a.id = p.found_id CROSS JOIN jsonb_each_text(p.names) AS given
        WHERE n.actor_id = p.actor_id AND n.language = given.key AND n.kind = 'preferred' AND n.name <> given.value
              AND (NOT CAST(:now_called AS boolean) OR a.names ->> given.key IS DISTINCT FROM given.value)
        """
    ),
    statement(
        """
        INSERT INTO actor_names (actor_id, language, name, kind, folded)
        SELECT p.actor_id, given.key, given.value, 'preferred', p.folded ->> given.key
        FROM pending AS p CROSS JOIN jsonb_each_text(p.names) AS given LEFT JOIN actors AS a ON a.id = p.found_id
        WHERE given.value IS NOT NULL AND (p.fresh OR a.names ->> given.key IS DISTINCT FROM given.value)
        ORDER BY p.nth
        ON CONFLICT (actor_id, language, name) DO UPDATE
        SET kind = 'preferred',
            valid_from = CASE WHEN CAST(:now_called AS boolean) AND actor_names.valid_from > @today THEN @today ELSE actor_names.valid_from END
        """
    ),
    # A file of actors says no days: what it calls an actor is the name from now on, whatever was planned. A file of names says them itself.
    statement(
        """
        UPDATE actor_names AS n SET valid_through = @today - 1
        FROM pending AS p JOIN actors AS a ON a.id = p.found_id CROSS JOIN jsonb_each_text(p.names) AS given
        WHERE CAST(:now_called AS boolean) AND n.actor_id = a.id AND n.language = given.key AND n.name <> given.value AND n.kind = 'former'
              AND n.valid_through >= @today AND (n.valid_from IS NULL OR n.valid_from < @today) AND a.names ->> given.key IS DISTINCT FROM given.value
        """
    ),
)

PARENTS: tuple[TextClause, ...] = (
    # A correction on the very day replaces the parent; otherwise the present one ends the day before.
    statement("UPDATE actor_parents AS t SET parent_id = m.parent_id FROM moves AS m WHERE t.id = m.present_id AND m.present_from = @today"),
    statement(
        """
        UPDATE actor_parents AS t SET valid_through = @today - 1
        FROM moves AS m WHERE t.id = m.present_id AND m.present_from IS DISTINCT FROM @today
        """
    ),
    statement(
        """
        INSERT INTO actor_parents (actor_id, parent_id, valid_from, valid_through)
        SELECT m.actor_id, m.parent_id,
               CASE WHEN EXISTS (SELECT FROM actor_parents AS t WHERE t.actor_id = m.actor_id) THEN @today END,
               (SELECT min(t.valid_from) - 1 FROM actor_parents AS t WHERE t.actor_id = m.actor_id AND t.valid_from > @today)
        FROM moves AS m WHERE m.present_id IS NULL OR m.present_from IS DISTINCT FROM @today
        """
    ),
)

CHANGED_ACTORS = statement(
    """
    UPDATE actors AS a
    SET kind = w.kind, source_kind = w.source_kind, status = w.status, dissolved_on = w.dissolved_on, preferred_language = w.preferred_language,
        names = called.names, name = called.names ->> w.preferred_language, sort_name = called.folded ->> w.preferred_language,
        country = w.country, subdivision = w.subdivision, lat = w.lat, lon = w.lon, population = w.population, website = w.website,
        border_m = w.border_m, source = w.source, licence = w.licence, read_on = w.read_on, updated_at = @now, version = a.version + 1
    FROM wanted AS w
    CROSS JOIN LATERAL (
        -- What it is called today, as `actors.models.names_on` says.
        SELECT jsonb_object_agg(language, name) AS names, jsonb_object_agg(language, folded) AS folded
        FROM (
            SELECT DISTINCT ON (n.language) n.language, n.name, n.folded FROM actor_names AS n
            WHERE n.actor_id = w.id AND (n.kind = 'preferred' OR n.kind = 'former' AND n.valid_through IS NOT NULL AND @current(n))
            ORDER BY n.language, CASE WHEN n.kind = 'former' THEN 1 WHEN n.valid_from <= @today THEN 0 ELSE 2 END, n.valid_from DESC NULLS LAST, n.name
        ) AS of_language
    ) AS called
    WHERE a.id = w.id
    """
)

# A row's seat is the actor's active seat of that role, the oldest of several; its address is the office's first e-mail address there,
# never that of a person.
SEATS: tuple[TextClause, ...] = (
    statement(
        """
        INSERT INTO seated
        SELECT coalesce(s.id, @id(p.nth)), p.actor_id, p.seat_role, p.seat_title, p.seat_email, s.id IS NULL, point.id, p.nth, s.title
        FROM pending AS p
        LEFT JOIN LATERAL (
            SELECT id, title FROM seats WHERE actor_id = p.found_id AND role = p.seat_role AND status = 'active' ORDER BY id LIMIT 1
        ) AS s ON true
        LEFT JOIN LATERAL (
            SELECT id FROM contact_points WHERE seat_id = s.id AND channel = 'email' AND kind = 'office' ORDER BY id LIMIT 1
        ) AS point ON true
        WHERE p.seat_role IS NOT NULL
        """
    ),
    statement("ANALYZE seated"),
    statement(
        """
        INSERT INTO seats (id, actor_id, role, title, status, created_at, updated_at, version)
        SELECT seat_id, actor_id, role, title, 'active', @now, @now, 1 FROM seated WHERE fresh ORDER BY nth
        """
    ),
    statement(
        """
        WITH added AS (
            INSERT INTO contact_points (id, seat_id, channel, address)
            SELECT @id(nth), seat_id, 'email', email FROM seated WHERE email IS NOT NULL AND point_id IS NULL ORDER BY nth
            ON CONFLICT (seat_id, channel, address) DO NOTHING
            RETURNING seat_id
        )
        INSERT INTO seats_touched SELECT seat_id FROM added
        """
    ),
    statement(
        """
        WITH changed AS (
            UPDATE contact_points AS c SET address = s.email FROM seated AS s
            WHERE c.id = s.point_id AND s.email IS NOT NULL AND NOT EXISTS (
                SELECT FROM contact_points AS same WHERE same.seat_id = s.seat_id AND same.channel = 'email' AND same.address = s.email
            )
            RETURNING c.seat_id
        )
        INSERT INTO seats_touched SELECT seat_id FROM changed
        """
    ),
    statement(
        """
        WITH changed AS (
            UPDATE seats AS s SET title = w.title, updated_at = @now, version = s.version + 1 FROM seated AS w
            WHERE s.id = w.seat_id AND NOT w.fresh AND (s.title <> w.title OR s.id IN (SELECT seat_id FROM seats_touched))
            RETURNING s.id
        )
        INSERT INTO seats_touched SELECT id FROM changed
        """
    ),
)

COUNTS = statement(
    """
    SELECT count(*) FILTER (WHERE fresh) AS created,
           count(*) FILTER (WHERE NOT fresh AND changed) AS changed,
           count(*) FILTER (WHERE NOT fresh AND NOT changed) AS unchanged
    FROM (
        SELECT p.fresh, p.actor_id IN (SELECT actor_id FROM touched)
               OR p.actor_id IN (SELECT w.actor_id FROM seated AS w WHERE w.fresh OR w.seat_id IN (SELECT seat_id FROM seats_touched)) AS changed
        FROM pending AS p
    ) AS counted
    """
)
# After a large load the planner would go on believing that the tables are small, until the server looks at them by itself.
# What sorts and what waits for an inverted index gets room, in this transaction alone.
ROOM: tuple[TextClause, ...] = (statement("SET LOCAL work_mem = '64MB'"), statement("SET LOCAL gin_pending_list_limit = '32MB'"))
_ANALYSED = {
    Makes.actors: ("actors", "actor_names", "actor_identifiers", "actor_parents", "seats", "contact_points"),
    Makes.ties: ("ties", "tie_sources", "import_suggestions"),
    Makes.domains: ("actor_domains", "import_suggestions"),
    Makes.identifiers: ("actor_identifiers",),
    Makes.names: ("actor_names",),
    Makes.parents: ("actor_parents",),
    Makes.seats: ("seats", "contact_points"),
}
ANALYSE: dict[Makes, tuple[TextClause, ...]] = {makes: tuple(statement(f"ANALYZE {table}") for table in tables) for makes, tables in _ANALYSED.items()}
# What waits for an inverted index is looked through by every search until it is put there.
SETTLE = statement(
    """
    SELECT gin_clean_pending_list(CAST(c.oid AS regclass))
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS m ON m.oid = c.relam
    WHERE m.amname = 'gin' AND i.indrelid IN (CAST('actors' AS regclass), CAST('actor_names' AS regclass))
    """
)
CLEAN: tuple[TextClause, ...] = (
    statement("DELETE FROM import_rows WHERE import_id = :id"),
    statement(
        """
        DELETE FROM import_links AS l
        WHERE l.import_id = :id AND (l.line, l.part) NOT IN (SELECT s.line, s.part FROM import_suggestions AS s WHERE s.import_id = :id)
        """
    ),
    statement("DELETE FROM import_chunks WHERE import_id = :id"),
)
