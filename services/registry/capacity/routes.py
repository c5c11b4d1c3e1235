"""The routes of capacity reports."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanReadCapacity, CanReportCapacity, CanVerifyCapacity
from services.registry.capacity import service
from services.registry.capacity.errors import (
    CapacityOfNoGovernment,
    CapacityReporterUnknown,
    CapacityReportExists,
    CapacityReportNotFound,
    CapacityReportSuperseded,
    CapacityReportVerified,
    CapacityRespondentUnknown,
    CapacityVerifiedByItself,
)
from services.registry.capacity.schemas import (
    CapacityMissingRead,
    CapacityReportCreate,
    CapacityReportDetail,
    CapacityReportFilters,
    CapacityReportRead,
    CapacityVerification,
    MissingFilters,
)
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["capacity"])
REFUSALS = (CapacityReporterUnknown, CapacityRespondentUnknown, CapacityReportExists)
CHANGES = (CapacityReportNotFound, CapacityReportSuperseded, PreconditionFailed, PreconditionRequired)


@router.get("/capacity-reports", response_model=PageOf[CapacityReportRead], responses=offered())
async def list_capacity_reports(filters: Annotated[CapacityReportFilters, Query()], work: Anyone) -> Response:
    """List capacity reports: your organisation's, or with capacity:read your country's."""
    return await service.list_reports(work, filters)


@router.get("/capacity-reports/missing", response_model=PageOf[CapacityMissingRead])
async def list_missing_capacity_reports(filters: Annotated[MissingFilters, Query()], work: CanReadCapacity) -> Response:
    """List the governments of your country that have not reported, the most populous first."""
    return await service.list_missing(work, filters)


@router.get("/capacity-reports/{report_id}", response_model=CapacityReportDetail, responses=problems(CapacityReportNotFound))
async def read_capacity_report(report_id: UUID, work: Anyone) -> Response:
    """Read a capacity report, with what the registry has on record beside it."""
    return await service.read(work, report_id)


@router.post("/capacity-reports", status_code=201, response_model=CapacityReportDetail, responses=problems(*REFUSALS, CapacityOfNoGovernment))
async def report_capacity(request: CapacityReportCreate, work: CanReportCapacity) -> Response:
    """Report your organisation's own capacity on a day."""
    return await service.report(work, request)


@router.post("/capacity-reports/{report_id}/corrections", status_code=201, response_model=CapacityReportDetail, responses=problems(*REFUSALS, *CHANGES))
async def correct_capacity_report(report_id: UUID, request: CapacityReportCreate, work: CanReportCapacity) -> Response:
    """Put a new report in the place of one of your own; the old one is kept."""
    return await service.correct(work, report_id, request)


@router.post(
    "/capacity-reports/{report_id}/verification",
    response_model=CapacityReportDetail,
    responses=problems(CapacityReporterUnknown, CapacityReportVerified, CapacityVerifiedByItself, *CHANGES),
)
async def verify_capacity_report(report_id: UUID, request: CapacityVerification, work: CanVerifyCapacity) -> Response:
    """Verify another organisation's report as it stands."""
    return await service.verify(work, report_id, request)
