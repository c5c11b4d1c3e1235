"""Sessions and their refresh tokens: each token is used once, and a second use ends the whole session (RFC 9700 §4.14.2).

Only whoever sent the first use may repeat it, when its answer was lost: with the same `Idempotency-Key`, which no thief of the token
knows, for a few minutes and until the following token is used. The repetition gets that following token again, so the family never forks.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased

from gateway.accounts.models import Account
from gateway.events import SessionRevoked
from gateway.principals import Status
from gateway.settings import Settings
from gateway.tokens.models import RefreshToken, Session
from shared.ids import new_id
from shared.work import Work

PREFIX = "comity_refresh_"
REPEATABLE_FOR = timedelta(minutes=5)  # more than clients repeat for, and than the clocks of gateways differ by


@dataclass(frozen=True)
class Repeatable:
    """What makes the use of a refresh token repeatable: the request's key, and the gateway's secret for deriving what follows."""

    key: str
    secret: bytes

    def following(self, token: str) -> str:
        """The token that follows this one: the same for every repetition, though only its hash is kept, and another one for another key."""
        made = hmac.digest(self.secret, f"{token}\n{self.key}".encode(), "sha256")
        return PREFIX + base64.urlsafe_b64encode(made).decode().rstrip("=")


async def start(work: Work, account_id: UUID, settings: Settings) -> tuple[UUID, str]:
    """A new session and its first refresh token."""
    session = Session(id=new_id(), account_id=account_id, created_at=work.now, expires_at=work.now + timedelta(days=settings.session_days))
    work.add(session)
    await work.flush()
    token = _new_token()
    await _keep(work, token, session.id, session.expires_at, settings)
    return session.id, token


async def use(work: Work, token: str, settings: Settings, repeatable: Repeatable | None = None) -> tuple[Account, UUID, str] | None:
    """The account, session and next refresh token; None when the token is unknown, over or was used before.

    Of two simultaneous uses, at whichever gateways, the second waits for the first and sees its mark. It ends the session, or gets the same
    token when it is the same request.
    """
    used = (
        update(RefreshToken)
        .where(RefreshToken.token_hash == _hash(token), RefreshToken.used_at.is_(None), RefreshToken.expires_at > work.now)
        .values(used_at=work.now)
        .returning(RefreshToken.session_id)
        .execution_options(synchronize_session=False)
    )
    session_id = (await work.execute(used)).scalar_one_or_none()
    first = session_id is not None
    if session_id is None and repeatable is not None:
        session_id = await _repeated(work, token, repeatable)
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
    following = repeatable.following(token) if repeatable else _new_token()
    if first:
        await _keep(work, following, session_id, found.expires_at, settings)
    return found.Account, session_id, following


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


async def revoke_all(work: Work, account_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of an account, or every other one; the change that asks for it records why.

    The account's row is locked by then, so that no sign-in with what held before can still begin one.
    """
    ended = update(Session).where(Session.account_id == account_id, Session.revoked_at.is_(None), Session.id.is_distinct_from(but)).values(revoked_at=work.now)
    await work.execute(ended.execution_options(synchronize_session=False))


async def forget_over(work: Work, before: datetime) -> int:
    """Delete sessions that ended before an instant, with their refresh tokens; how many."""
    ended = delete(Session).where((Session.expires_at < before) | (Session.revoked_at < before)).returning(Session.id)
    return len((await work.execute(ended)).all())


async def _end_when_reused(work: Work, token: str) -> None:
    reused = select(RefreshToken.session_id).where(RefreshToken.token_hash == _hash(token), RefreshToken.used_at.is_not(None))
    session_id = (await work.execute(reused)).scalar_one_or_none()
    if session_id is not None:
        await revoke(work, session_id, "refresh token used twice")


async def _repeated(work: Work, token: str, repeatable: Repeatable) -> UUID | None:
    """The session, when this is the request that used the token, so that the one that follows is there, and nobody has used that."""
    used, following = aliased(RefreshToken), aliased(RefreshToken)
    found = (
        select(used.session_id)
        .join(following, following.token_hash == _hash(repeatable.following(token)))
        .where(used.token_hash == _hash(token), used.used_at > work.now - REPEATABLE_FOR)
        .where(following.used_at.is_(None), following.expires_at > work.now)
    )
    session_id: UUID | None = (await work.execute(found)).scalar_one_or_none()
    return session_id


def _new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


async def _keep(work: Work, token: str, session_id: UUID, session_ends: datetime, settings: Settings) -> None:
    expires = min(work.now + timedelta(days=settings.idle_days), session_ends)
    work.add(RefreshToken(token_hash=_hash(token), session_id=session_id, created_at=work.now, expires_at=expires))
    await work.flush()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
