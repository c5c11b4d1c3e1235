"""The file of identifiers with their days: a row for each source of an actor's, for each time, and for each further one of a scheme."""

from services.registry.actors.filters import ActorFilters
from services.registry.imports.cells import OWN_SCHEME
from services.registry.imports.exports.actors import Records
from services.registry.imports.exports.files import KNOWN, File, How, days, origin, side
from services.registry.imports.sql import statement

ROWS = f"""
    WITH named AS MATERIALIZED (<meant>),
    {KNOWN}
    SELECT <columns>
    FROM (
        SELECT actor_id, source, licence, read_on, valid_from, valid_through, nth, jsonb_object_agg(scheme, value) AS ids
        FROM (
            SELECT i.actor_id, i.scheme, i.value, i.valid_from, i.valid_through, said.*, row_number() OVER (
                       PARTITION BY i.actor_id, said.source, said.licence, said.read_on, i.valid_from, i.valid_through, i.scheme ORDER BY i.value COLLATE "C"
                   ) AS nth
            FROM actor_identifiers AS i JOIN actors AS a ON a.id = i.actor_id CROSS JOIN LATERAL @origin AS said
            WHERE i.actor_id IN (SELECT id FROM named) AND i.scheme <> '{OWN_SCHEME}'
        ) AS numbered
        GROUP BY actor_id, source, licence, read_on, valid_from, valid_through, nth
    ) AS held
    JOIN known ON known.id = held.actor_id
    ORDER BY known.key, held.source COLLATE "C" NULLS FIRST, held.licence COLLATE "C" NULLS FIRST, held.read_on NULLS FIRST,
             held.valid_from NULLS FIRST, held.valid_through NULLS FIRST, held.nth
"""  # noqa: S608 - constants


def columns(how: How) -> dict[str, str]:
    """The titles of an import of identifiers."""
    told = {f"id:{scheme}": how.shown.format(f"held.ids ->> '{scheme}'") for scheme in how.keys["identifier"]}
    return {**side("actor", "known", how), **told, **days("held"), **origin("held", how)}


IDENTIFIERS = File("identifiers", Records, ActorFilters, columns, str(statement(ROWS)), families=("identifier",))
