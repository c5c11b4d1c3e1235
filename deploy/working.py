"""How a worker's process comes to its end: each loop finishes the transaction it is in, and begins no other."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from shared import logs, worker
from shared.database import Database

log = logs.get(__name__)
PATIENCE = 20.0  # for the transactions at hand; what is rolled back then is done again by the next process
BEAT = 5.0
_loop: ContextVar[str] = ContextVar("loop", default="")


class _Loops:
    """Runs loops, and knows which of them holds a connection of the pool, since that is in a transaction."""

    def __init__(self, database: Database, loops: Mapping[str, worker.Loop]) -> None:
        self._held: Counter[str] = Counter()
        self._stopping = False
        event.listen(database.engine.sync_engine, "checkout", self._taken)
        event.listen(database.engine.sync_engine, "checkin", self._given)
        self._tasks = {name: asyncio.create_task(self._run(name, loop), name=name) for name, loop in loops.items()}

    async def _run(self, name: str, loop: worker.Loop) -> None:
        _loop.set(name)  # what the loop starts inherits it
        await worker.run({name: loop})

    def _taken(self, _connection: Any, record: Any, _proxy: Any) -> None:
        record.record_info["loop"] = name = _loop.get()
        self._held[name] += 1

    def _given(self, _connection: Any, record: Any) -> None:
        name = record.record_info.pop("loop", "")
        self._held[name] -= 1
        if self._stopping and self._held[name] <= 0 and name in self._tasks:
            self._tasks[name].cancel()

    async def ended(self) -> None:
        """Returns when a loop ends by itself, which only a programming error makes it do."""
        await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)

    async def end(self) -> None:
        """Stop every loop between two transactions; after PATIENCE wherever it is."""
        self._stopping = True
        for name, task in self._tasks.items():
            if self._held[name] <= 0:
                task.cancel()
        _, late = await asyncio.wait(self._tasks.values(), timeout=PATIENCE)
        for task in late:
            log.warning("worker.interrupted", loop=task.get_name())
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


async def run_until(stop: asyncio.Event, database: Database, loops: Mapping[str, worker.Loop]) -> None:
    """Run every loop until `stop` is set, then let each finish the transaction it is in."""
    running = _Loops(database, loops)
    waits = {asyncio.create_task(stop.wait()), asyncio.create_task(running.ended())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await running.end()


def heartbeat(database: Database, file: Path) -> worker.Loop:
    """A loop that touches a file as long as the database answers, for whoever asks whether this process does its work."""

    async def beat() -> None:
        while True:
            async with database.reader.connect() as connection:
                await connection.execute(text("SELECT 1"))
            await asyncio.to_thread(file.touch)
            await asyncio.sleep(BEAT)

    return beat
