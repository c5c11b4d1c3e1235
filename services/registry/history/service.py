"""What can be asked of the history of a record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy import Text, exists, literal, select

from services.registry.access import ACTORS_WRITE
from services.registry.actors.callers import is_kept_by
from services.registry.actors.models import Actor
from services.registry.actors.repository import Actors
from services.registry.actors.service import moved
from services.registry.engagements.repository import Engagements
from services.registry.errors import ActorNotFound, StateNotFound
from services.registry.history.repository import changes
from services.registry.history.schemas import ChangeRead, HistoryFilters, HistoryOf
from services.registry.history.states import STATE, state_of
from services.registry.judgements.repository import Judgements
from services.registry.memberships.repository import Memberships
from services.registry.people.repository import People
from services.registry.seats.repository import Seats
from services.registry.ties.repository import Ties
from shared.feed import audits_country, sees_all
from shared.repository import Repository, answered
from shared.work import Work


@dataclass(frozen=True)
class Kind:
    """Records of one kind: where they stand in the API, what their events call them, and who sees them."""

    segment: str
    aggregate: str
    records: type[Repository[Any]]
    # The actors of whom it says what everybody knows: who keeps their records reads why it was changed.
    kept_for: Callable[[Any], tuple[UUID, ...]] = lambda record: ()


KINDS: Mapping[str, Kind] = {
    kind.aggregate: kind
    for kind in (
        Kind("actors", "actor", Actors, lambda actor: (actor.id,)),
        Kind("seats", "seat", Seats),
        Kind("ties", "tie", Ties),
        Kind("engagements", "engagement", Engagements),
        Kind("people", "person", People),
        Kind("memberships", "membership", Memberships),
        Kind("judgements", "judgement", Judgements, lambda judgement: (judgement.left_id, judgement.right_id)),
    )
}


async def list_changes(work: Work, kind: Kind, record_id: UUID, filters: HistoryFilters) -> Response:
    """What happened to a record that the caller may see, as far as the caller may see it."""
    try:
        record = await kind.records(work).get(record_id)
    except ActorNotFound as unseen:
        return await moved(work, record_id, unseen, "/history")
    ids = _ids(record)
    of: dict[str, Any] = {"aggregateid": ids[0]} if len(ids) == 1 else {"known_as": ids[0], "family": ids}
    wanted = HistoryOf(**filters.model_dump(by_alias=True), aggregatetype=kind.aggregate, **of)
    return await changes(work, keeps=await _keeps(work, kind, record)).page(ChangeRead, wanted)


async def read_state(work: Work, kind: Kind, record_id: UUID, *, at: datetime | None = None, event: UUID | None = None) -> Response:
    """The record as it stood at an instant, or after one of its changes."""
    try:
        record = await kind.records(work).get(record_id)
    except ActorNotFound as unseen:
        return await moved(work, record_id, unseen, "/history/state" if event is None else f"/history/{event}/state")
    caller = work.caller
    whole = sees_all(caller) or await _keeps(work, kind, record)
    who = {"sees_all": whole, "org": caller.organization, "country": caller.country if audits_country(caller) else None}
    values = {"kind": kind.aggregate, "ids": _ids(record), "at": at, "event": event, **who}
    row = await STATE.first(work, values)
    if row is None:
        raise StateNotFound("It was not there yet, or the change is not one of its own that you may see.")
    body = orjson.loads(row[0])
    body["state"] = state_of(kind.aggregate, body.pop("recorded"), body.pop("said"))
    return answered(work, orjson.dumps(body))


def _ids(record: Any) -> list[str]:
    """The ids under which its changes were recorded, its own first."""
    return [str(record.id), *map(str, getattr(record, "merged_ids", ()))]


async def _keeps(work: Work, kind: Kind, record: Any) -> bool:
    """Whether the caller keeps the records of an actor that this is about: those of the caller's country or, for who belongs nowhere, all."""
    actor_ids = kind.kept_for(record)
    if not actor_ids or not work.caller.may(ACTORS_WRITE):
        return False
    if work.caller.belongs_nowhere:
        return True
    own = select(exists().where(Actor.id.in_(actor_ids), is_kept_by(Actor, literal(work.caller.country, Text()))))
    return bool((await work.execute(own)).scalar_one())
