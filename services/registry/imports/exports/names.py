"""The file of names: every name that an actor has or had, in every language."""

from services.registry.actors.filters import ActorFilters
from services.registry.imports.exports.actors import Records
from services.registry.imports.exports.files import KNOWN, File, How, days, side
from services.registry.imports.sql import statement

ROWS = f"""
    WITH named AS MATERIALIZED (<meant>),
    {KNOWN}
    SELECT <columns> FROM actor_names AS n JOIN known ON known.id = n.actor_id ORDER BY known.key, n.language COLLATE "C", n.name COLLATE "C"
"""  # noqa: S608 - constants


def columns(how: How) -> dict[str, str]:
    """The titles of an import of names."""
    told = {"language": "n.language", "name": how.shown.format("n.name"), "kind": "n.kind"}
    return {**side("actor", "known", how), **told, **days("n"), "source": how.shown.format("n.source")}


NAMES = File("names", Records, ActorFilters, columns, str(statement(ROWS)))
