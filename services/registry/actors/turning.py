"""What a day that comes does to actors: one ends or is called otherwise, a parent takes over, an identifier begins to be valid.

Whoever follows the feed is told. A read answers as of its day by itself, but for names: today's stand in the actor's row, for every list
and search, and are written there on the day on which they change. Followers know of an actor what its last event said, as of the day of
that event: without this sweep a government that is dissolved at the end of the year would be gone from their directories on the day on
which somebody recorded it, or a commune that moves to another canton would stay in the old one for ever.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, union

from services.registry.actors.models import Actor, ActorIdentifier, ActorName, ActorParent, NameKind, TurnOfDay, names_on
from services.registry.actors.telling import parent_on, state_of
from services.registry.events import ActorChanged
from services.registry.periods import database_clock
from shared import logs
from shared.access import Caller
from shared.database import Database
from shared.work import Work, open_work
from shared.worker import by_the_clock

log = logs.get(__name__)
CALENDAR = Caller(subject="registry-calendar")
COME = "A day that the record names has come."
BATCH = 100
EVERY = 60.0
DAY = timedelta(days=1)
GRACE = timedelta(minutes=2)  # what was begun yesterday is committed by then
DAY_LOCK = 0x696D706F727473  # held while a whole file is applied as of one day, so that no two are, and no day turns meanwhile
NIL = UUID(int=0)


async def turn_forever(database: Database) -> None:
    """Look at the start and every minute whether a new day (UTC) has begun."""

    async def turn() -> int:
        told = 0
        while (found := await turn_once(database)) is not None:
            told += found
        return told

    await by_the_clock(turn, every=EVERY)


async def turn_once(database: Database, *, now: datetime | None = None) -> int | None:
    """Tell of one batch of actors in one transaction; how many, and None when there is no day left to tell of.

    One worker at a time, and not while a file is applied that began before the day did. A day that has begun to be told is told to its end,
    be it the next one by then. The actors are locked, so that nobody's change comes between what is read and what is told.
    """
    async with open_work(database, CALENDAR, now=now or await database_clock(database)) as work:
        begun = (work.now - GRACE).date()
        if (await work.execute(select(TurnOfDay.id).where(TurnOfDay.until.is_(None), TurnOfDay.day >= begun))).first() is not None:
            return None
        await work.execute(select(func.pg_advisory_xact_lock(DAY_LOCK)))
        page: TurnOfDay = (await work.execute(select(TurnOfDay).with_for_update())).scalar_one()
        if page.until is None:
            if begun <= page.day:
                return None
            page.until = begun
        due = _due(page.day, page.until, after=page.after)
        ids = list((await work.execute(due.limit(BATCH))).scalars())
        for actor in (await work.execute(select(Actor).where(Actor.id.in_(ids)).order_by(Actor.id).with_for_update(key_share=True))).scalars():
            await _tell(work, actor, before=page.day)
        page.after = ids[-1] if ids else None
        if len(ids) < BATCH:
            page.day, page.until, page.after = page.until, None, None
        return len(ids)


def _due(day: date, until: date, *, after: UUID | None) -> Select[tuple[UUID]]:
    """The actors of whom something begins or ends between two days: what `day` already saw is not told again, what `until` sees is."""
    ending = select(Actor.id.label("id")).where(Actor.dissolved_on.between(day, until - DAY))
    dated = [select(kind.actor_id).where(_turns(kind, day, until)) for kind in (ActorParent, ActorIdentifier)]
    named = select(ActorName.actor_id).where(ActorName.kind != NameKind.alternative, _turns(ActorName, day, until))
    found = union(ending, named, *dated).subquery()
    return select(found.c.id).where(found.c.id > (after or NIL)).order_by(found.c.id)


def _turns(kind: type[ActorName | ActorParent | ActorIdentifier], day: date, until: date) -> ColumnElement[bool]:
    """It begins or ends between the two days."""
    return kind.valid_from.between(day + DAY, until) | kind.valid_through.between(day, until - DAY)


async def _tell(work: Work, actor: Actor, *, before: date) -> None:
    """The state of today, and what it was as of the day before; of an identifier, the lists of the state say the days.

    A former name that runs out is none to tell of where the actor was called otherwise already.
    """
    today = work.now.date()
    names = (await work.execute(select(ActorName).where(ActorName.actor_id == actor.id))).scalars().all()
    held = (await work.execute(select(ActorIdentifier).where(ActorIdentifier.actor_id == actor.id))).scalars().all()
    was, now = [await _said(work, actor, names, day) for day in (before, today)]
    if was == now and not any(item.is_valid(before) != item.is_valid(today) for item in held):
        return
    if actor.preferred_language in now["names"]:
        actor.rename(names, today)
        await work.flush()
    else:  # the rules do not allow it; were it so all the same, one actor is not to keep all the others from being told
        log.error("calendar.unnamed", actor_id=str(actor.id))
    work.record(ActorChanged(**await state_of(work, actor)), reason=COME, before=_apart(was, now), after=_apart(now, was))


async def _said(work: Work, actor: Actor, names: Sequence[ActorName], day: date) -> dict[str, Any]:
    """What is compared of two days, as JSON."""
    parent_id, called = await parent_on(work, actor, day), names_on(names, day)
    return {
        "status": actor.status_on(day).value,
        "parent_id": None if parent_id is None else str(parent_id),
        "name": called.get(actor.preferred_language, actor.name),
        "names": called,
    }


def _apart(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if value != other[name]}
