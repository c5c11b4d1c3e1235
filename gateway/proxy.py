"""An upstream in another process: the request is passed on over HTTP/1.1, the answer streamed back as it comes.

The front has already authenticated the caller, replaced its token and removed what a client may not say. A service that cannot be
reached is a 503 for its own resources only; the other services go on.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator

from starlette.types import Receive, Scope, Send

from gateway.errors import ServiceAnswerUnreadable, ServiceUnreachable, TooManyAtOnce
from gateway.headers import HOP_BY_HOP, Headers, named_by_connection
from gateway.proxying.connections import NOT_MODIFIED, Connection
from gateway.proxying.doors import OPEN, Doors
from gateway.proxying.failures import ClientGone, Lost, TooSlow, Unreadable
from gateway.proxying.heads import announced_length, chunk, request_head
from gateway.proxying.pools import Address, Patience, Pool
from shared import logs
from shared.errors import BadRequest

REPEATABLE = frozenset({"GET", "OPTIONS", "PUT", "DELETE"})  # RFC 9110 §9.2.2
MOST = 512  # connections to one service; each waiting poll has one
# Of these one principal has an eighth and everyone without a token a half together: whoever keeps theirs open leaves the others some.
SHARE, PUBLIC_SHARE = 8, 2
PUBLIC = ""
log = logs.get(__name__)


class HttpUpstream:
    """An ASGI application that is a service somewhere else."""

    def __init__(self, base_url: str, *, patience: Patience | None = None, connections: int = MOST, doors: Doors = OPEN) -> None:
        self.address, self.doors = Address(base_url), doors
        self.pool = Pool(self.address, patience or Patience(), connections)
        self.open: Counter[str] = Counter()  # exchanges by the principal they are for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._pass_on(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.doors.refuse(scope)
        try:
            with self._counted(_principal(scope)):
                await _Exchange(self, scope, receive, send).run()
        except ClientGone:
            return
        except Unreadable as error:
            log.error("proxy.unreadable", upstream=self.address.host, path=scope["path"], reason=str(error))
            raise ServiceAnswerUnreadable("What was sent may have had its effect: repeat a change with its Idempotency-Key.") from error
        except (Lost, TooSlow) as error:
            log.warning("proxy.unreachable", upstream=self.address.host, path=scope["path"], reason=str(error))
            raise ServiceUnreachable("It may be restarting. What was sent may have had its effect: repeat a change with its Idempotency-Key.") from error

    @contextlib.contextmanager
    def _counted(self, principal: str) -> Iterator[None]:
        """TooManyAtOnce while this principal has its share of the connections already."""
        if self.open[principal] >= max(1, self.pool.most // (PUBLIC_SHARE if principal == PUBLIC else SHARE)):
            raise TooManyAtOnce
        self.open[principal] += 1
        try:
            yield
        finally:
            self.open[principal] -= 1
            if not self.open[principal]:
                del self.open[principal]


def _principal(scope: Scope) -> str:
    """Whom the request is for; PUBLIC for whoever sent no token."""
    claims = scope.get("state", {}).get("claims")
    return PUBLIC if claims is None else str(claims["sub"])


class _Exchange:
    """One request, and its answer."""

    __slots__ = ("_connection", "_incoming", "_length", "_receive", "_scope", "_send", "upstream")

    def __init__(self, upstream: HttpUpstream, scope: Scope, receive: Receive, send: Send) -> None:
        self.upstream, self._scope, self._receive, self._send = upstream, scope, receive, send
        self._connection: Connection | None = None
        self._incoming: asyncio.Task[None] | None = None
        self._length = announced_length(scope)

    async def run(self) -> None:
        body, more = b"", False
        if self._scope.get("state", {}).get("body", True):  # where there is none, nobody asks twice for it: a poll may be passed on again
            message = await self._receive()
            if message["type"] != "http.request":
                return
            body, more = message.get("body", b""), message.get("more_body", False)
        head = request_head(self._scope, self.upstream.address.authority, self.upstream.address.prefix, length=self._length if more else len(body))
        try:
            await self._deliver(await self._answered(head + self._piece(body, last=not more), more=more))
        finally:
            self._end()

    async def _answered(self, request: bytes, *, more: bool) -> Connection:
        """The connection on which the head of the answer has come.

        A request that met a connection which the service had just closed is sent once more on a new one, if that cannot do
        anything twice: nothing has been answered, the method is idempotent, the body is at hand. With If-Match the second
        try would be told that the record has changed, by the first one.
        """
        connection = await self._asked(request, more=more, fresh=False)
        again = connection.answered and not more and self._scope["method"] in REPEATABLE and not self._says(b"if-match")
        try:
            await connection.until_headed()
        except Lost:
            if not again or not connection.silent:
                raise
            connection = await self._asked(request, more=more, fresh=True)
            await connection.until_headed()
        return connection

    async def _asked(self, request: bytes, *, more: bool, fresh: bool) -> Connection:
        self._connection = connection = await self.upstream.pool.take(fresh=fresh)
        connection.ask(request, whole=not more, when_slow=self._watch)
        if more:
            self._watch()
        return connection

    async def _deliver(self, connection: Connection) -> None:
        body, more = connection.take()
        if more:
            self._watch()
        await self._send({"type": "http.response.start", "status": connection.status, "headers": _passed(connection.status, connection.headers)})
        while more:
            if body:
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
            body, more = await connection.read()
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    def _watch(self) -> None:
        if self._incoming is None:
            self._incoming = asyncio.create_task(self._take_in())

    async def _take_in(self) -> None:
        """Pass on the rest of the body, then see whether the client leaves."""
        try:
            while True:
                message = await self._receive()
                connection = self._connection
                assert connection is not None
                if message["type"] != "http.request":
                    connection.fail(ClientGone())
                    return
                if not connection.sent:
                    last = not message.get("more_body", False)
                    await connection.send(self._piece(message.get("body", b""), last=last), last=last)
        except Exception as error:  # noqa: BLE001 - whatever it is, the one who waits for the answer raises it
            assert self._connection is not None
            self._connection.fail(error)

    def _piece(self, body: bytes, *, last: bool) -> bytes:
        """The body as it is framed; BadRequest when it is not as long as was announced."""
        if self._length is None:
            return body if last and self._connection is None else chunk(body, last=last)
        self._length -= len(body)
        if self._length < 0 or (last and self._length):
            raise BadRequest("The body is not as long as Content-Length says.")
        return body

    def _says(self, wanted: bytes) -> bool:
        return any(name == wanted for name, _ in self._scope["headers"])

    def _end(self) -> None:
        if self._incoming is not None:
            self._incoming.cancel()
        if self._connection is not None:
            self._connection.when_slow = None
            self.upstream.pool.give_back(self._connection)


def _passed(status: int, headers: Headers) -> Headers:
    """The headers of an answer that are meant for the client."""
    passed = [item for item in headers if item[0] not in HOP_BY_HOP]
    if len(passed) < len(headers):
        named = named_by_connection(value for name, value in headers if name == b"connection")
        passed = [item for item in passed if item[0] not in named]
    return [item for item in passed if item[0] != b"content-length"] if status == NOT_MODIFIED else passed
