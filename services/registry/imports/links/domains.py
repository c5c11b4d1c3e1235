"""Applies official domains. A domain belongs to the source that lists it; another source's word on it is a row of its own."""

from sqlalchemy import TextClause

from services.registry.imports.sql import statement

# A domain whose actor another source names already is no question for people. `listed` are the rows that mean an actor, each pair of a source once.
KNOWN: tuple[TextClause, ...] = (
    statement(
        """
        UPDATE linked AS l SET dismissed = true
        WHERE l.from_id IS NULL AND EXISTS (SELECT FROM actor_domains AS d WHERE d.domain = l.domain AND d.source IS DISTINCT FROM CAST(:source AS text))
        """
    ),
    statement(
        """
        CREATE TEMPORARY TABLE listed ON COMMIT DROP AS
        SELECT DISTINCT ON (l.domain, l.from_id, l.source)
               l.nth, l.domain, l.from_id AS actor_id, l.domain_type AS type, l.source, l.licence, l.read_on, d.id AS known_id,
               (d.type, d.licence, d.read_on)
                   IS DISTINCT FROM (coalesce(l.domain_type, d.type), coalesce(l.licence, d.licence), coalesce(l.read_on, d.read_on)) AS differs
        FROM (
            SELECT nth, domain, from_id, domain_type, coalesce(CAST(:source AS text), source, 'import') AS source, licence, read_on
            FROM linked WHERE from_id IS NOT NULL AND NOT dismissed
        ) AS l
        LEFT JOIN actor_domains AS d ON d.domain = l.domain AND d.actor_id = l.from_id AND d.source = l.source
        ORDER BY l.domain, l.from_id, l.source, l.nth
        """
    ),
)
COUNT = statement(
    """
    SELECT count(*) FILTER (WHERE known_id IS NULL) AS created, count(*) FILTER (WHERE known_id IS NOT NULL AND differs) AS changed,
           count(*) FILTER (WHERE known_id IS NOT NULL AND NOT differs) AS unchanged
    FROM listed
    """
)
APPLY: tuple[TextClause, ...] = (
    statement(
        """
        UPDATE actor_domains AS d SET type = coalesce(l.type, d.type), licence = coalesce(l.licence, d.licence), read_on = coalesce(l.read_on, d.read_on)
        FROM listed AS l WHERE d.id = l.known_id AND l.differs
        """
    ),
    statement(
        """
        INSERT INTO actor_domains (actor_id, domain, type, source, licence, read_on)
        SELECT actor_id, domain, type, source, licence, read_on FROM listed WHERE known_id IS NULL ORDER BY nth
        """
    ),
    statement(
        """
        CREATE TEMPORARY TABLE link_orphans (actor_id uuid NOT NULL, tie_id uuid, domain text, kept_by text[] NOT NULL, retired boolean NOT NULL)
        ON COMMIT DROP
        """
    ),
    statement(
        """
        INSERT INTO link_orphans
        SELECT d.actor_id, NULL, d.domain, '{}', CAST(:retire AS boolean)
        FROM actor_domains AS d
        WHERE d.source = :source AND NOT EXISTS (SELECT FROM listed AS l WHERE l.domain = d.domain AND l.actor_id = d.actor_id)
        """
    ),
    statement(
        """
        DELETE FROM actor_domains AS d USING link_orphans AS o
        WHERE o.retired AND d.source = :source AND d.domain = o.domain AND d.actor_id = o.actor_id
        """
    ),
)
