"""What can be asked of the history of a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response

from services.registry.actors.repository import Actors
from services.registry.engagements.repository import Engagements
from services.registry.errors import StateNotFound
from services.registry.history.repository import changes
from services.registry.history.schemas import ChangeRead, HistoryFilters, HistoryOf
from services.registry.history.states import STATE, state_of
from services.registry.memberships.repository import Memberships
from services.registry.people.repository import People
from services.registry.seats.repository import Seats
from services.registry.ties.repository import Ties
from shared.feed import AUDIT, FOLLOW
from shared.repository import Repository, answered
from shared.work import Work


@dataclass(frozen=True)
class Kind:
    """Records of one kind: where they stand in the API, what their events call them, and who sees them."""

    segment: str
    aggregate: str
    records: type[Repository[Any]]


KINDS: Mapping[str, Kind] = {
    kind.aggregate: kind
    for kind in (
        Kind("actors", "actor", Actors),
        Kind("seats", "seat", Seats),
        Kind("ties", "tie", Ties),
        Kind("engagements", "engagement", Engagements),
        Kind("people", "person", People),
        Kind("memberships", "membership", Memberships),
    )
}


async def list_changes(work: Work, kind: Kind, record_id: UUID, filters: HistoryFilters) -> Response:
    """What happened to a record that the caller may see, as far as the caller may see it."""
    await kind.records(work).get(record_id)
    wanted = HistoryOf(**filters.model_dump(by_alias=True), aggregatetype=kind.aggregate, aggregateid=str(record_id))
    return await changes(work).page(ChangeRead, wanted)


async def read_state(work: Work, kind: Kind, record_id: UUID, *, at: datetime | None = None, event: UUID | None = None) -> Response:
    """The record as it stood at an instant, or after one of its changes."""
    await kind.records(work).get(record_id)
    sees_all = work.caller.may(AUDIT) or work.caller.may(FOLLOW)
    values = {"kind": kind.aggregate, "id": str(record_id), "at": at, "event": event, "sees_all": sees_all, "org": work.caller.organization}
    row = await STATE.first(work, values)
    if row is None:
        raise StateNotFound("It was not there yet, or the change is not one of its own that you may see.")
    body = orjson.loads(row[0])
    body["state"] = state_of(kind.aggregate, body.pop("recorded"), body.pop("said"))
    return answered(work, orjson.dumps(body))
