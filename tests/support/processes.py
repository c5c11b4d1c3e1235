"""The parts of the platform as processes of their own, on databases and ports of their own."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import asyncpg
import httpx

from deploy.platform import DATABASES
from deploy.ports import free_port
from gateway.bootstrap import ensure_account, ensure_client
from shared.database import Database
from tests.support.database import Templates

SECRET = "a-secret-of-the-tests-that-is-long-enough-to-be-taken"
OPERATOR, PASSWORD = "operator@comity.example", "a password of the tests"


@dataclass
class Parts:
    """Where each part's database is and where it answers; what was started ends with the test."""

    urls: dict[str, str]
    ports: dict[str, int]
    stack: contextlib.AsyncExitStack

    def address(self, part: str = "gateway") -> str:
        return f"http://127.0.0.1:{self.ports[part]}"

    async def start(self, command: str, part: str, **more: str) -> Process:
        """`comity serve` or `comity work`; returns once a part that serves answers."""
        environment = {**os.environ, **self._environment(part), **more}
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "deploy.cli", command, part, env=environment)
        self.stack.push_async_callback(_gone, process)
        if command == "serve":
            await self.answers(part, "/healthz", 200)
        return process

    def _environment(self, part: str) -> dict[str, str]:
        prefix, upstreams = f"COMITY_{part.upper()}_", {name: self.address(name) for name in self.ports if name != "gateway"}
        return {
            f"{prefix}DATABASE_URL": self.urls[part],
            f"{prefix}GATEWAY_URL": self.address(),
            f"{prefix}PUBLIC_URL": self.address(),
            f"{prefix}CLIENT_ID": "agreements-follower",
            f"{prefix}CLIENT_SECRET": SECRET,
            f"{prefix}LOG_LEVEL": "ERROR",
            "COMITY_GATEWAY_UPSTREAMS": json.dumps(upstreams),
            "COMITY_PORT": str(self.ports[part]),
            "COMITY_DRAIN_SECONDS": "0",
        }

    async def answers(self, part: str, path: str, status: int) -> None:
        """Returns when the part answers this way."""
        async with httpx.AsyncClient(base_url=self.address(part)) as http:
            for _ in range(1_200):
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.get(path)).status_code == status:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(f"{part} does not answer {path} with {status}")

    async def operator(self) -> httpx.AsyncClient:
        """A client of the gateway, signed in as the operator."""
        async with httpx.AsyncClient(base_url=self.address(), timeout=30) as http:
            session = await http.post("/v1/session", json={"email": OPERATOR, "password": PASSWORD})
        token = session.raise_for_status().json()["access_token"]
        return httpx.AsyncClient(base_url=self.address(), timeout=60, headers={"Authorization": f"Bearer {token}"})

    @contextlib.asynccontextmanager
    async def connection(self, part: str) -> AsyncIterator[asyncpg.Connection]:
        """A plain connection to the part's database."""
        connection = await asyncpg.connect(self.urls[part].replace("+asyncpg", ""))
        try:
            yield connection
        finally:
            await connection.close()


@contextlib.asynccontextmanager
async def parts_of(templates: Templates) -> AsyncIterator[Parts]:
    """Fresh databases with an operator and a follower; nothing runs yet."""
    async with contextlib.AsyncExitStack() as stack:
        urls = {part: await stack.enter_async_context(templates.clone(part)) for part in DATABASES}
        database = Database(urls["gateway"])
        await ensure_account(database, email=OPERATOR, password=PASSWORD, roles=["operator"])
        await ensure_client(database, client_id="agreements-follower", roles=["follower"], secret=SECRET)
        await database.dispose()
        async with contextlib.AsyncExitStack() as processes:
            yield Parts(urls, {part: free_port() for part in DATABASES}, processes)


async def stopped(process: Process) -> int | None:
    """End a process in order; its code."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    return await process.wait()


async def _gone(process: Process) -> None:
    """Whatever a failed test has left it in."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def until(true: Callable[[], bool]) -> None:
    """Returns when it is true; fails when it does not become so."""
    for _ in range(1_200):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to that")
