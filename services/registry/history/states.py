"""A record as it stood: the events until then, laid over each other.

An event carries the whole public state; what was recorded as its `after` says more to those whom it concerns. Where both name a field,
the state says it, for it is complete in every event. A merge or a split says only by whom the actor is known: it is laid over the last
whole state. What states of actors did not say before they said everything is taken from the recorded lists.
"""

from itertools import zip_longest
from typing import Any

from sqlalchemy import text

from services.registry.actors.callers import RECORDS
from services.registry.actors.telling import as_read
from shared.directory import IDENTITY
from shared.keepers import any_kept
from shared.reading import Statement

Fields = dict[str, Any]
ORIGIN = ("source", "licence", "read_on")

_STATE = """
WITH seen AS (
    SELECT seq, id, type, time, visibility, payload, payload_open, after, aggregateid = (CAST(:ids AS text[]))[1] AS own,
           @identity AS identity, CAST(:sees_all AS boolean) OR coalesce(CAST(:org AS uuid) = ANY (organizations), false)
               OR CAST(:country AS text) IS NOT NULL AND @kept AS concerned
    FROM events
    WHERE aggregatetype = CAST(:kind AS text) AND aggregateid = ANY (CAST(:ids AS text[]))
), told AS (
    SELECT * FROM seen
    WHERE (concerned OR visibility = 'public')
      AND (own OR identity AND (CAST(:ids AS text[]))[1] IN (payload_open ->> 'canonical_id', payload_open ->> 'former_canonical_id'))
), last AS (
    SELECT * FROM told
    WHERE (CAST(:event AS uuid) IS NULL OR id = CAST(:event AS uuid)) AND (CAST(:at AS timestamptz) IS NULL OR time <= CAST(:at AS timestamptz))
    ORDER BY seq DESC LIMIT 1
), whole AS (
    SELECT told.* FROM told, last WHERE told.own AND NOT told.identity AND told.seq <= last.seq ORDER BY told.seq DESC LIMIT 1
), known AS (
    SELECT jsonb_build_object('canonical_id', told.payload_open -> 'canonical_id') AS as_whom
    FROM told, last WHERE told.own AND told.identity AND told.seq <= last.seq ORDER BY told.seq DESC LIMIT 1
), folded AS (
    SELECT jsonb_object_agg(entry.key, entry.value ORDER BY told.seq) AS fields
    FROM told, last, jsonb_each(CASE WHEN jsonb_typeof(told.after) = 'object' THEN told.after END) AS entry
    WHERE told.own AND NOT told.identity AND told.concerned AND told.seq <= last.seq
)
SELECT CAST(json_build_object(
    'event', last.id, 'type', last.type,
    'time', to_char(last.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\\:MI\\:SS.US"Z"'), 'complete', whole.concerned,
    'recorded', coalesce(folded.fields, CAST('{}' AS jsonb)),
    'said', CASE WHEN whole.concerned THEN whole.payload ELSE whole.payload_open END || coalesce((SELECT as_whom FROM known), CAST('{}' AS jsonb))
) AS text) AS body
FROM last, whole, folded
""".replace("@identity", f"type IN ({', '.join(repr(kind) for kind in IDENTITY)})").replace(
    "@kept", any_kept("organizations", "CAST(:country AS text)", RECORDS)
)
STATE = Statement(text(_STATE))  # type: ignore[arg-type]  # it only needs to compile


def state_of(kind: str, recorded: Fields, said: Fields) -> Fields:
    """The record's fields after the last of these events."""
    state = _actor(recorded, said) if kind == "actor" else {**recorded, **said}
    state.pop("changed", None)  # what one change said of texts that are not kept here
    return state


def _actor(recorded: Fields, said: Fields) -> Fields:
    """As the read of an actor answers, with its names, identifiers and parents."""
    if "all_names" in said:
        return as_read(said)
    names, identifiers = recorded.pop("names", None), recorded.pop("identifiers", None)
    parents = recorded.pop("parents", None)
    state = {**recorded, **said}
    if names is not None:
        state["names"] = _names(names, said["names"])
    if identifiers is not None:
        state["identifiers"] = _identifiers(identifiers, [recorded.get(name) for name in ORIGIN])
    if parents is not None:
        state["parents"] = [{"parent_id": parent, **_days(first, last)} for parent, first, last in parents]
    for item in (*(state["names"] if names is not None else ()), *(state["identifiers"] if identifiers is not None else ())):
        item["actor_id"] = said["actor_id"]
    return state


def _names(recorded: Any, preferred: Fields) -> list[Fields]:
    """An import registers preferred names only, and says them by language."""
    if isinstance(recorded, dict):
        recorded = [[language, "preferred", name, "", "", ""] for language, name in sorted(preferred.items())]
    return [
        {"language": language, "name": name, "kind": kind, **_days(first, last), "source": source or None}
        for language, kind, name, first, last, source in recorded
    ]


def _identifiers(recorded: Any, origin: list[str | None]) -> list[Fields]:
    """An import registers identifiers by scheme, with the origin of the row. What was recorded before licences were kept says none."""
    if isinstance(recorded, dict):
        recorded = [[scheme, value, "", "", *origin] for scheme, value in sorted(recorded.items())]
    return [
        {"scheme": scheme, "value": value, **_days(first, last), **{name: said or None for name, said in zip_longest(ORIGIN, given)}}
        for scheme, value, first, last, *given in recorded
    ]


def _days(first: str, last: str) -> Fields:
    return {"valid_from": first or None, "valid_through": last or None}
