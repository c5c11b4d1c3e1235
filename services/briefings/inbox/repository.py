"""Which deliveries stand in a caller's inbox: those to the seats it holds within its clearance, and nothing of its organisation besides."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, any_, exists

from services.briefings.briefings.markings import cleared_sql
from services.briefings.briefings.models import Briefing
from services.briefings.briefings.repository import Briefings
from services.briefings.deliveries.models import Channel, Delivery
from services.briefings.deliveries.repository import state_of
from services.briefings.errors import DeliveryNotFound
from shared.reading import CALLER_SEATS, NOW, Entity, Include, Scopes
from shared.repository import Repository, Sort


def _briefing(row: Entity, *where: ColumnElement[bool]) -> ColumnElement[Any]:
    return exists().where(Briefing.id == row.briefing_id, *where).correlate(row)


class Inbox(Repository[Delivery]):
    model = Delivery
    not_found = DeliveryNotFound
    fields: ClassVar = {"state": state_of}
    includes: ClassVar = {"briefing": Include(Briefings, on=lambda delivery, briefing: briefing.id == delivery.briefing_id, many=False)}
    filters: ClassVar = {
        "acknowledged": lambda row, value: row.acknowledged_at.is_not(None) == value,
        "expired": lambda row, value: _briefing(row, Briefing.expires_at <= NOW) == value,
        "status": lambda row, value: _briefing(row, Briefing.status == value),
        "seat": lambda row, value: row.seat_id == value,
    }
    sorts: ClassVar = {None: Sort(lambda row: [row.queued_at], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return and_(row.seat_id == any_(CALLER_SEATS), row.channel == Channel.inbox, cleared_sql(row.marking))
