"""Whether every part of the platform is ready, and which one is not."""

import asyncio
from collections.abc import Mapping

from fastapi import Request
from sqlalchemy import text

from gateway import calls
from gateway.access import Anyone
from gateway.errors import ServiceNotReady
from gateway.routing import OWN, Upstream
from shared.database import Database
from shared.errors import Problem
from shared.problems import problems
from shared.routes import Router

PATIENCE = 5.0
router = Router(tags=["documentation"])


@router.get("/readyz", response_model=dict[str, str], responses=problems(ServiceNotReady))
async def read_readiness(request: Request, _caller: Anyone) -> dict[str, str]:
    """Read whether every part of the platform is ready."""
    return await require_ready(request)


async def require_ready(request: Request) -> dict[str, str]:
    """ServiceNotReady (503) naming who is not."""
    state = request.app.state
    services: Mapping[str, Upstream] = state.services
    found = await asyncio.gather(_own(state.database), *(_ready(upstream) for upstream in services.values()))
    waiting = [name for name, ready in zip([OWN, *services], found, strict=True) if not ready]
    if waiting:
        raise ServiceNotReady(f"Not ready: {', '.join(waiting)}.", services=waiting)
    return {"status": "ready"}


async def _own(database: Database) -> bool:
    try:
        async with asyncio.timeout(PATIENCE), database.session(read_only=True) as session:
            await session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever keeps the database from answering, the answer is the same
        return False
    return True


async def _ready(upstream: Upstream) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return (await calls.get(upstream.app, "/readyz")).status == 200
    except (Problem, TimeoutError):
        return False
