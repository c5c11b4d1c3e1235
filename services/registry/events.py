"""The facts this service records. Each carries the whole state, so that a follower needs the last one only."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class ActorState(Event):
    """What everybody may know of an actor: all that its read answers.

    `names` are those of the day by language, `identifiers` those of the day by scheme. The lists say each with its days and source, and
    leave out what is not known.
    """

    actor_id: UUID
    kind: str
    source_kind: str | None
    status: str
    dissolved_on: date | None
    name: str
    names: dict[str, str]
    preferred_language: str
    country: str | None
    subdivision: str | None
    parent_id: UUID | None
    lat: float | None
    lon: float | None
    population: int | None
    website: str | None
    border_m: dict[str, int]
    identifiers: dict[str, str]
    source: str | None
    licence: str | None
    read_on: date | None
    all_names: list[dict[str, str]]
    all_identifiers: list[dict[str, str]]
    parents: list[dict[str, str]]

    def concerns(self) -> list[UUID]:
        """The actor itself may know who changed what its record says, and why."""
        return [self.actor_id]


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

    def concerns(self) -> list[UUID]:
        return [self.actor_id]


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

    def concerns(self) -> list[UUID]:
        """Both sides may know who wrote what of their tie, and why."""
        return sorted((self.from_id, self.to_id))


class TieRecorded(TieState):
    type, aggregate, visibility = "tie.recorded", "tie", "public"


class TieChanged(TieState):
    type, aggregate, visibility = "tie.changed", "tie", "public"


class Attendance(BaseModel):
    """Who took part, as what, and for whom."""

    model_config = ConfigDict(frozen=True)

    actor_id: UUID
    role: str
    on_behalf_of_id: UUID | None


class DeliverableState(BaseModel):
    """What is owed by whom and by when, without its title."""

    model_config = ConfigDict(frozen=True)

    deliverable_id: UUID
    owner_id: UUID | None
    due_on: date | None
    status: str


class EngagementState(Event):
    """What was done by whom. Of the texts that people wrote about it only `changed` speaks: the names of those that a change made otherwise."""

    engagement_id: UUID
    kind: str
    status: str
    organization_id: UUID | None
    starts_on: date
    ends_on: date
    country: str | None
    subdivision: str | None
    topics: list[str]
    languages: list[str]
    agreement_ids: list[UUID]
    tie_ids: list[UUID]
    participants: list[Attendance]
    deliverables: list[DeliverableState]
    changed: list[str] = []

    def concerns(self) -> list[UUID]:
        present = {one for part in self.participants for one in (part.actor_id, part.on_behalf_of_id)} | {self.organization_id}
        return sorted(one for one in present if one is not None)


class EngagementRecorded(EngagementState):
    type, aggregate, visibility = "engagement.recorded", "engagement", "public"


class EngagementChanged(EngagementState):
    type, aggregate, visibility = "engagement.changed", "engagement", "public"


class EngagementRecordedInConfidence(EngagementState):
    type, aggregate, visibility = "engagement.recorded_in_confidence", "engagement", "organizations"


class EngagementChangedInConfidence(EngagementState):
    type, aggregate, visibility = "engagement.changed_in_confidence", "engagement", "organizations"


class ParticipationEnded(Event):
    """That a restricted engagement is no longer the record of these, who took part in it and read it until now. What it says since is not theirs."""

    type, aggregate, visibility = "participation.ended", "participation", "organizations"
    engagement_id: UUID
    organization_ids: list[UUID]

    def aggregate_id(self) -> UUID:
        return self.engagement_id

    def concerns(self) -> list[UUID]:
        return self.organization_ids


class PersonState(Event):
    """That there is somebody, by id only, and whose record it is."""

    person_id: UUID
    organization_id: UUID | None

    def concerns(self) -> list[UUID]:
        return [self.organization_id] if self.organization_id is not None else []


class PersonRecorded(PersonState):
    type, aggregate, visibility = "person.recorded", "person", "organizations"


class PersonChanged(PersonState):
    type, aggregate, visibility = "person.changed", "person", "organizations"

    changed: list[str]


class PersonForgotten(PersonState):
    type, aggregate, visibility, reason_required = "person.erased", "person", "organizations", True


class MembershipState(Event):
    """Who is where, as what and for whom: the person by id only."""

    membership_id: UUID
    person_id: UUID
    organization_id: UUID
    on_behalf_of_id: UUID | None
    role: str | None
    valid_from: date | None
    valid_through: date | None

    def concerns(self) -> list[UUID]:
        return sorted({one for one in (self.organization_id, self.on_behalf_of_id) if one is not None})


class MembershipRecorded(MembershipState):
    type, aggregate, visibility = "membership.recorded", "membership", "organizations"


class MembershipChanged(MembershipState):
    type, aggregate, visibility = "membership.changed", "membership", "organizations"


class ClaimState(Event):
    """That an account says whose it is, and what was made of it. `official`: the address offered is of a domain that a source gives as the actor's."""

    claim_id: UUID
    seat_id: UUID
    actor_id: UUID
    person_id: UUID
    status: str
    official: bool

    def concerns(self) -> list[UUID]:
        return [self.actor_id]


class ClaimMade(ClaimState):
    type, aggregate, visibility = "claim.made", "claim", "organizations"


class ClaimSettled(ClaimState):
    type, aggregate, visibility, reason_required = "claim.decided", "claim", "organizations", True


class ClaimTakenBack(ClaimState):
    type, aggregate, visibility, reason_required = "claim.withdrawn", "claim", "organizations", True
