"""`GET /v1/events/<service>`: the http-feeds format over positioned events, filtered by row and by field to the caller.

http-feeds: CloudEvents in `application/cloudevents-batch+json`, `lastEventId` to go on from, `timeout` (milliseconds) to long-poll,
an empty array at the end. The wait holds no session. A page costs what is in it, never what the caller may not see beside it; only the
auditor of a country, who is nobody's reader in advance, walks over what concerns other countries.
"""

import asyncio
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Text, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from shared.access import Admits, Caller
from shared.database import Database
from shared.errors import FeedPositionUnknown
from shared.events import EVERYONE
from shared.keepers import DIRECTORY, Records, any_kept
from shared.problems import problems
from shared.relay import FEED_SIGNAL
from shared.routes import Router

BATCH_TYPE = "application/cloudevents-batch+json"
FOLLOW = "events:follow"
READ = "events:read"
AUDIT = "events:audit"
PAGE_BYTES = 1_048_576  # a page ends with the event that reaches them


class BatchResponse(Response):
    media_type = BATCH_TYPE


class FeedQuery(BaseModel):
    """Where to go on from and how long to wait, in the names of http-feeds."""

    model_config = ConfigDict(extra="forbid")
    lastEventId: UUID | None = Field(None, description="The id of the last event you have processed; absent means from the start.")
    timeout: int = Field(0, ge=0, le=30_000, description="Milliseconds to wait for new events before an empty array is answered.")
    limit: int = Field(500, ge=1, le=1_000)


# Visibility of rows and of fields are the same two questions everywhere: does the event concern the caller's organisation,
# or does the caller read everything (auditors of the platform and the followers that keep projections)? The auditor of a country reads
# what concerns organisations that this country keeps.
_CONCERNED = "(:org = ANY (organizations))"
_ALL = """
    SELECT {columns} FROM events WHERE position > :after ORDER BY position LIMIT :limit
"""
# The caller's next positions are two ranges of one index; LATERAL keeps it to one look-up a row, whatever the statistics say.
_LISTED = """
    SELECT told.* FROM (
        SELECT position AS listed FROM (
            (SELECT position FROM event_readers WHERE reader = :everyone AND position > :after ORDER BY position LIMIT :limit)
            UNION ALL
            (SELECT position FROM event_readers WHERE reader = :org AND position > :after ORDER BY position LIMIT :limit)
        ) AS either ORDER BY position LIMIT :limit
    ) AS next CROSS JOIN LATERAL (SELECT {columns} FROM events WHERE position = listed OFFSET 0) AS told ORDER BY listed
"""
# Walked along the positions, each row judged once.
_OF_COUNTRY = """
    SELECT {columns} FROM events CROSS JOIN LATERAL (SELECT @concerned AS is_theirs OFFSET 0) AS judged
    WHERE position > :after AND (visibility = 'public' OR is_theirs) ORDER BY position LIMIT :limit
"""
_COLUMNS = """
    '1.0' AS specversion, id, type, :source AS source, to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
    aggregatetype || '/' || aggregateid AS subject, 'application/json' AS datacontenttype, position AS sequence,
    request_id AS requestid, trace AS traceparent, {subject} AS authid, organization AS authorganization,
    {reason} AS reason, {before} AS before, {after} AS after, {payload} AS data
"""
# Lines are added until the page is full: OFFSET 0 keeps PostgreSQL from writing a line again for its length.
_BATCH = """
    SELECT coalesce('[' || string_agg(line, ',' ORDER BY sequence) || ']', '[]') AS body, max(sequence) AS last
    FROM (
        SELECT line, sequence, sum(octet_length(line)) OVER (ORDER BY sequence ROWS UNBOUNDED PRECEDING) - octet_length(line) AS before
        FROM (SELECT row_to_json(entry)::text AS line, sequence FROM ({rows}) AS entry OFFSET 0) AS written
    ) AS page WHERE before < :bytes
"""
# Statistics are oldest when most has just happened. A planner that expects few rows after a position would fetch all of them and sort,
# page after page; for this transaction it walks along the index instead.
IN_ORDER = text("SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)")
_CLOSED = ("subject", "reason", "before", "after")


def _batch_of(rows: str, closed: dict[str, str]) -> TextClause:
    return text(_BATCH.format(rows=rows.format(columns=_COLUMNS.format(**closed))))


def _closed(concerned: str) -> dict[str, str]:
    fields = {name: f"CASE WHEN {concerned} THEN {name} END" for name in _CLOSED}
    return fields | {"payload": f"CASE WHEN {concerned} THEN payload ELSE payload_open END"}


_ORG = bindparam("org", type_=PGUUID(as_uuid=True))
_COUNTRY = bindparam("country", type_=Text())
EVERYTHING = _batch_of(_ALL, {name: name for name in (*_CLOSED, "payload")})
VISIBLE = _batch_of(_LISTED, _closed(_CONCERNED)).bindparams(bindparam("everyone", EVERYONE, type_=PGUUID(as_uuid=True)), _ORG)
_POSITION = "SELECT position, visibility = 'public' OR coalesce(@concerned, false) AS visible FROM events WHERE id = :id"
POSITION = text(_POSITION.replace("@concerned", _CONCERNED)).bindparams(_ORG)


@lru_cache
def of_country(records: Records) -> tuple[TextClause, TextClause]:
    """A page, and the place of one event, for the auditor of a country."""
    concerned = f"(coalesce({_CONCERNED}, false) OR {any_kept('organizations', ':country', records)})"
    page = _batch_of(_OF_COUNTRY.replace("@concerned", concerned), _closed("is_theirs"))
    return page.bindparams(_ORG, _COUNTRY), text(_POSITION.replace("@concerned", concerned)).bindparams(_ORG, _COUNTRY)


def sees_all(caller: Caller) -> bool:
    """Followers keep projections of everything; an auditor sees everything who belongs to no organisation and no country."""
    return caller.may(FOLLOW) or (caller.may(AUDIT) and caller.belongs_nowhere)


def audits_country(caller: Caller) -> bool:
    """Whether the caller sees what concerns a country besides. An auditor whose country nobody said sees what the organisation sees."""
    return caller.may(AUDIT) and caller.country is not None and not sees_all(caller)


def _reads(caller: Caller, records: Records) -> tuple[TextClause, TextClause, dict[str, Any]]:
    """The statements of a page and of a place, and the values by which they tell callers apart."""
    own = {"org": None if caller.organization == EVERYONE else caller.organization}
    if sees_all(caller):
        return EVERYTHING, POSITION, {}
    return (*of_country(records), {**own, "country": caller.country}) if audits_country(caller) else (VISIBLE, POSITION, own)


async def read_feed(database: Database, caller: Caller, query: FeedQuery, *, source: str, records: Records = DIRECTORY) -> Response:
    """One batch after `lastEventId`, of at most `limit` events and about PAGE_BYTES; FeedPositionUnknown (410) for an id this caller
    was never given.
    """
    page, position, who = _reads(caller, records)
    after = 0 if query.lastEventId is None else await _position(database, query.lastEventId, position, who)
    values: dict[str, object] = {"after": after, "limit": query.limit, "bytes": PAGE_BYTES, "source": source, **who}
    deadline = asyncio.get_running_loop().time() + query.timeout / 1000
    while True:
        news = database.signals.watch(FEED_SIGNAL)
        body, last = await _batch(database, page, values)
        remaining = deadline - asyncio.get_running_loop().time()
        if last is not None or remaining <= 0:
            return Response(body, media_type=BATCH_TYPE, headers={"Cache-Control": "no-store"})
        await database.signals.wait(news, min(remaining, 5.0))


async def _position(database: Database, event_id: UUID, statement: TextClause, who: dict[str, Any]) -> int:
    """By the primary key alone: the other conditions are looked at here, so that no statistics can suggest another index for them."""
    async with database.session(read_only=True) as session:
        row = (await session.execute(statement, {"id": event_id, "org": None, **who})).one_or_none()
    if row is None or row.position is None or not (row.visible or not who):
        raise FeedPositionUnknown("Read the feed from the start, without lastEventId; this id is not in it.")
    return int(row.position)


async def _batch(database: Database, statement: TextClause, values: dict[str, object]) -> tuple[str, int | None]:
    async with database.session(read_only=False) as session:
        await session.execute(IN_ORDER)
        row = (await session.execute(statement, values)).one()
    return row.body, row.last


def feed_router(source: str, records: Records = DIRECTORY) -> Router:
    """The feed of a service, at `/v1/events/<service>`. By `records` it knows which country keeps an organisation."""
    router = Router(tags=["events"])

    @router.get(f"/events/{source}", name=f"read_{source}_events", response_class=BatchResponse, responses=problems(FeedPositionUnknown))
    async def read_events(request: Request, query: Annotated[FeedQuery, Query()], caller: Annotated[Caller, Admits(READ)]) -> Response:
        """Read this service's events in order, from the start or after `lastEventId`."""
        return await read_feed(request.app.state.database, caller, query, source=f"/v1/events/{source}", records=records)

    return router
