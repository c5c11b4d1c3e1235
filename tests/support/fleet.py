"""The platform as eight processes and a PostgreSQL of its own, each of which can be killed and comes back."""

import asyncio
import contextlib
import os
import random
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded import EmbeddedServer
from deploy.platform import DATABASES
from deploy.ports import free_port
from deploy.processes import processes_titled
from gateway.bootstrap import ensure_client
from shared.database import Database
from tests.support.processes import SECRET, Parts, until

PARTS = [f"{command} {part}" for command in ("serve", "work") for part in DATABASES]
BACKEND, POSTMASTER = "postgres backend", "postgres"
MEMBERS = (*PARTS, BACKEND, POSTMASTER)


@dataclass
class Fleet:
    """What runs, by name: `serve registry`, `work agreements`, …"""

    parts: Parts
    server: EmbeddedServer
    folder: Path
    processes: dict[str, Process] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)
    _starting: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    async def start(self, member: str) -> None:
        """Start a part; returns once it answers, or as a worker once its loops run."""
        command, part = member.split()
        beat = self.folder / f"{part}.beat"
        beat.unlink(missing_ok=True)
        more = {"COMITY_HEARTBEAT": str(beat)} if command == "work" else {}
        self.processes[member] = process = await self.parts.start(command, part, **more)
        if command == "work":
            await until(lambda: beat.exists() or process.returncode is not None)
        assert process.returncode is None, f"comity {member} ended with {process.returncode}"

    def up(self, member: str) -> bool:
        """Whether it is there to be killed."""
        server = POSTMASTER if member == BACKEND else member
        return server not in self._starting or self._starting[server].done()

    async def ready(self, member: str) -> None:
        """Returns when it has come back."""
        server = POSTMASTER if member == BACKEND else member
        if server in self._starting:
            await self._starting[server]

    async def kill(self, member: str, chance: random.Random, revivals: asyncio.TaskGroup) -> None:
        """SIGKILL, at once; it is brought back beside what goes on."""
        self.killed.append(member)
        if member == POSTMASTER:
            self._starting[member] = revivals.create_task(self._revived(), name=member)
        elif member == BACKEND:
            await until(lambda: self._backend_killed(chance))
        else:
            process = self.processes[member]
            assert process.returncode is None, f"comity {member} had ended by itself, with {process.returncode}"
            process.kill()
            await process.wait()
            self._starting[member] = revivals.create_task(self.start(member), name=member)

    def _backend_killed(self, chance: random.Random) -> bool:
        """Whether there was one to be killed: they come and go, and are all gone while the server recovers."""
        backends = sorted(set(processes_titled(self.server.title)) - {self.server.pid})
        with contextlib.suppress(ProcessLookupError):
            if backends:
                os.kill(chance.choice(backends), signal.SIGKILL)
                return True
        return False

    async def _revived(self) -> None:
        old = self.server.pid
        assert old is not None
        os.kill(old, signal.SIGKILL)
        await until(lambda: self.server.alive and self.server.pid not in (None, old))


@contextlib.asynccontextmanager
async def fleet_of(server: EmbeddedServer, urls: dict[str, str], folder: Path) -> AsyncIterator[Fleet]:
    """All eight parts over these databases, on free ports."""
    database = Database(urls["gateway"])
    await ensure_client(database, client_id="agreements-follower", roles=["follower"], secret=SECRET)
    await database.dispose()
    async with contextlib.AsyncExitStack() as stack:
        fleet = Fleet(Parts(urls, {part: free_port() for part in DATABASES}, stack), server, folder)
        await asyncio.gather(*(fleet.start(member) for member in PARTS))
        await fleet.parts.answers("gateway", "/readyz", 200)
        yield fleet
