"""The connections to one service: kept for the next request, closed when they are of no use, bounded in number."""

import asyncio
import contextlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.proxying.connections import Connection
from gateway.proxying.failures import Lost, TooSlow

SWEEP = 0.25  # seconds


@dataclass(frozen=True)
class Patience:
    """Seconds: for a connection, the head of an answer, any byte after that, a whole exchange; how long a connection may rest.

    A feed is polled for up to 30 seconds. A connection rests far shorter than a service keeps one (75 s, and 5 s where uvicorn serves it
    by itself), so that a request does not meet a service that is just closing it.
    """

    connect: float = 2.0
    head: float = 45.0
    silence: float = 45.0
    whole: float = 600.0
    rest: float = 4.0


class Address:
    """Where a service answers: `http://host:port`, `https://…`, with or without a path before its own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError(f"{url!r} is not the address of a service: http://host:port")
        self.tls = parts.scheme == "https"
        self.host, self.port = parts.hostname, parts.port or (443 if self.tls else 80)
        self.authority = parts.netloc.encode("ascii")
        self.prefix = parts.path.rstrip("/").encode("ascii")


class Pool:
    """Gives out connections. Lost when the service cannot be reached or too many requests wait for it already."""

    def __init__(self, address: Address, patience: Patience, most: int) -> None:
        self.address, self.patience, self.most = address, patience, most
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._connecting = 0
        self._sweeping: asyncio.TimerHandle | None = None

    async def take(self, *, fresh: bool = False) -> Connection:
        """A connection that was used last, or a new one."""
        while self._idle and not fresh:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        if len(self._open) + self._connecting >= self.most and not self._make_room():
            raise Lost("too many requests wait for this service")
        return await self._connect()

    def give_back(self, connection: Connection) -> None:
        """After an exchange; one that did not end cleanly is closed."""
        if connection.usable and connection in self._open:
            self._idle.append(connection)
        else:
            connection.abort()

    async def close(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        for connection in list(self._open):
            connection.fail(Lost("the gateway ends"))
        await asyncio.sleep(0)  # the transports close in the next turn of the loop

    async def _connect(self) -> Connection:
        address, loop = self.address, asyncio.get_running_loop()
        self._connecting += 1
        try:
            async with asyncio.timeout(self.patience.connect):
                _, connection = await loop.create_connection(lambda: Connection(self._gone), address.host, address.port, ssl=address.tls or None)
        except (OSError, TimeoutError) as error:
            raise Lost("it does not accept connections") from error
        finally:
            self._connecting -= 1
        self._open.add(connection)
        if self._sweeping is None:
            self._sweeping = loop.call_later(SWEEP, self._sweep)
        return connection

    def _gone(self, connection: Connection) -> None:
        self._open.discard(connection)
        with contextlib.suppress(ValueError):
            self._idle.remove(connection)

    def _make_room(self) -> bool:
        """A request that must have a connection of its own takes the place of one that rests."""
        if not self._idle:
            return False
        self._idle.pop(0).abort()
        return True

    def _sweep(self) -> None:
        """End what has taken too long, and have whoever waits look whether the client is still there. One clock for all of them costs a request nothing."""
        loop = asyncio.get_running_loop()
        now, patience = loop.time(), self.patience
        while self._idle and now - self._idle[0].moved > patience.rest:
            self._idle.pop(0).abort()
        for connection in list(self._open):
            if connection.complete:
                continue
            if connection.when_slow is not None:
                connection.when_slow()
            waited = 0.0 if connection.paused else now - connection.moved
            if waited > (patience.silence if connection.headed else patience.head) or now - connection.begun > patience.whole:
                connection.fail(TooSlow("it does not answer in time"))
        self._sweeping = loop.call_later(SWEEP, self._sweep) if self._open else None
