"""Where people wrote of somebody: the texts of records, and of what was recorded of them. Taking the words out, kind by kind.

What is changed are the records that concern the organisations of the person: the one that keeps the record and those whose seats the
person held. Who writes actors may change any record, and reaches all of them. Otherwise whoever gives a person a common name could empty
the records of others. Each kind takes a fixed number of statements, and each record that changes says so, without the text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, bindparam, exists, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm.attributes import set_committed_value

from services.registry.capacity.models import CapacityReport
from services.registry.claims.models import Claim
from services.registry.engagements import telling
from services.registry.engagements.models import Deliverable, Engagement, Participant
from services.registry.events import MembershipChanged, SeatChanged, TieChanged
from services.registry.imports.links.models import ImportSuggestion, SuggestionDecision
from services.registry.imports.models import Import
from services.registry.judgements import service as judgements
from services.registry.judgements.events import JudgementRevised
from services.registry.judgements.models import Judgement
from services.registry.memberships import service as memberships
from services.registry.memberships.models import Membership
from services.registry.people.naming import sought, without
from services.registry.seats import service as seats
from services.registry.seats.models import Seat
from services.registry.ties import service as ties
from services.registry.ties.models import Tie
from shared.work import Work

FORGOTTEN = "Somebody was erased who was named here."
ORGANIZATIONS: ColumnElement[Any] = bindparam("organizations", type_=ARRAY(PGUUID(as_uuid=True)))


@dataclass(frozen=True)
class Traces:
    """Where a person is to be found, and by which words: `words` in what is about the person, `far` wherever somebody may have written."""

    person_id: UUID
    words: tuple[str, ...]
    far: tuple[str, ...]
    seats: tuple[UUID, ...]
    organizations: tuple[UUID, ...]
    everywhere: bool


@dataclass(frozen=True)
class Told:
    """The texts of one kind of record, and of which organisations one is."""

    model: Any
    texts: tuple[str, ...]
    concerns: Callable[[ColumnElement[Any]], ColumnElement[bool]]
    persons: bool = False  # names the person by id, so that it may be about the person


def _of_a_seat(ids: ColumnElement[Any]) -> ColumnElement[bool]:
    return exists(select(Seat.id).where(Seat.id == Claim.seat_id, Seat.actor_id == any_(ids)).correlate(Claim))


def _attended(ids: ColumnElement[Any]) -> ColumnElement[bool]:
    took_part = select(Participant.engagement_id).where(or_(Participant.actor_id == any_(ids), Participant.on_behalf_of_id == any_(ids)))
    return or_(Engagement.organization_id == any_(ids), Engagement.id.in_(took_part))


def _imported(ids: ColumnElement[Any]) -> ColumnElement[bool]:
    return ImportSuggestion.import_id.in_(select(Import.id).where(Import.organization == any_(ids)))


def _decided(ids: ColumnElement[Any]) -> ColumnElement[bool]:
    return SuggestionDecision.suggestion_id.in_(select(ImportSuggestion.id).where(_imported(ids)))


def _promised(ids: ColumnElement[Any]) -> ColumnElement[bool]:
    return Deliverable.engagement_id.in_(select(Engagement.id).where(_attended(ids)))


SEATS = Told(Seat, ("title",), lambda ids: Seat.actor_id == any_(ids))
MEMBERSHIPS = Told(
    Membership, ("role", "note", "source"), lambda ids: or_(Membership.organization_id == any_(ids), Membership.on_behalf_of_id == any_(ids)), persons=True
)
CLAIMS = Told(Claim, ("note", "email_domain", "decision", "withdrawal"), _of_a_seat, persons=True)
ENGAGEMENTS = Told(Engagement, ("title", "place", "outcomes", "source"), _attended)
DELIVERABLES = Told(Deliverable, ("title",), _promised)
TIES = Told(Tie, ("role", "note", "source", "end_reason"), lambda ids: or_(Tie.from_id == any_(ids), Tie.to_id == any_(ids)))
JUDGEMENTS = Told(Judgement, ("reason",), lambda ids: or_(Judgement.left_id == any_(ids), Judgement.right_id == any_(ids)))
SUGGESTIONS = Told(ImportSuggestion, ("reason",), _imported)
DECISIONS = Told(SuggestionDecision, ("reason",), _decided)
REPORTS = Told(CapacityReport, ("office_name", "verification_note"), lambda ids: CapacityReport.actor_id == any_(ids))


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
    for silent in (REPORTS, SUGGESTIONS, DECISIONS):  # of which no event says the text
        await _rewrite(work, silent, traces)
    await work.flush()
    return about


def _named(told: Told, traces: Traces) -> ColumnElement[bool]:
    """That one of the texts may have one of the words, and that the erasure reaches it."""
    pattern = sought(traces.far)
    if pattern is None:
        return false()
    named = func.concat_ws(" ", *(getattr(told.model, name) for name in told.texts)).regexp_match(pattern)
    return named if traces.everywhere else named & told.concerns(ORGANIZATIONS)


async def hold_seats(work: Work, traces: Traces) -> None:
    """All seats that the erasure may change, until the commit: whoever hands one over takes the seat before the person."""
    held = select(Seat.id).where(or_(Seat.id.in_(traces.seats), _named(SEATS, traces))).order_by(Seat.id).with_for_update()
    await work.execute(held, {"organizations": list(traces.organizations)})


async def _about(work: Work, kind: str, model: Any, traces: Traces) -> list[tuple[str, str]]:
    found = await work.execute(select(model.id).where(model.person_id == traces.person_id))
    return [(kind, str(record_id)) for record_id in found.scalars()]


async def _rewrite(work: Work, told: Told, traces: Traces, *, also: Iterable[UUID] = ()) -> Sequence[Any]:
    """The records of one kind that changed, as they stand now: in whose texts were the words, and those of `also` otherwise."""
    model, moved = told.model, set(also)
    wanted = or_(model.id.in_(moved), _named(told, traces), model.person_id == traces.person_id if told.persons else false())
    statement = select(model).where(wanted).order_by(model.id).with_for_update(of=model).execution_options(populate_existing=True)
    found = (await work.execute(statement, {"organizations": list(traces.organizations)})).scalars().all()
    rewritten = {record.id: _without(told, record, traces) for record in found}
    changed = [record for record in found if record.id in moved or any(getattr(record, name) != text for name, text in rewritten[record.id].items())]
    await _keep(work, told, changed, rewritten)
    return changed


def _without(told: Told, record: Any, traces: Traces) -> dict[str, str | None]:
    """The texts without the words. What is about the person loses its note whole, and every part of the name."""
    about = told.persons and record.person_id == traces.person_id
    words = traces.words if about else traces.far
    cleaned = {name: text and without(text, words, alone=about) for name in told.texts for text in [getattr(record, name)]}
    return {name: None if about and name in ("note", "email_domain") else text for name, text in cleaned.items()}


async def _keep(work: Work, told: Told, changed: Sequence[Any], rewritten: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Write the texts in one statement, and a version further where there is one."""
    if not changed:
        return
    table = told.model.__table__
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in told.texts}
    counted = "version" in table.c
    dated = counted and "updated_at" in table.c
    if counted:
        values["version"] = table.c.version + 1
    if dated:
        values["updated_at"] = work.now
    rows = [{"which": record.id, **{f"new_{name}": text for name, text in rewritten[record.id].items()}} for record in changed]
    await work.execute(update(table).where(table.c.id == bindparam("which")).values(values), rows)
    for record in changed:
        for name, text in rewritten[record.id].items():
            set_committed_value(record, name, text)
        if counted:
            set_committed_value(record, "version", record.version + 1)
        if dated:
            set_committed_value(record, "updated_at", work.now)


async def _tell_engagements(work: Work, changed: Sequence[Engagement]) -> None:
    """The event of each, with all that it says of an engagement."""
    for stands in (await telling.snapshots(work, changed)).values():
        work.record(telling.event_of(stands, []), reason=FORGOTTEN)
