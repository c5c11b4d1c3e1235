"""Each part as a process of its own: the gateway before three services, and what happens when one of them is gone."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from deploy.platform import DATABASES, MIGRATIONS
from deploy.ports import free_port
from gateway.bootstrap import ensure_account, ensure_client
from shared import migrate
from shared.database import Database
from tests.support.database import Templates

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("processes")]
SECRET = "a-secret-of-the-tests-that-is-long-enough-to-be-taken"


@dataclass
class Parts:
    """Processes by name, and the gateway's address."""

    address: str
    running: dict[str, asyncio.subprocess.Process]


@pytest.fixture
async def parts(templates: Templates) -> AsyncIterator[Parts]:
    names = {part: f"{database}_processes" for part, database in DATABASES.items()}
    await asyncio.to_thread(templates.server.ensure_databases, list(names.values()))
    urls = {part: templates.server.url(name) for part, name in names.items()}
    for part, url in urls.items():
        await migrate.upgrade(MIGRATIONS[part], url)
    await _principals(urls["gateway"])
    ports = {part: free_port() for part in DATABASES}
    address = f"http://127.0.0.1:{ports['gateway']}"
    upstreams = {part: f"http://127.0.0.1:{port}" for part, port in ports.items() if part != "gateway"}
    running: dict[str, asyncio.subprocess.Process] = {}
    async with contextlib.AsyncExitStack() as stack:
        for part, port in ports.items():
            environment = _environment(part, urls[part], address) | {"COMITY_PORT": str(port), "COMITY_GATEWAY_UPSTREAMS": json.dumps(upstreams)}
            running[part] = await _process(stack, environment, "serve", part)
        running["worker"] = await _process(stack, _environment("agreements", urls["agreements"], address), "work", "agreements")
        running["relay"] = await _process(stack, _environment("registry", urls["registry"], address), "work", "registry")
        await _ready(address)
        yield Parts(address, running)


async def _principals(url: str) -> None:
    database = Database(url)
    await ensure_account(database, email="operator@comity.example", password="a password of the tests", roles=["operator"])
    await ensure_client(database, client_id="agreements-follower", roles=["follower"], secret=SECRET)
    await database.dispose()


def _environment(part: str, url: str, address: str) -> dict[str, str]:
    prefix = f"COMITY_{part.upper()}_"
    return {
        f"{prefix}DATABASE_URL": url,
        f"{prefix}GATEWAY_URL": address,
        f"{prefix}PUBLIC_URL": address,
        f"{prefix}CLIENT_ID": "agreements-follower",
        f"{prefix}CLIENT_SECRET": SECRET,
        f"{prefix}LOG_LEVEL": "ERROR",
    }


async def _process(stack: contextlib.AsyncExitStack, environment: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "deploy.cli", *arguments, env={**os.environ, **environment})
    stack.push_async_callback(_stop, process)
    return process


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    await process.wait()


async def _ready(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as http:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError("the gateway did not become ready")


async def test_the_platform_stands_as_separate_processes(parts: Parts) -> None:
    async with httpx.AsyncClient(base_url=parts.address, timeout=30) as http:
        session = await http.post("/v1/session", json={"email": "operator@comity.example", "password": "a password of the tests"})
        http.headers["Authorization"] = f"Bearer {session.json()['access_token']}"
        names = [{"language": "en", "name": "Office"}]
        made = await http.post("/v1/actors", json={"kind": "office", "preferred_language": "en", "names": names})
        assert made.status_code == 201, made.text
        follows = {"Comity-After": made.headers["comity-event"]}
        for _ in range(30):
            answer = await http.get("/v1/register", headers=follows)
            if answer.status_code == 200:
                break
        assert answer.status_code == 200, "the worker of agreements follows the registry through the gateway"

        await _stop(parts.running["agreements"])
        down = await http.get("/v1/register")
        assert (down.status_code, down.headers["content-type"]) == (503, "application/problem+json")
        assert down.json()["type"] == "/problems/service_unreachable"
        assert down.headers["retry-after"]
        assert (await http.get("/v1/actors")).json()["items"][0]["name"] == "Office", "the others go on"


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["serve", "nothing"], {}, "There is no part nothing. The parts are: registry, agreements, briefings, gateway."),
        (["serve", "registry"], {}, "COMITY_REGISTRY_DATABASE_URL"),
        (["up"], {"COMITY_PORT": "x"}, "COMITY_PORT is 'x'. Give a port between 1 and 65535: COMITY_PORT=8001 make up"),
        (["token", "nobody@comity.example"], {"COMITY_DATA": "/nowhere"}, "No password of nobody@comity.example is kept in"),
    ],
)
async def test_what_cannot_start_says_so_in_one_line(arguments: list[str], environment: dict[str, str], said: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.cli", *arguments, env={**os.environ, **environment}, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 1
    assert said in err.decode()
    assert len(err.decode().strip().splitlines()) == 1
    assert "Traceback" not in (out + err).decode()
