"""A person changes their own password. Nothing is open while it is hashed."""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from gateway.accounts import attempts
from gateway.accounts.models import Account
from gateway.accounts.passwords import hash_password, verify_password
from gateway.errors import NoAccount, WrongPassword
from gateway.events import AccountChanged
from gateway.principals import Status
from gateway.tokens import sessions
from gateway.tokens.models import Session
from gateway.tokens.schemas import PasswordChange
from gateway.tokens.service import Desk
from shared.access import Caller
from shared.errors import Unauthorized
from shared.work import open_work


async def change(desk: Desk, caller: Caller, claims: dict[str, Any], request: PasswordChange) -> Response:
    """Take the new password when the current one is right, and end every session but the caller's.

    Attempts are counted with those of signing in, so that a token that was taken away does not help to guess the password.
    """
    if caller.roles == frozenset({"public"}):
        raise Unauthorized
    if "sid" not in claims:
        raise NoAccount
    session_id = UUID(claims["sid"])
    known = (
        select(Account)
        .join(Session, Session.account_id == Account.id)
        .where(Session.id == session_id, Session.revoked_at.is_(None), Account.status == Status.active)
    )
    async with desk.database.session(read_only=True) as session:
        account = (await session.execute(known)).scalar_one_or_none()
    if account is None:
        raise Unauthorized
    await attempts.count(desk.database, account.email_key, desk.now)
    if not await verify_password(account.password_hash, request.current_password):
        raise WrongPassword
    hashed = await hash_password(request.new_password)
    async with open_work(desk.database, caller, now=desk.now, asked=desk.asked) as work:
        unchanged = known.where(Account.password_hash == account.password_hash).with_for_update(of=Account)
        changed = (await work.execute(unchanged)).scalar_one_or_none()
        if changed is None:
            raise WrongPassword
        changed.password_hash = hashed
        await attempts.forgive(work, changed.email_key)
        await sessions.revoke_all(work, changed.id, but=session_id)
        work.record(AccountChanged(account_id=changed.id, seats=changed.seats, **changed.facts()), reason="changed their password")
    return Response(status_code=204)
