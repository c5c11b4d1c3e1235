"""Erasing a person: the name and everything personal goes wherever it may rest; the office's history stays, with its days.

Beside people and contact points, a name or an address may rest in notes of memberships and claims, in reasons that somebody wrote before
reasons were read, in answers kept for an Idempotency-Key, in a file that is being imported and in what was wrong with one. Locks are taken
in the order in which imports take theirs: the import, the seats, the person.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy import TextClause, bindparam, delete, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from services.registry.claims.models import Claim
from services.registry.events import PersonForgotten
from services.registry.imports.faults import failed
from services.registry.imports.models import ENDED, Import, ImportProblem
from services.registry.imports.statements import CLEAN
from services.registry.memberships.models import Membership
from services.registry.people.models import Person
from services.registry.people.naming import ERASED, names, require_nameless, without
from services.registry.people.repository import People
from services.registry.people.schemas import PersonErasure, PersonRead
from services.registry.people.service import require_kept
from services.registry.seats.models import ContactPoint, Seat, SeatHolder
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


@dataclass(frozen=True)
class Traces:
    """Where a person is to be found, and by which words."""

    person_id: UUID
    words: tuple[str, ...]
    seats: tuple[UUID, ...]

    def needles(self) -> list[bytes]:
        """The words as they stand in files and in JSON, which may write what is not ASCII in two ways."""
        spelt = {form for word in self.words for form in (word, word.lower(), word.upper())}
        forms = {form for word in spelt for form in (word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])}
        return sorted(form.encode() for form in forms)


async def erase(work: Work, person_id: UUID, request: PersonErasure) -> Response:
    """Forget a person, in one transaction and for good."""
    seen = await People(work).get(person_id)
    require_kept(work, seen)
    seen.require_known()
    traces = await _traces(work, person_id, request)
    require_nameless(request.reason, *traces.words)
    await _stop_imports(work, traces)
    await work.execute(select(Seat.id).where(Seat.id.in_(traces.seats)).order_by(Seat.id).with_for_update())
    await work.session.refresh(seen, with_for_update=True)
    seen.erase(work.now)
    await _forget_addresses(work, traces, request)
    related = await _forget_notes(work, traces)
    await _forget_reasons(work, traces, related)
    await _forget_answers(work, traces)
    work.record(PersonForgotten(person_id=person_id, organization_id=seen.organization_id), reason=request.reason)
    await work.flush()
    return await People(work).read(PersonRead, person_id)


async def _traces(work: Work, person_id: UUID, request: PersonErasure) -> Traces:
    name = (await work.execute(select(Person.name).where(Person.id == person_id))).scalar_one()
    own = (await work.execute(select(ContactPoint.seat_id, ContactPoint.address).where(ContactPoint.person_id == person_id))).all()
    held = (await work.execute(select(SeatHolder.seat_id).where(SeatHolder.person_id == person_id))).scalars()
    words = dict.fromkeys(word for word in (name, *(row.address for row in own), *request.addresses) if word)
    return Traces(person_id, tuple(words), tuple(sorted({*held, *(row.seat_id for row in own)})))


async def _stop_imports(work: Work, traces: Traces) -> None:
    """A file on its way that has the person in it would bring them back: it fails, and what was kept of it goes."""
    found = (await work.execute(_IMPORTS, {"needles": traces.needles()})).scalars().all()
    for import_id in sorted(found):
        ended = {**failed(in_each_language(FAILURE)), "finished_at": work.now, "updated_at": work.now}
        await work.execute(update(Import).where(Import.id == import_id, Import.state.not_in(ENDED)).values(**ended))
        for statement in CLEAN:
            await work.execute(statement, {"id": import_id})
    named = or_(*(ImportProblem.value.icontains(word, autoescape=True) for word in traces.words))
    for problem in (await work.execute(select(ImportProblem).where(named))).scalars():
        if names(problem.value, traces.words):
            problem.value = ERASED


async def _forget_addresses(work: Work, traces: Traces, request: PersonErasure) -> None:
    """Their own addresses, and those of their offices that the request names."""
    given = [address.lower() for address in request.addresses]
    of_office = func.lower(ContactPoint.address).in_(given) & ContactPoint.seat_id.in_(traces.seats)
    gone = delete(ContactPoint).where((ContactPoint.person_id == traces.person_id) | of_office).returning(ContactPoint.seat_id)
    seats = set((await work.execute(gone)).scalars())
    for seat in (await work.execute(select(Seat).where(Seat.id.in_(seats)))).scalars():
        seat.touch(work.now)


async def _forget_notes(work: Work, traces: Traces) -> list[tuple[str, str]]:
    """Notes of memberships and claims. Gives the records whose events may name the person: each as its kind and its id."""
    related = [("person", str(traces.person_id)), *(("seat", str(seat)) for seat in traces.seats)]
    for member in (await work.execute(select(Membership).where(Membership.person_id == traces.person_id).with_for_update())).scalars():
        member.note, member.source = None, member.source and without(member.source, traces.words)
        related.append(("membership", str(member.id)))
    for claim in (await work.execute(select(Claim).where(Claim.person_id == traces.person_id).with_for_update())).scalars():
        claim.note, claim.email_domain, claim.decision = None, None, claim.decision and without(claim.decision, traces.words)
        related.append(("claim", str(claim.id)))
    return related


async def _forget_reasons(work: Work, traces: Traces, related: Sequence[tuple[str, str]]) -> None:
    of_these = tuple_(events.c.aggregatetype, events.c.aggregateid).in_(related)
    found = await work.execute(select(events.c.id, events.c.reason).where(of_these, events.c.reason.is_not(None)))
    for row in found.all():
        if names(row.reason, traces.words):
            await work.execute(update(events).where(events.c.id == row.id).values(reason=without(row.reason, traces.words)))


async def _forget_answers(work: Work, traces: Traces) -> None:
    """Kept answers stay, so that a repeated request still has its effect once, and say the words no more."""
    for row in (await work.execute(_ANSWERS, {"needles": traces.needles()})).all():
        body = orjson.dumps(_scrubbed(orjson.loads(row.content), traces.words))
        await work.execute(update(idempotency_keys).where(idempotency_keys.c.key == row.key).values(body=body))


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
