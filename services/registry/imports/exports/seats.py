"""The file of seats: those that actors have today. Who holds them, and what else they are reached by, is in no file."""

from services.registry.actors.filters import ActorFilters
from services.registry.imports.exports.actors import Records
from services.registry.imports.exports.files import KNOWN, File, How, side
from services.registry.imports.sql import statement

# Of seats of one role and title the older stands first, as an import makes them: ids differ from registry to registry, their order does not.
ROWS = f"""
    WITH named AS MATERIALIZED (<meant>),
    {KNOWN}
    SELECT <columns>
    FROM (
        SELECT s.*, (
            SELECT p.address FROM contact_points AS p WHERE p.seat_id = s.id AND p.channel = 'email' AND p.kind = 'office' ORDER BY p.id LIMIT 1
        ) AS email
        FROM seats AS s WHERE s.status = 'active'
    ) AS seat
    JOIN known AS a ON a.id = seat.actor_id
    ORDER BY a.key, seat.role COLLATE "C", seat.title COLLATE "C", seat.id
"""  # noqa: S608 - constants


def columns(how: How) -> dict[str, str]:
    """The titles of an import of seats."""
    told = {"role": "seat.role", "title": how.shown.format("seat.title")}
    return {**side("actor", "a", how), **told, **({"email": how.email} if how.email else {})}


SEATS = File("seats", Records, ActorFilters, columns, str(statement(ROWS)))
