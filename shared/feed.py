"""`GET /v1/events/<service>`: the http-feeds format over positioned events, filtered by row and by field to the caller.

http-feeds: CloudEvents in `application/cloudevents-batch+json`, `lastEventId` to go on from, `timeout` (milliseconds) to long-poll,
an empty array at the end. The wait holds no session.
"""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from shared.access import Admits, Caller
from shared.database import Database
from shared.errors import FeedPositionUnknown
from shared.problems import problems
from shared.relay import FEED_SIGNAL
from shared.routes import Router

BATCH_TYPE = "application/cloudevents-batch+json"
FOLLOW = "events:follow"
READ = "events:read"
AUDIT = "events:audit"


class BatchResponse(Response):
    media_type = BATCH_TYPE


class FeedQuery(BaseModel):
    """Where to go on from and how long to wait, in the names of http-feeds."""

    model_config = ConfigDict(extra="forbid")
    lastEventId: UUID | None = Field(None, description="The id of the last event you have processed; absent means from the start.")
    timeout: int = Field(0, ge=0, le=30_000, description="Milliseconds to wait for new events before an empty array is answered.")
    limit: int = Field(500, ge=1, le=1_000)


# Visibility of rows and of fields are the same two questions everywhere: does the event concern the caller's organisation,
# or does the caller read everything (auditors and the followers that keep projections)?
_SEES = "(:sees_all OR :org = ANY (organizations))"
_POSITION = text(f"SELECT position FROM events WHERE id = :id AND position IS NOT NULL AND (visibility = 'public' OR {_SEES})")  # noqa: S608
_BATCH = text(
    f"""
    SELECT coalesce(json_agg(row_to_json(entry) ORDER BY entry.sequence), '[]')::text AS body, max(sequence) AS last
    FROM (
        SELECT '1.0' AS specversion, id, type, :source AS source,
               to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
               aggregatetype || '/' || aggregateid AS subject, 'application/json' AS datacontenttype,
               position AS sequence, request_id AS requestid, trace AS traceparent,
               CASE WHEN {_SEES} THEN subject END AS authid,
               organization AS authorganization,
               CASE WHEN {_SEES} THEN reason END AS reason,
               CASE WHEN {_SEES} THEN before END AS before,
               CASE WHEN {_SEES} THEN after END AS after,
               CASE WHEN {_SEES} THEN payload ELSE payload_open END AS data
        FROM events
        WHERE position > :after AND (visibility = 'public' OR {_SEES})
        ORDER BY position LIMIT :limit
    ) AS entry
    """  # noqa: S608
)


async def read_feed(database: Database, caller: Caller, query: FeedQuery, *, source: str) -> Response:
    """One batch after `lastEventId`; FeedPositionUnknown (410) for an id this caller was never given."""
    who: dict[str, object] = {"sees_all": caller.may(FOLLOW) or caller.may(AUDIT), "org": caller.organization}
    after = 0 if query.lastEventId is None else await _position(database, query.lastEventId, who)
    deadline = asyncio.get_running_loop().time() + query.timeout / 1000
    while True:
        news = database.signals.watch(FEED_SIGNAL)
        body, last = await _batch(database, {"after": after, "limit": query.limit, "source": source, **who})
        remaining = deadline - asyncio.get_running_loop().time()
        if last is not None or remaining <= 0:
            return Response(body, media_type=BATCH_TYPE, headers={"Cache-Control": "no-store"})
        await database.signals.wait(news, min(remaining, 5.0))


async def _position(database: Database, event_id: UUID, who: dict[str, object]) -> int:
    async with database.session(read_only=True) as session:
        position = (await session.execute(_POSITION, {"id": event_id, **who})).scalar_one_or_none()
    if position is None:
        raise FeedPositionUnknown("Read the feed from the start, without lastEventId; this id is not in it.")
    return int(position)


async def _batch(database: Database, parameters: dict[str, object]) -> tuple[str, int | None]:
    async with database.session(read_only=True) as session:
        row = (await session.execute(_BATCH, parameters)).one()
    return row.body, row.last


def feed_router(source: str) -> Router:
    """The feed of a service, at `/v1/events/<service>`."""
    router = Router(tags=["events"])

    @router.get(f"/events/{source}", name=f"read_{source}_events", response_class=BatchResponse, responses=problems(FeedPositionUnknown))
    async def read_events(request: Request, query: Annotated[FeedQuery, Query()], caller: Annotated[Caller, Admits(READ)]) -> Response:
        """Read this service's events in order, from the start or after `lastEventId`."""
        return await read_feed(request.app.state.database, caller, query, source=f"/v1/events/{source}")

    return router
