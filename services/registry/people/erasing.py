"""Erasing a person: the name and everything personal goes wherever it may rest; the office's history stays, with its days.

Beside people and contact points, a name or an address may rest in the texts of other records, in what was recorded of these, in reasons
that somebody wrote before reasons were read, in answers kept for an Idempotency-Key, in a file that is being imported and in what was
wrong with one, or left of one to people. Locks are taken in the order in which imports take theirs: the import, the seats, the person.
Before all of them comes that of decisions on rows, who take it with none of these in their hands.

Left as they are: approach reports, counterpart checks, flags and watch lists, and what was recorded of them. They are confidential or
deliberate lists of names; even to say that one of them changed would tell who stands in it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import Boolean, Text, bindparam, delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.actors.callers import RECORDS
from services.registry.actors.models import ActorName
from services.registry.actors.words import folded
from services.registry.events import PersonForgotten
from services.registry.imports.links.deciding import IN_TURN
from services.registry.people.answers import forget_answers
from services.registry.people.files import forget_problems, stop
from services.registry.people.mentions import Traces, forget, hold_seats
from services.registry.people.models import Person
from services.registry.people.naming import is_name, require_nameless, sought, without
from services.registry.people.reach import reach_of
from services.registry.people.repository import Erasable
from services.registry.people.schemas import PersonErasure, PersonRead
from services.registry.people.service import require_kept
from services.registry.seats.models import ContactPoint, Seat, SeatHolder
from services.registry.seats.schemas import EMAIL
from shared.events import events
from shared.keepers import any_kept
from shared.work import Work

# Records whose events say something of persons who are watched or of those who report: left as they are.
CONFIDENTIAL = ("approach", "diligence", "flag", "watchlist")
# Free texts of records, as their events name them. Of an actor's events only the reason is read: its names are public, whoever shares them.
TEXTS = frozenset({
    "title", "note", "source", "end_reason", "reason", "role", "place", "outcomes", "decision", "withdrawal", "office_name", "verification_note",
})  # fmt: skip
_EVENTS = text(
    """
    SELECT id, aggregatetype, reason, before, after, payload, payload_open, about
    FROM (
        SELECT *, (aggregatetype || '/' || aggregateid) = ANY (:about) AS about, concat_ws(' ', reason, before, after, payload) AS said,
               organizations || CASE aggregatetype
                   WHEN 'actor' THEN ARRAY[CAST(aggregateid AS uuid)]
                   WHEN 'judgement' THEN ARRAY[CAST(payload ->> 'left_id' AS uuid), CAST(payload ->> 'right_id' AS uuid)]
                   WHEN 'suggestion' THEN ARRAY(
                       SELECT unnest(s.candidates || s.other_id || s.actor_id) FROM import_suggestions AS s WHERE s.id = CAST(aggregateid AS uuid)
                   )
                   ELSE '{}'
               END AS concerned
        FROM events WHERE aggregatetype <> ALL (:confidential)
    ) AS e
    WHERE (about AND (said ~ :near OR said ~ :far)) OR (said ~ :far AND (
        :everywhere OR concerned && :organizations OR @kept
    ))
    """.replace("@kept", any_kept("e.concerned", "CAST(:country AS text)", RECORDS))
).bindparams(
    bindparam("about", type_=ARRAY(Text())),
    bindparam("confidential", type_=ARRAY(Text())),
    bindparam("organizations", type_=ARRAY(PGUUID(as_uuid=True))),
    bindparam("country", type_=Text()),
    bindparam("everywhere", type_=Boolean()),
    bindparam("near", type_=Text()),
    bindparam("far", type_=Text()),
)


async def erase(work: Work, person_id: UUID, request: PersonErasure) -> Response:
    """Forget a person, in one transaction and for good."""
    seen = await Erasable(work).get(person_id)
    await require_kept(work, seen)
    seen.require_known()
    traces = await _traces(work, seen, request)
    require_nameless(request.reason, *traces.words)
    await work.execute(IN_TURN)  # a decision that is being made has read the words of its row, and makes something of them
    await stop(work, traces.far, traces.reach)
    await forget_problems(work, traces.far, traces.reach)
    await hold_seats(work, traces)
    await work.session.refresh(seen, with_for_update=True)
    seen.erase(work.now)
    await work.flush()
    about = await forget(work, traces, await _forget_addresses(work, traces, request))
    await _forget_events(work, traces, about)
    await forget_answers(work, traces, about)
    work.record(PersonForgotten(person_id=person_id, organization_id=seen.organization_id), reason=request.reason)
    await work.flush()
    return await Erasable(work).read(PersonRead, person_id)


async def _traces(work: Work, person: Person, request: PersonErasure) -> Traces:
    own = (await work.execute(select(ContactPoint.seat_id, ContactPoint.address).where(ContactPoint.person_id == person.id))).all()
    held = select(SeatHolder.seat_id, Seat.actor_id).join(Seat, Seat.id == SeatHolder.seat_id).where(SeatHolder.person_id == person.id)
    posts = (await work.execute(held)).all()
    addresses = [*(row.address for row in own), *(one for one in request.addresses if EMAIL.fullmatch(one))]
    name = person.name or ""
    words = dict.fromkeys(word for word in (name, *addresses, *request.addresses) if word)
    far = ([name] if await _is_peculiar(work, name) else []) + addresses
    seats = sorted({row.seat_id for row in (*posts, *own)})
    reach = reach_of(work.caller).and_of({person.organization_id, *(row.actor_id for row in posts)} - {None})
    return Traces(person.id, tuple(words), tuple(dict.fromkeys(far)), tuple(seats), reach)


async def _is_peculiar(work: Work, name: str) -> bool:
    """Whether a name says who is meant wherever it stands: of two words at least, and not in the name of an actor."""
    if len(name.split()) < 2 or not is_name(name):
        return False
    within = exists().where(func.concat(" ", ActorName.folded, " ").contains(f" {folded(name)} ", autoescape=True))
    return not (await work.execute(select(within))).scalar_one()


async def _forget_addresses(work: Work, traces: Traces, request: PersonErasure) -> set[UUID]:
    """Their own addresses, and those of their offices that the request names; the seats that had them."""
    given = [address.lower() for address in request.addresses]
    of_office = func.lower(ContactPoint.address).in_(given) & ContactPoint.seat_id.in_(traces.seats)
    gone = delete(ContactPoint).where((ContactPoint.person_id == traces.person_id) | of_office).returning(ContactPoint.seat_id)
    return set((await work.execute(gone)).scalars())


async def _forget_events(work: Work, traces: Traces, about: Sequence[tuple[str, str]]) -> None:
    """What was recorded loses the words as the records do. In reasons of what is about the person, a part of the name is a name."""
    values: dict[str, Any] = {"about": [f"{kind}/{record_id}" for kind, record_id in about], "confidential": list(CONFIDENTIAL)}
    values |= {"near": sought(traces.words, alone=True), "far": sought(traces.far)}
    values |= {"everywhere": traces.reach.everywhere, "organizations": list(traces.reach.organizations), "country": traces.reach.country}
    rows = []
    for row in (await work.execute(_EVENTS, values)).all():
        words = traces.words if row.about else traces.far
        kept = {name: getattr(row, name) for name in ("before", "after", "payload", "payload_open")}
        clean = kept if row.aggregatetype == "actor" else {name: _told(value, words, row.aggregatetype) for name, value in kept.items()}
        reason = row.reason and without(row.reason, words, alone=row.about)
        if clean != kept or reason != row.reason:
            rows.append({"which": row.id, "new_reason": reason, **{f"new_{name}": value for name, value in clean.items()}})
    if rows:
        named = ("reason", "before", "after", "payload", "payload_open")
        changed = update(events).where(events.c.id == bindparam("which")).values({name: bindparam(f"new_{name}") for name in named})
        await work.execute(changed, rows)


def _told(fields: dict[str, Any] | None, words: Sequence[str], kind: str) -> dict[str, Any] | None:
    """What an event tells, without the words in its texts. A seat's role is none: it is one of ours."""
    texts = TEXTS - {"role"} if kind == "seat" else TEXTS
    if not isinstance(fields, dict):
        return fields
    return {name: without(value, words) if name in texts and isinstance(value, str) else value for name, value in fields.items()}
