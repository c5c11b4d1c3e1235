"""Agreements: propose, read, change, adopt, leave."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.agreements.access import CanEdit, CanPropose, CanRead
from services.agreements.agreements import service
from services.agreements.agreements.repository import ALL_INCLUDES, Agreements
from services.agreements.agreements.schemas import (
    AdoptionCreate,
    AgreementChange,
    AgreementCreate,
    AgreementFilters,
    AgreementRead,
    PartyChange,
    ProposalCreate,
    PublicationCreate,
    WithdrawalCreate,
    WithholdingCreate,
)
from services.agreements.errors import (
    AgreementClosed,
    AgreementFixed,
    AgreementNotFound,
    AlreadyAdopted,
    AlreadyProposed,
    AlreadySigned,
    AlreadyWithheld,
    NotAParty,
    NotProposed,
    NotWithheld,
    PartyNotFound,
    TextMissing,
    TextsDiffer,
    UnknownActor,
)
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["agreements"])


@router.get("/agreements", response_model=PageOf[AgreementRead])
async def list_agreements(filters: Annotated[AgreementFilters, Query()], work: CanRead) -> Response:
    """List the agreements that you may see."""
    return await Agreements(work).page(AgreementRead, filters)


@router.get("/agreements/{agreement_id}", response_model=AgreementRead, responses=problems(AgreementNotFound))
async def read_agreement(agreement_id: UUID, work: CanRead) -> Response:
    """Read an agreement with its parties, texts (without bodies), gates, signatures and actions."""
    return await Agreements(work).read(AgreementRead, agreement_id, include=ALL_INCLUDES)


@router.post("/agreements", status_code=201, response_model=AgreementRead, responses=problems(NotAParty, UnknownActor))
async def propose_agreement(request: AgreementCreate, work: CanPropose) -> Response:
    """Propose an agreement to the other parties, or begin a draft of one."""
    return await service.propose(work, request)


@router.post(
    "/agreements/{agreement_id}/proposals", status_code=201, response_model=AgreementRead, responses=problems(AgreementNotFound, NotAParty, AlreadyProposed)
)
async def propose_draft(agreement_id: UUID, request: ProposalCreate, work: CanPropose) -> Response:
    """Propose a draft."""
    return await service.propose_draft(work, agreement_id, request)


@router.patch(
    "/agreements/{agreement_id}",
    response_model=AgreementRead,
    responses=problems(AgreementNotFound, NotAParty, AgreementFixed, AgreementClosed, PreconditionFailed, PreconditionRequired),
)
async def change_agreement(agreement_id: UUID, request: AgreementChange, work: CanEdit) -> Response:
    """Change title, topics or proposed term, before a party has adopted the text."""
    return await service.change(work, agreement_id, request)


@router.patch(
    "/agreements/{agreement_id}/parties/{party_id}",
    response_model=AgreementRead,
    responses=problems(AgreementNotFound, PartyNotFound, NotAParty, AlreadySigned, AgreementClosed, PreconditionFailed, PreconditionRequired),
)
async def characterise_agreement(agreement_id: UUID, party_id: UUID, request: PartyChange, work: CanEdit) -> Response:
    """State your own party's legal characterisation and authority; `If-Match` names the agreement as you read it."""
    return await service.characterise(work, agreement_id, party_id, request)


@router.post(
    "/agreements/{agreement_id}/adoptions",
    status_code=201,
    response_model=AgreementRead,
    responses=problems(AgreementNotFound, NotAParty, NotProposed, TextMissing, TextsDiffer, AlreadyAdopted, AgreementClosed),
)
async def adopt_agreement(agreement_id: UUID, request: AdoptionCreate, work: CanEdit) -> Response:
    """Adopt the text for your organisation."""
    return await service.adopt(work, agreement_id, request)


@router.post(
    "/agreements/{agreement_id}/withdrawals", status_code=201, response_model=AgreementRead, responses=problems(AgreementNotFound, NotAParty, AgreementClosed)
)
async def withdraw_from_agreement(agreement_id: UUID, request: WithdrawalCreate, work: CanEdit) -> Response:
    """Withdraw, decline or leave, with reasons."""
    return await service.leave(work, agreement_id, request)


@router.post(
    "/agreements/{agreement_id}/withholdings", status_code=201, response_model=AgreementRead, responses=problems(AgreementNotFound, NotAParty, AlreadyWithheld)
)
async def withhold_texts(agreement_id: UUID, request: WithholdingCreate, work: CanEdit) -> Response:
    """Keep the texts out of the public register, with a reason code and a day of review."""
    return await service.withhold(work, agreement_id, request)


@router.post(
    "/agreements/{agreement_id}/publications", status_code=201, response_model=AgreementRead, responses=problems(AgreementNotFound, NotAParty, NotWithheld)
)
async def publish_texts(agreement_id: UUID, request: PublicationCreate, work: CanEdit) -> Response:
    """End the withholding."""
    return await service.publish(work, agreement_id, request)
