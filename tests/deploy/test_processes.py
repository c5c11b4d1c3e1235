"""Each part as a process of its own: the gateway before three services, and what happens when one of them is gone."""

import asyncio
import os
import sys

import httpx
import pytest

from tests.support.database import Templates
from tests.support.processes import Parts, parts_of, stopped

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("processes")]


async def everyone_ready(parts: Parts) -> None:
    """Returns when the gateway says so of itself and of the services."""
    await parts.answers("gateway", "/readyz", 200)
    async with httpx.AsyncClient(base_url=parts.address()) as http:
        for _ in range(1_200):
            if set((await http.get("/readyz")).json()["services"].values()) == {"ready"}:
                return
            await asyncio.sleep(0.05)
    raise AssertionError("a service does not become ready")


async def test_the_platform_stands_as_separate_processes(templates: Templates) -> None:
    async with parts_of(templates) as parts:
        agreements, *_ = await asyncio.gather(
            *(parts.start("serve", part) for part in ("agreements", "registry", "briefings", "gateway")),
            parts.start("work", "agreements"),
            parts.start("work", "registry"),
        )
        await everyone_ready(parts)
        async with await parts.operator() as http:
            names = [{"language": "en", "name": "Office"}]
            made = await http.post("/v1/actors", json={"kind": "office", "preferred_language": "en", "names": names})
            assert made.status_code == 201, made.text
            follows = {"Comity-After": made.headers["comity-event"]}
            for _ in range(30):
                answer = await http.get("/v1/register", headers=follows)
                if answer.status_code == 200:
                    break
            assert answer.status_code == 200, "the worker of agreements follows the registry through the gateway"

            assert await stopped(agreements) == 0
            down = await http.get("/v1/register")
            assert (down.status_code, down.headers["content-type"]) == (503, "application/problem+json")
            assert down.json()["type"] == "/problems/service_unreachable"
            assert down.headers["retry-after"]
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.json()["services"]["agreements"]) == (200, "not ready"), "the gateway stays in its balancer"
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
