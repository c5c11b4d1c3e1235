"""`comity work`: the loops of one part, as a process of its own."""

import asyncio
import os
import signal
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import httpx

from deploy.errors import StartRefused
from deploy.parts import part_named, settings_of
from deploy.platform import SERVICES
from deploy.watching import watched
from deploy.working import heartbeat, run_until
from shared import logs, worker
from shared.clients import MachineClient
from shared.database import Database
from shared.settings import ServiceSettings


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
        return import_module("gateway.worker").loops(database)  # type: ignore[no-any-return]
    if not (settings.client_id and settings.client_secret):
        raise StartRefused(f"Give the worker its machine client: COMITY_{name.upper()}_CLIENT_ID and COMITY_{name.upper()}_CLIENT_SECRET")
    return SERVICES[name].loops(database, MachineClient(http, settings.client_id or "", settings.client_secret or ""))
