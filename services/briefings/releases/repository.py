"""Which releases a caller may see: those of the own organisation's desk, and all for auditors, within their clearance."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.dialects.postgresql import JSONB

from services.briefings.access import AUDIT, DESK
from services.briefings.briefings.markings import cleared_sql
from services.briefings.deliveries.models import Delivery
from services.briefings.deliveries.repository import states_of
from services.briefings.errors import ReleaseNotFound
from services.briefings.releases.models import Release
from shared.reading import CALLER_ORG, Entity, Scopes
from shared.repository import Repository, Sort


def counts_of(row: Entity) -> ColumnElement[Any]:
    """The deliveries of a release by state, in one pass over their instants."""
    numbers = (part for state, holds in states_of(Delivery).items() for part in (state.value, func.count().filter(holds)))
    counted = func.json_build_object("total", func.count(), *numbers)
    return select(func.to_jsonb(counted, type_=JSONB)).where(Delivery.release_id == row.id).correlate(row).scalar_subquery()


class Releases(Repository[Release]):
    model = Release
    not_found = ReleaseNotFound
    fields: ClassVar = {"deliveries": counts_of}
    filters: ClassVar = {"briefing": lambda row, value: row.briefing_id == value}
    sorts: ClassVar = {None: Sort(lambda row: [row.released_at], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        if AUDIT in scopes:
            return cleared_sql(row.marking)
        return and_(row.organization_id == CALLER_ORG, cleared_sql(row.marking)) if scopes & DESK else false()
