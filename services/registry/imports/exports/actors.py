"""The file of actors: each as it is today. Other names, all days, further identifiers and seats have files of their own."""

from sqlalchemy import ColumnElement, true

from services.registry.actors.filters import ActorFilters
from services.registry.actors.repository import Actors
from services.registry.imports.cells import OWN_SCHEME
from services.registry.imports.exports.files import KEY, File, How
from services.registry.imports.sql import statement
from shared.reading import Entity, Scopes

TEXTS = ("source_kind", "website", "source", "licence")
PLAIN = ("kind", "status", "dissolved_on", "preferred_language", "country", "subdivision", "population", "read_on")
SHORT = "CAST(CAST(a.{0} AS text) AS numeric)"  # all digits, and no exponent
HELD = {"name": "a.names ->> '{0}'", "id": "held.ids ->> '{0}'", "border_m": "a.border_m ->> '{0}'"}
ROWS = f"""
    WITH meant AS MATERIALIZED (<meant>),
    held AS MATERIALIZED (
        SELECT i.actor_id, {KEY} AS key, jsonb_object_agg(i.scheme, i.value ORDER BY i.value COLLATE "C" DESC) AS ids
        FROM actor_identifiers AS i WHERE @current(i) GROUP BY i.actor_id
    )
    SELECT <columns>
    FROM actors AS a
    LEFT JOIN held ON held.actor_id = a.id
    LEFT JOIN actor_parents AS tie ON tie.actor_id = a.id AND @current(tie)
    LEFT JOIN held AS above ON above.actor_id = tie.parent_id
    LEFT JOIN LATERAL (
        SELECT s.role, s.title, (
            SELECT p.address FROM contact_points AS p WHERE p.seat_id = s.id AND p.channel = 'email' AND p.kind = 'office' ORDER BY p.id LIMIT 1
        ) AS email
        FROM seats AS s WHERE s.actor_id = a.id AND s.status = 'active' ORDER BY s.role COLLATE "C", s.id LIMIT 1
    ) AS seat ON true
    WHERE a.id IN (SELECT id FROM meant)
    ORDER BY coalesce(held.key, ARRAY['{OWN_SCHEME}', CAST(a.id AS text)] COLLATE "C")
"""  # noqa: S608 - constants


class Records(Actors):
    """Every record as it was made, also of whoever was merged: an import finds it again, and nothing that names it is lost."""

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


def columns(how: How) -> dict[str, str]:
    """The titles of an import of actors, each with the expression that fills it."""
    shown = how.shown
    key = "coalesce({0}.key[1], '" + OWN_SCHEME + "')"
    value = "coalesce({0}.key[2], CAST({1} AS text))"
    found = {"key_scheme": key.format("held"), "key_value": shown.format(value.format("held", "a.id"))}
    found |= {name: f"a.{name}" for name in PLAIN} | {name: shown.format(f"a.{name}") for name in TEXTS}
    found["parent_scheme"] = f"CASE WHEN tie.parent_id IS NOT NULL THEN {key.format('above')} END"
    found["parent_value"] = f"CASE WHEN tie.parent_id IS NOT NULL THEN {shown.format(value.format('above', 'tie.parent_id'))} END"
    found |= {name: SHORT.format(name) for name in ("lat", "lon")}
    for family, titles in how.keys.items():
        made = HELD[family] if family == "border_m" else shown.format(HELD[family])
        found |= {f"{family}:{title}": made.format(title) for title in titles}
    found |= {"seat_role": "seat.role", "seat_title": shown.format("seat.title")}
    return found | ({"seat_email": how.email} if how.email else {})


ACTORS = File("actors", Records, ActorFilters, columns, str(statement(ROWS)), families=("name", "id", "border_m"))
