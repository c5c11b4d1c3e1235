"""`/v1/deliveries` and `/v1/briefings/{id}/recipients/{seat_id}/explain`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.briefings.access import CanReadLedger
from services.briefings.deliveries import service
from services.briefings.deliveries.schemas import DeliveryFilters, DeliveryRead, Explanation
from services.briefings.errors import BriefingNotFound, DeliveryNotFound, RecipientNotFound
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["deliveries"])


@router.get("/deliveries", response_model=PageOf[DeliveryRead])
async def list_deliveries(filters: Annotated[DeliveryFilters, Query()], work: CanReadLedger) -> Response:
    """Read the ledger: who received your organisation's briefings, who has opened them, who has acknowledged and who has not."""
    return await service.list_ledger(work, filters)


@router.get("/deliveries/{delivery_id}", response_model=DeliveryRead, responses=problems(DeliveryNotFound))
async def read_delivery(delivery_id: UUID, work: CanReadLedger) -> Response:
    """Read one line of the ledger."""
    return await service.read_line(work, delivery_id)


@router.get(
    "/briefings/{briefing_id}/recipients/{seat_id}/explain",
    response_model=Explanation,
    responses=problems(BriefingNotFound, RecipientNotFound),
)
async def explain_recipient(briefing_id: UUID, seat_id: UUID, work: CanReadLedger) -> Response:
    """Learn why a seat did or did not receive a briefing, and what would change it; in English, Spanish or French."""
    return await service.explain_recipient(work, briefing_id, seat_id)
