"""Which lines of the ledger a caller may see: those of the own organisation's briefings, and all for auditors, within their clearance."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Text, and_, case, false, literal, not_, or_

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


def states_of(row: Entity) -> dict[DeliveryState, ColumnElement[bool]]:
    """The same as one condition for each state. Of instants that are or are not there PostgreSQL knows how many rows have them, of a CASE it does not."""
    acknowledged, opened, delivered = (instant.is_not(None) for instant in (row.acknowledged_at, row.opened_at, row.delivered_at))
    return {
        DeliveryState.queued: not_(or_(acknowledged, opened, delivered)),
        DeliveryState.delivered: and_(delivered, not_(or_(acknowledged, opened))),
        DeliveryState.opened: and_(opened, not_(acknowledged)),
        DeliveryState.acknowledged: acknowledged,
    }


def in_state(row: Entity, state: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a delivery is in the wanted state."""
    return or_(*(and_(state == literal(name.value, Text), holds) for name, holds in states_of(row).items()))


class Deliveries(Repository[Delivery]):
    """The ledger, as the issuer and auditors read it."""

    model = Delivery
    not_found = DeliveryNotFound
    fields: ClassVar = {"state": state_of}
    filters: ClassVar = {
        "briefing": lambda row, value: row.briefing_id == value,
        "state": in_state,
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
