"""First accounts and clients, made without HTTP by whoever may write to the gateway's database. All of it may be repeated."""

import contextlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gateway.accounts import service as accounts
from gateway.accounts.models import Account, email_key
from gateway.accounts.schemas import AccountCreate
from gateway.clients import service as clients
from gateway.clients.models import Client
from gateway.clients.schemas import ClientCreate
from gateway.clients.secrets import fits, hash_secret, new_secret
from shared.access import Caller
from shared.database import Database
from shared.errors import Conflict
from shared.work import open_work

INSTALLER = Caller(subject="installer", roles=frozenset({"operator"}), scopes=frozenset({"accounts:manage", "clients:manage"}))
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Ensured:
    """The principal's id, whether this call made it, and a client's secret when this call set it."""

    id: UUID
    created: bool
    secret: str | None = None


async def ensure_account(database: Database, *, email: str, password: str, roles: list[str], **more: Any) -> Ensured:
    """The account with this e-mail address. One that exists stays as it is, its password as well. `more` are fields of AccountCreate."""
    wanted = AccountCreate.model_validate({"display_name": email, **more, "email": email, "password": password, "roles": roles})
    with contextlib.suppress(Conflict):  # somebody was faster, just now or long ago
        return await _make_account(database, wanted)
    async with open_work(database, INSTALLER) as work:
        existing = (await work.execute(select(Account.id).where(Account.email_key == email_key(wanted.email)))).scalar_one()
    return Ensured(existing, created=False)


async def _make_account(database: Database, wanted: AccountCreate) -> Ensured:
    async with open_work(database, INSTALLER) as work:
        account = await accounts.add(work, wanted)
    return Ensured(account.id, created=True)


async def ensure_client(database: Database, *, client_id: str, roles: list[str], secret: str | None = None, **more: Any) -> Ensured:
    """The client with this client_id. With `secret` (256 random bits), one that exists takes it; without, it keeps its own, and a
    new one gets a random one. `more` are fields of ClientCreate.
    """
    if secret is not None and len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a client's secret is random and has at least {SHORTEST_SECRET} characters, since it is kept as a fast hash")
    wanted = ClientCreate.model_validate({"name": client_id, **more, "client_id": client_id, "roles": roles})
    with contextlib.suppress(Conflict):  # somebody was faster, just now or long ago
        return await _make_client(database, wanted, secret or new_secret())
    async with open_work(database, INSTALLER) as work:
        existing = (await work.execute(select(Client).where(Client.client_id == wanted.client_id).with_for_update())).scalar_one()
        if secret is None or fits(existing.secret_hash, secret):
            return Ensured(existing.id, created=False)
        existing.secret_hash = hash_secret(secret)
        existing.outdate_tokens(work.now)
    return Ensured(existing.id, created=False, secret=secret)


async def _make_client(database: Database, wanted: ClientCreate, secret: str) -> Ensured:
    async with open_work(database, INSTALLER) as work:
        client = await clients.add(work, wanted, secret)
    return Ensured(client.id, created=True, secret=secret)
