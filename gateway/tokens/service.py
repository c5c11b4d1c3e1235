"""Signing in, tokens for machines, refreshing, signing out. Nothing is open while a password is hashed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select

from gateway.accounts import attempts
from gateway.accounts.models import Account, email_key
from gateway.accounts.passwords import verify_password
from gateway.clients.models import Client
from gateway.clients.secrets import fits
from gateway.errors import BadCredentials, NoSession
from gateway.principals import Status
from gateway.roles import scopes_of
from gateway.tokens import sessions
from gateway.tokens.forms import TokenRequest, read_form
from gateway.tokens.issuing import Issuer
from gateway.tokens.refusals import NO_STORE, OAuthRefused
from gateway.tokens.schemas import SessionAccount, SessionCreate, SessionCreated, SessionRead, TokenRead
from gateway.tokens.sessions import Repeatable
from shared.access import Caller
from shared.database import Database
from shared.errors import Unauthorized
from shared.web import conditions
from shared.work import Conditions, open_work

# It proves who repeats a refresh, so it must not be guessable; the longest is that of every other request.
SHORTEST_KEY, LONGEST_KEY = 16, 200


@dataclass(frozen=True)
class Desk:
    """What these functions need of the application, and the instant and conditions of one request."""

    database: Database
    issuer: Issuer
    refresh_secret: bytes
    now: datetime
    asked: Conditions

    @classmethod
    def of(cls, request: Request) -> "Desk":
        state = request.app.state
        return cls(state.database, state.issuer, state.refresh_secret, state.clock.now(), conditions(request))


async def sign_in(desk: Desk, request: SessionCreate) -> Response:
    """A session for an e-mail address and its password. An unknown address costs the same work and gets the same answer."""
    key = email_key(request.email)
    await attempts.count(desk.database, key, desk.now)
    async with desk.database.session(read_only=True) as session:
        known = (await session.execute(select(Account).where(Account.email_key == key))).scalar_one_or_none()
    right = await verify_password(known.password_hash if known is not None else None, request.password)
    if known is None or not right:
        raise BadCredentials
    who = Caller(subject=str(known.id), organization=known.organization_id, roles=frozenset(known.roles))
    async with open_work(desk.database, who, now=desk.now, asked=desk.asked) as work:
        unchanged = select(Account).where(Account.id == known.id, Account.status == Status.active, Account.password_hash == known.password_hash)
        account = (await work.execute(unchanged.with_for_update(read=True))).scalar_one_or_none()
        if account is None:
            raise BadCredentials
        await attempts.forgive(work, key)
        session_id, refresh_token = await sessions.start(work, account.id, desk.issuer.settings)
    token = desk.issuer.for_account(account, session_id, desk.now)
    created = SessionCreated(**{**token.model_dump(), "refresh_token": refresh_token}, account=_summary(account))
    return Response(created.model_dump_json(), status_code=201, media_type="application/json", headers=NO_STORE)


async def grant(desk: Desk, request: Request) -> Response:
    """RFC 6749: client_credentials and refresh_token; every refusal in its format."""
    try:
        form = await read_form(request)
        kind = form.require("grant_type")
        if kind == "client_credentials":
            token = await _for_client(desk, form)
        elif kind == "refresh_token":
            token = await _refreshed(desk, form, _repeatable(desk, request.headers.get("idempotency-key")))
        else:
            raise OAuthRefused("unsupported_grant_type", "Offered: client_credentials and refresh_token.")
    except OAuthRefused as refusal:
        return refusal.response()
    return Response(token.model_dump_json(exclude_none=True), media_type="application/json", headers=NO_STORE)


async def sign_out(desk: Desk, caller: Caller, session_id: str | None) -> Response:
    """End the session of the presented token: its refresh tokens at once, its access tokens as soon as every replica has heard."""
    if caller.roles == frozenset({"public"}):
        raise Unauthorized
    if session_id is None:
        raise NoSession("A machine client has no session: its token simply expires.")
    async with open_work(desk.database, caller, now=desk.now, asked=desk.asked) as work:
        await sessions.revoke(work, UUID(session_id), "signed out")
    return Response(status_code=204)


def describe(caller: Caller, claims: dict[str, object]) -> SessionRead:
    """What the presented token says, and what its roles carry now."""
    if caller.roles == frozenset({"public"}):
        raise Unauthorized
    values = {
        "subject": caller.subject,
        "kind": "client" if "client_id" in claims else "account",
        "session_id": claims.get("sid"),
        "organization_id": caller.organization,
        "country": caller.country,
        "subdivision": caller.subdivision,
        "seats": caller.seats,
        "roles": sorted(caller.roles),
        "scopes": sorted(caller.scopes),
        "clearance": caller.clearance,
        "expires_at": datetime.fromtimestamp(float(str(claims["exp"])), tz=UTC),
    }
    return SessionRead.model_validate(values)


async def _for_client(desk: Desk, form: TokenRequest) -> TokenRead:
    if not form.client_id or not form.client_secret:
        raise OAuthRefused("invalid_client", "Send client_id and client_secret, in the form or as Basic credentials.")
    async with desk.database.session(read_only=True) as session:
        client = (await session.execute(select(Client).where(Client.client_id == form.client_id))).scalar_one_or_none()
    right = fits(client.secret_hash if client is not None else None, form.client_secret)
    if client is None or not right or client.status is not Status.active:
        raise OAuthRefused("invalid_client", "These are not the credentials of an active client.")
    return desk.issuer.for_client(client, desk.now, form.fields.get("scope"))


def _repeatable(desk: Desk, key: str | None) -> Repeatable | None:
    if key is None:
        return None
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise OAuthRefused("invalid_request", f"Idempotency-Key is random here and takes {SHORTEST_KEY} to {LONGEST_KEY} characters.")
    return Repeatable(key, desk.refresh_secret)


async def _refreshed(desk: Desk, form: TokenRequest, repeatable: Repeatable | None) -> TokenRead:
    presented = form.require("refresh_token")
    async with open_work(desk.database, Caller(), now=desk.now, asked=desk.asked) as work:
        found = await sessions.use(work, presented, desk.issuer.settings, repeatable)
        if found is not None:
            account, session_id, following = found
            token = desk.issuer.for_account(account, session_id, desk.now, form.fields.get("scope"))
    if found is None:
        raise OAuthRefused("invalid_grant", "The refresh token is unknown, was used before or is over: sign in again.")
    return token.model_copy(update={"refresh_token": following})


def _summary(account: Account) -> SessionAccount:
    return SessionAccount(
        id=account.id,
        email=account.email,
        display_name=account.display_name,
        organization_id=account.organization_id,
        roles=sorted(account.roles),
        scopes=sorted(scopes_of(account.roles)),
    )
