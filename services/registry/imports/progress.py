"""How an import goes on: read once, or as server-sent events until its end. No session is held between two of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from services.registry.imports.models import ENDED
from services.registry.imports.repository import Imports
from services.registry.imports.schemas import ImportRead
from shared.access import Caller
from shared.database import Database
from shared.web import conditions
from shared.work import open_work

PROGRESS_SIGNAL = "import_progress"
EVENTS = "text/event-stream"
LOOK = 2.0  # seconds, in case a signal was lost
QUIET = 7  # looks without news, after which a comment keeps the connection open


@dataclass
class Watched:
    """An import, and who wants to know of it."""

    request: Request
    caller: Caller
    import_id: UUID

    @property
    def database(self) -> Database:
        database: Database = self.request.app.state.database
        return database

    async def read(self) -> Response:
        work = open_work(self.database, self.caller, now=self.request.app.state.clock.now(), asked=conditions(self.request), read_only=True)
        async with work as opened:
            return await Imports(opened).read(ImportRead, self.import_id)


async def read(watched: Watched) -> Response:
    """The status; a stream of it for who accepts events."""
    answer = await watched.read()
    if EVENTS not in watched.request.headers.get("accept", ""):
        return answer
    return StreamingResponse(_events(watched), media_type=EVENTS, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _events(watched: Watched) -> AsyncIterator[bytes]:
    told, silent = b"", 0
    while True:
        news = watched.database.signals.watch(PROGRESS_SIGNAL)
        body = bytes((await watched.read()).body)
        if body and body != told:
            told, silent = body, 0
            yield b"event: status\ndata: %b\n\n" % body
            if orjson.loads(body)["state"] in ENDED:
                return
        elif silent == QUIET:
            silent = 0
            yield b": still at it\n\n"
        silent += 1
        await watched.database.signals.wait(news, LOOK)
