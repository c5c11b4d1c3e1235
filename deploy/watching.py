"""The figures of a worker's process, which answers nothing else: `/metrics` on a port of its own."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI

from deploy.errors import StartRefused
from deploy.ports import free_or_explain
from shared import metrics, problems
from shared.database import Database

SETTING = "COMITY_METRICS_PORT"


class _Server(uvicorn.Server):
    """uvicorn beside the loops, which are the ones that signals end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def watched(name: str, database: Database, token: str | None) -> AsyncIterator[None]:
    """Answer `/metrics` inside, where COMITY_METRICS_PORT names a port; StartRefused when nothing can listen on it."""
    value = os.environ.get(SETTING) or ""
    if not value:
        yield
        return
    if not value.isdigit():
        raise StartRefused(f"{SETTING} is {value!r}. Give a port between 1 and 65535.")
    host, port = os.environ.get("COMITY_HOST") or "127.0.0.1", int(value)
    free_or_explain(host, port, setting=SETTING)
    server = _Server(uvicorn.Config(_app(name, database, token), host, port, log_config=None, access_log=False, server_header=False))
    serving = asyncio.create_task(server.serve(), name="metrics")
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _app(name: str, database: Database, token: str | None) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.metrics = [metrics.Metrics(name, database)]
    problems.install(app)
    app.include_router(metrics.router(token))
    return app
