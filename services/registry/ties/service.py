"""What can be done with ties."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy import func, select

from services.registry.actors.writers import writes_all, writes_any
from services.registry.engagements.models import Engagement, EngagementStatus, EngagementTie, EngagementVisibility
from services.registry.errors import TieOfOthers, TieOver
from services.registry.events import TieChanged, TieRecorded
from services.registry.ties.drawing import MEDIA_TYPES, Format, streamed
from services.registry.ties.models import EXPIRED, Tie, TieStatus, in_pair_order
from services.registry.ties.pairs import known_as, require_free
from services.registry.ties.repository import Ties
from services.registry.ties.schemas import DrawnTie, TieChange, TieCreate, TieEnd, TieFilters, TieRead, TiesOf, TieView, TieWithdrawal
from services.registry.ties.types import TYPES, TieType
from shared import exports
from shared.errors import Invalid
from shared.repository import answered
from shared.translations import Sentence
from shared.work import Work, latest_day

PLAIN = ("role", "valid_from", "valid_through", "note", "source", "licence", "read_on")
STATE = ("type", "from_id", "to_id", "role", "status", "valid_from", "valid_through", "last_activity_on")
OWN_TIES = "You may manage the ties of your own organisation."
OWN_BY_IDENTITY = (
    "The tie was recorded under the id {recorded_id}, which was judged to be the same as your organisation. A judgement gives nobody a right: "
    "whoever acts under that id may manage the tie, and those who keep the registry."
)
TOLD = (*STATE, "licence", "read_on")
DRAWINGS = {MEDIA_TYPES[Format.graphml]: (Format.graphml, "graphml"), MEDIA_TYPES[Format.dot]: (Format.dot, "gv")}
TEXTS = ("note", "source", "end_reason")  # these may name somebody: that they changed is kept for good, and not what they said


async def list_ties(work: Work, filters: TieFilters) -> Response:
    """What was withdrawn is listed only where its status is asked for. A drawing is a file of the whole list, as CSV and NDJSON are."""
    asked = TiesOf(**filters.model_dump(exclude_unset=True), recorded=True if filters.status is None else None)
    media = exports.chosen(work.asked.accept, (exports.JSON, *exports.TABLES, *DRAWINGS))
    if media not in DRAWINGS:
        return await exports.listed(Ties(work), TieRead, asked, "ties")
    format_, suffix = DRAWINGS[media]
    written = streamed(format_, next(iter(work.asked.languages), "en"), filters.type)
    return await exports.whole_list(Ties(work), DrawnTie, asked, media, f"ties.{suffix}", written)


async def read(work: Work, tie_id: UUID, view: TieView) -> Response:
    return await Ties(work).read(TieRead, tie_id, as_of=view.as_of)


async def list_types(work: Work) -> Response:
    """The table of types, with its words in every language of the platform."""
    items = [
        {
            "type": kind.value,
            "label": meaning.label,
            "forward": meaning.forward,
            "backward": meaning.backward,
            "symmetric": meaning.symmetric,
            "sleeps": meaning.sleeps,
        }
        for kind, meaning in TYPES.items()
    ]
    return answered(work, orjson.dumps({"items": items}))


async def record(work: Work, request: TieCreate) -> Response:
    """Record a tie of the caller's organisation, or of an actor of the own country for those who write its actors. One whose time is over has ended."""
    await _require_side(work, request.type, request.from_id, request.to_id)
    today = work.now.date()
    first, second = in_pair_order(request.type, request.from_id, request.to_id)
    tie = Tie(type=request.type, from_id=first, to_id=second, status=request.status, last_activity_on=None)
    for name in PLAIN:
        setattr(tie, name, getattr(request, name))
    _state_activity(tie, request.last_activity_on, held_on=None, today=latest_day(work.now), recorded_on=today)
    _expire(tie, today)
    await require_free(work, tie)
    work.add(tie)
    await work.flush()
    work.record(TieRecorded(**state_of(tie)), reason=request.reason, after=_kept(plain(tie)))
    await work.flush()
    return await Ties(work).read(TieRead, tie.id, status=201)


async def change(work: Work, tie_id: UUID, request: TieChange) -> Response:
    """Change what the request names. A request that changes nothing leaves the record and the feed as they are."""
    tie = await Ties(work).get(tie_id, match=True)
    await _require_own(work, tie)
    tie.require_recorded()
    given, today = request.model_fields_set, work.now.date()
    if tie.status is TieStatus.ended and given & {"status", "valid_through"}:
        raise TieOver(tie=str(tie.id))
    before = plain(tie)
    for name in given & set(PLAIN):
        setattr(tie, name, getattr(request, name))
    if tie.valid_from and tie.valid_through and tie.valid_through < tie.valid_from:
        raise _wrong("valid_through", "is before valid_from")
    if given & {"valid_from", "valid_through"}:
        await require_free(work, tie)
    if "last_activity_on" in given:
        _state_activity(tie, request.last_activity_on, held_on=await held_on(work, tie.id), today=latest_day(work.now), recorded_on=tie.created_at.date())
    if request.status is not None:
        if tie.status is TieStatus.dormant and request.status is TieStatus.active:
            tie.quiet_since = today  # somebody says that it is alive: silence counts from here
        tie.status = request.status
    _expire(tie, today)
    await told(work, tie, before, request.reason)
    return await Ties(work).read(TieRead, tie.id)


async def end(work: Work, tie_id: UUID, request: TieEnd) -> Response:
    """End a tie, with a reason that anyone may read."""
    tie = await Ties(work).get(tie_id, match=True)
    await _require_own(work, tie)
    tie.require_open()
    before, on = plain(tie), request.on or work.now.date()
    if on > latest_day(work.now):
        raise _wrong("on", "is in the future")
    if tie.valid_from is not None and on < tie.valid_from:
        raise _wrong("on", "is before the tie's first day")
    tie.end(on=on, reason=request.reason)
    await told(work, tie, before, request.reason)
    return await Ties(work).read(TieRead, tie.id)


async def withdraw(work: Work, tie_id: UUID, request: TieWithdrawal) -> Response:
    """Take back a tie that should not have been recorded, with a reason that anyone may read. The pair is free again."""
    tie = await Ties(work).get(tie_id, match=True)
    await _require_own(work, tie)
    before = plain(tie)
    tie.withdraw(reason=request.reason)
    await told(work, tie, before, request.reason)
    return await Ties(work).read(TieRead, tie.id)


def state_of(tie: Tie) -> dict[str, Any]:
    """What the events say: the whole public state."""
    kept = {name: getattr(tie, name) for name in STATE if name != "type"}
    return {"tie_id": tie.id, "tie_type": tie.type, "symmetric": tie.symmetric, **kept}


async def held_on(work: Work, tie_id: UUID) -> date | None:
    """The last day of the last engagement held under the tie. Restricted ones do not count: the tie's activity is public."""
    day = func.max(func.least(Engagement.ends_on, work.now.date()))
    held = select(day).join(EngagementTie, EngagementTie.engagement_id == Engagement.id).where(EngagementTie.tie_id == tie_id)
    public = (Engagement.status == EngagementStatus.held) & (Engagement.visibility == EngagementVisibility.public)
    last: date | None = (await work.execute(held.where(public))).scalar_one()
    return last


def plain(tie: Tie) -> dict[str, Any]:
    """The record as JSON."""
    kept = {name: getattr(tie, name) for name in (*TOLD, *TEXTS)}
    return {name: value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value for name, value in kept.items()}


async def told(work: Work, tie: Tie, before: dict[str, Any], reason: str | None) -> None:
    """Record what differs from before, and nothing where nothing does."""
    await work.flush()
    tell(work, tie, before, reason)
    await work.flush()


def tell(work: Work, tie: Tie, before: dict[str, Any], reason: str | None) -> None:
    """The event of what differs. Of a text only that it does."""
    after = plain(tie)
    differ = [name for name in after if after[name] != before[name]]
    if differ:
        was, stands = (_kept({name: kept[name] for name in differ}) for kept in (before, after))
        work.record(TieChanged(**state_of(tie)), reason=reason, before=was, after=stands)


def _kept(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in TEXTS}


def _state_activity(tie: Tie, on: date | None, *, held_on: date | None, today: date, recorded_on: date) -> None:
    if on is not None and on > today:
        raise _wrong("last_activity_on", "is in the future")
    tie.state_activity(on, held_on=held_on, recorded_on=recorded_on)


def _expire(tie: Tie, today: date) -> None:
    """A tie whose last day has passed has ended, whoever says it late."""
    if tie.status is not TieStatus.ended and tie.valid_through is not None and tie.valid_through < today:
        tie.status, tie.end_reason = TieStatus.ended, EXPIRED


def _wrong(name: str, what: str) -> Invalid:
    return Invalid(Sentence("{name} {what}.", name=name, what=what), errors=[{"in": "body", "pointer": f"/{name}", "detail": what}])


async def _require_side(work: Work, kind: TieType, *sides: UUID) -> None:
    """Whose an office is decides who reads what it records: that is said by the office, or by whoever keeps it, and by nobody who would have it."""
    if kind is TieType.office_of:
        office = sides[0]
        if work.caller.organization != office and not await writes_all(work, office):
            raise TieOfOthers("Whose office it is, the office says, or whoever keeps its record.")
    elif work.caller.organization not in sides and not await writes_any(work, *sides):
        raise TieOfOthers(OWN_TIES)


async def _require_own(work: Work, tie: Tie) -> None:
    """As for recording. What is read as the caller's own, because a side was found to be the same, says whose record it is."""
    own, sides = work.caller.organization, (tie.from_id, tie.to_id)
    if own in sides or await writes_any(work, *sides):
        return
    if own is not None:
        known = await known_as(work, (own, *sides))
        for side in sides:
            if known[side] == known.get(own):
                raise TieOfOthers(Sentence(OWN_BY_IDENTITY, recorded_id=side), recorded_id=str(side))
    raise TieOfOthers(OWN_TIES)
