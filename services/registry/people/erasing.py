"""Erasing a person: the name and everything personal goes wherever it may rest; the office's history stays, with its days.

Beside people and contact points, a name or an address may rest in the texts of other records, in what was recorded of these, in reasons
that somebody wrote before reasons were read, in answers kept for an Idempotency-Key, in a file that is being imported and in what was
wrong with one. Locks are taken in the order in which imports take theirs: the import, the seats, the person.

Left as they are: approach reports, counterpart checks, flags and watch lists, and what was recorded of them. They are confidential or
deliberate lists of names; even to say that one of them changed would tell who stands in it.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy import Boolean, Text, TextClause, bindparam, delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.access import ACTORS_WRITE
from services.registry.actors.models import ActorName
from services.registry.actors.words import folded
from services.registry.events import PersonForgotten
from services.registry.imports.faults import failed
from services.registry.imports.models import ENDED, Import, ImportProblem
from services.registry.imports.statements import CLEAN
from services.registry.people.mentions import Traces, forget, hold_seats
from services.registry.people.models import Person
from services.registry.people.naming import ERASED, is_name, names, plain, require_nameless, sought, without
from services.registry.people.repository import People
from services.registry.people.schemas import PersonErasure, PersonRead
from services.registry.people.service import require_kept
from services.registry.seats.models import ContactPoint, Seat, SeatHolder
from services.registry.seats.schemas import EMAIL
from shared.events import events
from shared.idempotency import idempotency_keys
from shared.translations import in_each_language
from shared.work import Work

FAILURE = "The file named somebody who was erased meanwhile. Take the person out of it and send it again."


def _holding(statement: str) -> TextClause:
    """A statement over rows whose `content` holds one of `:needles`, byte strings."""
    holds = "EXISTS (SELECT FROM unnest(:needles) AS needle WHERE position(needle IN content) > 0)"
    return text(statement.replace("@holds", holds)).bindparams(bindparam("needles", type_=ARRAY(BYTEA)))


_IMPORTS = _holding("SELECT DISTINCT import_id FROM import_chunks WHERE @holds")
_ANSWERS = _holding("SELECT key, content FROM (SELECT key, body AS content FROM idempotency_keys) AS kept WHERE @holds")


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
        SELECT *, (aggregatetype || '/' || aggregateid) = ANY (:about) AS about,
               concat_ws(' ', reason, before, after, payload) AS said
        FROM events WHERE aggregatetype <> ALL (:confidential)
    ) AS e
    WHERE (about AND (said ~ :near OR said ~ :far)) OR ((
        :everywhere OR organizations && :organizations OR (aggregatetype = 'actor' AND aggregateid = ANY (CAST(:organizations AS text[])))
        OR (aggregatetype = 'judgement' AND ARRAY[payload ->> 'left_id', payload ->> 'right_id'] && CAST(:organizations AS text[]))
    ) AND said ~ :far)
    """
).bindparams(
    bindparam("about", type_=ARRAY(Text())),
    bindparam("confidential", type_=ARRAY(Text())),
    bindparam("organizations", type_=ARRAY(PGUUID(as_uuid=True))),
    bindparam("everywhere", type_=Boolean()),
    bindparam("near", type_=Text()),
    bindparam("far", type_=Text()),
)


def needles(words: Iterable[str]) -> list[bytes]:
    """The words as they stand in files and in JSON, which may write what is not ASCII in two ways."""
    spelt = {form for word in words for form in (word, word.lower(), word.upper(), plain(word), plain(word).lower(), plain(word).upper())}
    forms = {form for word in spelt for form in (word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])}
    return sorted(form.encode() for form in forms)


async def erase(work: Work, person_id: UUID, request: PersonErasure) -> Response:
    """Forget a person, in one transaction and for good."""
    seen = await People(work).get(person_id)
    await require_kept(work, seen)
    seen.require_known()
    traces = await _traces(work, seen, request)
    require_nameless(request.reason, *traces.words)
    await _stop_imports(work, traces)
    await hold_seats(work, traces)
    await work.session.refresh(seen, with_for_update=True)
    seen.erase(work.now)
    await work.flush()
    about = await forget(work, traces, await _forget_addresses(work, traces, request))
    await _forget_events(work, traces, about)
    await _forget_answers(work, traces)
    work.record(PersonForgotten(person_id=person_id, organization_id=seen.organization_id), reason=request.reason)
    await work.flush()
    return await People(work).read(PersonRead, person_id)


async def _traces(work: Work, person: Person, request: PersonErasure) -> Traces:
    own = (await work.execute(select(ContactPoint.seat_id, ContactPoint.address).where(ContactPoint.person_id == person.id))).all()
    held = select(SeatHolder.seat_id, Seat.actor_id).join(Seat, Seat.id == SeatHolder.seat_id).where(SeatHolder.person_id == person.id)
    posts = (await work.execute(held)).all()
    addresses = [*(row.address for row in own), *(one for one in request.addresses if EMAIL.fullmatch(one))]
    name = person.name or ""
    words = dict.fromkeys(word for word in (name, *addresses, *request.addresses) if word)
    far = ([name] if await _is_peculiar(work, name) else []) + addresses
    seats = sorted({row.seat_id for row in (*posts, *own)})
    organizations = {person.organization_id, *(row.actor_id for row in posts)} - {None}
    return Traces(person.id, tuple(words), tuple(dict.fromkeys(far)), tuple(seats), tuple(organizations), work.caller.may(ACTORS_WRITE))


async def _is_peculiar(work: Work, name: str) -> bool:
    """Whether a name says who is meant wherever it stands: of two words at least, and not in the name of an actor."""
    if len(name.split()) < 2 or not is_name(name):
        return False
    within = exists().where(func.concat(" ", ActorName.folded, " ").contains(f" {folded(name)} ", autoescape=True))
    return not (await work.execute(select(within))).scalar_one()


async def _stop_imports(work: Work, traces: Traces) -> None:
    """A file on its way that has the person in it would bring them back: it fails, and what was kept of it goes."""
    found = (await work.execute(_IMPORTS, {"needles": needles(traces.far)})).scalars().all()
    for import_id in sorted(found):
        ended = {**failed(in_each_language(FAILURE)), "finished_at": work.now, "updated_at": work.now}
        await work.execute(update(Import).where(Import.id == import_id, Import.state.not_in(ENDED)).values(**ended))
        for statement in CLEAN:
            await work.execute(statement, {"id": import_id})
    if (pattern := sought(traces.words)) is not None:
        for problem in (await work.execute(select(ImportProblem).where(ImportProblem.value.regexp_match(pattern)))).scalars():
            if names(problem.value, traces.words):
                problem.value = ERASED


async def _forget_addresses(work: Work, traces: Traces, request: PersonErasure) -> set[UUID]:
    """Their own addresses, and those of their offices that the request names; the seats that had them."""
    given = [address.lower() for address in request.addresses]
    of_office = func.lower(ContactPoint.address).in_(given) & ContactPoint.seat_id.in_(traces.seats)
    gone = delete(ContactPoint).where((ContactPoint.person_id == traces.person_id) | of_office).returning(ContactPoint.seat_id)
    return set((await work.execute(gone)).scalars())


async def _forget_events(work: Work, traces: Traces, about: Sequence[tuple[str, str]]) -> None:
    """What was recorded loses the words as the records do. In reasons of what is about the person, a part of the name is a name."""
    values = {"about": [f"{kind}/{record_id}" for kind, record_id in about], "confidential": list(CONFIDENTIAL), "everywhere": traces.everywhere}
    values |= {"near": sought(traces.words, alone=True), "far": sought(traces.far), "organizations": list(traces.organizations)}
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


async def _forget_answers(work: Work, traces: Traces) -> None:
    """Kept answers stay, so that a repeated request still has its effect once, and say the words no more."""
    rows = []
    for row in (await work.execute(_ANSWERS, {"needles": needles(traces.words)})).all():
        rows.append({"which": row.key, "new_body": orjson.dumps(_scrubbed(orjson.loads(row.content), traces.words))})
    if rows:
        changed = update(idempotency_keys).where(idempotency_keys.c.key == bindparam("which")).values(body=bindparam("new_body"))
        await work.execute(changed, rows)


def _scrubbed(value: Any, words: Iterable[str]) -> Any:
    """JSON without the words: null where a text was one of them, `[erased]` where it was part of one."""
    if isinstance(value, dict):
        return {name: _scrubbed(item, words) for name, item in value.items()}
    if isinstance(value, list):
        return [_scrubbed(item, words) for item in value]
    if not isinstance(value, str) or not names(value, words):
        return value
    cleaned = without(value, words)
    return None if cleaned == ERASED else cleaned
