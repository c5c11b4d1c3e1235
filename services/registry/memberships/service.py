"""What can be done with memberships."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Response

from services.registry.actors.writers import writes_any
from services.registry.errors import MembershipOfOthers
from services.registry.events import MembershipChanged, MembershipRecorded
from services.registry.memberships.models import Membership
from services.registry.memberships.repository import Memberships
from services.registry.memberships.schemas import MembershipChange, MembershipCreate, MembershipEnd, MembershipFilters, MembershipRead
from services.registry.people.naming import require_nameless
from services.registry.people.repository import People
from services.registry.people.service import known
from shared import exports
from shared.errors import Invalid
from shared.translations import Sentence
from shared.work import Work

PLAIN = ("role", "valid_from", "valid_through", "note", "source", "read_on")
STATE = ("person_id", "organization_id", "on_behalf_of_id", "role", "valid_from", "valid_through")
TOLD = ("role", "valid_from", "valid_through", "read_on")  # a note or a source may name the person: neither is kept for good


async def list_memberships(work: Work, filters: MembershipFilters) -> Response:
    return await exports.listed(Memberships(work), MembershipRead, filters, "memberships")


async def read(work: Work, membership_id: UUID) -> Response:
    return await Memberships(work).read(MembershipRead, membership_id)


async def record(work: Work, request: MembershipCreate) -> Response:
    """Record a membership in the caller's organisation, or on its behalf elsewhere; for those who write actors, any of their country."""
    await _require_side(work, request.organization_id, request.on_behalf_of_id)
    person = await known(work, request.person_id)
    require_nameless(request.reason, person.name)
    membership = Membership(**request.model_dump(exclude={"reason"}))
    work.add(membership)
    await work.flush()
    work.record(MembershipRecorded(**state_of(membership)), reason=request.reason, after=_told(membership))
    await work.flush()
    return await Memberships(work).read(MembershipRead, membership.id, status=201)


async def change(work: Work, membership_id: UUID, request: MembershipChange) -> Response:
    """Change what the request names. A request that changes nothing leaves the record and the feed as they are."""
    membership = await _changeable(work, membership_id, request.reason)
    if request.note is not None or request.source is not None:
        await known(work, membership.person_id)
    before = _told(membership), membership.note, membership.source
    for name in request.model_fields_set & set(PLAIN):
        setattr(membership, name, getattr(request, name))
    if membership.valid_from and membership.valid_through and membership.valid_through < membership.valid_from:
        raise _wrong("valid_through", "is before valid_from")
    await _tell(work, membership, before, request.reason)
    return await Memberships(work).read(MembershipRead, membership.id)


async def end(work: Work, membership_id: UUID, request: MembershipEnd) -> Response:
    """End a membership; it stays in the record with its days."""
    membership = await _changeable(work, membership_id, request.reason)
    before, on = (_told(membership), membership.note, membership.source), request.on or work.now.date()
    if membership.valid_from is not None and on < membership.valid_from:
        raise _wrong("on", "is before the membership's first day")
    membership.end(on)
    await _tell(work, membership, before, request.reason)
    return await Memberships(work).read(MembershipRead, membership.id)


async def _changeable(work: Work, membership_id: UUID, reason: str | None) -> Membership:
    membership = await Memberships(work).get(membership_id, match=True)
    await _require_side(work, membership.organization_id, membership.on_behalf_of_id)
    require_nameless(reason, (await People(work).get(membership.person_id, lock=True)).name)
    return membership


async def _tell(work: Work, membership: Membership, before: tuple[dict[str, Any], str | None, str | None], reason: str | None) -> None:
    await work.flush()
    after = _told(membership)
    if (after, membership.note, membership.source) != before:
        differ = [name for name in after if after[name] != before[0][name]]
        was, stands = ({name: kept[name] for name in differ} for kept in (before[0], after))
        work.record(MembershipChanged(**state_of(membership)), reason=reason, before=was, after=stands)
        await work.flush()


def state_of(membership: Membership) -> dict[str, Any]:
    return {"membership_id": membership.id, **{name: getattr(membership, name) for name in STATE}}


def _told(membership: Membership) -> dict[str, Any]:
    """What the record keeps of it, as JSON."""
    kept = {name: getattr(membership, name) for name in TOLD}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in kept.items()}


def _wrong(name: str, what: str) -> Invalid:
    return Invalid(Sentence("{name} {what}.", name=name, what=what), errors=[{"in": "body", "pointer": f"/{name}", "detail": what}])


async def _require_side(work: Work, *sides: UUID | None) -> None:
    own = work.caller.organization is not None and work.caller.organization in sides
    if not own and not await writes_any(work, *sides):
        raise MembershipOfOthers("You may manage memberships in your own organisation, and those on its behalf in others.")
