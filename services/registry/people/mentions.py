"""Where people wrote of somebody: the texts of records, and of what was recorded of them. Taking the words out, kind by kind.

What is changed are the records that concern the organisations within reach: for who answers for one organisation those of the person, which
are the one that keeps the record and those whose seats the person held, for a nation those of its country. Otherwise whoever gives a person
a common name could empty the records of others, unseen. Each kind takes a fixed number of statements, and each record that changes says so,
without the text.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, bindparam, exists, false, func, or_, select, union_all, update
from sqlalchemy.orm.attributes import set_committed_value

from services.registry.actors.models import Actor
from services.registry.capacity.models import CapacityReport
from services.registry.claims.models import Claim
from services.registry.engagements import telling
from services.registry.engagements.models import Deliverable, Engagement, Participant
from services.registry.events import MembershipChanged, SeatChanged, TieChanged
from services.registry.imports.links.models import ImportLink, ImportQuestion, ImportSuggestion, SuggestionDecision
from services.registry.imports.models import Import
from services.registry.judgements import service as judgements
from services.registry.judgements.events import JudgementRevised
from services.registry.judgements.models import Judgement
from services.registry.memberships import service as memberships
from services.registry.memberships.models import Membership
from services.registry.people.naming import sought, without
from services.registry.people.reach import Reach
from services.registry.seats import service as seats
from services.registry.seats.models import Seat
from services.registry.ties import service as ties
from services.registry.ties.models import Tie
from shared.work import Work

FORGOTTEN = "Somebody was erased who was named here."


@dataclass(frozen=True)
class Traces:
    """Where a person is to be found, and by which words: `words` in what is about the person, `far` wherever somebody may have written."""

    person_id: UUID
    words: tuple[str, ...]
    far: tuple[str, ...]
    seats: tuple[UUID, ...]
    reach: Reach


@dataclass(frozen=True)
class Told:
    """The texts of one kind of record, some of them texts within JSON, and of which organisations one is."""

    model: Any
    texts: tuple[str, ...]
    concerns: Callable[[Reach], ColumnElement[bool]]
    persons: bool = False  # names the person by id, so that it may be about the person

    def key(self) -> tuple[Any, ...]:
        """The columns that say which record it is."""
        return tuple(self.model.__table__.primary_key.columns)


def _of_a_seat(reach: Reach) -> ColumnElement[bool]:
    return exists(select(Seat.id).where(Seat.id == Claim.seat_id, reach.of(Seat.actor_id)).correlate(Claim))


def _attended(reach: Reach) -> ColumnElement[bool]:
    """Asked of each engagement that has the words, not of all that took part in any."""
    took_part = select(Participant.id).where(
        Participant.engagement_id == Engagement.id, or_(reach.of(Participant.actor_id), reach.of(Participant.on_behalf_of_id))
    )
    return or_(reach.of(Engagement.organization_id), exists(took_part.correlate_except(Participant)))


def _imported(row: Any, reach: Reach, *known: ColumnElement[bool]) -> ColumnElement[bool]:
    """That one of them sent the file, or that the row is about one of them, certainly or perhaps: as of files on their way."""
    about = or_(Actor.id == row.other_id, Actor.id == any_(row.candidates), *known)
    return or_(
        row.import_id.in_(select(Import.id).where(reach.sent(Import))), exists(select(Actor.id).where(about, reach.of(Actor.id)).correlate_except(Actor))
    )


def _asked(reach: Reach) -> ColumnElement[bool]:
    return _imported(ImportQuestion, reach)


def _suggested(reach: Reach) -> ColumnElement[bool]:
    return _imported(ImportSuggestion, reach, Actor.id == ImportSuggestion.actor_id)


def _decided(reach: Reach) -> ColumnElement[bool]:
    return SuggestionDecision.suggestion_id.in_(select(ImportSuggestion.id).where(_suggested(reach)))


def _of_a_row(reach: Reach) -> ColumnElement[bool]:
    side = and_(ImportSuggestion.import_id == ImportLink.import_id, ImportSuggestion.line == ImportLink.line, ImportSuggestion.part == ImportLink.part)
    sent = ImportLink.import_id.in_(select(Import.id).where(reach.sent(Import)))
    return or_(sent, exists(select(ImportSuggestion.id).where(side, _suggested(reach)).correlate_except(ImportSuggestion)))


def _promised(reach: Reach) -> ColumnElement[bool]:
    return exists(select(Engagement.id).where(Engagement.id == Deliverable.engagement_id, _attended(reach)).correlate(Deliverable))


SEATS = Told(Seat, ("title",), lambda reach: reach.of(Seat.actor_id))
MEMBERSHIPS = Told(
    Membership, ("role", "note", "source"), lambda reach: or_(reach.of(Membership.organization_id), reach.of(Membership.on_behalf_of_id)), persons=True
)
CLAIMS = Told(Claim, ("note", "email_domain", "decision", "withdrawal"), _of_a_seat, persons=True)
ENGAGEMENTS = Told(Engagement, ("title", "place", "outcomes", "source"), _attended)
DELIVERABLES = Told(Deliverable, ("title",), _promised)
TIES = Told(Tie, ("role", "note", "source", "end_reason"), lambda reach: or_(reach.of(Tie.from_id), reach.of(Tie.to_id)))
JUDGEMENTS = Told(Judgement, ("reason",), lambda reach: or_(reach.of(Judgement.left_id), reach.of(Judgement.right_id)))
SUGGESTIONS = Told(ImportSuggestion, ("text", "reason"), _suggested)
DECISIONS = Told(SuggestionDecision, ("reason",), _decided)
# What is made of a row is made of its words, and whoever decides it makes it anew. Its key is a hash, by which it is found again.
ROWS = Told(
    ImportLink,
    ("from_side", "to_side", "role", "end_reason", "note", "domain_type", "name", "folded", "title", "address", "source", "licence"),
    _of_a_row,
)
QUESTIONS = Told(ImportQuestion, ("text",), _asked)
REPORTS = Told(CapacityReport, ("office_name", "verification_note"), lambda reach: reach.of(CapacityReport.actor_id))
ANSWERED = (SEATS, MEMBERSHIPS, CLAIMS, ENGAGEMENTS, TIES, JUDGEMENTS, SUGGESTIONS, REPORTS)  # deliverables and decisions are answered within others


async def forget(work: Work, traces: Traces, moved: Iterable[UUID]) -> list[tuple[str, str]]:
    """Take the words out of the texts of all records; `moved` are seats that have changed otherwise. Gives the records about the person.

    Locks are taken in the order in which an engagement and its ties are changed.
    """
    for seat in await _rewrite(work, SEATS, traces, also=moved):
        work.record(SeatChanged(**seats.state_of(seat)), reason=FORGOTTEN)
    about = [("person", str(traces.person_id)), *(("seat", str(seat)) for seat in traces.seats)]
    for membership in await _rewrite(work, MEMBERSHIPS, traces):
        work.record(MembershipChanged(**memberships.state_of(membership)), reason=FORGOTTEN)
    await _rewrite(work, CLAIMS, traces)
    about += await _about(work, "membership", Membership, traces) + await _about(work, "claim", Claim, traces)
    promises = await _rewrite(work, DELIVERABLES, traces)
    await _tell_engagements(work, await _rewrite(work, ENGAGEMENTS, traces, also=[item.engagement_id for item in promises]))
    for tie in await _rewrite(work, TIES, traces):
        work.record(TieChanged(**ties.state_of(tie)), reason=FORGOTTEN)
    for judgement in await _rewrite(work, JUDGEMENTS, traces):
        work.record(JudgementRevised(**judgements.state_of(judgement)), reason=FORGOTTEN)
    for silent in (REPORTS, SUGGESTIONS, DECISIONS, ROWS, QUESTIONS):  # of which no event says the text
        await _rewrite(work, silent, traces)
    await work.flush()
    return about


def _named(told: Told, traces: Traces) -> ColumnElement[bool]:
    """That one of the texts may have one of the words, and that the erasure reaches it."""
    pattern = sought(traces.far)
    if pattern is None:
        return false()
    named = func.concat_ws(" ", *(getattr(told.model, name) for name in told.texts)).regexp_match(pattern)
    return named & told.concerns(traces.reach)


async def hold_seats(work: Work, traces: Traces) -> None:
    """All seats that the erasure may change, until the commit: whoever hands one over takes the seat before the person."""
    held = select(Seat.id).where(or_(Seat.id.in_(traces.seats), _named(SEATS, traces))).order_by(Seat.id).with_for_update()
    await work.execute(held)


async def within(work: Work, ids: Collection[UUID], traces: Traces) -> set[UUID]:
    """Those of these ids that are of a record which the erasure reaches."""
    records = [select(told.model.id).where(told.model.id.in_(ids), told.concerns(traces.reach)) for told in ANSWERED]
    return set((await work.execute(union_all(*records))).scalars())


async def _about(work: Work, kind: str, model: Any, traces: Traces) -> list[tuple[str, str]]:
    found = await work.execute(select(model.id).where(model.person_id == traces.person_id))
    return [(kind, str(record_id)) for record_id in found.scalars()]


async def _rewrite(work: Work, told: Told, traces: Traces, *, also: Iterable[UUID] = ()) -> Sequence[Any]:
    """The records of one kind that changed, as they stand now: in whose texts were the words, and those of `also` otherwise."""
    model, moved, key = told.model, set(also), told.key()
    wanted = or_(_named(told, traces), *([model.id.in_(moved)] if moved else []), *([model.person_id == traces.person_id] if told.persons else []))
    statement = select(model).where(wanted).order_by(*key).with_for_update(of=model).execution_options(populate_existing=True)
    found = (await work.execute(statement)).scalars().all()
    rewritten = [(record, _without(told, record, traces)) for record in found]
    changed = [
        (record, texts) for record, texts in rewritten
        if (moved and record.id in moved) or any(getattr(record, name) != text for name, text in texts.items())
    ]  # fmt: skip
    await _keep(work, told, changed)
    return [record for record, _ in changed]


def _without(told: Told, record: Any, traces: Traces) -> dict[str, Any]:
    """The texts without the words. What is about the person loses its note whole, and every part of the name."""
    about = told.persons and record.person_id == traces.person_id
    words = traces.words if about else traces.far
    cleaned = {name: _cleaned(getattr(record, name), words, alone=about) for name in told.texts}
    return {name: None if about and name in ("note", "email_domain") else text for name, text in cleaned.items()}


def _cleaned(said: Any, words: Sequence[str], *, alone: bool) -> Any:
    """A text without the words, or JSON with such texts."""
    if isinstance(said, dict):
        return {name: _cleaned(value, words, alone=alone) for name, value in said.items()}
    if isinstance(said, list):
        return [_cleaned(value, words, alone=alone) for value in said]
    return without(said, words, alone=alone) if isinstance(said, str) else said


async def _keep(work: Work, told: Told, changed: Sequence[tuple[Any, Mapping[str, Any]]]) -> None:
    """Write the texts in one statement, and a version further where there is one."""
    if not changed:
        return
    table = told.model.__table__
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in told.texts}
    counted = "version" in table.c
    dated = counted and "updated_at" in table.c
    if counted:
        values["version"] = table.c.version + 1
    if dated:
        values["updated_at"] = work.now
    which = [column == bindparam(f"which_{column.name}", type_=column.type) for column in told.key()]
    rows = [
        {**{f"which_{column.name}": getattr(record, column.name) for column in told.key()}, **{f"new_{name}": text for name, text in texts.items()}}
        for record, texts in changed
    ]
    await work.execute(update(table).where(*which).values(values), rows)
    for record, texts in changed:
        for name, text in texts.items():
            set_committed_value(record, name, text)
        if counted:
            set_committed_value(record, "version", record.version + 1)
        if dated:
            set_committed_value(record, "updated_at", work.now)


async def _tell_engagements(work: Work, changed: Sequence[Engagement]) -> None:
    """The event of each, with all that it says of an engagement."""
    for stands in (await telling.snapshots(work, changed)).values():
        work.record(telling.event_of(stands, []), reason=FORGOTTEN)
