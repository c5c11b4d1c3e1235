"""`/v1/accounts`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from gateway.access import CanManageAccounts
from gateway.accounts import service
from gateway.accounts.schemas import AccountChange, AccountCreate, AccountFilters, AccountRead
from gateway.errors import AccountNotFound, EmailTaken, HashingBusy, RoleNotAssignable
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["accounts"])


@router.post("/accounts", status_code=201, response_model=AccountRead, responses=problems(EmailTaken, RoleNotAssignable, HashingBusy))
async def create_account(request: AccountCreate, work: CanManageAccounts) -> Response:
    """Make an account for a person."""
    return await service.create(work, request)


@router.get("/accounts", response_model=PageOf[AccountRead])
async def list_accounts(filters: Annotated[AccountFilters, Query()], work: CanManageAccounts) -> Response:
    """List accounts."""
    return await service.list_visible(work, filters)


@router.get("/accounts/{account_id}", response_model=AccountRead, responses=problems(AccountNotFound))
async def read_account(account_id: UUID, work: CanManageAccounts) -> Response:
    """Read an account."""
    return await service.read(work, account_id)


@router.patch(
    "/accounts/{account_id}",
    response_model=AccountRead,
    responses=problems(AccountNotFound, EmailTaken, RoleNotAssignable, HashingBusy, PreconditionFailed, PreconditionRequired),
)
async def change_account(account_id: UUID, request: AccountChange, work: CanManageAccounts) -> Response:
    """Change, disable or enable an account. Its access tokens die at once when what they say is no longer true."""
    return await service.change(work, account_id, request)
