"""A load generator in a process of its own: `python -m bench.load PORT SECONDS CONNECTIONS PATH [HEADER…]` prints requests per second.

Keep-alive connections, one request at a time on each, as wrk does; every answer must be a 200 of the same length class, or it stops with an error.
"""

import asyncio
import sys
import time


class Connection(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it is answered."""

    def __init__(self, request: bytes, until: float) -> None:
        self.request, self.until = request, until
        self.answered = 0
        self.buffer = bytearray()
        self.expected = -1
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

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
            self.answered += 1
            if time.perf_counter() >= self.until:
                self.transport.close()
            else:
                self.transport.write(self.request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(self.answered)


async def run(port: int, seconds: float, connections: int, path: str, headers: list[str]) -> float:
    """Requests per second over all connections."""
    lines = [f"GET {path} HTTP/1.1", "Host: bench", *headers, "", ""]
    request = "\r\n".join(lines).encode()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    made = [await loop.create_connection(lambda: Connection(request, started + seconds), "127.0.0.1", port) for _ in range(connections)]
    answered = await asyncio.gather(*(protocol.over for _, protocol in made))
    total: int = sum(answered)
    return total / (time.perf_counter() - started)


if __name__ == "__main__":
    port, seconds, connections, path, *headers = sys.argv[1:]
    print(asyncio.run(run(int(port), float(seconds), int(connections), path, headers)))
