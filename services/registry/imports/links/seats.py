"""Seats that are told of known actors: a row is the actor's active seat of that role and title, the second such row the second such seat.

Of chief executives an actor has one, so that its title is corrected. Who holds a seat is nothing that a file may say.
"""

from services.registry.imports.links.matching import unfound
from services.registry.imports.sql import statement

COMPARE = (
    statement(unfound("actor", "from")),
    statement(
        """
        INSERT INTO faults
        SELECT line, 'role', role, 'chief_twice', jsonb_build_object('first', first)
        FROM (SELECT line, role, min(line) OVER (PARTITION BY from_id) AS first FROM linked WHERE from_id IS NOT NULL AND role = 'chief_executive') AS said
        WHERE line > first
        """
    ),
)
# They go the way of the seats of a file of actors from here on.
APPLY = (
    statement(
        """
        INSERT INTO seated
        SELECT coalesce(s.id, @id(t.nth)), t.from_id, t.role, t.title, t.address, s.id IS NULL, (
                   SELECT c.id FROM contact_points AS c WHERE c.seat_id = s.id AND c.channel = 'email' AND c.kind = 'office' ORDER BY c.id LIMIT 1
               ), t.nth, s.title
        FROM (
            SELECT nth, from_id, role, title, address, CASE role WHEN 'chief_executive' THEN '' ELSE title END AS called,
                   row_number() OVER (PARTITION BY from_id, role, title ORDER BY nth) AS how_manieth
            FROM linked WHERE from_id IS NOT NULL
        ) AS t
        LEFT JOIN (
            SELECT id, actor_id, role, title, CASE role WHEN 'chief_executive' THEN '' ELSE title END AS called,
                   row_number() OVER (PARTITION BY actor_id, role, title ORDER BY id) AS how_manieth
            FROM seats WHERE status = 'active'
        ) AS s ON s.actor_id = t.from_id AND s.role = t.role AND s.called = t.called AND s.how_manieth = t.how_manieth
        """
    ),
)
