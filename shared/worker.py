"""What a service does without being asked: loops that are restarted with back-off when they fail, and stop together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from shared import logs, metrics
from shared.database import Database
from shared.follower import forget_followed
from shared.idempotency import forget_old
from shared.relay import relay_forever

log = logs.get(__name__)
Loop = Callable[[], Awaitable[None]]
LONGEST_PAUSE = 5.0


async def run(loops: Mapping[str, Loop]) -> None:
    """Run every loop until cancelled. One that fails is started again after 0.2 s, doubling up to 5 s."""
    async with asyncio.TaskGroup() as group:
        for name, loop in loops.items():
            group.create_task(_kept_alive(name, loop), name=name)


async def _kept_alive(name: str, loop: Loop) -> None:
    pause = 0.2
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await loop()
        except Exception as error:  # noqa: BLE001 - a loop outlives whatever its work raises; the log says what it was
            metrics.loop_failed(name)
            log.warning("worker.failed", loop=name, error=repr(error))
        if asyncio.get_running_loop().time() - started > 60:
            pause = 0.2
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def by_the_clock(sweep: Callable[[], Awaitable[int]], *, every: float) -> None:
    """Sweep now and every so many seconds. `sweep` answers how many records it changed; they count under the name of the loop."""
    while True:
        records = await sweep()
        task = asyncio.current_task()
        metrics.swept(task.get_name() if task else "", records)
        await asyncio.sleep(every)


def standing_loops(database: Database) -> dict[str, Loop]:
    """What every service's worker does: relay its events, forget what is over."""

    async def relay() -> None:
        await relay_forever(database)

    async def forget_once() -> int:
        now = datetime.now(UTC)
        return await forget_old(database, now) + await forget_followed(database, now)

    async def forget() -> None:
        await by_the_clock(forget_once, every=600)

    return {"relay": relay, "forget": forget}
