"""Texts of agreements."""

from uuid import UUID

from fastapi import Response

from services.agreements.access import CanEdit, CanRead
from services.agreements.errors import AgreementClosed, AgreementNotFound, NotAParty, TextFrozen, TextNotFound, TextUnchanged
from services.agreements.texts import service
from services.agreements.texts.schemas import TextAttached, TextCreate, TextRead
from shared.events import ReasonMissing
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["agreements"])


@router.post(
    "/agreements/{agreement_id}/texts",
    status_code=201,
    response_model=TextAttached,
    responses=problems(AgreementNotFound, NotAParty, TextUnchanged, TextFrozen, AgreementClosed, ReasonMissing),
)
async def attach_text(agreement_id: UUID, request: TextCreate, work: CanEdit) -> Response:
    """Attach a text, or a new version of one."""
    return await service.attach(work, agreement_id, request)


@router.get("/agreements/{agreement_id}/texts/{text_id}", response_model=TextRead, responses=problems(AgreementNotFound, TextNotFound))
async def read_text(agreement_id: UUID, text_id: UUID, work: CanRead) -> Response:
    """Read a text with its body."""
    return await service.read(work, agreement_id, text_id)
