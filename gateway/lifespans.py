"""Runs the lifespans of the services that live in the gateway's process, by the ASGI lifespan protocol."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.types import ASGIApp, Message

from shared import logs

log = logs.get(__name__)


class StartFailed(RuntimeError):
    """A service said that it cannot start."""


@contextlib.asynccontextmanager
async def lifespan_of(name: str, app: ASGIApp) -> AsyncIterator[None]:
    """The application is started inside and stopped at the end; one without a lifespan is taken as it is."""
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    outbox: asyncio.Queue[Message] = asyncio.Queue()

    async def run() -> None:
        try:
            await app({"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}, inbox.get, outbox.put)
        finally:
            await outbox.put({"type": "ended"})

    task = asyncio.create_task(run(), name=f"lifespan of {name}")
    try:
        await inbox.put({"type": "lifespan.startup"})
        answer = await outbox.get()
        if answer["type"] == "lifespan.startup.failed":
            raise StartFailed(f"{name} cannot start: {answer.get('message', '')}")
        if answer["type"] == "ended":
            log.info("lifespan.unsupported", service=name)
        yield
        await inbox.put({"type": "lifespan.shutdown"})
        if answer["type"] == "lifespan.startup.complete":
            await outbox.get()
    finally:
        if not task.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
