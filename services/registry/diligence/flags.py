"""What can be done with flags. A flag informs: no other resource asks for it, and nothing is refused because of it."""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import func, select

from services.registry.diligence.errors import DiligenceOfAnother, FlagRepliesFull
from services.registry.diligence.events import FlagChanged, FlagRaised, FlagReplied, FlagTakenBack
from services.registry.diligence.flag_schemas import FlagChange, FlagCreate, FlagFilters, FlagRead, FlagReplyCreate, FlagWithdrawal
from services.registry.diligence.grounds import require_ground
from services.registry.diligence.models import MOST_REPLIES, Flag, FlagReply
from services.registry.diligence.offices import keeper, require_own
from services.registry.diligence.repository import Flags
from shared.errors import Invalid
from shared.ids import new_id
from shared.work import Work

PLAIN = ("organization_id", "actor_id", "category", "severity", "audience", "shown_to_actor", "valid_from", "valid_through")


async def list_flags(work: Work, filters: FlagFilters) -> Response:
    return await Flags(work).page(FlagRead, filters)


async def read(work: Work, flag_id: UUID) -> Response:
    return await Flags(work).read(FlagRead, flag_id)


async def raise_flag(work: Work, request: FlagCreate) -> Response:
    """Raise a flag by the caller's organisation; a reason that is a nationality and nothing else is refused."""
    whose = await keeper(work)
    await require_ground(work, request.reason)
    flag = Flag(id=new_id(), organization_id=whose.organization_id, country=whose.country, raised_by=work.caller.subject, **request.model_dump())
    work.add(flag)
    await work.flush()
    work.record(FlagRaised(**await _state(work, flag)))
    await work.flush()
    return await Flags(work).read(FlagRead, flag.id, status=201)


async def change(work: Work, flag_id: UUID, request: FlagChange) -> Response:
    """Show a flag to more, or say until when it is valid. What is as it was leaves no trace."""
    flag = await _own(work, flag_id)
    flag.require_standing()
    audience, facts = flag.audience, flag.facts()
    flag.show(audience=request.audience, to_actor=request.shown_to_actor)
    if "valid_through" in request.model_fields_set:
        if request.valid_through and flag.valid_from and request.valid_through < flag.valid_from:
            wrong = {"in": "body", "pointer": "/valid_through", "detail": "is before valid_from"}
            raise Invalid("valid_through is before valid_from.", errors=[wrong])
        flag.valid_through = request.valid_through
    if flag.facts() != facts:
        flag.shown_at = work.now
    await work.flush()
    if (flag.audience, flag.facts()) != (audience, facts):
        work.record(FlagChanged(**await _state(work, flag)))
        await work.flush()
    return await Flags(work).read(FlagRead, flag.id)


async def withdraw(work: Work, flag_id: UUID, request: FlagWithdrawal) -> Response:
    """Take a flag back, with a reason that everyone who sees the flag may read."""
    flag = await _own(work, flag_id)
    flag.withdraw(request.reason, by=work.caller.subject, at=work.now)
    await work.flush()
    work.record(FlagTakenBack(**await _state(work, flag)))
    await work.flush()
    return await Flags(work).read(FlagRead, flag.id)


async def reply(work: Work, flag_id: UUID, request: FlagReplyCreate) -> Response:
    """Reply to a flag on the caller's own organisation. Replies are kept in their order and never changed."""
    flag = await Flags(work).get(flag_id, lock=True)
    if work.caller.organization != flag.actor_id:
        raise DiligenceOfAnother("The flagged organisation replies to a flag.")
    flag.require_standing()
    if await _replies(work, flag) >= MOST_REPLIES:
        raise FlagRepliesFull(flag=str(flag.id))
    work.add(FlagReply(flag_id=flag.id, text=request.text, source=request.source, replied_by=work.caller.subject, replied_at=work.now))
    flag.touch(work.now)
    flag.shown_at = work.now
    await work.flush()
    work.record(FlagReplied(**await _state(work, flag)))
    await work.flush()
    return await Flags(work).read(FlagRead, flag.id, status=201)


async def _own(work: Work, flag_id: UUID) -> Flag:
    """The flag as its organisation read it. Whose it is comes first: the flagged side has no ETag under which it could change anything."""
    flag = await Flags(work).get(flag_id, lock=True)
    require_own(work, flag.organization_id)
    work.require_match(flag.version)
    return flag


async def _replies(work: Work, flag: Flag) -> int:
    return int((await work.execute(select(func.count()).where(FlagReply.flag_id == flag.id))).scalar_one())


async def _state(work: Work, flag: Flag) -> dict[str, Any]:
    """What the events say: no word that people wrote."""
    kept = {name: getattr(flag, name) for name in PLAIN}
    return {**kept, "flag_id": flag.id, "withdrawn": flag.withdrawn_at is not None, "replies": await _replies(work, flag)}
