"""The facts this service records. Each carries the whole state, so that a follower needs the last one only."""

from datetime import date
from uuid import UUID

from shared.events import Event


class ActorState(Event):
    """What everybody may know of an actor."""

    actor_id: UUID
    kind: str
    status: str
    name: str
    names: dict[str, str]
    country: str | None
    subdivision: str | None
    parent_id: UUID | None
    lat: float | None
    lon: float | None
    population: int | None
    border_m: dict[str, int]
    identifiers: dict[str, str]


class ActorRegistered(ActorState):
    type, aggregate, visibility = "actor.registered", "actor", "public"


class ActorChanged(ActorState):
    type, aggregate, visibility = "actor.changed", "actor", "public"


class SeatState(Event):
    """What everybody may know of a seat; never who holds it or where it is reached."""

    seat_id: UUID
    actor_id: UUID
    role: str
    title: str
    status: str


class SeatCreated(SeatState):
    type, aggregate, visibility = "seat.created", "seat", "public"


class SeatChanged(SeatState):
    type, aggregate, visibility = "seat.changed", "seat", "public"


class TieState(Event):
    """What binds two actors. Of a symmetric tie, `from_id` is the smaller id; of a directed one, the member or the office."""

    tie_id: UUID
    tie_type: str
    symmetric: bool
    from_id: UUID
    to_id: UUID
    role: str | None
    status: str
    valid_from: date | None
    valid_through: date | None
    last_activity_on: date | None


class TieRecorded(TieState):
    type, aggregate, visibility = "tie.recorded", "tie", "public"


class TieChanged(TieState):
    type, aggregate, visibility = "tie.changed", "tie", "public"
