"""The postmaster is killed under fifty mixed requests: problem documents, recovery by itself, every acknowledged write exactly once."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy import stack, up
from deploy.importing import sign_in
from deploy.options import Options
from deploy.ports import free_port
from deploy.seed.cast import CAST
from shared.ids import new_id
from tests.platform.conftest import Platform

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("postmaster")]
ATTEMPTS = 600


@pytest.fixture
async def fragile() -> AsyncIterator[tuple[Platform, Path]]:
    """A platform on an embedded server of its own, without the sample; and the file that names the postmaster."""
    with tempfile.TemporaryDirectory(prefix="comity-fragile-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o711)
        options = Options(port=free_port(), folder=Path(folder) / "data", server_url=None)
        async with stack.databases(options) as urls, up.running(options, urls) as (_, credentials):
            yield Platform(options.address, credentials, urls), options.folder / "postgres" / "postmaster.pid"


def seen(answer: httpx.Response) -> bool:
    """Whether it worked; what did not work is a 503 with a time to try again, and nothing else."""
    if answer.status_code < 300:
        return True
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    return False


async def keep_trying(http: httpx.AsyncClient, method: str, path: str, **request: Any) -> tuple[httpx.Response, int]:
    for attempt in range(ATTEMPTS):
        answer = await http.request(method, path, **request)
        if seen(answer):
            return answer, attempt
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} did not recover: {answer.text}")


def actor(number: int) -> dict[str, Any]:
    names = [{"language": "en", "name": f"Office {number}"}]
    return {"kind": "office", "preferred_language": "en", "names": names, "identifiers": [{"scheme": "test", "value": str(number)}]}


async def write(http: httpx.AsyncClient, number: int) -> tuple[str, int]:
    answer, failures = await keep_trying(http, "POST", "/v1/actors", json=actor(number), headers={"Idempotency-Key": str(new_id())})
    return answer.headers["comity-event"], failures


async def test_fifty_requests_survive_the_death_of_the_postmaster(fragile: tuple[Platform, Path]) -> None:
    platform, pid_file = fragile
    async with platform.client() as http:
        token = await sign_in(http, CAST[0].email, platform.credentials.password(CAST[0].email))
        http.headers["Authorization"] = f"Bearer {token}"
        await write(http, 0)
        old = int(pid_file.read_text().splitlines()[0])

        async def kill() -> None:
            os.kill(old, signal.SIGKILL)

        writes = [write(http, number) for number in range(1, 26)]
        reads = [keep_trying(http, "GET", path) for path in ("/v1/actors?count=exact", "/v1/seats", "/v1/register", "/readyz", "/v1/events") for _ in range(5)]
        done = await asyncio.gather(*writes[:12], *reads[:12], kill(), *writes[12:], *reads[12:])
        assert any(item[1] for item in done if item is not None), "nobody noticed the death"
        total, _ = await keep_trying(http, "GET", "/v1/actors?count=exact&limit=1&kind=office")
        assert total.json()["total"] == 26
        assert int(pid_file.read_text().splitlines()[0]) != old

        event, _ = await write(http, 26)
        answer, _ = await keep_trying(http, "GET", "/v1/register", headers={"Comity-After": event})
        assert answer.status_code == 200, "the followers follow again"
        feed = [item async for item in everything(http)]
        made = [item for item in feed if item["type"] == "actor.registered"]
        assert sorted(item["sequence"] for item in feed if item["source"].endswith("registry")) == list(range(1, len(feed_of(feed, "registry")) + 1))
        assert len(made) == 27, "each write once"


def feed_of(feed: list[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    return [item for item in feed if item["source"].endswith(source)]


async def everything(http: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    after: dict[str, str] = {}
    while True:
        answer, _ = await keep_trying(http, "GET", "/v1/events/registry", params={"limit": 1000, **after})
        if not answer.json():
            return
        for item in answer.json():
            yield item
        after = {"lastEventId": answer.json()[-1]["id"]}
