"""Answers that are kept for an Idempotency-Key: they stay, so that a repeated request still has its effect once, and say the words no more."""

import contextlib
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from services.registry.people.files import needles
from services.registry.people.mentions import Traces, within
from services.registry.people.naming import ERASED, names, without
from shared.idempotency import idempotency_keys
from shared.work import Work

_ANSWERS = text("SELECT key, body FROM idempotency_keys WHERE EXISTS (SELECT FROM unnest(:needles) AS needle WHERE position(needle IN body) > 0)").bindparams(
    bindparam("needles", type_=ARRAY(BYTEA))
)


async def forget_answers(work: Work, traces: Traces, about: Collection[tuple[str, str]]) -> None:
    """An answer goes with the record that it shows: what is about the person, and what the erasure reaches. Others are left to who got them."""
    kept = {row.key: orjson.loads(row.body) for row in (await work.execute(_ANSWERS, {"needles": needles(traces.words)})).all()}
    shown = {key: _records(body) for key, body in kept.items()}
    own = {UUID(record_id) for _, record_id in about}
    reached = await within(work, {record_id for records in shown.values() for record_id, _ in records}, traces)
    rows = []
    for key, records in shown.items():
        theirs = [(record_id, part) for record_id, part in records if record_id in own or record_id in reached]
        for record_id, part in theirs:
            part.update(_scrubbed(part, traces.words if record_id in own else traces.far))
        if theirs:
            rows.append({"which": key, "new_body": orjson.dumps(kept[key])})
    if rows:
        changed = update(idempotency_keys).where(idempotency_keys.c.key == bindparam("which")).values(body=bindparam("new_body"))
        await work.execute(changed, rows)


def _records(body: Any) -> list[tuple[UUID, dict[str, Any]]]:
    """The records that an answer shows: itself, or where many suggestions were decided each of them."""
    many = body.get("items", ()) if isinstance(body, dict) else ()
    found = []
    for part in (body, *(item.get("suggestion") for item in many if isinstance(item, dict))):
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            found.append((UUID(part["id"]), part))
    return found


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
