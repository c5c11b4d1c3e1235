"""What can be done with actors."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Response
from sqlalchemy import Date, Text, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.registry.actors import hierarchy, lists
from services.registry.actors.filters import ActorFilters, ActorView
from services.registry.actors.models import Actor, ActorIdentifier, ActorName, ActorStatus, NameKind
from services.registry.actors.repository import Actors, MergedActors
from services.registry.actors.schemas import ActorChange, ActorCreate, ActorRead, IdentifierGiven, NameGiven
from services.registry.actors.telling import PLAIN, record_of, state_of
from services.registry.actors.words import folded
from services.registry.actors.writers import writes_all
from services.registry.errors import ActorMerged, ActorNotFound, ActorOfAnother, IdentifierTaken
from services.registry.events import ActorChanged, ActorRegistered
from services.registry.judgements.errors import WITHDRAW_FIRST
from shared import exports
from shared.errors import Invalid
from shared.ids import new_id
from shared.translations import Sentence
from shared.work import Work

PLACE = {"country", "subdivision", "lat", "lon"}
FILES = (exports.CSV, exports.NDJSON, exports.GEOJSON)
SAFE_IN_QUERY = "/:@!$&'()*+,;=~%?"
OF_ANOTHER = "belongs to the actor {actor_id} in that time"
OF_MERGED = "belongs in that time to the record of {actor_id}, which was merged into this actor"

_TAKEN = text(
    """
    SELECT DISTINCT ON (given.nth) CAST(given.nth AS integer) - 1 AS at, held.scheme || ':' || held.value AS key, held.actor_id
    FROM unnest(:scheme, :value, :valid_from, :valid_through) WITH ORDINALITY AS given (scheme, value, valid_from, valid_through, nth)
    JOIN actor_identifiers AS held ON held.scheme = given.scheme AND held.value = given.value AND held.actor_id <> :actor_id
         AND daterange(held.valid_from, held.valid_through, '[]') && daterange(given.valid_from, given.valid_through, '[]')
    ORDER BY given.nth, held.id
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Text())) for name in ("scheme", "value")), *(bindparam(name, type_=ARRAY(Date())) for name in ("valid_from", "valid_through"))
)


async def list_actors(work: Work, filters: ActorFilters) -> Response:
    """A page, or the whole list as a file where `Accept` prefers one."""
    actors = MergedActors(work) if filters.status is ActorStatus.merged else Actors(work)
    return await exports.listed(actors, ActorRead, filters, "actors", files=FILES)


async def read(work: Work, actor_id: UUID, view: ActorView) -> Response:
    """The actor; of one that was merged, the way to the actor it is now."""
    try:
        return await Actors(work).read(ActorRead, actor_id, include=frozenset(item.value for item in view.include or ()), as_of=view.as_of)
    except ActorNotFound as unseen:
        return await moved(work, actor_id, unseen)


async def moved(work: Work, actor_id: UUID, unseen: ActorNotFound, rest: str = "") -> Response:
    """The way to the actor into which this one was merged, or to what is read at `rest` below it; unseen where it was not merged."""
    canonical_id = await merged_into(work, actor_id)
    if canonical_id is None:
        raise unseen
    # It may be split again: nobody is to remember the way.
    _, _, query = (work.asked.instance or "").partition("?")
    where = f"/v1/actors/{canonical_id}{rest}" + (f"?{quote(query, safe=SAFE_IN_QUERY)}" if query else "")
    return Response(status_code=308, headers={"Location": where, "Cache-Control": "private, no-cache"})


async def merged_into(work: Work, actor_id: UUID) -> UUID | None:
    """The actor into which this one was merged, if it was."""
    found: UUID | None = (await work.execute(select(Actor.canonical_id).where(Actor.id == actor_id))).scalar_one_or_none()
    return found


async def register(work: Work, request: ActorCreate) -> Response:
    """Register an actor with its names, identifiers and parent."""
    given = request.model_dump(include={*PLAIN, "preferred_language"})
    actor = Actor(id=new_id(), status=ActorStatus.active, **given)
    names = _names(actor.id, request.names)
    actor.require_place()
    actor.rename(names, work.now.date())
    work.add(actor)
    await work.flush()
    await _require_free(work, actor, request.identifiers, request.identifiers)
    # Nobody can be inside what is new, so that its parents close no ring.
    work.session.add_all([*names, *_identifiers(actor.id, request.identifiers), *hierarchy.periods_of(actor.id, request.all_parents())])
    await work.flush()
    work.record(ActorRegistered(**await state_of(work, actor)), reason=request.reason, after=await record_of(work, actor))
    await work.flush()
    return await Actors(work).read(ActorRead, actor.id, status=201)


async def change(work: Work, actor_id: UUID, request: ActorChange) -> Response:
    """Change what the request names. A request that changes nothing leaves the record and the feed as they are."""
    actor = await _get(work, actor_id)
    if not await writes_all(work, actor.id):
        raise ActorOfAnother("You may change actors of your own country.", actor_id=str(actor.id))
    before, version = await record_of(work, actor), actor.version
    for name in request.model_fields_set & set(PLAIN):
        setattr(actor, name, getattr(request, name))
    if request.model_fields_set & PLACE:
        actor.require_place()
    actor.require_lifecycle(dissolved_on=request.dissolved_on)
    await _rename(work, actor, request)
    if request.identifiers is not None:
        identifiers = await lists.own(work, actor, "identifiers", request.identifiers)
        await _require_free(work, actor, request.identifiers, identifiers)
        await _replace(work, ActorIdentifier, actor.id, _identifiers(actor.id, identifiers))
    if request.parents is not None:
        await hierarchy.replace(work, actor, request.parents)
    elif "parent_id" in request.model_fields_set:
        await hierarchy.move(work, actor, request.parent_id, request.parent_valid_from)
    await work.flush()
    if not await writes_all(work, actor.id):
        raise ActorOfAnother("Only whoever keeps this registry for all countries moves an actor to another one.", actor_id=str(actor.id))
    after = await record_of(work, actor)
    if after != before:
        differ = [name for name in after if after[name] != before[name]]
        if actor.version == version:
            actor.touch(work.now)
        work.record(
            ActorChanged(**await state_of(work, actor)),
            reason=request.reason,
            before={name: before[name] for name in differ},
            after={name: after[name] for name in differ},
        )
        await work.flush()
    return await Actors(work).read(ActorRead, actor.id)


async def _get(work: Work, actor_id: UUID) -> Actor:
    try:
        return await Actors(work).get(actor_id, match=True)
    except ActorNotFound:
        canonical_id = await merged_into(work, actor_id)
        if canonical_id is None:
            raise
        raise ActorMerged(WITHDRAW_FIRST, canonical_id=str(canonical_id)) from None


def _names(actor_id: UUID, given: Sequence[NameGiven]) -> list[ActorName]:
    return [ActorName(actor_id=actor_id, folded=folded(item.name), **item.model_dump(exclude={"actor_id"})) for item in given]


def _identifiers(actor_id: UUID, given: Sequence[IdentifierGiven]) -> list[ActorIdentifier]:
    return [ActorIdentifier(actor_id=actor_id, **item.model_dump(exclude={"actor_id"})) for item in given]


async def _require_free(work: Work, actor: Actor, given: Sequence[IdentifierGiven], kept: Sequence[IdentifierGiven]) -> None:
    """IdentifierTaken, naming each that another actor has in that time, and who. One of the same moment is the constraint's."""
    columns: dict[str, list[Any]] = {name: [getattr(item, name) for item in kept] for name in ("scheme", "value", "valid_from", "valid_through")}
    taken = (await work.execute(_TAKEN, {**columns, "actor_id": actor.id})).all()
    if not taken:
        return
    merged = set(actor.merged_ids or ())
    wrong = [
        {
            "in": "body",
            "pointer": f"/identifiers/{given.index(kept[at])}",
            "detail": Sentence(OF_MERGED if holder in merged else OF_ANOTHER, actor_id=holder),
        }
        for at, _, holder in taken
    ]
    detail = WITHDRAW_FIRST if any(row.actor_id in merged for row in taken) else None
    raise IdentifierTaken(detail, errors=wrong, identifier=taken[0].key, actor_id=str(taken[0].actor_id))


async def _replace(work: Work, kind: Any, actor_id: UUID, rows: list[Any]) -> None:
    await work.execute(delete(kind).where(kind.actor_id == actor_id))
    work.session.add_all(rows)
    await work.flush()


async def _rename(work: Work, actor: Actor, request: ActorChange) -> None:
    if request.names is None and request.preferred_language is None:
        return
    if request.names is not None:
        await _replace(work, ActorName, actor.id, _names(actor.id, await lists.own(work, actor, "names", request.names)))
    actor.preferred_language = request.preferred_language or actor.preferred_language
    names = list((await work.execute(select(ActorName).where(ActorName.actor_id == actor.id))).scalars())
    if not any(name.language == actor.preferred_language and name.kind is NameKind.preferred for name in names):
        pointer = "/names" if request.names is not None else "/preferred_language"
        raise Invalid(
            Sentence("The preferred language, {language}, has no preferred name.", language=actor.preferred_language),
            errors=[{"in": "body", "pointer": pointer, "detail": "leaves the preferred language without a preferred name"}],
        )
    actor.rename(names, work.now.date())
