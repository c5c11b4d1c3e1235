"""Junk through the whole gateway: whatever is sent to any operation, the answer is a problem document and never a failure of ours.

The operations and their fields come from the platform's own document, so that a new route is tried without a word here. Neighbouring fields
share the junk, each taking a fifth of it, since fields of one kind are read by the same code, and so do operations that of headers:
COMITY_JUNK=all sends everything to each.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import pytest

from shared.ids import new_id
from tests.platform.conftest import Platform
from tests.support.junk import BODIES, DAYS, HEADERS, NUMBERS, PREDICATE, TEXTS, VALUES, Operation, operations_of, spoilt

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("platform")]

PEOPLE = ("san-diego", "baja-california", "sre", "author", "auditor", "operator")
MOST_AT_ONCE = 6
Field = TypeVar("Field")
Junk = TypeVar("Junk")
SHARES = 1 if os.environ.get("COMITY_JUNK") == "all" else 5
# Whatever version a record has come to, so that what a change carries is looked at after what came before it.
ANY_VERSION = ", ".join(f'"{version}-x"' for version in range(1, 400))


@dataclass
class World:
    """The platform, its operations, who may call them, and records that may be spoilt."""

    address: str
    clients: dict[str, httpx.AsyncClient]
    by_scope: dict[str, str]
    operations: list[Operation]
    ids: dict[str, str]
    failures: list[str] = field(default_factory=list)
    sent: int = 0
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))

    def caller(self, operation: Operation) -> httpx.AsyncClient:
        names = [self.by_scope[scope] for scope in operation.scope.split(" or ") if scope in self.by_scope]
        return self.clients[names[0] if names else "public"]

    def filled(self, operation: Operation, **junk: str) -> str:
        path = operation.path
        kept = {} if operation.method == "DELETE" or path.endswith("/withdrawals") else self.ids  # these end what others spoil
        for item in operation.parameters:
            if item["in"] == "path":
                path = path.replace("{" + item["name"] + "}", junk.get(item["name"]) or kept.get(item["name"]) or str(new_id()))
        return path

    async def send(self, operation: Operation, path: str, *, content: bytes | None = None, headers: dict[str, str] | None = None) -> None:
        """One request; what comes back is an answer or a problem document, and no failure."""
        sending = {"Content-Type": operation.media_type} if operation.media_type and content is not None else {}
        if operation.method != "GET":
            sending["If-Match"] = ANY_VERSION
        raw = [(name, value.encode("latin-1")) for name, value in (sending | (headers or {})).items()]
        complaint: str | None
        try:
            async with self.gate:
                answer = await self.caller(operation).request(operation.method, self.address + path, content=content, headers=raw)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            complaint = f"no answer: {error!r}"
        else:
            unread = answer.status_code == 401 and operation.scope != "public"
            complaint = f"{answer.status_code}: nobody looked at the junk" if unread else wrong_with(answer)
        self.sent += 1
        if complaint:
            self.failures.append(f"{operation.method} {path[:150]} {headers or ''!s:.80} {(content or b'')[:150]!r}: {complaint}")


def wrong_with(answer: httpx.Response) -> str | None:
    """Why an answer is a failure; None when it is none."""
    if b"Traceback" in answer.content or b"sqlalchemy" in answer.content or b"asyncpg" in answer.content:
        return f"tells of the code: {answer.text[:300]}"
    if answer.status_code < 400:
        return None
    document = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if answer.status_code == 503 and document.get("type") == "/problems/directory_behind":
        return None
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:300]}"
    if "error" in document and answer.url.path == "/oauth/token":
        return None
    if answer.headers.get("content-type") != "application/problem+json" or not document.get("title"):
        return f"{answer.status_code} is no problem document: {answer.text[:200]}"
    return None


@pytest.fixture(scope="module")
async def world(platform: Platform) -> AsyncIterator[World]:
    clients = {"public": platform.client(), **{name: await platform.signed_in(name) for name in PEOPLE}}
    by_scope: dict[str, str] = {}
    for name in PEOPLE:
        for scope in (await clients[name].get("/v1/session")).json()["scopes"]:
            by_scope.setdefault(scope, name)
    document = (await clients["public"].get("/openapi.json")).json()
    made = World(platform.address, clients, by_scope, operations_of(document), {})
    await make_records(made)
    yield made
    for client in clients.values():
        await client.aclose()


async def make_records(world: World) -> None:
    """One record of each kind that may be spoilt, so that junk reaches the rows and not just a 404; their bodies are the valid ones."""
    word = new_id().hex[:12]
    own = (await world.clients["san-diego"].get("/v1/session")).json()["organization_id"]
    actor = {"kind": "municipality", "preferred_language": "en", "names": [{"language": "en", "name": f"Junk {word}"}], "parent_id": own}
    client = {"client_id": f"junk-{word}", "name": "Junk", "roles": ["integrator"]}
    account = {"email": f"{word}@comity.example", "display_name": "Junk", "password": "correct horse battery", "roles": ["member"]}
    part = {"heading": "Junk", "body": "Junk", "language": "en", "marking": "TLP:CLEAR"}
    briefing: dict[str, Any] = {
        "title": "Junk",
        "summary": "Junk",
        "type": "bulletin",
        "status": "Test",
        "expires_at": (datetime.now(UTC) + timedelta(days=9)).isoformat(),
    }
    briefing |= {"parts": [part], "audience": {"predicate": PREDICATE, "seats": []}}
    await made(world, "operator", "/v1/actors", actor, "actor_id")
    await made(world, "operator", "/v1/clients", client, "client_id")
    await made(world, "operator", "/v1/accounts", account, "account_id")
    await made(world, "author", "/v1/briefings", briefing, "briefing_id")
    await made(world, "operator", "/v1/seats", {"actor_id": world.ids["actor_id"], "role": "chief_executive", "title": "Junk"}, "seat_id")
    parties = [{"actor_id": own}, {"actor_id": await tijuana(world)}]
    agreement = await made(world, "san-diego", "/v1/agreements", {"titles": {"en": "Junk"}, "kind": "mou", "draft": True, "parties": parties}, "agreement_id")
    world.ids["party_id"] = agreement["parties"][0]["id"]


async def made(world: World, who: str, path: str, body: dict[str, Any], name: str) -> dict[str, Any]:
    answer = await world.clients[who].post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    world.ids[name] = found["id"]
    for operation in world.operations:
        if (operation.method, operation.path) == ("POST", path):
            operation.body = body
    return found


async def tijuana(world: World) -> str:
    page = (await world.clients["public"].get("/v1/actors", params={"identifier": "inegi:02004"})).json()
    return str(page["items"][0]["id"])


def shared_out(fields: Sequence[Field], values: Sequence[Junk]) -> Iterator[tuple[Field, Sequence[Junk]]]:
    """Each field with its share of the values; where there are fewer fields than shares, all of them."""
    shares = SHARES if len(fields) >= SHARES else 1
    yield from ((name, values[at % shares :: shares]) for at, name in enumerate(fields))


async def test_junk_in_paths_and_queries(world: World) -> None:
    calls = []
    for operation in world.operations:
        body = json.dumps(operation.body).encode() if operation.body is not None else None
        for item in operation.parameters:
            if item["in"] == "path":
                calls += [world.send(operation, world.filled(operation, **{item["name"]: junk}), content=body) for junk in TEXTS if junk]
        if operation.method == "GET":
            path = world.filled(operation)
            for name, values in shared_out(operation.query(), (*TEXTS, *NUMBERS, *DAYS)):
                calls += [world.send(operation, f"{path}?{name}={junk}") for junk in values if (name, junk) != ("timeout", "9" * 400)]
            strange = ("%00=1", "=", "&&&", "%FF=%FF", "limit=1&" * 300, "a=" + "b" * 20_000, ";", "limit[]=1", "__proto__=1")
            calls += [world.send(operation, f"{path}?{junk}") for junk in strange]
    await asyncio.gather(*calls)
    assert world.sent > 1_000
    assert not world.failures, "\n".join(world.failures)


async def test_junk_in_bodies(world: World) -> None:
    calls = []
    for operation in world.operations:
        path = world.filled(operation)
        if operation.media_type is not None:
            calls += [world.send(operation, path, content=junk) for junk in BODIES]
        for way, values in shared_out(operation.fields, VALUES):
            calls += [world.send(operation, path, content=spoilt(operation.body, way, value)) for value in values]
    await asyncio.gather(*calls)
    assert not world.failures, "\n".join(world.failures)


async def test_junk_in_headers(world: World) -> None:
    calls = []
    for operation, shared in shared_out(world.operations, HEADERS):
        body = json.dumps(operation.body).encode() if operation.body is not None else None
        # An event that nobody knows is waited for, so one operation of each service is enough.
        waits = [headers for headers in HEADERS if "Comity-After" in headers and operation.path in ("/v1/agreements", "/v1/inbox", "/v1/seats")]
        chosen = [*waits, *(headers for headers in shared if "Comity-After" not in headers)]
        calls += [world.send(operation, world.filled(operation), content=body, headers=headers) for headers in chosen]
    await asyncio.gather(*calls)
    assert not world.failures, "\n".join(world.failures)


@pytest.mark.parametrize(
    "body",
    [
        "grant_type=client_credentials&client_id=%00&client_secret=%00",
        "grant_type=refresh_token&refresh_token=%00",
        "grant_type=refresh_token&refresh_token=" + "a" * 9_000,
        "grant_type=%FF",
        "grant_type=client_credentials&client_id=%ED%A0%80&client_secret=x&scope=%00",
        "&" * 5_000,
        "grant_type=a&grant_type=b",
    ],
)
async def test_junk_in_token_requests(world: World, body: str) -> None:
    token = next(operation for operation in world.operations if operation.path == "/oauth/token")
    world.failures.clear()
    await world.send(token, "/oauth/token", content=body.encode())
    assert not world.failures, "\n".join(world.failures)


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /v1/actors/%00 HTTP/1.1",
        b"GET /v1/" + b"a" * 30_000 + b" HTTP/1.1",
        b"GET /v1/briefings%2F..%2Finbox HTTP/1.1",
        b"GET //v1/inbox HTTP/1.1",
        b"GET /v1/register/01a201e9-3c34-7631-a0b0-e8fbf99a33d3/texts/en%0A HTTP/1.1",
        b"GET http://evil.example/v1/actors?limit=1 HTTP/1.1",
        b"GET /v1/actors?limit=1&q=\xff HTTP/1.1",
        b"BREW /v1/actors HTTP/1.1",
        b"GET /v1/actors HTTP/1.1\r\nX-Request-ID: a\x01b",
        b"GET /v1/actors HTTP/1.1\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b",
        b"POST /v1/route-checks HTTP/1.1\r\nExpect: 200-ok",
        b"POST /v1/route-checks HTTP/1.1\r\nContent-Length: 99999999999999999999",
        b"POST /v1/route-checks HTTP/1.1\r\nTransfer-Encoding: chunked",
    ],
)
async def test_junk_on_the_wire(world: World, request_line: bytes) -> None:
    """Below HTTP clients' good manners: the server refuses, or the platform does, and nothing of ours fails."""
    address = urlsplit(world.address)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        end = b"0\r\n\r\n" if b"chunked" in request_line else b""
        writer.write(request_line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n" + end)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 400
    assert status < 500, answer[:500]
    assert b"Traceback" not in answer


async def test_a_path_of_every_odd_kind_is_not_found(world: World) -> None:
    public = world.clients["public"]
    for path in ("/v1", "/v1/", "/v1//", "/v1/nothing", "/v1/events/nobody", "/v1/actors/", "/healthz/", "/v1/" + quote("\u202e"), "/%00"):
        assert wrong_with(answer := await public.get(world.address + path)) is None, (path, answer.text)
        assert answer.status_code == 404, path
