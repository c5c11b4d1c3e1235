"""Every process is killed in turn under the load of the story; what is there in the end is what an undisturbed run leaves.

COMITY_KILLS says how many kills (12), COMITY_KILLS_SEED who and when: a run that failed prints the one it had.
"""

import asyncio
import contextlib
import os
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from rich.console import Console

from deploy import stack, up
from deploy.credentials import Credentials
from deploy.embedded import EmbeddedServer
from deploy.options import Options
from deploy.platform import DATABASES
from deploy.ports import free_port
from deploy.seed.load import load_sample
from tests.support.fleet import MEMBERS, fleet_of
from tests.support.kills import drawn, kill_in_turn
from tests.support.patient import Progress
from tests.support.promises import broken_promises, settled
from tests.support.state import Rows, differences, normal, rows_of
from tests.support.tellings import AT_ONCE, tell_all

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("kills")]
KILLS = int(os.environ.get("COMITY_KILLS") or len(MEMBERS) + 2)
SEED = int(os.environ.get("COMITY_KILLS_SEED") or 1)
KILLS_OF_A_TELLING = 3
AGAIN = f"the same again: COMITY_KILLS={KILLS} COMITY_KILLS_SEED={SEED}"
TELLINGS = max(AT_ONCE, -(-KILLS // KILLS_OF_A_TELLING))


@dataclass
class Undisturbed:
    """A run without deaths, and what the disturbed one begins with."""

    folder: Path  # of a server that is stopped
    credentials: Credentials
    before: Rows
    after: Rows
    facts: Counter[str]
    requests: int


@pytest.fixture(scope="module")
async def undisturbed() -> AsyncIterator[Undisturbed]:
    """The story told by the one-process platform over the sample, after a copy of the databases was put aside."""
    with tempfile.TemporaryDirectory(prefix="comity-kills-") as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o711)
        async with kept_up(EmbeddedServer(folder / "server", durable=False)) as server:
            options = Options(port=free_port(), folder=folder, server_url=server.url("postgres"))
            async with stack.databases(options) as urls:
                async with up.running(options, urls) as (_, credentials):
                    await load_sample(options.address, credentials, Console(quiet=True))
                    await settled(urls)
                await copied(server)
                before = await rows_of(urls)
                async with up.running(options, urls) as (_, credentials):
                    progress = Progress()
                    await tell_all(options.address, credentials, progress, TELLINGS)
                    await settled(urls)
                assert await broken_promises(urls) == []
                after = await rows_of(urls)
        yield Undisturbed(folder, credentials, before, after, normal(before, after), progress.count)


@contextlib.asynccontextmanager
async def kept_up(server: EmbeddedServer) -> AsyncIterator[EmbeddedServer]:
    """The server runs, and comes back when it is killed."""
    await asyncio.to_thread(server.start)
    stop = asyncio.Event()
    watch = asyncio.create_task(server.supervise(stop), name="postgres")
    try:
        yield server
    finally:
        stop.set()
        await watch
        await asyncio.to_thread(server.stop)


async def copied(server: EmbeddedServer) -> None:
    """A copy of each database, before anything has happened to it."""
    admin = await asyncpg.connect(server.dsn("postgres"))
    try:
        for part, original in DATABASES.items():
            await admin.execute(f'CREATE DATABASE "copy_{part}" TEMPLATE "{original}" STRATEGY FILE_COPY')
    finally:
        await admin.close()


async def test_whoever_is_killed_the_end_is_the_same(undisturbed: Undisturbed, tmp_path: Path) -> None:
    async with kept_up(EmbeddedServer(undisturbed.folder / "server")) as server:
        urls = {part: server.url(f"copy_{part}") for part in DATABASES}
        try:
            await disturbed(server, urls, undisturbed, tmp_path)
        except Exception as error:
            error.add_note(AGAIN)
            raise
        assert await broken_promises(urls) == [], AGAIN
        found = normal(undisturbed.before, await rows_of(urls))
    assert differences(undisturbed.facts, found) == [], AGAIN


async def disturbed(server: EmbeddedServer, urls: dict[str, str], like: Undisturbed, folder: Path) -> None:
    """The same run by eight processes, each of which is killed in its turn."""
    chance, progress = random.Random(SEED), Progress()
    plan = drawn(chance, KILLS, like.requests)
    assert {kill.member for kill in plan} == set(MEMBERS) or len(MEMBERS) > KILLS
    async with fleet_of(server, urls, folder) as fleet:
        async with asyncio.TaskGroup() as both:
            killing = both.create_task(kill_in_turn(fleet, progress, plan, chance), name="killing")
            await tell_all(fleet.parts.address(), like.credentials, progress, TELLINGS)
            assert killing.done(), "the load ended before the last kill"
        await fleet.all_back()
        await settled(urls)
