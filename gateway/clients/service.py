"""What is done with machine clients."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Response

from gateway.clients.models import Client
from gateway.clients.repository import Clients
from gateway.clients.schemas import ClientChange, ClientCreate, ClientFilters, ClientRead
from gateway.clients.secrets import hash_secret, new_secret
from gateway.events import ClientChanged, ClientCreated
from gateway.principals import Status, require_assignable
from gateway.roles import CLIENT_ROLES
from shared.work import Work


async def create(work: Work, request: ClientCreate) -> Response:
    """Make a client and show its secret, this once."""
    secret = new_secret()
    client = await add(work, request, secret)
    return _showing(await Clients(work).read(ClientRead, client.id, status=201), secret)


async def add(work: Work, request: ClientCreate, secret: str) -> Client:
    """The client itself, recorded and flushed."""
    # The answer shows the secret, so it is not kept for a repetition; the client_id makes a repetition harmless.
    work.replay = None
    require_assignable(request.roles, CLIENT_ROLES)
    values = {"secret_hash": hash_secret(secret), "status": Status.active, "token_epoch": 1, "epoch_at": work.now}
    client = Client(**request.model_dump(), **values)
    work.add(client)
    await work.flush()
    work.record(ClientCreated(client_id=client.id, **client.facts()))
    await work.flush()
    return client


async def list_visible(work: Work, filters: ClientFilters) -> Response:
    """One page."""
    return await Clients(work).page(ClientRead, filters)


async def read(work: Work, client_id: UUID) -> Response:
    return await Clients(work).read(ClientRead, client_id)


async def change(work: Work, client_id: UUID, request: ClientChange) -> Response:
    """Change a client; access tokens that say otherwise die, and a disabled client gets no new ones."""
    changes: dict[str, Any] = request.changes()
    require_assignable(changes.get("roles", ()), CLIENT_ROLES)
    client = await Clients(work).get(client_id, match=True)
    client.change(changes, work.now)
    work.record(ClientChanged(client_id=client.id, **client.facts()), reason=request.reason)
    await work.flush()
    return await Clients(work).read(ClientRead, client_id)


async def renew_secret(work: Work, client_id: UUID) -> Response:
    """Replace the secret and show the new one, this once; tokens bought with the old one die."""
    work.replay = None
    client = await Clients(work).get(client_id, match=True)
    secret = new_secret()
    client.secret_hash = hash_secret(secret)
    client.outdate_tokens(work.now)
    work.record(ClientChanged(client_id=client.id, **client.facts()), reason="secret renewed")
    await work.flush()
    return _showing(await Clients(work).read(ClientRead, client_id), secret)


def _showing(answer: Response, secret: str) -> Response:
    """The compiled read with the secret added; no cache may keep it."""
    shown = {**orjson.loads(answer.body), "client_secret": secret}
    headers = {name: answer.headers[name] for name in ("etag", "comity-event", "location") if name in answer.headers}
    content = orjson.dumps(shown)
    return Response(content, status_code=answer.status_code, media_type="application/json", headers={**headers, "Cache-Control": "no-store"})
