"""When who is killed: drawn from a seed, measured in requests answered."""

import asyncio
import random
from dataclasses import dataclass

from tests.support.fleet import MEMBERS, Fleet
from tests.support.patient import Progress


@dataclass(frozen=True)
class Kill:
    """After this many answered requests, this member."""

    after: int
    member: str


def drawn(chance: random.Random, kills: int, requests: int) -> list[Kill]:
    """Each member in turn, in an order of chance, at moments of chance within the first nine tenths of the requests."""
    turns: list[str] = []
    while len(turns) < kills:
        turns += chance.sample(MEMBERS, len(MEMBERS))
    moments = sorted(chance.sample(range(1, requests * 9 // 10), kills))
    return [Kill(after, member) for after, member in zip(moments, turns, strict=False)]


async def kill_in_turn(fleet: Fleet, progress: Progress, plan: list[Kill], chance: random.Random) -> None:
    """Carry out the plan under the load. Who has not come back from the last time is waited for, and the load with it."""
    async with asyncio.TaskGroup() as revivals:
        for kill in plan:
            await progress.reached(kill.after)
            if not fleet.up(kill.member):
                with progress.paused():
                    await fleet.ready(kill.member)
                await progress.reached(progress.count + 1)
            await fleet.kill(kill.member, chance, revivals)
