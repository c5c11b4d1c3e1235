"""What can be done with checks of counterparts."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy import select

from services.registry.diligence.events import DiligenceAnswered, DiligenceConcluded, DiligenceOpened
from services.registry.diligence.items import ITEMS
from services.registry.diligence.models import Answer, AnswerStatus, Check, CheckState, unanswered
from services.registry.diligence.offices import keeper, require_own
from services.registry.diligence.repository import Checks
from services.registry.diligence.schemas import (
    DiligenceChange,
    DiligenceConclusion,
    DiligenceCreate,
    DiligenceFilters,
    DiligenceRead,
    DiligenceView,
)
from shared.ids import new_id
from shared.repository import answered
from shared.work import Work


async def list_items(work: Work) -> Response:
    """The items of a check in their order, with the questions in every language of the platform."""
    items = [{"item": item.value, "question": meaning.question, "source": meaning.source} for item, meaning in ITEMS.items()]
    return answered(work, orjson.dumps({"items": items}))


async def list_checks(work: Work, filters: DiligenceFilters) -> Response:
    return await Checks(work).page(DiligenceRead, filters)


async def read(work: Work, check_id: UUID, view: DiligenceView) -> Response:
    return await Checks(work).read(DiligenceRead, check_id, include=frozenset(item.value for item in view.include or ()))


async def open_check(work: Work, request: DiligenceCreate) -> Response:
    """Open a check by the caller's organisation. One is open at a time for a counterpart and an agreement."""
    whose = await keeper(work)
    check = _opened(work, counterpart_id=request.counterpart_id, agreement_id=request.agreement_id, edition=1)
    check.organization_id, check.country = whose.organization_id, whose.country
    return await _begin(work, check, unanswered(check.id))


async def answer(work: Work, check_id: UUID, request: DiligenceChange) -> Response:
    """Answer items. An answer that says what was said before leaves its author and its time as they are."""
    check = await Checks(work).get(check_id, match=True)
    require_own(work, check.organization_id)
    check.require_open()
    held = {item.item: item for item in await _answers(work, check)}
    changed = False
    for given in request.answers:
        kept = held[given.item]
        if (kept.status, kept.note, kept.source) == (given.status, given.note, given.source):
            continue
        kept.status, kept.note, kept.source, changed = given.status, given.note, given.source, True
        taken_back = given.status is AnswerStatus.open
        kept.answered_by, kept.answered_at = (None, None) if taken_back else (work.caller.subject, work.now)
    if changed:
        check.touch(work.now)
        await work.flush()
        work.record(DiligenceAnswered(**_state(check, list(held.values()))))
        await work.flush()
    return await Checks(work).read(DiligenceRead, check.id)


async def conclude(work: Work, check_id: UUID, request: DiligenceConclusion) -> Response:
    """Close a check with a verdict. Whatever it is, nothing is refused or allowed by it: people act on it."""
    check = await Checks(work).get(check_id, match=True)
    require_own(work, check.organization_id)
    answers = await _answers(work, check)
    check.conclude(answers, by=work.caller.subject, at=work.now)
    check.verdict, check.reason, check.conditions = request.verdict, request.reason, request.conditions
    await work.flush()
    work.record(DiligenceConcluded(**_state(check, answers)))
    await work.flush()
    return await Checks(work).read(DiligenceRead, check.id)


async def reopen(work: Work, check_id: UUID) -> Response:
    """Begin a new version of a concluded check with its answers, each still that of who gave it. The concluded one stays."""
    check = await Checks(work).get(check_id, lock=True)
    require_own(work, check.organization_id)
    check.require_concluded()
    following = _opened(work, counterpart_id=check.counterpart_id, agreement_id=check.agreement_id, edition=check.edition + 1)
    following.organization_id, following.country, following.previous_id = check.organization_id, check.country, check.id
    answers = unanswered(following.id)
    known = {item.item: item for item in await _answers(work, check)}
    for item in answers:
        if item.item in known:
            for name in ("status", "note", "source", "answered_by", "answered_at"):
                setattr(item, name, getattr(known[item.item], name))
    return await _begin(work, following, answers)


def _opened(work: Work, **known: Any) -> Check:
    return Check(id=new_id(), state=CheckState.open, opened_by=work.caller.subject, **known)


async def _begin(work: Work, check: Check, answers: list[Answer]) -> Response:
    work.add(check)
    await work.flush()
    work.session.add_all(answers)
    work.record(DiligenceOpened(**_state(check, answers)))
    await work.flush()
    return await Checks(work).read(DiligenceRead, check.id, status=201)


async def _answers(work: Work, check: Check) -> list[Answer]:
    return list((await work.execute(select(Answer).where(Answer.check_id == check.id).order_by(Answer.place))).scalars())


def _state(check: Check, answers: list[Answer]) -> dict[str, Any]:
    """What the events say: no word that people wrote."""
    kept = {name: getattr(check, name) for name in ("organization_id", "counterpart_id", "agreement_id", "edition", "state", "verdict")}
    return {**kept, "diligence_id": check.id, "answers": {item.item.value: item.status.value for item in answers}}
