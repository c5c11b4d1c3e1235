"""The lists of an actor with which others were merged: reads show those of all their records, a change is one of its own record.

What was recorded of an actor that was merged stays in its record, or a split would not find it again. So of a list that somebody has read
and gives back, what is of those records is left where it is. It is corrected when the judgement is withdrawn.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import select

from services.registry.actors.models import Actor, ActorIdentifier, ActorName, NameKind
from services.registry.actors.schemas import IdentifierKept, NameKept
from services.registry.judgements.errors import WITHDRAW_FIRST
from shared.errors import Invalid
from shared.translations import Sentence
from shared.work import Work

KeptT = TypeVar("KeptT", NameKept, IdentifierKept)
OF_NOBODY = "actor_id is neither this actor nor one that was merged into it"
OF_ANOTHER = "is not what the record of {actor_id} says, which was merged into this actor"


async def own(work: Work, actor: Actor, field: str, given: Sequence[KeptT]) -> list[KeptT]:
    """Of a list that is to replace the actor's own, what is not of a record merged into it."""
    if not actor.merged_ids and all(item.actor_id in (None, actor.id) for item in given):
        return list(given)
    kind: Any = ActorName if field == "names" else ActorIdentifier
    rows = (await work.execute(select(kind).where(kind.actor_id.in_([actor.id, *actor.merged_ids])))).scalars().all()
    mine = [_said(row) for row in rows if row.actor_id == actor.id]
    others = {merged_id: [_as_read(row) for row in rows if row.actor_id == merged_id] for merged_id in actor.merged_ids}
    kept: list[KeptT] = []
    wrong: list[dict[str, Any]] = []
    for at, item in enumerate(given):
        said = item.model_dump(exclude={"actor_id"})
        if item.actor_id is None:
            if said in mine or not any(said in read for read in others.values()):
                kept.append(item)
        elif item.actor_id == actor.id:
            kept.append(item)
        elif said not in others.get(item.actor_id, []):
            what = Sentence(OF_ANOTHER, actor_id=item.actor_id) if item.actor_id in others else OF_NOBODY
            wrong.append({"in": "body", "pointer": f"/{field}/{at}", "detail": what})
    if wrong:
        raise Invalid(WITHDRAW_FIRST if actor.merged_ids else None, errors=wrong)
    return kept


def _said(row: ActorName | ActorIdentifier) -> dict[str, Any]:
    schema = NameKept if isinstance(row, ActorName) else IdentifierKept
    return {name: getattr(row, name) for name in schema.model_fields if name != "actor_id"}


def _as_read(row: ActorName | ActorIdentifier) -> dict[str, Any]:
    """What an actor that was merged was called first is read as another name."""
    said = _said(row)
    return {**said, "kind": NameKind.alternative} if said.get("kind") is NameKind.preferred else said
