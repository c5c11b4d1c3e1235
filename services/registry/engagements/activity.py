"""What engagements say about ties: a public one that was held under a tie is the tie's activity, in the same transaction."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from services.registry.actors.models import Actor
from services.registry.engagements.models import Participant
from services.registry.engagements.named import wrong, wrong_ties
from services.registry.errors import EngagementTieUnknown, TieWithdrawn, TieWithoutSides
from services.registry.ties.models import Tie, TieStatus
from services.registry.ties.service import held_on, plain, told
from shared.work import Work


async def hold(work: Work, named: Sequence[UUID], *, there: Collection[UUID] = ()) -> dict[UUID, Tie]:
    """The ties that the request names and those that are `there`, held until the commit.

    EngagementTieUnknown for one that is not in the registry; TieWithdrawn for one that was taken back, unless the engagement has it already.
    Taken before anything refers to them and in the order of their ids, so that two engagements of the same ties never wait for each other.
    """
    wanted = {*named, *there}
    if not wanted:
        return {}
    held = select(Tie).where(Tie.id.in_(wanted)).order_by(Tie.id).with_for_update(key_share=True)
    found = {tie.id: tie for tie in (await work.execute(held)).scalars()}
    for tie_id in named:
        if tie_id not in found:
            raise EngagementTieUnknown(tie=str(tie_id), errors=wrong_ties(named, wanted - found.keys(), "is not a tie of this registry"))
    withdrawn = [tie_id for tie_id in named if tie_id not in there and found[tie_id].status is TieStatus.withdrawn]
    if withdrawn:
        raise TieWithdrawn(tie=str(withdrawn[0]), errors=wrong_ties(named, withdrawn, "was withdrawn"))
    return found


async def require_sides(work: Work, ties: Collection[Tie], participants: Collection[Participant], named: Sequence[UUID]) -> None:
    """TieWithoutSides unless both sides of every tie took part, for themselves or through somebody, under whichever id."""
    present = {one for part in participants for one in (part.actor_id, part.on_behalf_of_id) if one is not None}
    if all({tie.from_id, tie.to_id} <= present for tie in ties):
        return
    involved = present.union(*({tie.from_id, tie.to_id} for tie in ties))
    merged = select(Actor.id, Actor.canonical_id).where(Actor.id.in_(involved), Actor.canonical_id.is_not(None))
    known: dict[UUID, UUID | None] = dict(iter(await work.execute(merged)))
    there = {known.get(one, one) for one in present}
    lacking = [tie.id for tie in ties if not {known.get(tie.from_id, tie.from_id), known.get(tie.to_id, tie.to_id)} <= there]
    if lacking:
        places = wrong_ties(named, lacking, "has a side that did not take part")
        raise TieWithoutSides(tie=str(lacking[0]), errors=places or [wrong("/participants", "leave out a side of the tie")])


async def count_activity(work: Work, ties: Mapping[UUID, Tie], *, reason: str | None) -> None:
    """Take the last engagement held under each of these ties as its activity; ties that this changes say so, and the sleeping wake.

    One that was withdrawn stays as it was taken back.
    """
    for tie in ties.values():
        if tie.status is TieStatus.withdrawn:
            continue
        before = plain(tie)
        tie.state_activity(tie.stated_activity_on, held_on=await held_on(work, tie.id), recorded_on=tie.created_at.date())
        await told(work, tie, before, reason)
