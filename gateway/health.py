"""Whether this gateway is ready, and what it knows of the services.

A service that is down takes no gateway out of its balancer: each of them would say the same, and the other services go on.
"""

import asyncio
from collections.abc import Mapping
from typing import Literal

from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy import text
from starlette.datastructures import State

from gateway import calls
from gateway.access import Anyone
from gateway.errors import ServiceNotReady
from gateway.routing import Upstream
from shared.errors import Problem
from shared.problems import problems
from shared.routes import Router

PATIENCE = 2.0  # seconds; less than whoever asks waits
router = Router(tags=["documentation"])


class ReadinessRead(BaseModel):
    """The gateway's own state, and that of each service behind it."""

    status: Literal["ready"] = "ready"
    services: dict[str, Literal["ready", "not ready"]] = Field(description="For information: requests to the others are answered all the same.")


@router.get("/readyz", response_model=ReadinessRead, responses=problems(ServiceNotReady))
async def read_readiness(request: Request, _caller: Anyone) -> ReadinessRead:
    """Read whether the gateway is ready, and which of the services are."""
    return await require_ready(request)


async def require_ready(request: Request) -> ReadinessRead:
    """ServiceNotReady (503) while the gateway's own database does not answer or its keys are not read."""
    state = request.app.state
    services: Mapping[str, Upstream] = state.services
    own, *found = await asyncio.gather(_own(state), *(_ready(upstream) for upstream in services.values()))
    if not own:
        raise ServiceNotReady("The gateway's own database does not answer, or its keys could not be read.")
    return ReadinessRead(services={name: "ready" if ready else "not ready" for name, ready in zip(services, found, strict=True)})


async def _own(state: State) -> bool:
    try:
        async with asyncio.timeout(PATIENCE), state.database.session(read_only=True) as session:
            await session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever keeps the database from answering, the answer is the same
        return False
    return bool(state.keys.published["keys"])


async def _ready(upstream: Upstream) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return (await calls.get(upstream.app, "/readyz")).status == 200
    except (Problem, TimeoutError):
        return False
