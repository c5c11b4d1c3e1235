"""What is done with accounts."""

from typing import Any
from uuid import UUID

from fastapi import Response

from gateway.accounts.models import Account, email_key
from gateway.accounts.passwords import hash_password
from gateway.accounts.repository import Accounts
from gateway.accounts.schemas import AccountChange, AccountCreate, AccountFilters, AccountRead
from gateway.events import AccountChanged, AccountCreated
from gateway.principals import Status, require_assignable
from gateway.roles import PERSON_ROLES
from gateway.tokens import sessions
from shared.work import Work


async def create(work: Work, request: AccountCreate) -> Response:
    """Make an account. An e-mail address is taken once, whatever its case."""
    account = await add(work, request)
    return await Accounts(work).read(AccountRead, account.id, status=201)


async def add(work: Work, request: AccountCreate) -> Account:
    """The account itself, recorded and flushed."""
    # The address makes a repetition harmless, and neither the password nor a digest of it is to be kept beside the key.
    work.replay = None
    require_assignable(request.roles, PERSON_ROLES)
    account = Account(
        **request.model_dump(exclude={"password"}),
        email_key=email_key(request.email),
        password_hash=await hash_password(request.password),
        status=Status.active,
        token_epoch=1,
        epoch_at=work.now,
    )
    work.add(account)
    await work.flush()
    work.record(AccountCreated(account_id=account.id, seats=account.seats, **account.facts()))
    await work.flush()
    return account


async def list_visible(work: Work, filters: AccountFilters) -> Response:
    """One page."""
    if filters.email is not None:
        filters = filters.model_copy(update={"email": email_key(filters.email)})
    return await Accounts(work).page(AccountRead, filters)


async def read(work: Work, account_id: UUID) -> Response:
    return await Accounts(work).read(AccountRead, account_id)


async def change(work: Work, account_id: UUID, request: AccountChange) -> Response:
    """Change an account; access tokens that say otherwise die, and a disabled account gets no new ones."""
    changes: dict[str, Any] = request.changes()
    require_assignable(changes.get("roles", ()), PERSON_ROLES)
    password = changes.pop("password", None)
    hashed = None if password is None else await hash_password(password)
    account = await Accounts(work).get(account_id, match=True)
    before = account.facts()
    if "email" in changes:
        changes["email_key"] = email_key(changes["email"])
    account.change(changes, work.now)
    if hashed is not None:
        account.password_hash = hashed
        account.outdate_tokens(work.now)
    if hashed is not None or account.status is Status.disabled:
        await sessions.revoke_all(work, account.id)
    event = AccountChanged(account_id=account.id, seats=account.seats, **account.facts())
    work.record(event, reason=request.reason, before=_plain(before), after=_plain(account.facts()))
    await work.flush()
    return await Accounts(work).read(AccountRead, account_id)


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in facts.items()}
