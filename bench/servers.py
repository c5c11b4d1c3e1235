"""Starts what is measured, on free ports, and asks the load generator about it."""

import asyncio
import contextlib
import json
import statistics
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import httpx

from deploy.ports import free_port


@dataclass(frozen=True)
class Target:
    """A server and the request that is sent to it."""

    name: str
    port: int
    path: str
    headers: tuple[str, ...] = ()


@contextlib.asynccontextmanager
async def server(kind: str, urls: Mapping[str, str], *, ready: str) -> AsyncIterator[int]:
    """A server process; gives its port once it answers."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.serve", kind, str(port), stdin=asyncio.subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(dict(urls)).encode())
    process.stdin.close()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            for _ in range(600):
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.get(ready)).status_code == 200:
                        break
                await asyncio.sleep(0.1)
            else:
                raise RuntimeError(f"{kind} does not answer")
        yield port
    finally:
        process.terminate()
        await process.wait()


async def load(target: Target, *, seconds: float = 2.0, connections: int = 16) -> float:
    """Requests per second."""
    return (await _loaded(target, seconds, connections))[0]


async def latency(target: Target, *, seconds: float = 2.0) -> tuple[float, float]:
    """Median and 99th percentile of a request in milliseconds, one after the other."""
    _, median, slow = await _loaded(target, seconds, 1)
    return median, slow


async def _loaded(target: Target, seconds: float, connections: int) -> tuple[float, float, float]:
    arguments = [str(target.port), str(seconds), str(connections), target.path, *target.headers]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.load", *arguments, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{target.name}: the load generator failed")
    rate, median, slow = map(float, out.split())
    return rate, median, slow


async def compare(targets: list[Target], *, rounds: int = 5) -> dict[str, float]:
    """The median of each target over rounds that take turns, so that a slow moment of the machine hits all of them."""
    found: dict[str, list[float]] = {target.name: [] for target in targets}
    for target in targets:
        await load(target, seconds=0.5)
    for _ in range(rounds):
        for target in targets:
            found[target.name].append(await load(target))
    return {name: statistics.median(rates) for name, rates in found.items()}
