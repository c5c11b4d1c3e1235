"""What can be done with watch lists, besides taking a version and looking somebody up."""

from uuid import UUID

from fastapi import Response
from sqlalchemy import delete, select

from services.registry.diligence.offices import keeper
from services.registry.watchlists.errors import WatchlistVersionNotFound
from services.registry.watchlists.events import WatchlistCreated, WatchlistTakenBack
from services.registry.watchlists.models import Watchlist, WatchlistName, WatchlistVersion
from services.registry.watchlists.repository import Entries, EntriesAsSent, Versions, Watchlists
from services.registry.watchlists.schemas import (
    EntriesOfVersion,
    VersionsOfWatchlist,
    WatchlistCreate,
    WatchlistEntryFile,
    WatchlistEntryFilters,
    WatchlistEntryRead,
    WatchlistFilters,
    WatchlistRead,
    WatchlistVersionFilters,
    WatchlistVersionRead,
    WatchlistWithdrawal,
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


async def withdraw(work: Work, watchlist_id: UUID, request: WatchlistWithdrawal) -> Response:
    """End a list: it is consulted no more, and who kept it may say why."""
    watchlist = await Watchlists(work).get(watchlist_id, match=True)
    watchlist.require_keeper(work.caller.organization)
    watchlist.withdraw(request.reason, by=work.caller.subject, at=work.now)
    await work.flush()
    await work.execute(delete(WatchlistName).where(WatchlistName.watchlist_id == watchlist.id).execution_options(synchronize_session=False))
    current = select(WatchlistVersion).where(WatchlistVersion.watchlist_id == watchlist.id, WatchlistVersion.number == watchlist.number)
    work.record(WatchlistTakenBack(**state_of(watchlist, (await work.execute(current)).scalar_one_or_none())))
    await work.flush()
    return await Watchlists(work).read(WatchlistRead, watchlist.id)


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
    if exports.chosen(work.asked.accept, (exports.JSON, *exports.TABLES)) == exports.CSV:
        return await exports.whole_list(EntriesAsSent(work), WatchlistEntryFile, wanted_entries, exports.CSV, "watchlist-entries.csv")
    return await exports.listed(Entries(work), WatchlistEntryRead, wanted_entries, "watchlist-entries")
