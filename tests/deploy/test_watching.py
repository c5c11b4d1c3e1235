"""A worker's process shows its figures on a port of its own."""

import asyncio

import httpx
import pytest

from deploy.errors import StartRefused
from deploy.ports import free_port
from deploy.watching import SETTING, watched
from shared import metrics, worker
from shared.database import Database
from tests.support.database import Templates
from tests.support.scrapes import scrape, series

TOKEN = "s3cret-of-the-operator"


async def answering(http: httpx.AsyncClient) -> None:
    """Returns once the port answers."""
    for _ in range(10_000):
        try:
            await http.get("/")
        except httpx.ConnectError:
            continue
        return
    pytest.fail("nothing answers")


@pytest.mark.live
async def test_a_worker_says_how_its_loops_and_its_queue_are(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv(SETTING, str(port))
    database = Database(await templates.template("agreements"), pool_size=3)
    metrics.loop_failed("agreements: planted")
    async with watched("agreements", database, TOKEN), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        await answering(http)
        found = await scrape(http, Authorization=f"Bearer {TOKEN}")
        assert (await http.get("/metrics")).status_code == 401
        assert (await http.get("/openapi.json")).status_code == 404
    await database.dispose()
    assert series(found["comity_worker_failures_total"], "service", "loop")[("agreements", "planted")] == 1
    assert series(found["comity_relay_waiting"], "service") == {("agreements",): 0}
    assert series(found["comity_database_connections_limit"], "pool") == {("changes",): 3, ("reads",): 3}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/metrics")


@pytest.mark.live
async def test_a_sweep_by_the_clock_counts_under_the_name_of_its_loop(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> None:
    port, done = free_port(), asyncio.Event()
    monkeypatch.setenv(SETTING, str(port))
    left = iter([3, 4])

    async def sweep() -> int:
        records = next(left, None)
        if records is None:
            done.set()
            await asyncio.Event().wait()
        return records or 0

    database = Database(await templates.template("agreements"), pool_size=3)
    loops = asyncio.create_task(worker.run({"agreements: dusting": lambda: worker.by_the_clock(sweep, every=0)}))
    await done.wait()
    async with watched("agreements", database, TOKEN), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        await answering(http)
        found = await scrape(http, Authorization=f"Bearer {TOKEN}")
    loops.cancel()
    await asyncio.wait([loops])
    await database.dispose()
    of_the_loop = ("agreements", "dusting")
    assert series(found["comity_sweeps_total"], "service", "sweep")[of_the_loop] == 2
    assert series(found["comity_swept_total"], "service", "sweep")[of_the_loop] == 7
    assert series(found["comity_swept_at_seconds"], "service", "sweep")[of_the_loop] > 1_700_000_000


@pytest.mark.parametrize("value", ["x", "70000"])
async def test_what_is_no_port_is_said(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, value)
    with pytest.raises(StartRefused, match="port"):
        async with watched("agreements", Database("postgresql+asyncpg://x@127.0.0.1/x"), None):
            pytest.fail("started")


async def test_without_a_port_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    async with watched("agreements", Database("postgresql+asyncpg://x@127.0.0.1/x"), None):
        pass
