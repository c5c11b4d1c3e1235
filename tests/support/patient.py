"""A client as a careful integrator writes it: it outlives whatever dies on the other side, and nothing it asks for happens twice."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import httpx

from shared.ids import new_id

ATTEMPTS, PAUSE = 600, 0.1
IN_FLIGHT = "/problems/key_in_flight"
NOT_NOW = {429, 503}


class Progress:
    """Counts the requests that were answered for good, and wakes who waits for a number of them."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: list[tuple[int, asyncio.Event]] = []
        self._open = asyncio.Event()
        self._open.set()

    def counted(self) -> None:
        self.count += 1
        for number, reached in self._waiting:
            if self.count >= number:
                reached.set()

    async def reached(self, number: int) -> None:
        """Returns once so many requests are answered."""
        if self.count < number:
            reached = asyncio.Event()
            self._waiting.append((number, reached))
            await reached.wait()

    async def allowed(self) -> None:
        """Returns when new requests may be sent."""
        await self._open.wait()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """No new request is sent meanwhile; those under way go on."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()


class Patient(httpx.AsyncClient):
    """Repeats what has had no final answer: a GET as it is, a POST with the Idempotency-Key that it always carries."""

    def __init__(self, address: str, progress: Progress) -> None:
        super().__init__(base_url=address, timeout=60)
        self.progress = progress

    async def request(self, method: str, url: Any, **request: Any) -> httpx.Response:
        """The final answer, whatever its status; AssertionError when there is none after ATTEMPTS. A PATCH is sent by `change`."""
        headers = dict(request.pop("headers", None) or {})
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(new_id()))
        await self.progress.allowed()
        for _ in range(ATTEMPTS):
            answer = await self._once(method, url, headers=headers, **request)
            if answer is not None:
                self.progress.counted()
                return answer
            await asyncio.sleep(PAUSE)
        raise AssertionError(f"{method} {url} is not answered")

    async def change(self, path: str, wanted: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """PATCH the record until it says what is wanted. After a conflict or an unknown outcome it is read again first."""
        for _ in range(ATTEMPTS):
            read = (await self.get(path, headers=headers)).raise_for_status()
            record: dict[str, Any] = read.json()
            if wanted.items() <= record.items():
                return record
            answer = await self._once("PATCH", path, json=wanted, headers={**headers, "If-Match": read.headers["etag"]})
            if answer is not None and answer.status_code != 412:
                answer.raise_for_status()
        raise AssertionError(f"{path} does not come to say {wanted}")

    async def _once(self, method: str, url: Any, **request: Any) -> httpx.Response | None:
        """One attempt; None when nobody can know yet what became of it."""
        try:
            answer = await super().request(method, url, **request)
        except httpx.TransportError:
            return None
        in_flight = answer.status_code == 409 and answer.json().get("type") == IN_FLIGHT
        return None if in_flight or answer.status_code in NOT_NOW else answer
