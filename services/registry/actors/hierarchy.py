"""Inside which actor an actor is, and when. On no day is anybody inside itself, today as little as in the past or by what is planned."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY, DATE
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.actors.models import Actor, ActorParent
from services.registry.actors.schemas import ParentGiven
from services.registry.errors import ParentCycle, ParentOverlaps
from services.registry.periods import is_current
from shared.errors import Invalid
from shared.schemas import FIRST_DAY
from shared.translations import Sentence
from shared.work import Work

# Held by whoever changes a parent, so that two changes cannot close a ring together.
PARENTS_LOCK = 0x706172656E7473

PLANNED = (
    "From {first} on the parent is to be {parent_id}, as is recorded already. Give all parents with their days in parents: with that one, each in a time"
    " of its own, or without it."
)

# Who is above whom on which days: each step up keeps the days that it has in common with those before. `@starts` gives the first steps, as
# start, parent and days. A start that is above itself is found as such and not followed again; a union without duplicates ends in any case.
_ABOVE = """
    WITH RECURSIVE above (start, id, days) AS (
        @starts
        UNION
        SELECT above.start, coalesce(merged.canonical_id, p.parent_id), above.days * daterange(p.valid_from, p.valid_through, '[]')
        FROM above JOIN actor_parents AS p ON p.actor_id = above.id AND daterange(p.valid_from, p.valid_through, '[]') && above.days
        LEFT JOIN actors AS merged ON merged.id = p.parent_id AND merged.canonical_id IS NOT NULL
        WHERE above.id <> above.start
    )
    @then
"""


def above(starts: str, then: str) -> str:
    """SQL that asks the relation `above` something: on the days of a row whose id is its start, an actor is inside itself."""
    return _ABOVE.replace("@starts", starts).replace("@then", then)


_GIVEN = """
    SELECT CAST(:actor_id AS uuid), coalesce(merged.canonical_id, given.parent_id), daterange(given.valid_from, given.valid_through, '[]')
    FROM unnest(:parents, :first, :last) AS given (parent_id, valid_from, valid_through)
    LEFT JOIN actors AS merged ON merged.id = given.parent_id AND merged.canonical_id IS NOT NULL
"""
_INSIDE_ITSELF = text(
    above(
        _GIVEN,
        """
        SELECT CASE WHEN days @> CAST(:today AS date) THEN CAST(:today AS date) ELSE coalesce(lower(days), upper(days) - 1) END AS day
        FROM above WHERE id = start ORDER BY day LIMIT 1
        """,
    )
).bindparams(bindparam("parents", type_=ARRAY(PGUUID(as_uuid=True))), *(bindparam(name, type_=ARRAY(DATE())) for name in ("first", "last")))


async def replace(work: Work, actor: Actor, given: Sequence[ParentGiven]) -> None:
    """Take these as all parents that the actor ever had and is to have."""
    periods = periods_of(actor.id, given)
    await _require_outside(work, actor.id, periods)
    await work.execute(delete(ActorParent).where(ActorParent.actor_id == actor.id))
    work.session.add_all(periods)
    await work.flush()


def periods_of(actor_id: UUID, given: Sequence[ParentGiven]) -> list[ActorParent]:
    return [ActorParent(actor_id=actor_id, **item.model_dump()) for item in given]


async def move(work: Work, actor: Actor, parent_id: UUID | None, given: date | None) -> None:
    """End the present parent the day before the new one begins. A correction on the very day replaces it, one of the same parent says since when."""
    today = work.now.date()
    since = given or today
    statement = select(ActorParent).where(ActorParent.actor_id == actor.id, is_current(ActorParent))
    present: ActorParent | None = (await work.execute(statement, {"now": work.now})).scalar_one_or_none()
    if present is not None and present.parent_id == parent_id:
        await _began(work, present, given, today)
        return
    if present is not None and present.valid_from is not None and present.valid_from > since:
        raise ParentOverlaps(Sentence("The present parent begins on {first}, after {since}.", first=present.valid_from, since=since))
    through = None
    if present is not None and (present.valid_through is None or present.valid_through >= since):
        through = present.valid_through
        await _end_before(work, present, since)
    if parent_id is not None:
        await _require_unplanned(work, actor.id, since, through)
        made = ActorParent(actor_id=actor.id, parent_id=parent_id, valid_from=since, valid_through=through)
        await _require_outside(work, actor.id, [made])
        work.add(made)


async def _require_unplanned(work: Work, actor_id: UUID, since: date, through: date | None) -> None:
    """ParentOverlaps where a parent that is recorded for days to come stands in the way: to say since when does not help there."""
    later = select(ActorParent).where(ActorParent.actor_id == actor_id, ActorParent.valid_from > work.now.date())
    met = later.where(ActorParent.valid_through.is_(None) | (ActorParent.valid_through >= since))
    if through is not None:
        met = met.where(ActorParent.valid_from <= through)
    planned: ActorParent | None = (await work.execute(met.order_by(ActorParent.valid_from).limit(1))).scalar_one_or_none()
    if planned is not None:
        detail = Sentence(PLANNED, first=planned.valid_from, parent_id=planned.parent_id)
        raise ParentOverlaps(detail, parent_id=str(planned.parent_id), valid_from=str(planned.valid_from))


async def _end_before(work: Work, present: ActorParent, day: date) -> None:
    if day in (present.valid_from, FIRST_DAY):  # there is no day before it that could be kept
        await work.session.delete(present)
    else:
        present.valid_through = day - timedelta(days=1)
    await work.flush()


async def _began(work: Work, present: ActorParent, given: date | None, today: date) -> None:
    """Correct since when the present parent is one; without a day there is nothing to correct."""
    if given is None or given == present.valid_from:
        return
    if given > today:
        wrong = {"in": "body", "pointer": "/parent_valid_from", "detail": "is in the future, and that actor is the parent today"}
        raise Invalid("It is the parent already. Give the first day on which it was, or all parents with their days in parents.", errors=[wrong])
    present.valid_from = given
    await _require_outside(work, present.actor_id, [present])


async def _require_outside(work: Work, actor_id: UUID, periods: Sequence[ActorParent]) -> None:
    """ParentCycle if the actor is one of these parents or above it on one of the days. Its own other parents do not matter for that."""
    await work.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PARENTS_LOCK})
    columns = {"parents": "parent_id", "first": "valid_from", "last": "valid_through"}
    values = {name: [getattr(period, column) for period in periods] for name, column in columns.items()}
    day = (await work.execute(_INSIDE_ITSELF, {**values, "actor_id": actor_id, "today": work.now.date()})).scalar_one_or_none()
    if day is not None:
        raise ParentCycle(Sentence("The actor would be inside itself on {day}.", day=day), day=day)
