"""A watch list is for its organisation and those of its country, an operator's for everyone; the routes ask for diligence:read or imports:run besides."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Text, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from services.registry.actors.callers import of_platform
from services.registry.watchlists.errors import WatchlistNotFound
from services.registry.watchlists.models import Watchlist, WatchlistEntry, WatchlistVersion
from shared.reading import CALLER_COUNTRY, CALLER_ORG, Entity, Include, Scopes
from shared.repository import Repository, Sort


class Versions(Repository[WatchlistVersion]):
    """The versions of one list, which is seen first."""

    model = WatchlistVersion
    sorts: ClassVar = {None: Sort(lambda row: [row.number], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return seen(row, scopes)


class Watchlists(Repository[Watchlist]):
    model = Watchlist
    not_found = WatchlistNotFound
    address = "/v1/watchlists"
    includes: ClassVar = {
        "current": Include(lambda: Versions, on=lambda row, version: and_(version.watchlist_id == row.id, version.number == row.number), many=False)
    }
    sorts: ClassVar = {None: Sort(lambda row: [row.name])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        everyones = and_(row.organization_id.is_(None), row.country.is_(None))
        return or_(everyones, row.country == CALLER_COUNTRY, row.organization_id == CALLER_ORG, of_platform(scopes))


def seen(version: Entity, scopes: Scopes) -> ColumnElement[bool]:
    """The list of this version may be seen."""
    row = aliased(Watchlist)
    return exists(select(row.id).where(row.id == version.watchlist_id, Watchlists.visible(row, scopes)).correlate(version))


class Entries(Repository[WatchlistEntry]):
    """The entries of one version of one list, which is seen first."""

    model = WatchlistEntry
    sorts: ClassVar = {None: Sort(lambda row: [row.line])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        version = aliased(WatchlistVersion)
        return exists(select(version.id).where(version.id == row.version_id, seen(version, scopes)).correlate(row))


def _joined(name: str) -> Any:
    return lambda row: func.array_to_string(getattr(row, name), literal_column("'|'"), type_=Text())


class EntriesAsSent(Entries):
    """The same with lists as they stand in a cell."""

    fields: ClassVar = {"names": _joined("names"), "identifiers": _joined("identifiers")}
