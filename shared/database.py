"""One service's database: its pool, its sessions, and the signals that cross processes.

A signal is a NOTIFY sent after the commit, coalesced per process: inside the transaction it would take PostgreSQL's
global queue lock at commit and serialise all writers. Losing one costs a poll interval, never a fact.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from shared import logs

log = logs.get(__name__)
EXPORTS = 4  # files that a process reads at once, each through a connection beside the pools
SERVER_SETTINGS = {"timezone": "UTC", "jit": "off"}
LONGEST_READ_MS = 15_000  # of a compiled read: who asked has long left, or is better told to ask for less
STARTS_WITHIN = 60.0
NOT_YET = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, asyncpg.TooManyConnectionsError)


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How many connections of a pool are in use, how many wait for it, and how many there may be."""

    pool: str
    used: int
    idle: int
    limit: int


class Database:
    """The engine and the signals of one service in one process."""

    def __init__(self, url: str | URL, *, pool_size: int = 8) -> None:
        self.url = make_url(url)
        self.engine: AsyncEngine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            hide_parameters=True,  # of failed statements, which are logged
            connect_args={"timeout": 5, "server_settings": {**SERVER_SETTINGS, "idle_in_transaction_session_timeout": "60000"}},
        )
        self.reader: AsyncEngine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self.signals = Signals(self.url)
        self._readers: asyncpg.Pool | None = None
        self._pool_size = pool_size
        self._making = asyncio.Lock()
        self.exports = asyncio.Semaphore(EXPORTS)
        self.bound: AsyncConnection | None = None  # tests bind one connection and roll it back

    def session(self, *, read_only: bool) -> AsyncSession:
        """A session; a read-only one runs each statement by itself and pays for no BEGIN and no ROLLBACK."""
        if self.bound is not None:
            return AsyncSession(self.bound, join_transaction_mode="create_savepoint", expire_on_commit=False, autoflush=False)
        return AsyncSession(self.reader if read_only else self.engine, expire_on_commit=False, autoflush=False)

    async def readers(self) -> asyncpg.Pool:
        """Connections for compiled reads, straight to the driver: one statement each, so nothing needs to be reset between them.

        A statement that takes longer than LONGEST_READ_MS is ended, so that no few requests can keep all connections for themselves.
        """
        if self._readers is None:
            async with self._making:
                if self._readers is None:
                    bounded = {**SERVER_SETTINGS, "statement_timeout": str(LONGEST_READ_MS)}
                    self._readers = await asyncpg.create_pool(
                        _dsn(self.url), min_size=0, max_size=self._pool_size, reset=_nothing_to_reset, server_settings=bounded, timeout=5
                    )
        return self._readers

    def pools(self) -> list[PoolUse]:
        """The pool of changes and that of compiled reads, as they are now."""
        pool, readers = self.engine.pool, self._readers
        assert isinstance(pool, QueuePool)
        changes = PoolUse("changes", pool.checkedout(), pool.checkedin(), self._pool_size)
        open_, idle = (readers.get_size(), readers.get_idle_size()) if readers is not None else (0, 0)
        return [changes, PoolUse("reads", open_ - idle, idle, self._pool_size)]

    async def connect(self) -> asyncpg.Connection:
        """A plain asyncpg connection outside the pool, for COPY, LISTEN and streams."""
        return await _connect(self.url)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen and notify while the application runs; close the pool at its end. A server that is coming up is waited for."""
        await self._up()
        async with self.signals.running():
            yield
        await self.dispose()

    async def _up(self) -> None:
        """Returns when the server takes connections: it may be recovering from the same accident as this process."""
        clock = asyncio.get_running_loop()
        until = clock.time() + STARTS_WITHIN
        while True:
            try:
                connection = await self.connect()
            except NOT_YET as error:
                if clock.time() >= until:
                    raise
                log.warning("database.awaited", error=repr(error))
                await asyncio.sleep(0.25)
            else:
                connection.terminate()
                return

    async def dispose(self) -> None:
        """Close every connection."""
        readers, self._readers = self._readers, None
        if readers is not None:
            readers.terminate()
        with contextlib.suppress(TimeoutError):  # a peer that never closes its end does not hold up the end of the process
            async with asyncio.timeout(5):
                await self.engine.dispose()


async def _connect(url: URL) -> asyncpg.Connection:
    return await asyncpg.connect(_dsn(url), timeout=5, server_settings=SERVER_SETTINGS)


def _dsn(url: URL) -> str:
    """For the driver itself, which takes libpq's `sslmode` where the dialect takes `ssl`."""
    query = {"sslmode" if name == "ssl" else name: value for name, value in url.query.items()}
    return url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    return None


class Signals:
    """Wakes waiters of this process when any process of the service sends a signal; one LISTEN connection for all."""

    CHANNEL = "comity"

    def __init__(self, url: URL) -> None:
        self.url = url
        self._waiters: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._due: set[str] = set()
        self._send = asyncio.Event()
        self.listening = asyncio.Event()

    def send(self, signal: str) -> None:
        """Say, after a commit, that something of this kind is there to be read. Never waits, never fails."""
        self._due.add(signal)
        self._send.set()

    def watch(self, signal: str) -> asyncio.Event:
        """What the next signal of this kind will set. Take it before you look, so that nothing slips in between."""
        return self._waiters[signal]

    async def wait(self, watched: asyncio.Event, seconds: float) -> bool:
        """Wait for a watched signal; False when the time ran out. Look again either way."""
        try:
            async with asyncio.timeout(seconds):
                await watched.wait()
        except TimeoutError:
            return False
        return True

    def _wake(self, signal: str) -> None:
        self._waiters.pop(signal, asyncio.Event()).set()

    def _wake_all(self) -> None:
        for signal in list(self._waiters):
            self._wake(signal)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the connection; everyone is woken when it comes back, since signals may have been missed."""
        task = asyncio.create_task(self._run(), name="signals")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            try:
                await self._listen_and_send()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("signals.lost", error=repr(error))
            self.listening.clear()
            await asyncio.sleep(0.25)

    async def _listen_and_send(self) -> None:
        connection = await _connect(self.url)
        lost = asyncio.Event()

        def on_loss(_: object) -> None:
            lost.set()
            self._send.set()

        try:
            connection.add_termination_listener(on_loss)
            await connection.add_listener(self.CHANNEL, lambda _c, _p, _ch, signal: self._wake(str(signal)))
            self.listening.set()
            self._wake_all()
            while not lost.is_set():
                await self._send.wait()
                self._send.clear()
                for signal in list(self._due):
                    await connection.execute("SELECT pg_notify($1, $2)", self.CHANNEL, signal)
                    self._due.discard(signal)
        finally:
            connection.terminate()
