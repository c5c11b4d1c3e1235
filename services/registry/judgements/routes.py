"""The routes of judgements."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanWriteActors
from services.registry.judgements import service
from services.registry.judgements.errors import (
    JudgementActorUnknown,
    JudgementContradicts,
    JudgementExists,
    JudgementNotFound,
    JudgementOfOne,
    JudgementWithdrawn,
    MergeClosesRing,
)
from services.registry.judgements.schemas import JudgementChange, JudgementCreate, JudgementFilters, JudgementRead, JudgementWithdrawal
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["judgements"])
CHANGE = problems(JudgementNotFound, JudgementWithdrawn, JudgementContradicts, MergeClosesRing, PreconditionFailed, PreconditionRequired)


@router.get("/judgements", response_model=PageOf[JudgementRead], responses=offered())
async def list_judgements(filters: Annotated[JudgementFilters, Query()], work: Anyone) -> Response:
    """List judgements: which actors were judged the same or different, and why."""
    return await service.list_judgements(work, filters)


@router.get("/judgements/{judgement_id}", response_model=JudgementRead, responses=problems(JudgementNotFound))
async def read_judgement(judgement_id: UUID, work: Anyone) -> Response:
    """Read a judgement."""
    return await service.read(work, judgement_id)


@router.post(
    "/judgements",
    status_code=201,
    response_model=JudgementRead,
    responses=problems(JudgementActorUnknown, JudgementOfOne, JudgementExists, JudgementContradicts, MergeClosesRing),
)
async def judge_actors(request: JudgementCreate, work: CanWriteActors) -> Response:
    """Judge two actors: the same become one, until the judgement is withdrawn or changed."""
    return await service.judge(work, request)


@router.patch("/judgements/{judgement_id}", response_model=JudgementRead, responses=CHANGE)
async def revise_judgement(judgement_id: UUID, request: JudgementChange, work: CanWriteActors) -> Response:
    """Judge two actors again."""
    return await service.revise(work, judgement_id, request)


@router.post("/judgements/{judgement_id}/withdrawal", response_model=JudgementRead, responses=CHANGE)
async def withdraw_judgement(judgement_id: UUID, request: JudgementWithdrawal, work: CanWriteActors) -> Response:
    """Take a judgement back: what it had merged is split, and every answer is what it was before."""
    return await service.withdraw(work, judgement_id, request)
