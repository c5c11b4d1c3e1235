"""Requests and answers about machine clients."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from gateway.principals import PrincipalChange, PrincipalFields, PrincipalRead, Status
from shared.pages import Page
from shared.schemas import Instant, Line

ClientName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,62}$"), Field(description="Lower-case letters, digits and hyphens.")]


class ClientCreate(PrincipalFields):
    client_id: ClientName
    name: Line


class ClientChange(PrincipalChange):
    name: Line = ""


class ClientRead(PrincipalRead):
    client_id: str
    name: str
    created_at: Instant
    updated_at: Instant


class ClientCreated(ClientRead):
    client_secret: str = Field(description="Shown this once; only its hash is kept.")


class ClientSort(StrEnum):
    client_id = "client_id"
    newest = "newest"


class ClientFilters(Page):
    client_id: ClientName | None = None
    organization: UUID | None = None
    role: Line | None = None
    status: Status | None = None
    sort: ClientSort = ClientSort.client_id
