"""Registry data for tests: plain functions over the API, with valid defaults."""

from typing import Any
from uuid import UUID

import httpx

from shared.access import Caller
from tests.support.tokens import bearer, caller

WRITER = caller("actors:write", subject="coordinator", roles=("national_coordinator",))


async def actor(client: httpx.AsyncClient, name: str = "San Diego County", *, who: Caller = WRITER, **overrides: Any) -> dict[str, Any]:
    """A registered actor, as the answer shows it."""
    answer = await post_actor(client, name, who=who, **overrides)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def post_actor(client: httpx.AsyncClient, name: str = "San Diego County", *, who: Caller = WRITER, **overrides: Any) -> httpx.Response:
    return await client.post("/v1/actors", json=actor_body(name, **overrides), headers=bearer(who))


def actor_body(name: str = "San Diego County", **overrides: Any) -> dict[str, Any]:
    body = {"kind": "county", "preferred_language": "en", "country": "US", "subdivision": "US-CA", "names": [{"language": "en", "name": name}]}
    return {**body, **overrides}


async def seat(client: httpx.AsyncClient, actor_id: str | UUID, *, who: Caller = WRITER, **overrides: Any) -> dict[str, Any]:
    """A seat of an actor, as the answer shows it."""
    body = {"actor_id": str(actor_id), "role": "chief_executive", "title": "Chair of the Board of Supervisors", **overrides}
    answer = await client.post("/v1/seats", json=body, headers=bearer(who))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
