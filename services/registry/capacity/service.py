"""What can be done with capacity reports."""

from uuid import UUID

from fastapi import Response
from sqlalchemy import exists, select

from services.registry.actors.models import Actor
from services.registry.capacity.errors import CapacityOfNoGovernment, CapacityReporterUnknown, CapacityRespondentUnknown
from services.registry.capacity.events import CapacityCorrected, CapacityReported, CapacityVerified
from services.registry.capacity.models import CapacityReport
from services.registry.capacity.repository import GOVERNMENTS, CapacityReports, Missing
from services.registry.capacity.schemas import (
    CapacityMissingRead,
    CapacityReportCreate,
    CapacityReportDetail,
    CapacityReportFilters,
    CapacityReportRead,
    CapacityVerification,
    MissingFilters,
)
from services.registry.seats.models import Seat
from shared import exports
from shared.errors import Invalid
from shared.ids import new_id
from shared.work import Work, latest_day


class MissingOf(MissingFilters):
    """The filters as they reach the statement."""

    ever: bool | None = None


async def list_reports(work: Work, filters: CapacityReportFilters) -> Response:
    return await exports.listed(CapacityReports(work), CapacityReportRead, filters, "capacity-reports")


async def read(work: Work, report_id: UUID) -> Response:
    return await CapacityReports(work).read(CapacityReportDetail, report_id)


async def list_missing(work: Work, filters: MissingFilters) -> Response:
    """Governments without a report; without kinds, all that are below the nation."""
    given = filters.model_dump(exclude_none=True, by_alias=True)
    kinds = filters.kind or list(GOVERNMENTS)
    return await Missing(work).page(CapacityMissingRead, MissingOf(**{**given, "kind": kinds}, ever=True if filters.from_ is None else None))


async def report(work: Work, request: CapacityReportCreate) -> Response:
    """Report for the caller's organisation, once for a day: the review counts governments, and no report is to be counted nowhere."""
    kind = (await work.execute(select(Actor.kind).where(Actor.id == _organization(work)))).scalar_one_or_none()
    if kind is not None and kind not in GOVERNMENTS:
        raise CapacityOfNoGovernment(kind=kind.value)
    made = await _made(work, request, _organization(work))
    work.add(made)
    work.record(CapacityReported(capacity_report_id=made.id, actor_id=made.actor_id, as_of=made.as_of), reason=request.reason)
    await work.flush()
    return await CapacityReports(work).read(CapacityReportDetail, made.id, status=201)


async def correct(work: Work, report_id: UUID, request: CapacityReportCreate) -> Response:
    """Put a whole new report in the place of one of the caller's organisation. The old one is kept, and what verified it does not carry over."""
    old = await CapacityReports(work).get(report_id, match=True)
    if old.actor_id != _organization(work):
        raise CapacityReporterUnknown("Only the government itself corrects its report.")
    made = await _made(work, request, old.actor_id)
    made.supersedes_id = old.id
    old.supersede(at=work.now)
    await work.flush()  # first, since two reports of one day cannot both be current
    work.add(made)
    work.record(CapacityCorrected(capacity_report_id=made.id, actor_id=made.actor_id, as_of=made.as_of, supersedes_id=old.id), reason=request.reason)
    await work.flush()
    return await CapacityReports(work).read(CapacityReportDetail, made.id, status=201)


async def verify(work: Work, report_id: UUID, request: CapacityVerification) -> Response:
    """Say for another organisation that its report is right as it stands."""
    found = await CapacityReports(work).get(report_id, match=True)
    found.verify(by=_organization(work), note=request.note, at=work.now)
    verified = CapacityVerified(capacity_report_id=found.id, actor_id=found.actor_id, as_of=found.as_of, verified_by_id=_organization(work))
    work.record(verified, reason=request.reason)
    await work.flush()
    return await CapacityReports(work).read(CapacityReportDetail, found.id)


def _organization(work: Work) -> UUID:
    if work.caller.organization is None:
        raise CapacityReporterUnknown
    return work.caller.organization


async def _made(work: Work, request: CapacityReportCreate, actor_id: UUID) -> CapacityReport:
    if request.as_of > latest_day(work.now):
        raise Invalid("as_of is in the future.", errors=[{"in": "body", "pointer": "/as_of", "detail": "is in the future"}])
    seat_id = request.respondent_seat_id
    if seat_id is not None and not (await work.execute(select(exists().where(Seat.id == seat_id, Seat.actor_id == actor_id)))).scalar_one():
        raise CapacityRespondentUnknown(seat=str(seat_id))
    return CapacityReport(id=new_id(), actor_id=actor_id, **request.model_dump(exclude={"reason"}))
