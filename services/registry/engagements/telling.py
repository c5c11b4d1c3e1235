"""What is recorded of an engagement for good: everything but the texts that people wrote, which might name somebody and are to be erasable.

Of a text a change says only that it is another one. The whole of it stands in the record, where it can be corrected.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from services.registry.engagements.models import Deliverable, Engagement, EngagementTie, EngagementVisibility, Participant
from services.registry.events import (
    Attendance,
    DeliverableState,
    EngagementChanged,
    EngagementChangedInConfidence,
    EngagementRecorded,
    EngagementRecordedInConfidence,
    EngagementState,
    ParticipationEnded,
)
from shared.work import Work

STATE = ("kind", "status", "organization_id", "starts_on", "ends_on", "country", "subdivision", "topics", "languages", "agreement_ids")
TEXTS = ("title", "place", "outcomes", "source")
OF_DELIVERABLES = "deliverable_titles"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An engagement as it stands: what events say of it, and the texts that they do not say."""

    state: dict[str, Any]
    visibility: EngagementVisibility
    texts: dict[str, str | None]
    titles: dict[UUID, str]

    def otherwise(self, before: "Snapshot") -> list[str]:
        """The names of the texts that are others than before."""
        names = [name for name in TEXTS if self.texts[name] != before.texts[name]]
        renamed = any(before.titles.get(one, title) != title for one, title in self.titles.items())
        return [*names, OF_DELIVERABLES] if renamed else names

    def told(self, changed: list[str]) -> dict[str, Any]:
        """What the record keeps of it, as JSON."""
        said = EngagementState(**self.state, changed=changed).model_dump(mode="json", exclude={"engagement_id"})
        return {"visibility": self.visibility.value, **said}


async def parts_of(work: Work, kind: Any, engagement: Engagement) -> list[Any]:
    """Participants or deliverables in the order in which they were named."""
    return list((await work.execute(_parts(kind, [engagement.id]))).scalars())


async def ties_of(work: Work, engagement: Engagement) -> list[UUID]:
    links = select(EngagementTie.tie_id).where(EngagementTie.engagement_id == engagement.id).order_by(EngagementTie.tie_id)
    return list((await work.execute(links)).scalars())


async def snapshot(work: Work, engagement: Engagement) -> Snapshot:
    """As the engagement and its parts stand in this transaction."""
    return (await snapshots(work, [engagement]))[engagement.id]


async def snapshots(work: Work, engagements: Sequence[Engagement]) -> dict[UUID, Snapshot]:
    """The same of several, by id, in three statements for all."""
    ids = [engagement.id for engagement in engagements]
    links = select(EngagementTie).where(EngagementTie.engagement_id.in_(ids)).order_by(EngagementTie.tie_id)
    present, owed, held = await _of_each(work, _parts(Participant, ids)), await _of_each(work, _parts(Deliverable, ids)), await _of_each(work, links)
    return {one.id: _snapshot(one, present[one.id], owed[one.id], held[one.id]) for one in engagements}


def _snapshot(engagement: Engagement, present: list[Participant], owed: list[Deliverable], held: list[EngagementTie]) -> Snapshot:
    state = {
        "engagement_id": engagement.id,
        **{name: getattr(engagement, name) for name in STATE},
        "tie_ids": [link.tie_id for link in held],
        "participants": [Attendance(actor_id=part.actor_id, role=part.role, on_behalf_of_id=part.on_behalf_of_id) for part in present],
        "deliverables": [DeliverableState(deliverable_id=item.id, owner_id=item.owner_id, due_on=item.due_on, status=item.status) for item in owed],
    }
    texts = {name: getattr(engagement, name) for name in TEXTS}
    return Snapshot(state, engagement.visibility, texts, {item.id: item.title for item in owed})


def _parts(kind: Any, ids: list[UUID]) -> Select[Any]:
    return select(kind).where(kind.engagement_id.in_(ids)).order_by(kind.id)


async def _of_each(work: Work, parts: Select[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for part in (await work.execute(parts)).scalars():
        found[part.engagement_id].append(part)
    return found


def event_of(stands: Snapshot, changed: list[str]) -> EngagementState:
    """That an engagement changed: for everybody, or for those whom it concerns."""
    event = EngagementChanged if stands.visibility is EngagementVisibility.public else EngagementChangedInConfidence
    return event(**stands.state, changed=changed)


async def tell_recorded(work: Work, engagement: Engagement, reason: str | None) -> None:
    made = await snapshot(work, engagement)
    event = EngagementRecorded if made.visibility is EngagementVisibility.public else EngagementRecordedInConfidence
    work.record(event(**made.state), reason=reason, after=made.told([]))
    await work.flush()


async def tell_changed(work: Work, engagement: Engagement, before: Snapshot, reason: str | None) -> None:
    """Say what differs from before."""
    stands = await snapshot(work, engagement)
    changed = stands.otherwise(before)
    was, now = before.told([]), stands.told(changed)
    differ = [name for name in now if now[name] != was[name]]
    event = event_of(stands, changed)
    if stands.visibility is EngagementVisibility.restricted:
        _tell_those_outside(work, engagement, before, event)
    work.record(event, reason=reason, before={name: was[name] for name in differ}, after={name: now[name] for name in differ})
    await work.flush()


def _tell_those_outside(work: Work, engagement: Engagement, before: Snapshot, event: EngagementState) -> None:
    """Who was taken out of what is restricted reads it no more, nor why: whoever keeps a copy hears that it is not theirs."""
    outside = sorted(set(event_of(before, []).concerns()) - set(event.concerns()))
    if outside:
        work.record(ParticipationEnded(engagement_id=engagement.id, organization_ids=outside))
