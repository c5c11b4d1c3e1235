"""Gates: the work list of those who decide, filings and decisions."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.agreements.access import CanDecide, CanFile, CanReadGates
from services.agreements.errors import (
    AgreementClosed,
    AgreementNotFound,
    GateDecided,
    GateNotFound,
    GateNotOpen,
    NotYoursToDecide,
    NotYoursToFile,
    OutcomeUnknown,
    TextMissing,
)
from services.agreements.gates import service
from services.agreements.gates.repository import Gates
from services.agreements.gates.schemas import FilingCreate, GateDecisionCreate, GateFilters, GateRead
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["gates"])


@router.get("/gates", response_model=PageOf[GateRead])
async def list_gates(filters: Annotated[GateFilters, Query()], work: CanReadGates) -> Response:
    """List the gates that you decide, or that stand before your agreements."""
    return await Gates(work).page(GateRead, filters)


@router.get("/gates/{gate_id}", response_model=GateRead, responses=problems(GateNotFound))
async def read_gate(gate_id: UUID, work: CanReadGates) -> Response:
    """Read a gate: its rule, why it applies, and every decision taken on it."""
    return await Gates(work).read(GateRead, gate_id)


@router.post(
    "/agreements/{agreement_id}/filings",
    status_code=201,
    response_model=GateRead,
    responses=problems(AgreementNotFound, GateNotFound, NotYoursToFile, GateNotOpen, TextMissing, AgreementClosed),
)
async def file_agreement(agreement_id: UUID, request: FilingCreate, work: CanFile) -> Response:
    """File the agreement at a gate, as the party or as the coordinator of its state."""
    return await service.file(work, agreement_id, request)


@router.post(
    "/gates/{gate_id}/decisions",
    status_code=201,
    response_model=GateRead,
    responses=problems(GateNotFound, NotYoursToDecide, GateDecided, OutcomeUnknown, TextMissing, AgreementClosed, PreconditionFailed, PreconditionRequired),
)
async def decide_gate(gate_id: UUID, request: GateDecisionCreate, work: CanDecide) -> Response:
    """Decide a gate, with reasons; `If-Match` names the gate as you read it."""
    return await service.decide(work, gate_id, request)
