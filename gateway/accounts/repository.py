"""Accounts as a caller may see them."""

from typing import ClassVar

from sqlalchemy import ColumnElement, any_, false, true

from gateway.accounts.models import Account
from gateway.errors import AccountNotFound
from shared.reading import Entity, Scopes
from shared.repository import Repository, Sort


class Accounts(Repository[Account]):
    model = Account
    not_found = AccountNotFound
    address = "/v1/accounts"
    filters: ClassVar = {
        "email": lambda row, value: row.email_key == value,
        "organization": lambda row, value: row.organization_id == value,
        "role": lambda row, value: value == any_(row.roles),
    }
    sorts: ClassVar = {"email": Sort(lambda row: [row.email_key]), "newest": Sort(lambda row: [row.created_at], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true() if "accounts:manage" in scopes else false()
