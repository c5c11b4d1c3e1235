"""A load generator in a process of its own: `python -m bench.load PORT SECONDS CONNECTIONS PATH [HEADER…]`.

It prints requests per second, and the median and the 99th percentile of the time an answer took, in milliseconds.

Keep-alive connections, one request at a time on each, as wrk does; every answer must be a 200 of the same length class, or it stops with an error.
"""

import asyncio
import itertools
import sys
import time
from typing import cast

import uvloop


class Connection(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it is answered."""

    def __init__(self, request: bytes, until: float) -> None:
        self.request, self.until = request, until
        self.took: list[float] = []
        self.asked_at = time.perf_counter()
        self.buffer = bytearray()
        self.expected = -1
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        self.asked_at = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.expected < 0:
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            if not self.buffer.startswith(b"HTTP/1.1 20"):
                self.over.set_exception(RuntimeError(bytes(self.buffer[:2000]).decode(errors="replace")))
                self.transport.close()
                return
            lower = bytes(self.buffer[:head]).lower()
            length = int(lower.partition(b"content-length:")[2].partition(b"\r\n")[0])
            self.expected = head + 4 + length
        if len(self.buffer) >= self.expected:
            self.buffer.clear()
            self.expected = -1
            now = time.perf_counter()
            self.took.append(now - self.asked_at)
            if now >= self.until:
                self.transport.close()
            else:
                self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(self.took)


async def run(port: int, seconds: float, connections: int, path: str, headers: list[str]) -> tuple[float, float, float]:
    """Requests per second over all connections; median and 99th percentile of an answer in milliseconds."""
    lines = [f"GET {path} HTTP/1.1", "Host: bench", *headers, "", ""]
    request = "\r\n".join(lines).encode()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    made = [await loop.create_connection(lambda: Connection(request, started + seconds), "127.0.0.1", port) for _ in range(connections)]
    took = sorted(itertools.chain.from_iterable(await asyncio.gather(*(protocol.over for _, protocol in made))))
    rate = len(took) / (time.perf_counter() - started)
    return rate, 1000 * took[len(took) // 2], 1000 * took[len(took) * 99 // 100]


if __name__ == "__main__":
    port, seconds, connections, path, *headers = sys.argv[1:]
    print(*uvloop.run(run(int(port), float(seconds), int(connections), path, headers)))
