"""Cuts a stream of CSV or of lines into chunks of whole records, without reading a cell.

A record ends at a line break outside quotes, and outside quotes means after an even number of them (RFC 4180).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

CHUNK = 262_144  # bytes, about a thousand rows: validation and progress go by chunks
LONGEST_RECORD = 1_048_576  # bytes; beyond it a quote was never closed, and reading the chunk will say so


@dataclass
class Chunk:
    """Whole records, and the number of the line on which the first begins."""

    first_line: int
    content: bytes
    records: int


@dataclass
class Splitter:
    """Takes bytes as they come and gives chunks. Looks at each byte once, whatever the file holds."""

    waiting: bytearray = field(default_factory=bytearray)
    line: int = 1
    quotes: int = 0  # in what is waiting
    quoted: bool = True  # False: every line is a record
    end: int = 0  # of the last whole record in what is waiting

    def feed(self, received: bytes) -> Chunk | None:
        """A chunk, when enough has come."""
        self.quotes += received.count(b'"') if self.quoted else 0
        found = _last_break(received, self.quotes) if self.quoted else received.rfind(b"\n")
        if found is not None and found >= 0:
            self.end = len(self.waiting) + found + 1
        self.waiting += received
        if len(self.waiting) < CHUNK or (self.end == 0 and len(self.waiting) < LONGEST_RECORD):
            return None
        return self._cut(self.end or len(self.waiting))

    def rest(self) -> Chunk | None:
        """What is left at the end."""
        return self._cut(len(self.waiting)) if self.waiting else None

    def _cut(self, end: int) -> Chunk:
        content = bytes(self.waiting[:end])
        del self.waiting[:end]
        self.end, self.quotes = 0, self.waiting.count(b'"') if self.quoted else 0
        chunk = Chunk(self.line, content, _records(content) if self.quoted else content.count(b"\n") + (not content.endswith(b"\n")))
        self.line += content.count(b"\n")
        return chunk


def _last_break(received: bytes, quotes: int) -> int | None:
    """The last line break outside quotes, when so many quotes have come up to the end of `received`."""
    end = len(received)
    while (found := received.rfind(b"\n", 0, end)) >= 0:
        quotes -= received.count(b'"', found, end)
        if quotes % 2 == 0:
            return found
        end = found
    return None


def _records(content: bytes) -> int:
    """How many records: line breaks outside quotes, and a last one without."""
    outside = content.split(b'"')[::2]
    return sum(part.count(b"\n") for part in outside) + (not content.endswith(b"\n"))


async def chunks(stream: AsyncIterator[bytes], *, quoted: bool = True) -> AsyncIterator[Chunk]:
    """The chunks of a stream."""
    splitter = Splitter(quoted=quoted)
    async for received in stream:
        for start in range(0, len(received), CHUNK):
            chunk = splitter.feed(received[start : start + CHUNK])
            if chunk is not None:
                yield chunk
    last = splitter.rest()
    if last is not None:
        yield last


def stray_quote(content: bytes) -> tuple[int, str] | None:
    """How many lines come before the first quote that is not in its place, and what is wrong with it; None where all are.

    Such a quote is counted with the others, so that what follows is taken apart wrongly, and the fault would be found far from where it is.
    """
    if b'"' not in content:
        return None
    parts = content.split(b'"')  # outside, inside, outside, … : nothing stands outside between the two that mean one
    for number in range(0, len(parts), 2):
        part = parts[number]
        if number and part and part[:1] not in (b",", b"\r", b"\n"):
            return _lines(parts[:number]), "quote_stray"
        if number < len(parts) - 1 and part and part[-1:] not in (b",", b"\n"):
            return _lines(parts[: number + 1]), "quote_inside"
    return None


def _lines(parts: list[bytes]) -> int:
    return sum(part.count(b"\n") for part in parts)
