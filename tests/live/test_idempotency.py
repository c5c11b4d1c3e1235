"""One effect and one answer for a key, with real commits: two at once, and answers of the database that never arrive."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import errors
from shared.ids import new_id
from tests.conftest import client_of
from tests.support import toy
from tests.support.database import Templates
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
WRITER = caller("toy:write", organization=new_id())


@dataclass
class Cable:
    """The wire to PostgreSQL. `cut` says at the next COMMIT which end still hears the other: the server, or nobody."""

    socket: str
    cut: str | None = None
    cuts: list[str] = field(default_factory=list)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        there, back = await asyncio.open_unix_connection(self.socket)
        answers = asyncio.create_task(self._copy(there, writer))
        try:
            while data := await reader.read(65_536):
                if self.cut is not None and b"COMMIT" in data:
                    cut, self.cut = self.cut, None
                    self.cuts.append(cut)
                    answers.cancel()
                    if cut == "answer":
                        back.write(data)
                        assert b"COMMIT" in await asyncio.wait_for(there.read(65_536), 5), "the server has committed"
                    break
                back.write(data)
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)
            for end in (writer, back):
                end.close()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            target.write(data)
        target.close()


@pytest.fixture
async def cabled(templates: Templates) -> AsyncIterator[tuple[FastAPI, Cable]]:
    """The toy service on a database of its own, behind a wire that can be cut."""
    async with templates.clone("toy") as address:
        url = make_url(address)
        folder = str(url.query["host"])
        cable = Cable(str(next(Path(folder).glob(".s.PGSQL.*[0-9]"))))
        server = await asyncio.start_server(cable.carry, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        app = toy.app(url.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False))
        async with app.router.lifespan_context(app):
            yield app, cable
        server.close()


async def made(app: FastAPI) -> tuple[int, int, int]:
    """Boxes, events and kept answers."""
    async with app.state.database.engine.connect() as connection:
        counts = [(await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() for table in ("boxes", "events", "idempotency_keys")]
    return counts[0], counts[1], counts[2]


async def post(client: httpx.AsyncClient, key: str, name: str = "once") -> httpx.Response:
    return await client.post("/v1/boxes", json={"name": name}, headers=bearer(WRITER) | {"Idempotency-Key": key})


@pytest.mark.parametrize("cut", ["answer", "question"])
async def test_a_commit_of_unknown_outcome_has_one_effect_after_the_repetition(cabled: tuple[FastAPI, Cable], cut: str) -> None:
    app, cable = cabled
    async with client_of(app) as client:
        cable.cut = cut
        assert_problem(await post(client, "k"), errors.Unavailable)
        assert cable.cuts == [cut]
        assert await made(app) == ((1, 1, 1) if cut == "answer" else (0, 0, 0))
        again = await post(client, "k")
        assert again.status_code == 201, again.text
        assert again.headers.get("idempotency-replayed") == ("true" if cut == "answer" else None)
        assert (await client.get(f"/v1/boxes/{again.json()['id']}", headers=bearer(WRITER))).status_code == 200
        assert await made(app) == (1, 1, 1)


async def test_a_backend_that_is_killed_before_its_commit_leaves_nothing(live_toy: FastAPI) -> None:
    database = live_toy.state.database
    async with database.engine.connect() as watcher, client_of(live_toy) as client:
        await watcher.execute(text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
        asked = asyncio.create_task(post(client, "k"))
        async with database.engine.connect() as killer:
            pid = await waiting_backend(killer)
            await killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        assert_problem(await asked, errors.Unavailable)
        await watcher.rollback()
        assert await made(live_toy) == (0, 0, 0)
        assert (await post(client, "k")).status_code == 201
    assert await made(live_toy) == (1, 1, 1)


async def test_one_key_on_many_connections_at_once_has_one_effect(live_toy: FastAPI) -> None:
    async with client_of(live_toy) as client:
        for nth in range(5):
            answers = await asyncio.gather(*(post(client, f"k{nth}", f"box {nth}") for _ in range(6)))
            first = [answer for answer in answers if answer.status_code == 201 and "idempotency-replayed" not in answer.headers]
            replayed = [answer for answer in answers if "idempotency-replayed" in answer.headers]
            refused = [answer for answer in answers if answer.status_code == 409]
            assert (len(first), len(first) + len(replayed) + len(refused)) == (1, 6), [answer.text for answer in answers]
            assert {answer.content for answer in replayed} <= {first[0].content}
            for answer in refused:
                assert_problem(answer, errors.KeyInFlight)
    assert await made(live_toy) == (5, 5, 5)


async def test_while_the_first_is_at_work_the_second_is_refused_and_does_not_wait(live_toy: FastAPI) -> None:
    database = live_toy.state.database
    async with database.engine.connect() as blocker, client_of(live_toy) as client:
        await blocker.execute(text("LOCK TABLE boxes IN ACCESS EXCLUSIVE MODE"))
        first = asyncio.create_task(post(client, "k"))
        async with database.engine.connect() as watcher:
            await waiting_backend(watcher)
        assert_problem(await post(client, "k"), errors.KeyInFlight)
        assert_problem(await post(client, "k", "another"), errors.KeyInFlight)
        assert not first.done()
        await blocker.rollback()
        assert (await first).status_code == 201
        assert (await post(client, "k")).headers["idempotency-replayed"] == "true"
    assert await made(live_toy) == (1, 1, 1)


async def waiting_backend(watcher: AsyncConnection) -> int:
    """The process that waits for a lock, as soon as there is one."""
    waiting = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    async with asyncio.timeout(20):
        while (pid := (await watcher.execute(waiting)).scalar_one_or_none()) is None:
            await watcher.rollback()
    return int(pid)
