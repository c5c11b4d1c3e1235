"""Answers that are kept for an Idempotency-Key: they stay, so that a repeated request still has its effect once, and say the words no more."""

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
    shown = {key: shows for key, body in kept.items() if (shows := _record_of(body)) is not None}
    own = {UUID(record_id) for _, record_id in about}
    reached = await within(work, set(shown.values()), traces)
    rows = []
    for key, record_id in shown.items():
        if record_id in own or record_id in reached:
            words = traces.words if record_id in own else traces.far
            rows.append({"which": key, "new_body": orjson.dumps(_scrubbed(kept[key], words))})
    if rows:
        changed = update(idempotency_keys).where(idempotency_keys.c.key == bindparam("which")).values(body=bindparam("new_body"))
        await work.execute(changed, rows)


def _record_of(body: Any) -> UUID | None:
    """The id of the record that an answer shows."""
    try:
        return UUID(body["id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


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
