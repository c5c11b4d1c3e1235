"""`/v1/inbox`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.briefings.access import CanAcknowledge, CanReadInbox
from services.briefings.errors import DeliveryNotFound
from services.briefings.inbox import service
from services.briefings.inbox.schemas import InboxFilters, InboxItem, InboxRead
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["inbox"])


@router.get("/inbox", response_model=PageOf[InboxItem])
async def list_inbox(filters: Annotated[InboxFilters, Query()], work: CanReadInbox) -> Response:
    """List what was delivered to the seats you hold, newest first."""
    return await service.list_inbox(work, filters)


@router.get("/inbox/{delivery_id}", response_model=InboxRead, responses=problems(DeliveryNotFound))
async def read_inbox_item(delivery_id: UUID, work: CanReadInbox) -> Response:
    """Read a delivery with the text of its briefing."""
    return await service.read_item(work, delivery_id)


@router.post("/inbox/{delivery_id}/openings", response_model=InboxRead, responses=problems(DeliveryNotFound))
async def open_inbox_item(delivery_id: UUID, work: CanReadInbox) -> Response:
    """Say that you have opened a delivery. Only the first time counts."""
    return await service.open_item(work, delivery_id)


@router.post("/inbox/{delivery_id}/acknowledgements", response_model=InboxItem, responses=problems(DeliveryNotFound))
async def acknowledge_inbox_item(delivery_id: UUID, work: CanAcknowledge) -> Response:
    """Acknowledge a delivery for your seat. Only the first time counts."""
    return await service.acknowledge(work, delivery_id)
