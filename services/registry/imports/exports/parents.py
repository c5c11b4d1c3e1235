"""The file of parents: inside whom each actor is, was and is to be."""

from services.registry.actors.filters import ActorFilters
from services.registry.imports.exports.actors import Records
from services.registry.imports.exports.files import KNOWN, File, How, days, side
from services.registry.imports.sql import statement

ROWS = f"""
    WITH chosen AS MATERIALIZED (SELECT * FROM actor_parents WHERE actor_id IN (<meant>)),
    named AS MATERIALIZED (SELECT actor_id AS id FROM chosen UNION SELECT parent_id FROM chosen),
    {KNOWN}
    SELECT <columns>
    FROM chosen AS p JOIN known ON known.id = p.actor_id JOIN known AS inside ON inside.id = p.parent_id
    ORDER BY known.key, p.valid_from NULLS FIRST
"""  # noqa: S608 - constants


def columns(how: How) -> dict[str, str]:
    """The titles of an import of parents."""
    return {**side("actor", "known", how), **side("parent", "inside", how), **days("p")}


PARENTS = File("parents", Records, ActorFilters, columns, str(statement(ROWS)))
