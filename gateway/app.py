"""The gateway's ASGI application: the front before the services and before the gateway's own resources."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from gateway.documents.library import Library
from gateway.feed import FeedCursors
from gateway.front import Front
from gateway.lifespans import lifespan_of
from gateway.resources import build_own
from gateway.routing import SERVICE_OF, Routing
from gateway.settings import Settings
from shared import worker
from shared.secrets import service_key
from shared.web import Clock, ServiceApp


class Gateway(Front):
    """The front, with the application of the gateway's own resources (`own`: its state holds database, keys, revocations)."""

    def __init__(self, own: ServiceApp, routing: Routing) -> None:
        super().__init__(routing, own.state.passports, own.state.settings, own.metrics)
        self.own = own


def create_app(settings: Settings, services: Mapping[str, ASGIApp], *, table: Mapping[str, str] = SERVICE_OF, clock: Clock | None = None) -> Gateway:
    """The gateway before these services, by name. Its lifespan runs theirs."""
    own = build_own(settings, clock or Clock())
    routing = Routing(own, services, table)
    own.state.services = routing.services
    own.state.metrics += [service.metrics for service in services.values() if isinstance(service, ServiceApp)]
    documented = {name: service for name, service in services.items() if isinstance(service, FastAPI)}
    own.state.library = Library({"gateway": own, **documented}, settings.public_url)
    inner = own.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(inner(app))
            await load(own)
            for name, service in services.items():
                await stack.enter_async_context(lifespan_of(name, service))
            await stack.enter_async_context(_loops(own))
            yield

    own.router.lifespan_context = lifespan
    return Gateway(own, routing)


async def load(own: FastAPI) -> None:
    """Read what the gateway keeps in memory: keys, revocations, the secrets of its cursors and of repeated refreshes."""
    await own.state.keys.load()
    await own.state.revocations.load()
    own.state.feed_cursors = FeedCursors(await service_key(own.state.database, "cursors"))
    own.state.refresh_secret = await service_key(own.state.database, "refresh")


@contextlib.asynccontextmanager
async def _loops(own: FastAPI) -> AsyncIterator[None]:
    """What keeps the memory of this process fresh."""
    task = asyncio.create_task(worker.run({"keys": own.state.keys.forever, "revocations": own.state.revocations.forever}), name="gateway")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
