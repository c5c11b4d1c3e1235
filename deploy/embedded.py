"""The embedded PostgreSQL: one server in one folder, owned by one process, brought back when it dies."""

import asyncio
import atexit
import fcntl
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from deploy.databases import ensure_databases
from deploy.errors import StartRefused
from deploy.folders import check_folder
from deploy.postgres_wheel import MAJOR, Account, account_for, programs, run, start
from deploy.processes import processes_titled, signal_all
from deploy.sockets import PORT, choose_sockets, short_sockets

__all__ = ["EmbeddedServer", "default_folder", "ensure_databases"]

SETTINGS = {"max_connections": "200", "shared_buffers": "128MB", "timezone": "UTC", "log_timezone": "UTC", "jit": "off"}
# Only a crash of the machine loses data: commits still reach the system, so they survive a killed server in tests as well.
RECKLESS = {"fsync": "off", "full_page_writes": "off"}
LOG_LIMIT = 5_000_000
LOCK_WITHIN = 2.0
_LOCK = "lock"
_POLL = 0.02
_READY_WITHIN = 300.0  # a crash recovery may read gigabytes; a server that gave up is noticed at once
_GONE_WITHIN = 30.0

log = logging.getLogger(__name__)


def default_folder(checkout: Path) -> Path:
    """Where data lives: COMITY_DATA, else inside the checkout; for root outside of it, where PostgreSQL's own account can reach it."""
    named = os.environ.get("COMITY_DATA")
    if named:
        return Path(named).expanduser().resolve()
    return Path("/var/lib/comity") if os.geteuid() == 0 else checkout.resolve() / ".comity" / "data"


class EmbeddedServer:
    """PostgreSQL in `folder`. `durable=False` trades the safety of the data for speed: for tests."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.expanduser().resolve()
        self.cluster = self.folder / "postgres"
        self.durable = durable
        self.title = ""
        self._process: subprocess.Popen[str] | None = None
        self._lock: int | None = None
        self._sockets: Path | None = None
        self._account: Account | None = None
        self._programs: Path | None = None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The postmaster's process id as its own file has it, running or not."""
        with suppress(FileNotFoundError, ValueError, IndexError):
            return int(self._status()[0])
        return None

    @property
    def alive(self) -> bool:
        """Whether the server that this object started is still there. One that was joined counts as alive."""
        return self._sockets is not None and (self._process is None or self._process.poll() is None)

    def start(self, *, join: bool = False) -> None:
        """Starts the server, making the cluster the first time. `join`: use the one another process of ours runs, if it does."""
        with self._turn:
            self._prepare_folder()
            if not self._take_lock(wait=0.0 if join else LOCK_WITHIN):
                if not join:
                    raise StartRefused(f"Comity already runs on the data in {self.folder}. Stop it, or use another folder: COMITY_DATA=/path make up")
                self._join()
                return
            try:
                self._account = account_for(self.cluster if self.cluster.exists() else self.folder)
                self._check_reach()
                self._programs = programs(self._account, self.folder)
                if not self.cluster.exists():
                    self._initialise()
                self._check_version()
                self._launch()
            except BaseException:
                self._drop_lock()
                raise
            atexit.register(self._stop_in, os.getpid())

    def stop(self) -> None:
        """Stops the server and keeps the data. One that was joined is left running."""
        with self._turn:
            self._sockets = None
            process, self._process = self._process, None
            if process is not None:
                atexit.unregister(self._stop_in)
                _end(process)
            if self._lock is not None:
                self._clear_leftovers()
                shutil.rmtree(short_sockets(self.title), ignore_errors=True)
                self._drop_lock()

    async def supervise(self, stop_event: asyncio.Event, *, every: float = 0.2) -> None:
        """Brings the server back when it dies, until `stop_event`. A server that does not come back is tried again."""
        pause = every
        while not stop_event.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop_event.wait(), pause)
            if stop_event.is_set() or self.alive:
                pause = every
                continue
            try:
                await asyncio.to_thread(self._revive)
                pause = every
            except (StartRefused, OSError) as error:
                log.error("PostgreSQL does not come back: %s", error)
                pause = min(pause * 2, 10.0)

    def url(self, database: str) -> str:
        """For SQLAlchemy: `postgresql+asyncpg://…`."""
        return self._address("postgresql+asyncpg", database)

    def dsn(self, database: str) -> str:
        """For asyncpg, psql and pg_dump: `postgresql://…`."""
        return self._address("postgresql", database)

    def ensure_databases(self, names: Iterable[str]) -> list[str]:
        """Makes the databases that are missing; answers with those it made. Works inside and outside of an event loop."""
        wanted = list(names)
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(lambda: asyncio.run(ensure_databases(self.dsn("postgres"), wanted))).result()

    def _address(self, scheme: str, database: str) -> str:
        if self._sockets is None:
            raise RuntimeError("the embedded PostgreSQL is not started")
        return f"{scheme}://postgres@/{quote(database, safe='')}?host={quote(str(self._sockets), safe='/')}&port={PORT}"

    def _prepare_folder(self) -> None:
        check_folder(self.folder)
        here = self.folder.stat()
        present = {path.name for path in self.folder.iterdir()}
        # A folder that others use as well keeps its permissions. Root's is passed through by PostgreSQL's own account.
        if here.st_uid == os.geteuid() and (not present or _LOCK in present):
            self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        # Every process of this server carries this in its title, which all users may read (unlike its working folder).
        # Of the folder, not of its path: the same data may be reached by another.
        self.title = f"comity-{hashlib.sha256(f'{here.st_dev}:{here.st_ino}'.encode()).hexdigest()[:12]}"

    def _open(self, name: str, flags: int) -> int:
        """A file only the owner of the folder may read; when root starts in somebody's folder it stays theirs."""
        try:
            handle = os.open(self.folder / name, flags | os.O_CREAT, 0o600)
        except OSError as error:
            raise StartRefused(
                f"{self.folder / name} cannot be opened: {error.strerror}. Correct that or choose another folder: COMITY_DATA=/path make up"
            ) from error
        owner = self.folder.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(handle, owner.st_uid, owner.st_gid)
        return handle

    def _take_lock(self, wait: float) -> bool:
        """Whether this process now owns the folder. A killed owner's lock is free at once; one that is stopping gets `wait` seconds."""
        handle = self._open(_LOCK, os.O_RDWR)
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(handle)
                    return False
                time.sleep(_POLL)
            else:
                self._lock = handle
                return True

    def _drop_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _join(self) -> None:
        deadline = time.monotonic() + _GONE_WITHIN
        while not self._ready():
            if time.monotonic() >= deadline:
                raise StartRefused(f"The PostgreSQL in {self.folder} belongs to another process and is not ready. Try again, or stop that process.")
            time.sleep(_POLL)
        self._sockets = Path(self._status()[4])

    def _check_reach(self) -> None:
        if self._account is None:
            return
        # From `/`: the folder itself may be the one that cannot be entered.
        if run(["/bin/sh", "-c", 'cd -- "$1"', "sh", self.folder], self._account, Path("/")).returncode:
            raise StartRefused(
                f"PostgreSQL does not run as root, and its own account cannot enter {self.folder}. "
                "Use a folder outside of root's home: COMITY_DATA=/var/lib/comity make up"
            )

    def _initialise(self) -> None:
        """Made beside and then renamed: a cluster that exists is complete."""
        assert self._programs is not None
        partial = self.folder / "postgres.partial"
        command: list[str | Path] = [self._programs / "initdb", "-D", partial, "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        # The same order and the same letters on every machine; text search asks the C library what a letter is.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--text-search-config=simple"]
        if not self.durable:
            command.append("--no-sync")
        for letters in ("C.UTF-8", "en_US.UTF-8", "C"):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(mode=0o700)
            if self._account is not None:
                os.chown(partial, self._account.uid, self._account.gid)
            made = run([*command, f"--lc-ctype={letters}"], self._account, self.folder)
            if made.returncode == 0:
                partial.rename(self.cluster)
                return
        said = made.stdout.strip().splitlines()
        reasons = [line for line in said if "FATAL:" in line or "PANIC:" in line or "error:" in line] or said[-3:]
        raise StartRefused(f"PostgreSQL could not make its files in {self.folder} (code {made.returncode}): {' '.join(reasons) or 'no reason given'}")

    def _check_version(self) -> None:
        version = (self.cluster / "PG_VERSION").read_text().strip()
        if version != str(MAJOR):
            raise StartRefused(
                f"The data in {self.cluster} was made by PostgreSQL {version}; this is {MAJOR}. Run the Comity that made it, or use another COMITY_DATA."
            )

    def _launch(self) -> None:
        assert self._programs is not None
        self._clear_leftovers()
        # Nobody lives that could own it, and a process that got the same id since would stop PostgreSQL from starting.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        sockets = choose_sockets(self.folder, self.title, self._account)
        settings = SETTINGS | ({} if self.durable else RECKLESS)
        settings |= {"cluster_name": self.title, "listen_addresses": "", "unix_socket_permissions": "0700", "port": str(PORT)}
        settings["unix_socket_directories"] = '"' + str(sockets).replace('"', '""') + '"'
        command: list[str | Path] = [self._programs / "postgres", "-D", self.cluster]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        handle = self._open("postgres.log", os.O_WRONLY | os.O_APPEND)
        try:
            if os.fstat(handle).st_size > LOG_LIMIT:
                os.truncate(handle, 0)
            began = os.fstat(handle).st_size
            process = start(command, self._account, self.folder, output=handle)
        finally:
            os.close(handle)
        try:
            self._await_ready(process, self.folder / "postgres.log", began)
        except BaseException:
            _end(process)
            raise
        self._process, self._sockets = process, sockets

    def _await_ready(self, process: subprocess.Popen[str], journal: Path, began: int) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while not (self.pid == process.pid and self._ready()):
            if process.poll() is not None:
                said = journal.read_bytes()[began:].decode(errors="replace").splitlines()
                reasons = [line.split("FATAL:", 1)[1].strip() for line in said if "FATAL:" in line] or said[-1:] or ["no reason given"]
                raise StartRefused(f"PostgreSQL does not start: {reasons[0]} (more in {journal})")
            if time.monotonic() >= deadline:
                raise StartRefused(f"PostgreSQL is still not ready after {_READY_WITHIN:.0f} seconds (see {journal}). Start again to let it continue.")
            time.sleep(_POLL)

    def _revive(self) -> None:
        with self._turn:
            if self.alive or self._sockets is None or self._process is None:
                return
            log.warning("PostgreSQL ended (code %s) and is started again", self._process.returncode)
            self._launch()

    def _clear_leftovers(self) -> None:
        """Ends what a killed owner or postmaster left behind: a lone backend holds the shared memory and stops the next start."""
        postmaster = self.pid
        left = processes_titled(self.title)
        if postmaster in left:
            signal_all([postmaster], signal.SIGINT)
            _until_gone(self.title, _GONE_WITHIN)
        signal_all(processes_titled(self.title), signal.SIGQUIT)
        if not _until_gone(self.title, 2.0):
            signal_all(processes_titled(self.title), signal.SIGKILL)
            _until_gone(self.title, _GONE_WITHIN)

    def _status(self) -> list[str]:
        return (self.cluster / "postmaster.pid").read_text().splitlines()

    def _ready(self) -> bool:
        with suppress(FileNotFoundError):
            lines = self._status()
            return len(lines) > 7 and lines[7].strip() == "ready"
        return False

    def _stop_in(self, process: int) -> None:
        if os.getpid() == process:  # not in a fork of it
            self.stop()


def _end(process: subprocess.Popen[str]) -> None:
    for kind, patience in ((signal.SIGINT, _GONE_WITHIN), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with suppress(subprocess.TimeoutExpired):
            process.send_signal(kind)
            process.wait(patience)
            return


def _until_gone(title: str, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while processes_titled(title):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL)
    return True
