"""The routes of checks and flags. Flags come first: the word would be taken for the id of a check."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanReadDiligence, CanWriteDiligence
from services.registry.diligence import flags, service
from services.registry.diligence.errors import (
    DiligenceActorUnknown,
    DiligenceFrozen,
    DiligenceIncomplete,
    DiligenceNotFound,
    DiligenceOfAnother,
    DiligenceOfOneself,
    DiligenceReopened,
    DiligenceUnconcluded,
    DiligenceUnderWay,
    FlagNotFound,
    FlagOnNationality,
    FlagRepliesFull,
    FlagWasShown,
    FlagWithdrawn,
    RecordNeedsOrganization,
)
from services.registry.diligence.flag_schemas import FlagChange, FlagCreate, FlagFilters, FlagRead, FlagReplyCreate, FlagWithdrawal
from services.registry.diligence.schemas import (
    DiligenceChange,
    DiligenceConclusion,
    DiligenceCreate,
    DiligenceFilters,
    DiligenceItems,
    DiligenceRead,
    DiligenceView,
)
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["diligence"])
FLAG_REFUSALS = (FlagNotFound, DiligenceOfAnother, FlagWithdrawn)
MATCHED = (PreconditionFailed, PreconditionRequired)


@router.get("/diligence/items", response_model=DiligenceItems)
async def list_diligence_items(work: Anyone) -> Response:
    """List what a check of a counterpart asks, and where each question comes from."""
    return await service.list_items(work)


@router.get("/diligence/flags", response_model=PageOf[FlagRead])
async def list_flags(filters: Annotated[FlagFilters, Query()], work: CanReadDiligence) -> Response:
    """List the flags that you may see: your organisation's, those shown to you, and by office those of a country."""
    return await flags.list_flags(work, filters)


@router.get("/diligence/flags/{flag_id}", response_model=FlagRead, responses=problems(FlagNotFound))
async def read_flag(flag_id: UUID, work: CanReadDiligence) -> Response:
    """Read a flag."""
    return await flags.read(work, flag_id)


@router.post(
    "/diligence/flags",
    status_code=201,
    response_model=FlagRead,
    responses=problems(RecordNeedsOrganization, DiligenceActorUnknown, DiligenceOfOneself, FlagOnNationality),
)
async def raise_flag(request: FlagCreate, work: CanWriteDiligence) -> Response:
    """Raise a flag on an actor, with a reason and its source. It informs; nothing is refused because of it."""
    return await flags.raise_flag(work, request)


@router.patch("/diligence/flags/{flag_id}", response_model=FlagRead, responses=problems(*FLAG_REFUSALS, FlagWasShown, *MATCHED))
async def change_flag(flag_id: UUID, request: FlagChange, work: CanWriteDiligence) -> Response:
    """Show a flag to more, or say until when it is valid."""
    return await flags.change(work, flag_id, request)


@router.post("/diligence/flags/{flag_id}/withdrawal", response_model=FlagRead, responses=problems(*FLAG_REFUSALS, *MATCHED))
async def withdraw_flag(flag_id: UUID, request: FlagWithdrawal, work: CanWriteDiligence) -> Response:
    """Take a flag back, with the reason."""
    return await flags.withdraw(work, flag_id, request)


@router.post("/diligence/flags/{flag_id}/replies", status_code=201, response_model=FlagRead, responses=problems(*FLAG_REFUSALS, FlagRepliesFull))
async def reply_to_flag(flag_id: UUID, request: FlagReplyCreate, work: CanWriteDiligence) -> Response:
    """Reply to a flag on your own organisation that its author has shown to you."""
    return await flags.reply(work, flag_id, request)


@router.get("/diligence", response_model=PageOf[DiligenceRead])
async def list_diligence(filters: Annotated[DiligenceFilters, Query()], work: CanReadDiligence) -> Response:
    """List checks of counterparts: your organisation's, and by office those of a country."""
    return await service.list_checks(work, filters)


@router.get("/diligence/{diligence_id}", response_model=DiligenceRead, responses=problems(DiligenceNotFound))
async def read_diligence(diligence_id: UUID, view: Annotated[DiligenceView, Query()], work: CanReadDiligence) -> Response:
    """Read a check of a counterpart; with `include=flags` beside the flags on it."""
    return await service.read(work, diligence_id, view)


@router.post(
    "/diligence",
    status_code=201,
    response_model=DiligenceRead,
    responses=problems(RecordNeedsOrganization, DiligenceActorUnknown, DiligenceOfOneself, DiligenceUnderWay),
)
async def open_diligence(request: DiligenceCreate, work: CanWriteDiligence) -> Response:
    """Open a check of a counterpart by your organisation."""
    return await service.open_check(work, request)


@router.patch("/diligence/{diligence_id}", response_model=DiligenceRead, responses=problems(DiligenceNotFound, DiligenceOfAnother, DiligenceFrozen, *MATCHED))
async def answer_diligence(diligence_id: UUID, request: DiligenceChange, work: CanWriteDiligence) -> Response:
    """Answer items of a check; those that are not named stay."""
    return await service.answer(work, diligence_id, request)


@router.post(
    "/diligence/{diligence_id}/conclude",
    response_model=DiligenceRead,
    responses=problems(DiligenceNotFound, DiligenceOfAnother, DiligenceFrozen, DiligenceIncomplete, *MATCHED),
)
async def conclude_diligence(diligence_id: UUID, request: DiligenceConclusion, work: CanWriteDiligence) -> Response:
    """Conclude a check with a verdict and its reason. It stays as it is from then on."""
    return await service.conclude(work, diligence_id, request)


@router.post(
    "/diligence/{diligence_id}/reopen",
    status_code=201,
    response_model=DiligenceRead,
    responses=problems(DiligenceNotFound, DiligenceOfAnother, DiligenceUnconcluded, DiligenceReopened, DiligenceUnderWay),
)
async def reopen_diligence(diligence_id: UUID, work: CanWriteDiligence) -> Response:
    """Re-open a concluded check as a new version that begins with its answers."""
    return await service.reopen(work, diligence_id)
