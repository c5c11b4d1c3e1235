"""Whom and what an engagement names. Constraints hold most of this; here is said which of the names is wrong, by its place in the request."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.registry.actors.models import Actor
from services.registry.engagements.models import Deliverable, Engagement, EngagementVisibility, Participant
from services.registry.engagements.schemas import DeliverableGiven, EngagementChange, EngagementCreate, ParticipantGiven
from services.registry.engagements.telling import parts_of
from services.registry.errors import EngagementActorUnknown, ParticipantTwice
from shared.errors import Invalid
from shared.work import Work

Owed = Sequence[Deliverable | DeliverableGiven]


def wrong(pointer: str, detail: str) -> dict[str, str]:
    return {"in": "body", "pointer": pointer, "detail": detail}


def wrong_ties(named: Sequence[UUID], ties: Collection[UUID], detail: str) -> list[dict[str, str]]:
    """Where the request names one of these ties."""
    return [wrong(f"/tie_ids/{place}", detail) for place, tie_id in enumerate(named) if tie_id in ties]


async def require_actors(work: Work, request: EngagementCreate | EngagementChange) -> None:
    """ParticipantTwice for the same actor in the same role, EngagementActorUnknown for those who are none."""
    participants = request.participants or []
    roles = [(item.actor_id, item.role) for item in participants]
    twice = [place for place, role in enumerate(roles) if role in roles[:place]]
    if twice:
        raise ParticipantTwice(errors=[wrong(f"/participants/{place}", "is named in this role already") for place in twice])
    named = list(_actors(participants, request.deliverables or []))
    known = set((await work.execute(select(Actor.id).where(Actor.id.in_({actor_id for _, actor_id in named})))).scalars()) if named else set()
    unknown = [wrong(pointer, "is not an actor of this registry") for pointer, actor_id in named if actor_id not in known]
    if unknown:
        raise EngagementActorUnknown(errors=unknown)


def _actors(participants: Iterable[ParticipantGiven], owed: Iterable[DeliverableGiven]) -> Iterator[tuple[str, UUID]]:
    parts: list[tuple[str, Any, tuple[str, ...]]] = [
        (f"/participants/{place}", item, ("actor_id", "on_behalf_of_id")) for place, item in enumerate(participants)
    ]
    parts += [(f"/deliverables/{place}", item, ("owner_id",)) for place, item in enumerate(owed)]
    for pointer, item, names in parts:
        yield from ((f"{pointer}/{name}", getattr(item, name)) for name in names if getattr(item, name) is not None)


async def require_owners_read(work: Work, engagement: Engagement, owed: Owed | None) -> None:
    """Invalid when somebody owes what belongs to an engagement that is not theirs to read, and so could never say what became of it.

    `owed` are the deliverables of the request, None where it leaves those of the record.
    """
    if engagement.visibility is EngagementVisibility.public:
        return
    present = {one for part in await parts_of(work, Participant, engagement) for one in (part.actor_id, part.on_behalf_of_id)}
    present |= {engagement.organization_id, None}
    absent = [place for place, item in enumerate(await parts_of(work, Deliverable, engagement) if owed is None else owed) if item.owner_id not in present]
    if absent:
        said = "owes something and takes no part in this restricted engagement" if owed is not None else "leave out somebody who owes something"
        pointers = [f"/deliverables/{place}/owner_id" for place in absent] if owed is not None else ["/participants"]
        raise Invalid(
            "Only those who take part read a restricted engagement. Name who owes something among the participants, or leave owner_id out.",
            errors=[wrong(pointer, said) for pointer in pointers],
        )
