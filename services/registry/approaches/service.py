"""What can be done with approach reports. No text of theirs, and no reason, goes into an event: events reach further than reports do."""

from uuid import UUID

from fastapi import Response
from sqlalchemy import func, select

from services.registry.approaches.errors import ApproachCorrectionsFull, ApproachOfAnother
from services.registry.approaches.events import ApproachCorrected, ApproachReported, ApproachState, ApproachTakenBack
from services.registry.approaches.models import MOST_CORRECTIONS, Approach, ApproachCorrection
from services.registry.approaches.repository import Approaches
from services.registry.approaches.schemas import ApproachCorrectionCreate, ApproachCreate, ApproachFilters, ApproachRead, ApproachWithdrawal
from services.registry.diligence.offices import keeper
from shared.errors import Invalid
from shared.ids import new_id
from shared.work import Work, latest_day


async def list_reports(work: Work, filters: ApproachFilters) -> Response:
    return await Approaches(work).page(ApproachRead, filters)


async def read(work: Work, approach_id: UUID) -> Response:
    return await Approaches(work).read(ApproachRead, approach_id)


async def file(work: Work, request: ApproachCreate) -> Response:
    """File a report by the caller for its organisation."""
    whose = await keeper(work)
    if request.happened_on > latest_day(work.now):
        raise Invalid("happened_on is in the future.", errors=[{"in": "body", "pointer": "/happened_on", "detail": "is in the future"}])
    report = Approach(id=new_id(), organization_id=whose.organization_id, country=whose.country, reported_by=work.caller.subject, **request.model_dump())
    work.add(report)
    await work.flush()
    await _tell(work, report, ApproachReported)
    return await Approaches(work).read(ApproachRead, report.id, status=201)


async def correct(work: Work, approach_id: UUID, request: ApproachCorrectionCreate) -> Response:
    """Add a correction; anyone of the reporting organisation may. What was filed stays as it was."""
    report = await Approaches(work).get(approach_id, lock=True)
    if report.organization_id != work.caller.organization:
        raise ApproachOfAnother("The organisation that filed the report corrects it.")
    report.require_standing()
    if await _corrections(work, report) >= MOST_CORRECTIONS:
        raise ApproachCorrectionsFull(approach=str(report.id))
    by = {"corrected_by": work.caller.subject, "corrected_at": work.now}
    work.add(ApproachCorrection(approach_id=report.id, **request.model_dump(), **by))
    report.touch(work.now)
    await work.flush()
    await _tell(work, report, ApproachCorrected)
    return await Approaches(work).read(ApproachRead, report.id, status=201)


async def withdraw(work: Work, approach_id: UUID, request: ApproachWithdrawal) -> Response:
    """Withdraw a report; its author may. It stays to be read by those who could read it."""
    report = await Approaches(work).get(approach_id, match=True)
    report.withdraw(request.reason, by=work.caller.subject, organization_id=work.caller.organization, at=work.now)
    await work.flush()
    await _tell(work, report, ApproachTakenBack)
    return await Approaches(work).read(ApproachRead, report.id)


async def _corrections(work: Work, report: Approach) -> int:
    return int((await work.execute(select(func.count()).where(ApproachCorrection.approach_id == report.id))).scalar_one())


async def _tell(work: Work, report: Approach, event: type[ApproachState]) -> None:
    corrections = await _corrections(work, report)
    work.record(
        event(approach_id=report.id, organization_id=report.organization_id, corrections=corrections, withdrawn=report.withdrawn_at is not None),
    )
    await work.flush()
