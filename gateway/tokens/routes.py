"""`/v1/session`, `/oauth/token` and the key set."""

from typing import Any

import orjson
from fastapi import Request, Response

from gateway.access import Anyone
from gateway.errors import BadCredentials, HashingBusy, NoAccount, NoSession, TooManyAttempts, WrongPassword
from gateway.tokens import passwords, service
from gateway.tokens.keys import CACHED_FOR
from gateway.tokens.schemas import KeySet, OAuthError, PasswordChange, SessionCreate, SessionCreated, SessionRead, TokenRead
from gateway.tokens.service import LONGEST_KEY, SHORTEST_KEY, Desk
from shared.errors import Unauthorized
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["session"])
outside = Router(tags=["session"])

CACHED = {"Cache-Control": f"public, max-age={CACHED_FOR}"}
_FORM: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "With a refresh token: random, so that the same request may be sent again when its answer was lost.",
            "schema": {"type": "string", "minLength": SHORTEST_KEY, "maxLength": LONGEST_KEY},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials", "refresh_token"]},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string", "format": "password"},
                        "refresh_token": {"type": "string"},
                        "scope": {"type": "string", "description": "Ask for less than the roles carry, separated by spaces."},
                    },
                }
            }
        },
    },
}


@router.post("/session", status_code=201, response_model=SessionCreated, responses=problems(BadCredentials, TooManyAttempts, HashingBusy))
async def sign_in(body: SessionCreate, request: Request, _caller: Anyone) -> Response:
    """Sign in with e-mail address and password."""
    return await service.sign_in(Desk.of(request), body)


@router.get("/session", response_model=SessionRead, responses=problems(Unauthorized))
async def read_session(request: Request, caller: Anyone) -> SessionRead:
    """Read who you are: what your token says and which scopes your roles carry now."""
    return service.describe(caller, getattr(request.state, "claims", {}))


@router.delete("/session", status_code=204, responses=problems(Unauthorized, NoSession))
async def sign_out(request: Request, caller: Anyone) -> Response:
    """Sign out: the session's refresh tokens and access tokens die."""
    return await service.sign_out(Desk.of(request), caller, getattr(request.state, "claims", {}).get("sid"))


@router.put(
    "/account/password",
    status_code=204,
    responses=problems(Unauthorized, WrongPassword, NoAccount, TooManyAttempts, HashingBusy),
)
async def change_password(body: PasswordChange, request: Request, caller: Anyone) -> Response:
    """Change your own password. Your other sessions end; this one stays."""
    return await passwords.change(Desk.of(request), caller, getattr(request.state, "claims", {}), body)


@outside.post("/oauth/token", response_model=TokenRead, responses={400: {"model": OAuthError}, 401: {"model": OAuthError}}, openapi_extra=_FORM)
async def grant_token(request: Request, _caller: Anyone) -> Response:
    """Get an access token as a machine client (`client_credentials`), or the next one of a session (`refresh_token`).

    RFC 6749: the parameters are a form, the client's credentials are in it or in Basic authentication, refusals have its format.
    A refresh token is used once; its second use ends the session (RFC 9700 §4.14.2). If its answer may be lost, send a random `Idempotency-Key`
    of 16 to 200 characters: the same request gets the same next token for five minutes, until that one is used.
    """
    return await service.grant(Desk.of(request), request)


@outside.get("/.well-known/jwks.json", response_model=KeySet)
async def read_keys(request: Request, _caller: Anyone) -> Response:
    """Read the public keys that tokens are signed with (RFC 7517)."""
    return Response(orjson.dumps(request.app.state.keys.published), media_type="application/json", headers=CACHED)
