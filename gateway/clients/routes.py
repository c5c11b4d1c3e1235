"""`/v1/clients`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from gateway.access import CanManageClients
from gateway.clients import service
from gateway.clients.schemas import ClientChange, ClientCreate, ClientCreated, ClientFilters, ClientRead
from gateway.errors import ClientIdTaken, ClientNotFound, RoleNotAssignable
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["clients"])


@router.post("/clients", status_code=201, response_model=ClientCreated, responses=problems(ClientIdTaken, RoleNotAssignable))
async def create_client(request: ClientCreate, work: CanManageClients) -> Response:
    """Make a machine client. Its secret is shown in this answer and never again."""
    return await service.create(work, request)


@router.get("/clients", response_model=PageOf[ClientRead])
async def list_clients(filters: Annotated[ClientFilters, Query()], work: CanManageClients) -> Response:
    """List machine clients."""
    return await service.list_visible(work, filters)


@router.get("/clients/{client_id}", response_model=ClientRead, responses=problems(ClientNotFound))
async def read_client(client_id: UUID, work: CanManageClients) -> Response:
    """Read a machine client."""
    return await service.read(work, client_id)


@router.patch(
    "/clients/{client_id}", response_model=ClientRead, responses=problems(ClientNotFound, RoleNotAssignable, PreconditionFailed, PreconditionRequired)
)
async def change_client(client_id: UUID, request: ClientChange, work: CanManageClients) -> Response:
    """Change, disable or enable a machine client. Its access tokens die at once when what they say is no longer true."""
    return await service.change(work, client_id, request)


@router.post("/clients/{client_id}/secrets", response_model=ClientCreated, responses=problems(ClientNotFound, PreconditionFailed, PreconditionRequired))
async def renew_client_secret(client_id: UUID, work: CanManageClients) -> Response:
    """Replace a client's secret. The new one is shown in this answer and never again."""
    return await service.renew_secret(work, client_id)
