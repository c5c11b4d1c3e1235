"""Every process is killed in turn under the load of the story; what is there in the end is what an undisturbed run leaves.

COMITY_KILLS says how many kills (12), COMITY_KILLS_SEED who and when: a run that failed prints the one it had.
"""

import asyncio
import contextlib
import json
import os
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
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
from deploy.seed.actors import actors
from deploy.seed.load import load_sample
from deploy.seed.rows import Row
from shared.ids import new_id
from tests.support.database import Templates
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
HOLE = """
    UPDATE relay_state SET position = 2;
    INSERT INTO events (id, position, aggregatetype, aggregateid, type, time, payload, payload_open, visibility, organizations, subject, request_id)
    VALUES (gen_random_uuid(), 2, 'seat', '-', 'seat.created', now(), '{}', '{}', 'public', '{}', '-', '-')
"""
STRANGER = """
    INSERT INTO directory_seats (id, actor_id, role, title, status, position)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'head', 'Head', 'active', 1)
"""
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
                    await load_sample(options.address, credentials, Console(quiet=True), governments=around_the_border())
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


def around_the_border() -> Iterator[Row]:
    """The part of the sample that the story needs: most of the world's states have no part in it."""
    return (row for row in actors() if row["key_scheme"] == "iso3166-1" or row["country"] in ("US", "MX", ""))


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
            both.create_task(kill_in_turn(fleet, progress, plan, chance), name="killing")
            await tell_all(fleet.parts.address(), like.credentials, progress, TELLINGS)
            assert fleet.killed == [kill.member for kill in plan], "the load ended before the last kill"
        await settled(urls)


@pytest.mark.parametrize("table", ["agreements.signatures", "agreements.events", "briefings.deliveries", "registry.actors", "briefings.directory_seats"])
def test_a_fact_too_many_or_too_few_is_seen(undisturbed: Undisturbed, table: str) -> None:
    added = sorted(undisturbed.after[table] - undisturbed.before[table])[0]
    twin = json.dumps({**json.loads(added), "id": str(new_id())})
    for changed in (Counter([twin]), Counter({added: -1})):
        planted = {**undisturbed.after, table: Counter(undisturbed.after[table])}
        planted[table].update(changed)
        found = differences(undisturbed.facts, normal(undisturbed.before, planted))
        assert [line for line in found if f": {table} " in line], found


def test_a_fact_that_says_something_else_is_seen(undisturbed: Undisturbed) -> None:
    for table, field in (("briefings.deliveries", "acknowledged_at"), ("agreements.agreements", "status"), ("registry.seats", "version")):
        text = next(text for text in undisturbed.after[table] - undisturbed.before[table] if json.loads(text)[field] is not None)
        other = json.dumps({**json.loads(text), field: None})
        planted = {**undisturbed.after, table: undisturbed.after[table] - Counter([text]) + Counter([other])}
        assert differences(undisturbed.facts, normal(undisturbed.before, planted)), (table, field)


def test_a_fact_of_before_that_is_gone_is_seen(undisturbed: Undisturbed) -> None:
    lost = next(iter(undisturbed.before["registry.seats"] & undisturbed.after["registry.seats"]))
    planted = {**undisturbed.after, "registry.seats": undisturbed.after["registry.seats"] - Counter([lost])}
    (line,) = differences(undisturbed.facts, normal(undisturbed.before, planted))
    assert line.startswith("1 instead of 0: -registry.seats ")


async def test_holes_in_a_feed_and_strangers_in_a_directory_are_seen(templates: Templates) -> None:
    async with contextlib.AsyncExitStack() as stack:
        urls = {part: await stack.enter_async_context(templates.clone(part)) for part in DATABASES}
        assert await broken_promises(urls) == []
        for part, statement in (("registry", HOLE), ("briefings", STRANGER)):
            connection = await asyncpg.connect(urls[part].replace("+asyncpg", ""))
            await connection.execute(statement)
            await connection.close()
        said = await broken_promises(urls)
    assert [line.partition(" differ")[0].partition(" is not")[0] for line in said] == ["the feed of registry", "directory_seats of briefings"]
