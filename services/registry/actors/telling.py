"""How events say an actor: its state, which anybody may read, and its record, which `before` and `after` compare.

Names, identifiers and parents stand in both, every one with its days and what is not known left out: in the record as rows of text, where
empty means unknown, in the state as objects. An event stands in three columns of a table of all changes: what is not known is not written.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.registry.actors.models import Actor, ActorIdentifier, ActorName, ActorParent
from shared.work import Work

# What a change may set as it is given, without further ado.
PLAIN = (
    "kind", "source_kind", "status", "dissolved_on", "country", "subdivision", "lat", "lon", "population", "website", "border_m",
    "source", "licence", "read_on",
)  # fmt: skip
STATE = (*PLAIN, "name", "names", "preferred_language")
NAME = ("language", "kind", "name", "valid_from", "valid_through", "source")
IDENTIFIER = ("scheme", "value", "valid_from", "valid_through", "source", "licence", "read_on")
PARENT = ("parent_id", "valid_from", "valid_through")
LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "names": ("all_names", NAME),
    "identifiers": ("all_identifiers", IDENTIFIER),
    "parents": ("parents", PARENT),
}


def in_full(rows: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, list[dict[str, str]]]:
    """The lists of a state, from those of a record."""
    return {said: [{field: text for field, text in zip(fields, row, strict=True) if text} for row in rows[name]] for name, (said, fields) in LISTS.items()}


def as_read(state: dict[str, Any]) -> dict[str, Any]:
    """The state with its lists as the read of an actor answers them, where what is not known is null."""
    lists = {name: [{field: item.get(field) for field in fields} for item in state[said]] for name, (said, fields) in LISTS.items()}
    for item in (*lists["names"], *lists["identifiers"]):
        item["actor_id"] = str(state["actor_id"])
    return {**{field: value for field, value in state.items() if field not in ("all_names", "all_identifiers")}, **lists}


async def state_of(work: Work, actor: Actor) -> dict[str, Any]:
    """What the events say: the whole public state as of today. Of several identifiers of one scheme, the one held longest."""
    today = work.now.date()
    held = {item.scheme: item.value for item in await _held(work, actor) if item.is_valid(today)}
    known = {"status": actor.status_on(today), "parent_id": await parent_on(work, actor, today), "identifiers": held}
    return {"actor_id": actor.id, **{name: getattr(actor, name) for name in STATE}, **known, **in_full(await _lists(work, actor))}


async def record_of(work: Work, actor: Actor) -> dict[str, Any]:
    """The record as JSON with every name, identifier and parent, to tell a change from none."""
    kept = {name: getattr(actor, name) for name in (*PLAIN, "preferred_language")} | {"parent_id": await parent_on(work, actor, work.now.date())}
    kept = {name: str(value) if isinstance(value, date | UUID) else value for name, value in kept.items()}
    return {**kept, **await _lists(work, actor)}


async def parent_on(work: Work, actor: Actor, day: date) -> UUID | None:
    """The parent that is recorded for a day."""
    parents = (await work.execute(select(ActorParent).where(ActorParent.actor_id == actor.id))).scalars()
    return next((item.parent_id for item in parents if item.is_valid(day)), None)


async def _held(work: Work, actor: Actor) -> list[ActorIdentifier]:
    return list((await work.execute(select(ActorIdentifier).where(ActorIdentifier.actor_id == actor.id).order_by(ActorIdentifier.id.desc()))).scalars())


async def _lists(work: Work, actor: Actor) -> dict[str, list[list[str]]]:
    """Every name, identifier and parent with its days, as rows of text that can be compared."""
    names = (await work.execute(select(ActorName).where(ActorName.actor_id == actor.id))).scalars()
    parents = (await work.execute(select(ActorParent).where(ActorParent.actor_id == actor.id))).scalars()
    return {
        "names": sorted([item.language, item.kind.value, item.name, *item.days(), item.source or ""] for item in names),
        "identifiers": sorted(
            [item.scheme, item.value, *item.days(), item.source or "", item.licence or "", str(item.read_on or "")] for item in await _held(work, actor)
        ),
        "parents": sorted([str(item.parent_id), *item.days()] for item in parents),
    }
