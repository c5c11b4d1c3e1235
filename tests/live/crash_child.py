"""A process that dies at a named point: `python -m tests.live.crash_child ROLE POINT SOURCE_URL FOLLOWER_URL [NAME]`.

A point is `before:TEXT` or `after:TEXT`, where TEXT begins a statement, or COMMIT; `none` lets the process end by itself; a number before it
(`2:before:TEXT`) means that time and not the first. It kills itself with SIGKILL, so nothing is rolled back, closed or flushed by Python.
"""

import asyncio
import os
import signal
import sys
from typing import Any

from sqlalchemy import event

from shared.access import Caller
from shared.database import Database
from shared.follower import Follower
from shared.ids import new_id
from shared.relay import relay_once
from shared.work import open_work
from tests.support import toy
from tests.support.feeds import FeedClient


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(database: Database, point: str) -> None:
    """Make this database's connections kill the process at the point."""
    nth = int(point[0]) if point[0].isdigit() else 1
    when, _, what = point.removeprefix(f"{nth}:").partition(":")
    engine = database.engine.sync_engine
    passed = 0

    def is_the_time() -> bool:
        nonlocal passed
        passed += 1
        return passed == nth

    if what == "COMMIT":
        commit = engine.dialect.do_commit

        def deadly(connection: Any) -> None:
            now = is_the_time()
            if now and when == "before":
                die()
            commit(connection)
            if now:
                die()

        engine.dialect.do_commit = deadly  # type: ignore[method-assign,assignment]  # for the life of the process
    elif point != "none":

        def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.strip().startswith(what) and is_the_time():
                die()

        event.listen(engine, f"{when}_cursor_execute", on_statement)


async def main(role: str, point: str, source_url: str, follower_url: str, name: str = "") -> None:
    source, target = Database(source_url), Database(follower_url)
    arm(target if role in ("follow", "work") else source, point)
    if role == "publish":
        async with open_work(source, Caller(subject="child")) as work:
            work.record(toy.BoxMade(box_id=new_id(), name=name, owner=None))
    elif role == "relay":
        await relay_once(source)
    else:
        follower = Follower(target, FeedClient(toy.app(source_url)), "toy", toy.tally, toy.clear_tallies, batch=2)
        await (follower.once() if role == "follow" else follower.forever())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
