"""Gateways beside each other on one database, in this process and in processes that die."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.app import Gateway, create_app, load
from gateway.settings import Settings
from gateway.tokens.keys import KeyRing
from shared.database import Database
from tests.support.make import gateway as make

EMAIL = "ana@example.org"


@dataclass
class Replica:
    """One of the gateways, and a client of it."""

    app: Gateway
    http: httpx.AsyncClient

    @property
    def database(self) -> Database:
        return self.app.own.state.database  # type: ignore[no-any-return]

    @property
    def ring(self) -> KeyRing:
        return self.app.own.state.keys  # type: ignore[no-any-return]

    async def published(self) -> list[str]:
        return [key["kid"] for key in (await self.http.get("/.well-known/jwks.json")).json()["keys"]]

    async def sign_in(self, password: str = make.PASSWORD) -> dict[str, Any]:
        answer = await self.http.post("/v1/session", json={"email": EMAIL, "password": password})
        assert answer.status_code == 201, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def refresh(self, token: str, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": token}, headers=headers)

    async def who(self, token: str) -> httpx.Response:
        return await self.http.get("/v1/session", headers={"Authorization": f"Bearer {token}"})


@contextlib.asynccontextmanager
async def replica(url: str) -> AsyncIterator[Replica]:
    """A gateway with its loops and its signals."""
    app = create_app(Settings(database_url=url), {})
    async with app.own.router.lifespan_context(app.own), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        await asyncio.wait_for(app.own.state.database.signals.listening.wait(), 10)
        yield Replica(app, http)


@contextlib.asynccontextmanager
async def deaf(url: str) -> AsyncIterator[Replica]:
    """A gateway that no signal reaches: it runs none of its loops, so a test runs those it is about."""
    app = create_app(Settings(database_url=url), {})
    await load(app.own)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        yield Replica(app, http)
    await app.own.state.database.dispose()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again until it holds."""
    for _ in range(1_500):
        if await holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never held")


async def changed(replica: Replica, path: str, change: dict[str, Any]) -> None:
    operator = make.bearer(replica.app)
    tag = (await replica.http.get(path, headers=operator)).headers["etag"]
    answer = await replica.http.patch(path, json=change, headers=operator | {"If-Match": tag})
    assert answer.status_code == 200, answer.text


async def child(*arguments: str) -> tuple[int | None, str]:
    """Run `tests.live.identity_child`; its code (negative: the signal that ended it) and what it said."""
    started = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.live.identity_child", *arguments, stdout=asyncio.subprocess.PIPE)
    said, _ = await started.communicate()
    return started.returncode, said.decode()
