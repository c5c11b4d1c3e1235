"""What can be done with people."""

from uuid import UUID

from fastapi import Response
from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.actors.writers import writes_all
from services.registry.errors import PersonNotFound, PersonOfAnother, PersonUnknown
from services.registry.events import PersonChanged, PersonRecorded
from services.registry.people.models import Person
from services.registry.people.naming import require_nameless
from services.registry.people.reach import reach_of
from services.registry.people.repository import People
from services.registry.people.schemas import PeopleOf, PersonChange, PersonCreate, PersonFilters, PersonRead, PersonView
from shared import exports
from shared.errors import Invalid
from shared.work import Work


async def list_people(work: Work, filters: PersonFilters) -> Response:
    return await exports.listed(People(work), PersonRead, PeopleOf(**filters.model_dump(exclude_unset=True)), "people")


async def read(work: Work, person_id: UUID, view: PersonView) -> Response:
    return await People(work).read(PersonRead, person_id, include=frozenset(item.value for item in view.include or ()))


async def create(work: Work, request: PersonCreate) -> Response:
    """Record a person for the caller's organisation, or for an actor of the own country for those who write its actors and read its people.

    Nobody records who is not theirs to read: the record could be found by nobody who made it, nor be given a seat.
    """
    keeper = request.organization_id or work.caller.organization
    if keeper is None:
        detail = {"in": "body", "pointer": "/organization_id", "detail": "is required of a caller without an organisation"}
        raise Invalid("Say which organisation keeps the record.", errors=[detail])
    if keeper != work.caller.organization and not await writes_all(work, keeper):
        raise PersonOfAnother("You may record the people of your own organisation, and as its coordinator those of your country.", organization_id=str(keeper))
    require_nameless(request.reason, request.name)
    person = await add(work, request.name, keeper, request.reason)
    try:
        return await People(work).read(PersonRead, person.id, status=201)
    except PersonNotFound as unseen:  # and nothing is kept of it
        raise PersonOfAnother("You may record only people whom you may read. Ask the organisation or its coordinator.", organization_id=str(keeper)) from unseen


async def change(work: Work, person_id: UUID, request: PersonChange) -> Response:
    """Correct a name. What it was and what it is now stays out of the record; that it changed does not."""
    person = await People(work).get(person_id, match=True)
    await require_kept(work, person)
    person.require_known()
    require_nameless(request.reason, request.name, person.name)
    if person.name != request.name:
        person.name = request.name
        work.record(PersonChanged(person_id=person.id, organization_id=person.organization_id, changed=["name"]), reason=request.reason)
        await work.flush()
    return await People(work).read(PersonRead, person.id)


async def add(work: Work, name: str, keeper: UUID, reason: str | None = None) -> Person:
    """A new person, in the record without the name."""
    person = Person(name=name, organization_id=keeper)
    work.add(person)
    await work.flush()
    work.record(PersonRecorded(person_id=person.id, organization_id=keeper), reason=reason)
    await work.flush()
    return person


async def known(work: Work, person_id: UUID) -> Person:
    """A person whom the caller may see and who was not erased, held until the commit so that no erasure crosses; else PersonUnknown, PersonErased."""
    try:
        person = await People(work).get(person_id, lock=True)
    except PersonNotFound as unseen:
        raise PersonUnknown(person=str(person_id)) from unseen
    person.require_known()
    return person


async def require_kept(work: Work, person: Person) -> None:
    """PersonOfAnother unless the caller's organisation keeps the record, or one that is kept by the country whose actors the caller writes."""
    within = select(reach_of(work.caller).of(literal(person.organization_id, PGUUID(as_uuid=True))))
    if not (await work.execute(within)).scalar_one():
        raise PersonOfAnother("You may change the people whose record your own organisation keeps.")
