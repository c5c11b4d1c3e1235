"""The routes of approach reports."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import CanReadApproaches, CanReportApproaches
from services.registry.approaches import service
from services.registry.approaches.errors import ApproachActorUnknown, ApproachCorrectionsFull, ApproachNotFound, ApproachOfAnother, ApproachWithdrawn
from services.registry.approaches.schemas import ApproachCorrectionCreate, ApproachCreate, ApproachFilters, ApproachRead, ApproachWithdrawal
from services.registry.diligence.errors import RecordNeedsOrganization
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["approach reports"])
REFUSALS = (ApproachNotFound, ApproachOfAnother, ApproachWithdrawn)


@router.get("/approach-reports", response_model=PageOf[ApproachRead])
async def list_approach_reports(filters: Annotated[ApproachFilters, Query()], work: CanReadApproaches) -> Response:
    """List approach reports: your organisation's, and by office those of a country."""
    return await service.list_reports(work, filters)


@router.get("/approach-reports/{approach_id}", response_model=ApproachRead, responses=problems(ApproachNotFound))
async def read_approach_report(approach_id: UUID, work: CanReadApproaches) -> Response:
    """Read an approach report."""
    return await service.read(work, approach_id)


@router.post("/approach-reports", status_code=201, response_model=ApproachRead, responses=problems(RecordNeedsOrganization, ApproachActorUnknown))
async def file_approach_report(request: ApproachCreate, work: CanReportApproaches) -> Response:
    """Report that somebody sought contact with your office. It is never public."""
    return await service.file(work, request)


@router.post(
    "/approach-reports/{approach_id}/corrections",
    status_code=201,
    response_model=ApproachRead,
    responses=problems(*REFUSALS, ApproachActorUnknown, ApproachCorrectionsFull),
)
async def correct_approach_report(approach_id: UUID, request: ApproachCorrectionCreate, work: CanReportApproaches) -> Response:
    """Add a correction to a report of your organisation."""
    return await service.correct(work, approach_id, request)


@router.post(
    "/approach-reports/{approach_id}/withdrawal",
    response_model=ApproachRead,
    responses=problems(*REFUSALS, PreconditionFailed, PreconditionRequired),
)
async def withdraw_approach_report(approach_id: UUID, request: ApproachWithdrawal, work: CanReportApproaches) -> Response:
    """Withdraw a report that you filed."""
    return await service.withdraw(work, approach_id, request)
