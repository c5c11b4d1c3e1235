"""Takes a version of a watch list: the new one replaces the old in one transaction, and the old one stays to be read.

No session is open while the body comes in. Of two versions that were made from one state of the list, one is taken: the list's ETag
tells them apart, and so a version that is sent again is not taken twice.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import delete, text

from services.registry.imports.copying import copy
from services.registry.watchlists.events import WatchlistReplaced
from services.registry.watchlists.models import Watchlist, WatchlistName, WatchlistVersion
from services.registry.watchlists.reading import Entry, entries_of, require_known
from services.registry.watchlists.repository import Watchlists
from services.registry.watchlists.schemas import WatchlistRead, WatchlistVersionStart
from shared.access import Caller
from shared.errors import Invalid, PreconditionRequired
from shared.ids import new_id
from shared.web import conditions
from shared.work import Work, latest_day, open_work

LARGEST = 8_388_608  # bytes of a body
ENTRY = ("id", "version_id", "line", "names", "identifiers", "country", "reason", "source")
NAME = ("watchlist_id", "entry_id", "folded")
# What is new in a GIN index waits in a list that every search reads whole; after so many names at once that is most of a search's time.
_SETTLE = text("SELECT gin_clean_pending_list('ix_watchlist_names_trigrams')")


@dataclass
class Arriving:
    """A version on its way in."""

    request: Request
    caller: Caller
    watchlist_id: UUID
    start: WatchlistVersionStart


async def receive(arriving: Arriving) -> Response:
    """Read the whole body, then take all of it or nothing."""
    request = arriving.request
    media_type = require_known(request.headers.get("content-type", ""))
    if "if-match" not in request.headers:
        raise PreconditionRequired("Read the list first and send its ETag as If-Match, so that no version of somebody else is replaced unseen.")
    if arriving.start.read_on > latest_day(request.app.state.clock.now()):
        raise Invalid("read_on is in the future.", errors=[{"in": "query", "pointer": "/read_on", "detail": "is in the future"}])
    request.scope["state"]["max_body"] = LARGEST
    content = await request.body()
    entries = await asyncio.to_thread(entries_of, content, media_type)
    state = request.app.state
    async with open_work(state.database, arriving.caller, now=state.clock.now(), asked=conditions(request)) as work:
        watchlist = await Watchlists(work).get(arriving.watchlist_id, match=True)
        watchlist.require_keeper(work.caller.organization)
        watchlist.require_kept()
        version = _version(work, watchlist, arriving.start, content)
        version.entries = len(entries)
        await _replace(work, watchlist, version, entries)
        work.record(WatchlistReplaced(**state_of(watchlist, version)))
        await work.flush()
        return await Watchlists(work).read(WatchlistRead, watchlist.id, status=201)


def _version(work: Work, watchlist: Watchlist, start: WatchlistVersionStart, content: bytes) -> WatchlistVersion:
    return WatchlistVersion(
        id=new_id(),
        watchlist_id=watchlist.id,
        number=watchlist.number + 1,
        version=start.version,
        read_on=start.read_on,
        digest=hashlib.sha256(content).hexdigest(),
        uploaded_by=work.caller.subject,
        uploaded_at=work.now,
    )


async def _replace(work: Work, watchlist: Watchlist, version: WatchlistVersion, entries: list[Entry]) -> None:
    """Store the version and make its names the ones that are looked up."""
    work.add(version)
    watchlist.number = version.number
    await work.flush()
    known = [(new_id(), entry) for entry in entries]
    await copy(work, "watchlist_entries", ENTRY, [(key, version.id, *_cells(entry)) for key, entry in known])
    await work.execute(delete(WatchlistName).where(WatchlistName.watchlist_id == watchlist.id).execution_options(synchronize_session=False))
    await copy(work, "watchlist_names", NAME, [(watchlist.id, key, name) for key, entry in known for name in entry.folded])
    await work.execute(_SETTLE)


def _cells(entry: Entry) -> tuple[Any, ...]:
    given = entry.given
    return entry.line, given.names, given.identifiers, given.country, given.reason, given.source


def state_of(watchlist: Watchlist, version: WatchlistVersion | None) -> dict[str, Any]:
    """What the events say: which list and which version, and nobody on it."""
    withdrawn = watchlist.withdrawn_at is not None
    known = {"watchlist_id": watchlist.id, "organization_id": watchlist.organization_id, "number": watchlist.number, "withdrawn": withdrawn}
    if version is None:
        return {**known, "version": None, "entries": 0, "digest": None, "read_on": None}
    return {**known, "version": version.version, "entries": version.entries, "digest": version.digest, "read_on": version.read_on}
