"""The routes of claims."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanClaimSeats, CanManageSeats
from services.registry.claims import service
from services.registry.claims.schemas import AllClaimFilters, ClaimCreate, ClaimDecision, ClaimFilters, ClaimRead, ClaimWithdrawal
from services.registry.errors import (
    ClaimByStranger,
    ClaimDecided,
    ClaimExists,
    ClaimNotFound,
    ClaimNotVerified,
    ClaimOfAnother,
    OwnClaim,
    PersonErased,
    PersonUnknown,
    ReasonNamesPerson,
    SeatAbolished,
    SeatNotFound,
    SeatOfAnother,
)
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["seats"])


@router.get("/claims", response_model=PageOf[ClaimRead])
async def list_all_claims(filters: Annotated[AllClaimFilters, Query()], work: Anyone) -> Response:
    """List claims of all seats, the newest first: `status=unverified` are those that wait for you to decide. Each caller sees those of `list_claims`."""
    return await service.list_all(work, filters)


@router.get("/claims/{claim_id}", response_model=ClaimRead, responses=problems(ClaimNotFound))
async def read_claim(claim_id: UUID, work: Anyone) -> Response:
    """Read a claim."""
    return await service.read(work, claim_id)


@router.post("/claims/{claim_id}/withdrawal", response_model=ClaimRead, responses=problems(ClaimNotFound, SeatOfAnother, ClaimNotVerified, ReasonNamesPerson))
async def withdraw_claim(claim_id: UUID, request: ClaimWithdrawal, work: CanManageSeats) -> Response:
    """Take back that a claim was verified, with the reason. Who holds the seat keeps it, and may claim it again."""
    return await service.withdraw(work, claim_id, request)


@router.get("/seats/{seat_id}/claims", response_model=PageOf[ClaimRead], responses=problems(SeatNotFound))
async def list_claims(seat_id: UUID, filters: Annotated[ClaimFilters, Query()], work: Anyone) -> Response:
    """List the claims to be the person in a seat: those of your organisation's seats, with contacts:read those of your country's, and your own."""
    return await service.list_claims(work, seat_id, filters)


@router.post(
    "/seats/{seat_id}/claims",
    status_code=201,
    response_model=ClaimRead,
    responses=problems(SeatNotFound, ClaimOfAnother, ClaimByStranger, ClaimExists, PersonUnknown, PersonErased, SeatAbolished),
)
async def claim_seat(seat_id: UUID, request: ClaimCreate, work: CanClaimSeats) -> Response:
    """Claim that your account belongs to the person in a seat of your organisation."""
    return await service.make(work, seat_id, request)


@router.post(
    "/seats/{seat_id}/claims/{claim_id}/decision",
    response_model=ClaimRead,
    responses=problems(SeatNotFound, ClaimNotFound, SeatOfAnother, OwnClaim, ClaimDecided, PersonErased, ReasonNamesPerson),
)
async def decide_claim(seat_id: UUID, claim_id: UUID, request: ClaimDecision, work: CanManageSeats) -> Response:
    """Verify or refuse a claim for a seat of your organisation; somebody else's, never your own."""
    return await service.decide(work, seat_id, claim_id, request)
