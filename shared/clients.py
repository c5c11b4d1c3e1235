"""How one service reads another: over HTTP through the gateway, as a machine client with a token of its own."""

import asyncio
import time
from typing import Any

import httpx

from shared.access import KeySource
from shared.errors import Unavailable


class MachineClient:
    """A client-credentials client that keeps its token until it is nearly over, and asks for a new one when it is refused."""

    def __init__(self, http: httpx.AsyncClient, client_id: str, client_secret: str) -> None:
        self.http, self.client_id, self._secret = http, client_id, client_secret
        self._token: str | None = None
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def get(self, path: str, parameters: dict[str, Any], *, patience: float = 10.0) -> httpx.Response:
        """GET with the token; Unavailable when the other side cannot be reached."""
        try:
            answer = await self._get(path, parameters, patience)
            if answer.status_code == 401:
                self._until = 0.0
                answer = await self._get(path, parameters, patience)
        except httpx.HTTPError as error:
            raise Unavailable(f"{path} cannot be reached: {error!r}") from error
        return answer

    async def _get(self, path: str, parameters: dict[str, Any], patience: float) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._bearer()}"}
        return await self.http.get(path, params=parameters, headers=headers, timeout=patience)

    async def _bearer(self) -> str:
        async with self._asking:
            if self._token is None or time.monotonic() >= self._until:
                form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self._secret}
                answer = await self.http.post("/oauth/token", data=form, timeout=10.0)
                if answer.status_code != 200:
                    raise Unavailable(f"/oauth/token answered {answer.status_code} to {self.client_id}")
                body = answer.json()
                self._token, self._until = body["access_token"], time.monotonic() + max(body["expires_in"] - 30, 5)
            return self._token


def published_keys(http: httpx.AsyncClient) -> KeySource:
    """The gateway's public keys, read over this client; Unavailable when they cannot be read."""

    async def keys() -> dict[str, Any]:
        try:
            answer = await http.get("/.well-known/jwks.json", timeout=5)
            return answer.raise_for_status().json()  # type: ignore[no-any-return]
        except httpx.HTTPError as error:
            raise Unavailable(f"the keys cannot be read: {error!r}") from error

    return keys
