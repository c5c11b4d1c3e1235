"""Which lines of the ledger a caller may see: those of the own organisation's briefings, and all for auditors, within their clearance."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Text, and_, case, false, literal

from services.briefings.access import AUDIT, LEDGER
from services.briefings.briefings.markings import cleared_sql
from services.briefings.deliveries.models import Delivery, DeliveryState
from services.briefings.errors import DeliveryNotFound
from shared.reading import CALLER_ORG, Entity, Scopes
from shared.repository import Repository, Sort


def state_of(row: Entity) -> ColumnElement[Any]:
    """How far a delivery has come."""
    return case(
        (row.acknowledged_at.is_not(None), literal(DeliveryState.acknowledged.value, Text)),
        (row.opened_at.is_not(None), literal(DeliveryState.opened.value, Text)),
        (row.delivered_at.is_not(None), literal(DeliveryState.delivered.value, Text)),
        else_=literal(DeliveryState.queued.value, Text),
    )


class Deliveries(Repository[Delivery]):
    """The ledger, as the issuer and auditors read it."""

    model = Delivery
    not_found = DeliveryNotFound
    fields: ClassVar = {"state": state_of}
    filters: ClassVar = {
        "briefing": lambda row, value: row.briefing_id == value,
        "state": lambda row, value: state_of(row) == value,
        "acknowledged": lambda row, value: row.acknowledged_at.is_not(None) == value,
        "actor": lambda row, value: row.actor_id == value,
        "seat": lambda row, value: row.seat_id == value,
    }
    sorts: ClassVar = {None: Sort(lambda row: [row.actor_name])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        if AUDIT in scopes:
            return cleared_sql(row.marking)
        return and_(row.organization_id == CALLER_ORG, cleared_sql(row.marking)) if LEDGER in scopes else false()
