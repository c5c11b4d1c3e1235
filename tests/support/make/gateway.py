"""Accounts, clients and tokens for tests."""

from typing import Any

from gateway.app import Gateway
from gateway.bootstrap import Ensured, ensure_account, ensure_client
from shared.ids import new_id

PASSWORD = "a long enough password"


async def account(gateway: Gateway, **overrides: Any) -> Ensured:
    """An account in the gateway's database; by default an operator of no organisation."""
    values: dict[str, Any] = {"email": f"{new_id().hex}@example.org", "display_name": "Ana Pérez", "password": PASSWORD, "roles": ["operator"]}
    return await ensure_account(gateway.own.state.database, **(values | overrides))


async def client(gateway: Gateway, **overrides: Any) -> Ensured:
    """A machine client, with its secret."""
    values: dict[str, Any] = {"client_id": f"c{new_id().hex}", "name": "A machine", "roles": ["integrator"]}
    return await ensure_client(gateway.own.state.database, **(values | overrides))


def access_token(gateway: Gateway, **claims: Any) -> str:
    """An access token as the gateway signs it; `claims` override, and None removes one."""
    state = gateway.own.state
    now = int(state.clock.now().timestamp())
    body = {
        "iss": state.settings.public_url,
        "aud": "comity",
        "sub": str(new_id()),
        "iat": now,
        "exp": now + 600,
        "org": None,
        "seats": [],
        "country": None,
        "subdivision": None,
        "roles": ["operator"],
        "clearance": "clear",
        "epoch": 1,
    } | claims
    return str(state.keys.signer.sign({name: value for name, value in body.items() if value is not None}))


def bearer(gateway: Gateway, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token(gateway, **claims)}"}
