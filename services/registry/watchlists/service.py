"""What can be done with watch lists, besides taking a version and looking somebody up."""

from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.registry.diligence.offices import keeper
from services.registry.watchlists.errors import WatchlistVersionNotFound
from services.registry.watchlists.events import WatchlistCreated
from services.registry.watchlists.models import Watchlist, WatchlistVersion
from services.registry.watchlists.repository import Entries, Versions, Watchlists
from services.registry.watchlists.schemas import (
    EntriesOfVersion,
    VersionsOfWatchlist,
    WatchlistCreate,
    WatchlistEntryFilters,
    WatchlistEntryRead,
    WatchlistFilters,
    WatchlistRead,
    WatchlistVersionFilters,
    WatchlistVersionRead,
)
from services.registry.watchlists.uploads import state_of
from shared import exports
from shared.ids import new_id
from shared.work import Work


async def list_watchlists(work: Work, filters: WatchlistFilters) -> Response:
    return await Watchlists(work).page(WatchlistRead, filters)


async def read(work: Work, watchlist_id: UUID) -> Response:
    return await Watchlists(work).read(WatchlistRead, watchlist_id)


async def create(work: Work, request: WatchlistCreate) -> Response:
    """Begin a list, without entries: for the country of the caller's organisation, or by an operator for everyone."""
    watchlist = Watchlist(id=new_id(), number=0, **request.model_dump())
    if work.caller.organization is not None:
        whose = await keeper(work)
        watchlist.organization_id, watchlist.country = whose.organization_id, whose.country
    work.add(watchlist)
    await work.flush()
    work.record(WatchlistCreated(**state_of(watchlist, None)))
    await work.flush()
    return await Watchlists(work).read(WatchlistRead, watchlist.id, status=201)


async def list_versions(work: Work, watchlist_id: UUID, filters: WatchlistVersionFilters) -> Response:
    await Watchlists(work).get(watchlist_id)
    return await Versions(work).page(WatchlistVersionRead, VersionsOfWatchlist(**filters.model_dump(), watchlist_id=watchlist_id))


async def list_entries(work: Work, watchlist_id: UUID, filters: WatchlistEntryFilters) -> Response:
    """The entries of the current version or of any other, also of one that was replaced."""
    watchlist = await Watchlists(work).get(watchlist_id)
    number = filters.number or watchlist.number
    wanted = select(WatchlistVersion.id).where(WatchlistVersion.watchlist_id == watchlist_id, WatchlistVersion.number == number)
    version_id = (await work.execute(wanted)).scalar_one_or_none()
    if version_id is None:
        raise WatchlistVersionNotFound
    wanted_entries = EntriesOfVersion(**filters.model_dump(exclude={"number"}, exclude_unset=True), version_id=version_id)
    return await exports.listed(Entries(work), WatchlistEntryRead, wanted_entries, "watchlist-entries")
