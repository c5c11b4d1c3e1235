"""The whole platform in one process: databases, services, workers and the gateway, started together and stopped together."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from alembic.util import CommandError
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from deploy.databases import ensure_databases, for_sqlalchemy
from deploy.embedded import EmbeddedServer
from deploy.errors import StartRefused, refused_setting
from deploy.options import Options
from deploy.platform import DATABASES, MIGRATIONS, SERVICES
from gateway.app import create_app
from gateway.bootstrap import ensure_client
from gateway.settings import Settings as GatewaySettings
from gateway.worker import loops as gateway_loops
from shared import migrate, worker
from shared.access import Verifier
from shared.clients import MachineClient, published_keys
from shared.database import Database

INSIDE = "http://comity.internal"


@dataclass
class Stack:
    """A platform whose parts are ready to be served."""

    app: Any
    gateway_database: Database
    services: Mapping[str, FastAPI]
    http: httpx.AsyncClient  # calls the gateway inside the process
    urls: Mapping[str, str]


@contextlib.asynccontextmanager
async def databases(options: Options) -> AsyncIterator[dict[str, str]]:
    """The URL of each part's own database, made and migrated; from the embedded server unless DATABASE_URL names another."""
    if options.server_url is not None:
        await ensure_databases(options.server_url, DATABASES.values())
        server = for_sqlalchemy(options.server_url)
        yield await migrated({part: server.set(database=name).render_as_string(hide_password=False) for part, name in DATABASES.items()})
        return
    embedded = EmbeddedServer(options.folder)
    await asyncio.to_thread(embedded.start)
    stop = asyncio.Event()
    watch = asyncio.create_task(embedded.supervise(stop), name="postgres")
    try:
        await asyncio.to_thread(embedded.ensure_databases, list(DATABASES.values()))
        yield await migrated({part: embedded.url(name) for part, name in DATABASES.items()})
    finally:
        stop.set()
        await watch
        await asyncio.to_thread(embedded.stop)


async def migrated(urls: dict[str, str]) -> dict[str, str]:
    """Bring each part's database to the newest migration; StartRefused says why one cannot be."""
    for part, url in urls.items():
        try:
            await migrate.upgrade(MIGRATIONS[part], url)
        except (DBAPIError, CommandError) as error:
            reason = str(getattr(error, "orig", None) or error).rpartition(">: ")[2].splitlines()[0].rstrip(".")
            raise StartRefused(
                f"The database {DATABASES[part]} cannot be brought to this version: {reason}. Use the account that owns it, or the Comity that made it."
            ) from error
    return urls


def assemble(urls: Mapping[str, str], *, address: str = "http://127.0.0.1:8000") -> Stack:
    """Build the four applications over their databases. Nothing runs yet."""
    inside: list[Any] = []

    async def forward(scope: Any, receive: Any, send: Any) -> None:
        await inside[0](scope, receive, send)

    http = httpx.AsyncClient(transport=httpx.ASGITransport(forward), base_url=INSIDE)

    settings = _settings(urls, address)
    apps = {name: part.create_app(settings[name], Verifier(published_keys(http))) for name, part in SERVICES.items()}
    app = create_app(settings["gateway"], apps)
    inside.append(app)
    return Stack(app, Database(urls["gateway"], pool_size=2), apps, http, urls)


def _settings(urls: Mapping[str, str], address: str) -> dict[str, Any]:
    """The settings of every part: those that follow from here, the others from the environment. StartRefused names one that is wrong."""
    made: dict[str, Any] = {}
    for name in urls:
        try:
            if name == "gateway":
                made[name] = GatewaySettings(database_url=urls[name], public_url=address)
            else:
                told: dict[str, Any] = {"public_url": address} if name == "registry" else {}
                made[name] = SERVICES[name].settings(database_url=urls[name], **told)
        except ValidationError as error:
            raise refused_setting(name, error) from error
    return made


@contextlib.asynccontextmanager
async def working(stack: Stack) -> AsyncIterator[None]:
    """Run every service's worker beside the applications, each with a machine identity of its own."""
    loops: dict[str, worker.Loop] = {}
    for name, part in SERVICES.items():
        client_id, secret = f"{name}-follower", secrets.token_urlsafe(32)
        await ensure_client(stack.gateway_database, client_id=client_id, name=f"Follower of {name}", roles=["follower"], secret=secret)
        client = MachineClient(stack.http, client_id, secret)
        loops |= {f"{name}: {loop}": run for loop, run in part.loops(stack.services[name].state.database, client).items()}
    loops |= {f"gateway: {loop}": run for loop, run in gateway_loops(stack.gateway_database).items()}
    task = asyncio.create_task(worker.run(loops), name="workers")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await stack.http.aclose()
        await stack.gateway_database.engine.dispose()
