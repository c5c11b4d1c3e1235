"""One tie of a type between two actors at a time, under whichever of their ids it is recorded.

The constraint sees the ids of a row; that two of them are one actor it does not see. So whoever records a tie holds the rows of both
sides, which a judgement of them waits for, and then the pair as it is known: the order in which everybody takes them.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import and_, any_, literal, or_, select, text
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.actors.models import Actor
from services.registry.errors import TieExists, TieWithItself
from services.registry.judgements.identity import family
from services.registry.ties.models import Tie, TieStatus
from shared.work import Work


async def require_free(work: Work, tie: Tie) -> None:
    """TieExists, naming the tie of this type between the two that is there in that time; TieWithItself where the two are one."""
    known = await _hold(work, tie)
    if known[tie.from_id] == known[tie.to_id] and tie.from_id != tie.to_id:
        raise TieWithItself(actor_id=str(known[tie.from_id]))
    one, other = (any_(family(literal(side, PGUUID(as_uuid=True)))) for side in (tie.from_id, tie.to_id))
    sides = and_(Tie.from_id == one, Tie.to_id == other)
    if tie.symmetric:  # the order of a pair is that of the ids under which it was recorded
        sides = or_(sides, and_(Tie.from_id == other, Tie.to_id == one))
    standing = select(Tie.id).where(Tie.type == tie.type, sides, Tie.id.is_distinct_from(tie.id), Tie.status != TieStatus.withdrawn)
    if tie.valid_from is not None:
        standing = standing.where(or_(Tie.valid_through.is_(None), Tie.valid_through >= tie.valid_from))
    if tie.valid_through is not None:
        standing = standing.where(or_(Tie.valid_from.is_(None), Tie.valid_from <= tie.valid_through))
    found = (await work.execute(standing.order_by(Tie.id).limit(1))).scalar_one_or_none()
    if found is not None:
        raise TieExists(tie=str(found))


async def _hold(work: Work, tie: Tie) -> dict[UUID, UUID]:
    """Hold the two sides and then their pair until the commit; as whom each is known."""
    sides = select(Actor.id, Actor.canonical_id).where(Actor.id.in_((tie.from_id, tie.to_id))).order_by(Actor.id)
    held = {row.id: row.canonical_id or row.id for row in await work.execute(sides.with_for_update(read=True, key_share=True))}
    known = {side: held.get(side, side) for side in (tie.from_id, tie.to_id)}
    pair = ":".join(("tie", tie.type, *sorted(map(str, known.values()))))
    await work.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:pair, 0))"), {"pair": pair})
    return known


async def known_as(work: Work, actor_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """As whom these actors are known."""
    asked = select(Actor.id, Actor.canonical_id).where(Actor.id.in_(set(actor_ids)))
    return {row.id: row.canonical_id or row.id for row in await work.execute(asked)}
