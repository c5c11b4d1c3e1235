"""`comity serve`, `work` and `migrate`: each part as a process of its own, configured by the environment."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy import make_url

from deploy import stack
from deploy.databases import ensure_databases
from deploy.draining import Draining, DrainingServer
from deploy.embedded import EmbeddedServer
from deploy.errors import StartRefused, refused_setting
from deploy.exporting import exporting
from deploy.options import Options, port_named
from deploy.platform import DATABASES, MIGRATIONS, SERVICES
from deploy.watching import watched
from deploy.working import heartbeat, run_until
from gateway.app import create_app
from gateway.proxy import HttpUpstream
from gateway.settings import Settings as GatewaySettings
from gateway.worker import loops as gateway_loops
from shared import logs, migrate, worker
from shared.access import Verifier
from shared.clients import MachineClient, published_keys
from shared.database import Database
from shared.settings import ServiceSettings

LONGEST_ANSWER = 20  # seconds that requests have once the process takes no more of them


def serve(name: str) -> None:
    """Serve one part until a signal comes; StartRefused when its settings are missing."""
    part_named(name)
    host, port = os.environ.get("COMITY_HOST", "127.0.0.1"), port_named()
    settings = settings_of(name)
    logs.configure(settings.log_level)
    app = _gateway(settings) if isinstance(settings, GatewaySettings) else _service(name, settings)
    draining = Draining(app)
    config = uvicorn.Config(draining, host, port, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=LONGEST_ANSWER)
    with exporting(name):
        DrainingServer(config, draining, seconds=_drain_seconds()).run()


def _drain_seconds() -> float:
    value = os.environ.get("COMITY_DRAIN_SECONDS") or "2"
    if not value.isdigit():
        raise StartRefused(f"COMITY_DRAIN_SECONDS is {value!r}. Give whole seconds.")
    return float(value)


def _service(name: str, settings: ServiceSettings) -> Any:
    keys = published_keys(httpx.AsyncClient(base_url=settings.gateway_url))
    return SERVICES[name].create_app(settings, Verifier(keys))


def _gateway(settings: GatewaySettings) -> Any:
    missing = [service for service in SERVICES if service not in settings.upstreams]
    if missing:
        raise StartRefused(f'Say where these services answer: COMITY_GATEWAY_UPSTREAMS=\'{{"{missing[0]}": "http://host:port", …}}\'')
    return create_app(settings, {service: HttpUpstream(settings.upstreams[service]) for service in SERVICES})


async def work(name: str) -> None:
    """Run the loops of one part until a signal comes; each ends between two transactions."""
    part_named(name)
    settings = settings_of(name)
    logs.configure(settings.log_level)
    database = Database(settings.database_url, pool_size=settings.pool_size)
    async with database.running(), httpx.AsyncClient(base_url=settings.gateway_url) as http:
        loops = {f"{name}: {loop}": run for loop, run in _loops(name, settings, database, http).items()}
        beat = os.environ.get("COMITY_HEARTBEAT")
        if beat:
            loops[f"{name}: heartbeat"] = heartbeat(database, Path(beat))
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with watched(name, database, settings.metrics_token):
            await run_until(stop, database, loops)


def _loops(name: str, settings: ServiceSettings, database: Database, http: httpx.AsyncClient) -> Mapping[str, worker.Loop]:
    if name == "gateway":
        return gateway_loops(database)
    if name != "registry" and not (settings.client_id and settings.client_secret):
        raise StartRefused(f"Give the worker its machine client: COMITY_{name.upper()}_CLIENT_ID and COMITY_{name.upper()}_CLIENT_SECRET")
    return SERVICES[name].loops(database, MachineClient(http, settings.client_id or "", settings.client_secret or ""))


def part_named(name: str) -> None:
    if name not in MIGRATIONS:
        raise StartRefused(f"There is no part {name}. The parts are: {', '.join(MIGRATIONS)}.")


def settings_of(name: str) -> ServiceSettings:
    """The part's settings from the environment; StartRefused names what is missing or wrong."""
    kind: type[ServiceSettings] = GatewaySettings if name == "gateway" else SERVICES[name].settings
    try:
        return kind()
    except ValidationError as error:
        raise refused_setting(name, error) from error
    except SettingsError as error:
        raise StartRefused(str(error)) from error


async def migrate_parts(name: str | None, *, check: bool) -> None:
    """Migrate one part or all of them, where COMITY_<PART>_DATABASE_URL, DATABASE_URL or the data folder says; databases that are
    missing are made.
    """
    if name is not None:
        part_named(name)
    parts = [name] if name else list(MIGRATIONS)
    async with _urls(parts, check=check) as urls:
        await stack.migrated({part: urls[part] for part in parts})
        for part in parts if check else ():
            await migrate.check(MIGRATIONS[part], urls[part])


async def revise_part(name: str, message: str) -> None:
    """Write a migration of one part, compared with a throw-away database that stands at the newest one."""
    part_named(name)
    async with _urls([name], check=True) as urls:
        await migrate.upgrade(MIGRATIONS[name], urls[name])
        await migrate.revise(MIGRATIONS[name], urls[name], message)


def _named(part: str) -> bool:
    variable = f"COMITY_{part.upper()}_DATABASE_URL"
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


@contextlib.asynccontextmanager
async def _urls(parts: list[str], *, check: bool) -> AsyncIterator[Mapping[str, str]]:
    if all(_named(part) for part in parts):
        named = {part: settings_of(part).database_url for part in parts}
        for url in named.values():
            await ensure_databases(url, [make_url(url).database or ""])
        yield named
    elif check:
        with tempfile.TemporaryDirectory(prefix="comity-check-") as folder:
            Path(folder).chmod(0o711)
            with EmbeddedServer(Path(folder) / "server", durable=False) as server:
                server.ensure_databases(DATABASES.values())
                yield {part: server.url(database) for part, database in DATABASES.items()}
    else:
        async with stack.databases(Options()) as urls:
            yield urls
