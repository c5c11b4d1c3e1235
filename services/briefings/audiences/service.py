"""Previews of audiences. The statement selects and counts; the evaluator says why, for the seats that are shown."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Response

from services.briefings.answers import answered
from services.briefings.audiences.audience import Audience
from services.briefings.audiences.previewed import Previewed
from services.briefings.audiences.reasons import reasons, spoken_language
from services.briefings.audiences.schemas import (
    AudiencePreview,
    ExpectedDigests,
    PreviewCounts,
    PreviewFilters,
    PreviewOutcome,
    PreviewRequest,
    PreviewSeat,
)
from services.briefings.audiences.selection import Slice, preview
from services.briefings.briefings.classified import refuse_classified
from services.briefings.briefings.repository import IssuedBriefings
from shared.errors import CursorInvalid
from shared.pages import Page
from shared.predicates import Language, Truth
from shared.work import Work

_OUTCOMES = {PreviewOutcome.included: Truth.true.value, PreviewOutcome.unknown: Truth.unknown.value}
_KEYS = 3


class _Bound(Page):
    """What a cursor of a preview belongs to: the audience and the outcome, besides the page."""

    audience: str
    outcome: PreviewOutcome | None


async def preview_briefing(work: Work, briefing_id: UUID, filters: PreviewFilters) -> Response:
    """The audience of a briefing that the caller's organisation issues, as the directory stands now."""
    briefing = await IssuedBriefings(work).get(briefing_id)
    return answered(await _preview(work, Audience.read(briefing.audience), filters))


async def preview_unsaved(work: Work, request: PreviewRequest) -> Response:
    """An audience nobody has saved."""
    audience = Audience.read(request.audience.model_dump())
    refuse_classified({"audience": audience.document()})
    filters = PreviewFilters(limit=request.limit, cursor=request.cursor, count=None, outcome=request.outcome)
    return answered(await _preview(work, audience, filters))


async def _preview(work: Work, audience: Audience, filters: PreviewFilters) -> AudiencePreview:
    bound = _Bound(limit=filters.limit, cursor=filters.cursor, count=None, audience=audience.digest(), outcome=filters.outcome)
    wanted = tuple(_OUTCOMES.values()) if filters.outcome is None else (_OUTCOMES[filters.outcome],)
    row = (await work.execute(preview(audience, Slice(wanted, filters.limit, _after(work, bound))))).one()
    items = orjson.loads(row.items)
    more = len(items) > filters.limit
    shown = items[: filters.limit]
    last = shown[-1] if more else None
    found = {UUID(seat) for seat in orjson.loads(row.found)}
    return AudiencePreview(
        audience_digest=bound.audience,
        counts=PreviewCounts(included=row.included, unknown=row.unknown, excluded=row.excluded),
        expected_digests=ExpectedDigests(
            leave_out=str(Previewed(row.without, row.included, row.position)),
            include=str(Previewed(row.with_unknown, row.included + row.unknown, row.position)),
        ),
        missing_seats=[seat for seat in audience.seats if seat not in found],
        items=[_seat(audience, item, spoken_language(work.asked.languages)) for item in shown],
        next=None if last is None else work.cursors.write([last["rank"], last["actor_name"], last["seat_id"]], bound),
    )


def _after(work: Work, bound: _Bound) -> tuple[int, str, UUID] | None:
    keys = work.cursors.read(bound, keys=_KEYS)
    if keys is None:
        return None
    match keys:
        case [int(rank), str(name), str(seat)]:
            return rank, name, UUID(seat)
        case _:
            raise CursorInvalid("Start again without a cursor: this one is from an earlier release.")


def _seat(audience: Audience, item: dict[str, Any], language: Language) -> PreviewSeat:
    values = {name: item[name] for name in PreviewSeat.model_fields if name in item}
    values["outcome"] = PreviewOutcome.included if item["outcome"] == Truth.true.value else PreviewOutcome.unknown
    return PreviewSeat(**values, reasons=reasons(audience, item["facts"], named=item["named"], language=language))
