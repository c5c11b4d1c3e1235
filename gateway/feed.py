"""The merged feed: the services' feeds one after the other, behind a cursor that remembers where each of them was.

The cursor is a signed vector {service: id of its last event}. It says nothing about time, so it never gets old by itself; when a
service does not know its part any more, the reader gets 410 and decides what to do, instead of silently starting over.
"""

import asyncio
import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway import calls
from gateway.access import CanReadEvents
from gateway.errors import FeedUnavailable
from gateway.routing import Upstream
from shared.errors import FeedPositionUnknown, Unavailable
from shared.feed import BATCH_TYPE, BatchResponse
from shared.problems import problems
from shared.routes import Router
from shared.translations import Sentence

FORGED = "This is not a cursor of this feed. Take the `cursor` of the last event you have processed, or leave lastEventId out to read from the start."
Vector = dict[str, str]


class MergedFeedQuery(BaseModel):
    """Where to go on from and how long to wait, in the names of http-feeds."""

    model_config = ConfigDict(extra="forbid")
    lastEventId: str | None = Field(None, max_length=2_000, description="The `cursor` of the last event you have processed; absent means from the start.")
    timeout: int = Field(0, ge=0, le=30_000, description="Milliseconds to wait for new events before an empty array is answered.")
    limit: int = Field(500, ge=1, le=1_000)


@dataclass(frozen=True)
class FeedCursors:
    """Writes and reads vectors, signed with a key of the gateway's own database."""

    key: bytes

    def write(self, vector: Vector) -> str:
        body = json.dumps(vector, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(body) + body).decode().rstrip("=")

    def read(self, cursor: str | None, services: Mapping[str, Upstream]) -> Vector:
        """FeedPositionUnknown (410) for everything that was not written here, or names a service that is no longer here."""
        if cursor is None:
            return {}
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            if not hmac.compare_digest(raw[:16], self._sign(raw[16:])):
                raise ValueError("signature")
            vector: Vector = json.loads(raw[16:])
        except ValueError as error:
            raise FeedPositionUnknown(FORGED) from error
        if vector.keys() - services.keys():
            raise FeedPositionUnknown(FORGED)
        return vector

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self.key, b"merged feed\n" + body, "sha256")[:16]


@dataclass
class _Reading:
    """One read of the merged feed."""

    services: Mapping[str, Upstream]
    principal: calls.Principal
    cursors: FeedCursors
    vector: Vector
    limit: int
    events: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def ask(self, name: str, limit: int, wait_ms: int) -> calls.Reply:
        parameters: dict[str, str | int] = {"limit": limit, "timeout": wait_ms}
        if name in self.vector:
            parameters["lastEventId"] = self.vector[name]
        return await calls.get(self.services[name].app, f"/v1/events/{name}", parameters, self.principal)

    def take(self, name: str, reply: calls.Reply | Unavailable) -> None:
        """Add one service's batch, each event with the vector as it is once the event is processed."""
        if isinstance(reply, Unavailable):
            self.failures.append(f"{name}: {reply}")
        elif reply.status == 410:
            raise FeedPositionUnknown(
                Sentence("The feed of {service} does not know this position any more. Read from the start, without lastEventId.", service=name), service=name
            )
        elif reply.status != 200:
            self.failures.append(f"{name}: {reply.detail()}")
        else:
            for event in orjson.loads(reply.body)[: self.limit - len(self.events)]:
                self.vector[name] = str(UUID(event["id"]))
                self.events.append({**event, "cursor": self.cursors.write(self.vector)})

    async def what_is_there(self) -> None:
        for name in self.services:
            if len(self.events) < self.limit:
                self.take(name, await self._safely(name, self.limit - len(self.events), 0))

    async def what_comes(self, wait_ms: int) -> None:
        """Wait on all feeds at once; the first that has news ends the wait for the others."""
        waits = {asyncio.create_task(self._safely(name, self.limit, wait_ms)): name for name in self.services}
        waiting = set(waits)
        try:
            while waiting and not self.events and not self.failures:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=list(waits).index):
                    self.take(waits[task], task.result())
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _safely(self, name: str, limit: int, wait_ms: int) -> calls.Reply | Unavailable:
        try:
            return await self.ask(name, limit, wait_ms)
        except Unavailable as error:
            return error


async def read_merged(services: Mapping[str, Upstream], principal: calls.Principal, cursors: FeedCursors, query: MergedFeedQuery) -> Response:
    """One batch. Services that fail are passed over while others have news; an empty array means that all were asked."""
    reading = _Reading(services, principal, cursors, cursors.read(query.lastEventId, services), query.limit)
    await reading.what_is_there()
    if not reading.events and not reading.failures and query.timeout:
        await reading.what_comes(query.timeout)
    if reading.failures and not reading.events:
        raise FeedUnavailable("; ".join(reading.failures))
    headers = {"Cache-Control": "no-store"}
    if reading.vector:
        headers["Link"] = f'</v1/events?lastEventId={cursors.write(reading.vector)}&limit={query.limit}>; rel="next"'
    return Response(orjson.dumps(reading.events), media_type=BATCH_TYPE, headers=headers)


router = Router(tags=["events"])


@router.get("/events", response_class=BatchResponse, responses=problems(FeedPositionUnknown, FeedUnavailable))
async def read_events(query: Annotated[MergedFeedQuery, Query()], request: Request, _caller: CanReadEvents) -> Response:
    """Read the events of all services, service by service, from the start or after a `cursor`.

    Each event carries the CloudEvents extension attribute `cursor`; send the last one as `lastEventId` to go on.
    """
    state = request.app.state
    return await read_merged(state.services, calls.Principal(request.state.claims, request.headers["authorization"]), state.feed_cursors, query)
