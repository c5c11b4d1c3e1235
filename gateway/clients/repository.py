"""Machine clients as a caller may see them."""

from typing import ClassVar

from sqlalchemy import ColumnElement, any_, false, true

from gateway.clients.models import Client
from gateway.errors import ClientNotFound
from shared.reading import Entity, Scopes
from shared.repository import Repository, Sort


class Clients(Repository[Client]):
    model = Client
    not_found = ClientNotFound
    address = "/v1/clients"
    filters: ClassVar = {"organization": lambda row, value: row.organization_id == value, "role": lambda row, value: value == any_(row.roles)}
    sorts: ClassVar = {"client_id": Sort(lambda row: [row.client_id]), "newest": Sort(lambda row: [row.created_at], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true() if "clients:manage" in scopes else false()
