"""The file of ties. The days of silence and the engagements held under a tie are not in it: they are found out anew."""

from sqlalchemy import ColumnElement

from services.registry.imports.exports.files import KNOWN, File, How, origin, side
from services.registry.imports.sql import statement
from services.registry.ties.models import EXPIRED, TieStatus
from services.registry.ties.repository import Ties
from services.registry.ties.schemas import TieFilters
from services.registry.ties.types import SYMMETRIC, listed
from shared.reading import Entity, Scopes

# A symmetric tie is said from the side whose key is the smaller: ids differ from registry to registry.
ROWS = f"""
    WITH meant AS MATERIALIZED (<meant>),
    chosen AS MATERIALIZED (
        SELECT t.*, t.status <> 'ended' AND coalesce(t.valid_through < @today, false) AS over FROM ties AS t WHERE t.id IN (SELECT id FROM meant)
    ),
    named AS MATERIALIZED (SELECT from_id AS id FROM chosen UNION SELECT to_id FROM chosen),
    {KNOWN}
    SELECT <columns>
    FROM chosen AS t
    JOIN known AS f ON f.id = t.from_id
    JOIN known AS o ON o.id = t.to_id
    CROSS JOIN LATERAL (SELECT t.type IN ({listed(SYMMETRIC)}) AND o.key < f.key AS turned) AS seen
    JOIN known AS one ON one.id = CASE WHEN seen.turned THEN t.to_id ELSE t.from_id END
    JOIN known AS other ON other.id = CASE WHEN seen.turned THEN t.from_id ELSE t.to_id END
    ORDER BY t.type COLLATE "C", one.key, other.key, t.valid_from NULLS FIRST
"""  # noqa: S608 - constants


class Recorded(Ties):
    """What was withdrawn was recorded by mistake: it is in no file, and no other registry gets it."""

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return row.status != TieStatus.withdrawn  # type: ignore[no-any-return]


def columns(how: How) -> dict[str, str]:
    """The titles of an import of ties. One whose last day has passed has ended, swept or not."""
    return {
        "type": "t.type",
        **side("from", "one", how),
        **side("to", "other", how),
        "role": how.shown.format("t.role"),
        "status": "CASE WHEN t.over THEN 'ended' ELSE t.status END",
        "end_reason": how.shown.format(f"CASE WHEN t.over THEN '{EXPIRED}' ELSE t.end_reason END"),
        "valid_from": "t.valid_from",
        "valid_through": "t.valid_through",
        "last_activity_on": "t.stated_activity_on",
        "note": how.shown.format("t.note"),
        **origin("t", how),
    }


TIES = File("ties", Recorded, TieFilters, columns, str(statement(ROWS)))
