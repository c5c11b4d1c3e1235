"""What a recipient does with a delivery: read it, open it once, acknowledge it once."""

from uuid import UUID

from fastapi import Response

from services.briefings.deliveries.models import Delivery
from services.briefings.events import DeliveryAcknowledged, DeliveryOpened
from services.briefings.inbox.repository import Inbox
from services.briefings.inbox.schemas import InboxFilters, InboxItem, InboxRead
from shared.work import Work


async def list_inbox(work: Work, filters: InboxFilters) -> Response:
    """The deliveries to the caller's seats, newest first."""
    return await Inbox(work).page(InboxItem, filters)


async def read_item(work: Work, delivery_id: UUID) -> Response:
    """One delivery with the text of its briefing. Reading changes nothing."""
    return await Inbox(work).read(InboxRead, delivery_id)


async def open_item(work: Work, delivery_id: UUID) -> Response:
    """Note the first opening; a later one changes nothing and answers alike."""
    delivery = await Inbox(work).get(delivery_id, lock=True)
    if delivery.open(by=work.caller.subject, at=work.now):
        work.record(DeliveryOpened(**_named(delivery)))
    await work.flush()
    return await Inbox(work).read(InboxRead, delivery_id)


async def acknowledge(work: Work, delivery_id: UUID) -> Response:
    """Note the first acknowledgement; a later one changes nothing and answers alike."""
    delivery = await Inbox(work).get(delivery_id, lock=True)
    if delivery.acknowledge(by=work.caller.subject, at=work.now):
        work.record(DeliveryAcknowledged(**_named(delivery)))
    await work.flush()
    return await Inbox(work).read(InboxItem, delivery_id)


def _named(delivery: Delivery) -> dict[str, object]:
    names = ("briefing_id", "organization_id", "seat_id", "actor_id", "marking")
    return {"delivery_id": delivery.id, **{name: getattr(delivery, name) for name in names}}
