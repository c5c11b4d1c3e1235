"""Each role of the platform as a process of its own, and the bare process beside them."""

import asyncio
import contextlib
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.platform import DATABASES
from deploy.ports import free_port

HELLO = "hello"
ROLES = [f"{command} {part}" for command in ("serve", "work") for part in DATABASES]
FOLLOWER, SECRET = "bench-follower", "a-secret-of-the-bench-that-is-long-enough"


@dataclass
class Place:
    """Databases, ports and a folder in which every role can be started."""

    urls: Mapping[str, str]
    folder: Path
    ports: dict[str, int] = field(default_factory=lambda: {part: free_port() for part in (*DATABASES, HELLO)})

    def address(self, part: str) -> str:
        return f"http://127.0.0.1:{self.ports[part]}"

    @contextlib.asynccontextmanager
    async def running(self, role: str) -> AsyncIterator[tuple[Process, float]]:
        """The role's process, and the seconds from its start until it answers, or as a worker until its loops run."""
        began = time.perf_counter()
        process = await self._started(role)
        try:
            await self._ready(role, process)
            yield process, time.perf_counter() - began
        finally:
            process.kill()
            await process.wait()

    async def _started(self, role: str) -> Process:
        if role == HELLO:
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.hello", str(self.ports[HELLO]), stdin=PIPE, env=_plain())
            assert process.stdin is not None
            process.stdin.write(self.urls["registry"].encode())
            process.stdin.close()
            return process
        command, part = role.split()
        self._beat(part).unlink(missing_ok=True)
        return await asyncio.create_subprocess_exec(sys.executable, "-m", "deploy.cli", command, part, env=_plain() | self._environment(part))

    async def _ready(self, role: str, process: Process) -> None:
        command, _, part = role.rpartition(" ")
        async with httpx.AsyncClient(base_url=self.address(part)) as http:
            while process.returncode is None:
                if command == "work" and self._beat(part).exists():
                    return
                with contextlib.suppress(httpx.HTTPError):
                    if command != "work" and (await http.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.01)
        raise RuntimeError(f"{role} ended with {process.returncode}")

    def _beat(self, part: str) -> Path:
        return self.folder / f"{part}.beat"

    def _environment(self, part: str) -> dict[str, str]:
        prefix = f"COMITY_{part.upper()}_"
        return {
            f"{prefix}DATABASE_URL": self.urls[part],
            f"{prefix}GATEWAY_URL": self.address("gateway"),
            f"{prefix}PUBLIC_URL": self.address("gateway"),
            f"{prefix}CLIENT_ID": FOLLOWER,
            f"{prefix}CLIENT_SECRET": SECRET,
            f"{prefix}LOG_LEVEL": "ERROR",
            "COMITY_GATEWAY_UPSTREAMS": json.dumps({name: self.address(name) for name in DATABASES if name != "gateway"}),
            "COMITY_PORT": str(self.ports[part]),
            "COMITY_HEARTBEAT": str(self._beat(part)),
        }


def _plain() -> dict[str, str]:
    """This environment; modules are compiled once, as they are in an image."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


async def memory(process: Process) -> float:
    """Resident megabytes."""
    said = await asyncio.create_subprocess_exec("ps", "-o", "rss=", "-p", str(process.pid), stdout=PIPE)
    out, _ = await said.communicate()
    return int(out) / 1024
