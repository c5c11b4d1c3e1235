"""What can be done with judgements: make, revise, withdraw. Merge and split follow."""

from typing import Any
from uuid import UUID

from fastapi import Response

from services.registry.actors.writers import writes_all
from services.registry.errors import ActorOfAnother
from services.registry.judgements.events import ActorWasMerged, ActorWasSplit, JudgementMade, JudgementRetracted, JudgementRevised
from services.registry.judgements.merging import Settled, lock, settle
from services.registry.judgements.models import Judgement, Verdict
from services.registry.judgements.repository import Judgements
from services.registry.judgements.schemas import JudgementChange, JudgementCreate, JudgementFilters, JudgementRead, JudgementWithdrawal
from shared import exports
from shared.errors import Invalid
from shared.work import Work

STATE = ("left_id", "right_id", "verdict", "canonical_id", "withdrawn_at")


async def list_judgements(work: Work, filters: JudgementFilters) -> Response:
    return await exports.listed(Judgements(work), JudgementRead, filters, "judgements")


async def read(work: Work, judgement_id: UUID) -> Response:
    return await Judgements(work).read(JudgementRead, judgement_id)


async def judge(work: Work, request: JudgementCreate) -> Response:
    """Record what is judged of two actors; the same become one."""
    _require_side(request.canonical_id, request.left_id, request.right_id)
    await lock(work)
    await _require_written(work, request.left_id, request.right_id)
    left, right = sorted((request.left_id, request.right_id))
    judgement = Judgement(left_id=left, right_id=right, verdict=request.verdict, canonical_id=request.canonical_id, reason=request.reason, withdrawn_at=None)
    work.add(judgement)
    await work.flush()
    work.record(JudgementMade(**state_of(judgement)), reason=request.reason, after=_plain(judgement))
    await _follow(work, judgement, request.reason)
    return await Judgements(work).read(JudgementRead, judgement.id, status=201)


async def revise(work: Work, judgement_id: UUID, request: JudgementChange) -> Response:
    """Judge the two again. What a `same` had made one falls apart when it is the judgement that held it together."""
    await lock(work)
    judgement = await Judgements(work).get(judgement_id, match=True)
    await _require_written(work, judgement.left_id, judgement.right_id)
    _require_side(request.canonical_id, judgement.left_id, judgement.right_id)
    before = _plain(judgement)
    judgement.revise(verdict=request.verdict, canonical_id=request.canonical_id, reason=request.reason)
    await work.flush()
    work.record(JudgementRevised(**state_of(judgement)), reason=request.reason, before=before, after=_plain(judgement))
    await _follow(work, judgement, request.reason)
    return await Judgements(work).read(JudgementRead, judgement_id)


async def withdraw(work: Work, judgement_id: UUID, request: JudgementWithdrawal) -> Response:
    """Take a judgement back, as if it had not been made; it stays on record."""
    await lock(work)
    judgement = await Judgements(work).get(judgement_id, match=True)
    await _require_written(work, judgement.left_id, judgement.right_id)
    before = _plain(judgement)
    judgement.withdraw(at=work.now)
    await work.flush()
    work.record(JudgementRetracted(**state_of(judgement)), reason=request.reason, before=before, after=_plain(judgement))
    await _follow(work, judgement, request.reason)
    return await Judgements(work).read(JudgementRead, judgement_id)


async def _follow(work: Work, judgement: Judgement, reason: str) -> None:
    judgement_id, sides = judgement.id, (judgement.left_id, judgement.right_id)
    for actor in await settle(work, sides):
        _tell(work, actor, judgement_id, reason)
    await work.flush()


def _tell(work: Work, actor: Settled, judgement_id: UUID, reason: str) -> None:
    kind = ActorWasSplit if actor.canonical_id is None else ActorWasMerged
    event = kind(actor_id=actor.id, canonical_id=actor.canonical_id, former_canonical_id=actor.former_canonical_id, judgement_id=judgement_id)
    before, now = (str(one) if one else None for one in (actor.former_canonical_id, actor.canonical_id))
    work.record(event, reason=reason, before={"canonical_id": before}, after={"canonical_id": now, "judgement_id": str(judgement_id)})


def state_of(judgement: Judgement) -> dict[str, Any]:
    return {"judgement_id": judgement.id, **{name: getattr(judgement, name) for name in STATE}}


def _plain(judgement: Judgement) -> dict[str, Any]:
    """The judgement as JSON."""
    return {
        "verdict": Verdict(judgement.verdict).value,
        "canonical_id": str(judgement.canonical_id) if judgement.canonical_id else None,
        "reason": judgement.reason,
        "withdrawn_at": judgement.withdrawn_at.isoformat() if judgement.withdrawn_at else None,
    }


async def _require_written(work: Work, *sides: UUID) -> None:
    if not await writes_all(work, *sides):
        raise ActorOfAnother("You may judge actors of your own country.")


def _require_side(canonical_id: UUID | None, *sides: UUID) -> None:
    if canonical_id is not None and canonical_id not in sides:
        pointer = {"in": "body", "pointer": "/canonical_id", "detail": "is neither of the two"}
        raise Invalid("canonical_id is one of the two actors that were judged.", errors=[pointer])
