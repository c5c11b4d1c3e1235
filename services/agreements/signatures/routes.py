"""Signatures."""

from uuid import UUID

from fastapi import Response

from services.agreements.access import CanSign
from services.agreements.errors import AgreementClosed, AgreementNotFound, AlreadySigned, GateOpen, NotAParty, TextMissing, TextNotAdopted, TextsDiffer
from services.agreements.signatures import service
from services.agreements.signatures.schemas import SignatureCreate, SignatureRead
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["agreements"])


@router.post(
    "/agreements/{agreement_id}/signatures",
    status_code=201,
    response_model=SignatureRead,
    responses=problems(AgreementNotFound, NotAParty, GateOpen, TextMissing, TextsDiffer, TextNotAdopted, AlreadySigned, AgreementClosed),
)
async def sign_agreement(agreement_id: UUID, request: SignatureCreate, work: CanSign) -> Response:
    """Sign as your organisation."""
    return await service.sign(work, agreement_id, request)
