"""What is recorded of watch lists: that there is one, and of which version. Never who is on it."""

from datetime import date
from uuid import UUID

from shared.events import Event


class WatchlistState(Event):
    """A list, for the organisation that keeps it."""

    watchlist_id: UUID
    organization_id: UUID | None
    version: str | None
    number: int
    entries: int
    digest: str | None
    read_on: date | None
    withdrawn: bool

    def concerns(self) -> list[UUID]:
        return [] if self.organization_id is None else [self.organization_id]


class WatchlistCreated(WatchlistState):
    type, aggregate, visibility = "watchlist.created", "watchlist", "organizations"


class WatchlistReplaced(WatchlistState):
    type, aggregate, visibility = "watchlist.replaced", "watchlist", "organizations"


class WatchlistTakenBack(WatchlistState):
    type, aggregate, visibility = "watchlist.withdrawn", "watchlist", "organizations"
