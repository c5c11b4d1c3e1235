"""What can be done with claims."""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import exists, or_, select

from services.registry.claims.models import Claim, Verification
from services.registry.claims.repository import AllClaims, Claims, official
from services.registry.claims.schemas import AllClaimFilters, ClaimCreate, ClaimDecision, ClaimFilters, ClaimRead, ClaimsOfSeat, ClaimWithdrawal
from services.registry.errors import ClaimByStranger, ClaimNotFound, ClaimOfAnother
from services.registry.events import ClaimMade, ClaimSettled, ClaimTakenBack
from services.registry.people.models import Person
from services.registry.people.naming import require_nameless
from services.registry.people.service import known
from services.registry.seats.models import ContactPoint, Seat, SeatHolder
from services.registry.seats.repository import Seats
from services.registry.seats.service import require_own
from shared.work import Work


async def list_claims(work: Work, seat_id: UUID, filters: ClaimFilters) -> Response:
    await Seats(work).get(seat_id)
    return await Claims(work).page(ClaimRead, ClaimsOfSeat(**filters.model_dump(), seat_id=seat_id))


async def list_all(work: Work, filters: AllClaimFilters) -> Response:
    return await AllClaims(work).page(ClaimRead, filters)


async def read(work: Work, claim_id: UUID) -> Response:
    return await Claims(work).read(ClaimRead, claim_id)


async def make(work: Work, seat_id: UUID, request: ClaimCreate) -> Response:
    """Claim to be the person in a seat of the caller's organisation."""
    seat = await Seats(work).get(seat_id)
    if seat.actor_id != work.caller.organization:
        raise ClaimOfAnother("You may claim seats of your own organisation.", actor_id=str(seat.actor_id))
    seat.require_active()
    person = await known(work, request.person_id)
    held = select(SeatHolder.id).where(SeatHolder.seat_id == seat.id, SeatHolder.person_id == person.id)
    reached = select(ContactPoint.id).where(ContactPoint.seat_id == seat.id, ContactPoint.person_id == person.id)
    if not (await work.execute(select(or_(exists(held), exists(reached))))).scalar_one():
        raise ClaimByStranger(person=str(person.id))
    domain = request.email.rpartition("@")[2].lower() if request.email else None
    claim = Claim(seat_id=seat.id, person_id=person.id, subject=work.caller.subject, email_domain=domain, note=request.note, status=Verification.unverified)
    work.add(claim)
    await work.flush()
    work.record(ClaimMade(**_state(seat, claim, await _evidence(work, claim))))
    await work.flush()
    return await Claims(work).read(ClaimRead, claim.id, status=201)


async def decide(work: Work, seat_id: UUID, claim_id: UUID, request: ClaimDecision) -> Response:
    """Verify or refuse somebody else's claim, once, with the reason. What the evidence was then is kept with it."""
    claim = await Claims(work).get(claim_id, lock=True)
    if claim.seat_id != seat_id:
        raise ClaimNotFound(claim=str(claim_id))
    seat = await Seats(work).get(seat_id)
    await require_own(work, seat.actor_id)
    person = await known(work, claim.person_id)
    require_nameless(request.reason, person.name)
    evidence = await _evidence(work, claim)
    claim.decide(Verification(request.status), by=work.caller.subject, at=work.now, reason=request.reason, evidence=evidence)
    await work.flush()
    work.record(ClaimSettled(**_state(seat, claim, evidence)), reason=request.reason, before={"status": "unverified"}, after={"status": claim.status.value})
    await work.flush()
    return await Claims(work).read(ClaimRead, claim.id)


async def withdraw(work: Work, claim_id: UUID, request: ClaimWithdrawal) -> Response:
    """Take a verification back. Whoever may verify may do so; the claim stays on record, as verified once."""
    claim = await Claims(work).get(claim_id, lock=True)
    seat = await Seats(work).get(claim.seat_id)
    await require_own(work, seat.actor_id)
    name = (await work.execute(select(Person.name).where(Person.id == claim.person_id))).scalar_one()
    require_nameless(request.reason, name)
    claim.withdraw(by=work.caller.subject, at=work.now, reason=request.reason)
    await work.flush()
    state = _state(seat, claim, claim.evidence or [])
    work.record(ClaimTakenBack(**state), reason=request.reason, before={"status": "verified"}, after={"status": claim.status.value})
    await work.flush()
    return await Claims(work).read(ClaimRead, claim.id)


async def _evidence(work: Work, claim: Claim) -> list[Any]:
    found: list[Any] = (await work.execute(select(official(Claim)).where(Claim.id == claim.id))).scalar_one()
    return found


def _state(seat: Seat, claim: Claim, evidence: list[Any]) -> dict[str, Any]:
    known_by = {"claim_id": claim.id, "seat_id": seat.id, "actor_id": seat.actor_id, "person_id": claim.person_id}
    return {**known_by, "status": claim.status, "official": bool(evidence)}
