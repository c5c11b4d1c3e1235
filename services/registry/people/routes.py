"""The routes of people."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanErasePeople, CanManageSeats
from services.registry.errors import PersonActorUnknown, PersonErased, PersonNotFound, PersonOfAnother, ReasonNamesPerson
from services.registry.people import erasing, service
from services.registry.people.schemas import PersonChange, PersonCreate, PersonErasure, PersonFilters, PersonRead, PersonView
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["people"])


@router.get("/people", response_model=PageOf[PersonRead], responses=offered())
async def list_people(filters: Annotated[PersonFilters, Query()], work: Anyone) -> Response:
    """List the people of your organisation, and with contacts:read those of your country's. To anybody else there are none. As seats, a file by `Accept`."""
    return await service.list_people(work, filters)


@router.get("/people/{person_id}", response_model=PersonRead, responses=problems(PersonNotFound))
async def read_person(person_id: UUID, view: Annotated[PersonView, Query()], work: Anyone) -> Response:
    """Read a person."""
    return await service.read(work, person_id, view)


@router.post("/people", status_code=201, response_model=PersonRead, responses=problems(PersonOfAnother, PersonActorUnknown, ReasonNamesPerson))
async def create_person(request: PersonCreate, work: CanManageSeats) -> Response:
    """Record a person of your organisation, or as its coordinator of your country: somebody whom you may read."""
    return await service.create(work, request)


@router.patch(
    "/people/{person_id}",
    response_model=PersonRead,
    responses=problems(PersonNotFound, PersonOfAnother, PersonErased, ReasonNamesPerson, PreconditionFailed, PreconditionRequired),
)
async def change_person(person_id: UUID, request: PersonChange, work: CanManageSeats) -> Response:
    """Correct a person's name."""
    return await service.change(work, person_id, request)


@router.post(
    "/people/{person_id}/erasure",
    response_model=PersonRead,
    responses=problems(PersonNotFound, PersonOfAnother, PersonErased, ReasonNamesPerson),
)
async def erase_person(person_id: UUID, request: PersonErasure, work: CanErasePeople) -> Response:
    """Erase a person for good. The office's history stays, with its days.

    The name and personal addresses go, and the words with them out of notes, titles, sources and reasons of the records that concern the
    organisation which keeps the person's record and those whose seats the person held (for a nation, those of its country; for an
    operator, all), out of the rows that imports left to people, out of what was recorded of all these, and out of kept answers; a file on
    its way that would bring the person back is stopped. A name that is also in an actor's, or is one word, is taken out of the person's own
    records only. Approach reports, counterpart checks, flags and watch lists stay as they are: they are confidential, or lists that
    somebody answers for, and to say that one of them changed would tell who stands in it.
    """
    return await erasing.erase(work, person_id, request)
