"""Sessions and their refresh tokens: each token is used once, and a second use ends the whole session (RFC 9700 §4.14.2)."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from gateway.accounts.models import Account
from gateway.events import SessionRevoked
from gateway.principals import Status
from gateway.settings import Settings
from gateway.tokens.models import RefreshToken, Session
from shared.ids import new_id
from shared.work import Work


async def start(work: Work, account_id: UUID, settings: Settings) -> tuple[UUID, str]:
    """A new session and its first refresh token."""
    session = Session(id=new_id(), account_id=account_id, created_at=work.now, expires_at=work.now + timedelta(days=settings.session_days))
    work.add(session)
    await work.flush()
    return session.id, await _hand_out(work, session.id, session.expires_at, settings)


async def use(work: Work, token: str, settings: Settings) -> tuple[Account, UUID, str] | None:
    """The account, session and next refresh token; None when the token is unknown, over or was used before.

    Of two simultaneous uses the second waits for the first, sees its mark, and ends the session.
    """
    used = (
        update(RefreshToken)
        .where(RefreshToken.token_hash == _hash(token), RefreshToken.used_at.is_(None), RefreshToken.expires_at > work.now)
        .values(used_at=work.now)
        .returning(RefreshToken.session_id)
        .execution_options(synchronize_session=False)
    )
    session_id = (await work.execute(used)).scalar_one_or_none()
    if session_id is None:
        await _end_when_reused(work, token)
        return None
    living = (
        select(Account, Session.expires_at)
        .join(Session, Session.account_id == Account.id)
        .where(Session.id == session_id, Session.revoked_at.is_(None), Session.expires_at > work.now, Account.status == Status.active)
        .with_for_update(of=Session)
    )
    found = (await work.execute(living)).one_or_none()
    if found is None:
        return None
    return found.Account, session_id, await _hand_out(work, session_id, found.expires_at, settings)


async def revoke(work: Work, session_id: UUID, cause: str) -> bool:
    """End a session; False when it was over already."""
    ended = (
        update(Session)
        .where(Session.id == session_id, Session.revoked_at.is_(None))
        .values(revoked_at=work.now)
        .returning(Session.account_id)
        .execution_options(synchronize_session=False)
    )
    account_id = (await work.execute(ended)).scalar_one_or_none()
    if account_id is None:
        return False
    work.record(SessionRevoked(session_id=session_id, account_id=account_id, cause=cause))
    return True


async def revoke_all(work: Work, account_id: UUID) -> None:
    """End every session of an account; the change that asks for it records why."""
    ended = update(Session).where(Session.account_id == account_id, Session.revoked_at.is_(None)).values(revoked_at=work.now)
    await work.execute(ended.execution_options(synchronize_session=False))


async def forget_over(work: Work, before: datetime) -> None:
    """Delete sessions that ended before an instant, with their refresh tokens."""
    await work.execute(delete(Session).where((Session.expires_at < before) | (Session.revoked_at < before)))


async def _end_when_reused(work: Work, token: str) -> None:
    reused = select(RefreshToken.session_id).where(RefreshToken.token_hash == _hash(token), RefreshToken.used_at.is_not(None))
    session_id = (await work.execute(reused)).scalar_one_or_none()
    if session_id is not None:
        await revoke(work, session_id, "refresh token used twice")


async def _hand_out(work: Work, session_id: UUID, session_ends: datetime, settings: Settings) -> str:
    token = "comity_refresh_" + secrets.token_urlsafe(32)
    expires = min(work.now + timedelta(days=settings.idle_days), session_ends)
    work.add(RefreshToken(token_hash=_hash(token), session_id=session_id, created_at=work.now, expires_at=expires))
    await work.flush()
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
