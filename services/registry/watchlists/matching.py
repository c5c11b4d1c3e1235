"""Looks a counterpart up on the watch lists, and says why.

A name or an identifier finds an entry; a score is the highest of what the two share, and a country is no part of it: two counterparts
that differ in their country alone get the same candidates with the same scores.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Response
from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, Float, Text, and_, bindparam, cast, column, func, literal_column, select, true, union
from sqlalchemy.dialects.postgresql import ARRAY, array

from services.registry.actors.words import folded, trigrams
from services.registry.watchlists.models import Watchlist, WatchlistEntry, WatchlistName, WatchlistVersion
from services.registry.watchlists.repository import Watchlists
from services.registry.watchlists.schemas import (
    WatchlistCandidate,
    WatchlistConsulted,
    WatchlistEntryRead,
    WatchlistFeature,
    WatchlistMatches,
    WatchlistMatchRequest,
)
from shared.repository import answered
from shared.work import Work

LEAST = 0.75  # a score below it is no match
CLOSEST = 200  # names and as many identifiers that are scored
MOST_LISTS = 500
PIECES: ColumnElement[Any] = bindparam("pieces", type_=ARRAY(Text(collation="C")))
KEYS: ColumnElement[Any] = bindparam("keys", type_=ARRAY(Text()))


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, as it is compared."""

    name: str | None
    folded: str
    identifiers: tuple[str, ...]
    country: str | None


async def match(work: Work, request: WatchlistMatchRequest) -> Response:
    """Candidates from the current versions of the lists that the caller may see, the best first, in two statements."""
    asked = Asked(request.name, folded(request.name or ""), tuple(dict.fromkeys(request.identifiers)), request.country)
    values = {**Watchlists(work).parameters(), "pieces": trigrams(asked.folded), "keys": list(asked.identifiers)}
    seen = Watchlists.visible(Watchlist, work.caller.scopes)
    rows = (await work.execute(_entries(seen), values)).all()
    consulted = (await work.execute(_consulted(seen), values)).all()
    found = sorted((item for row in rows if (item := _candidate(asked, row)) is not None), key=_best_first)
    lists = [WatchlistConsulted(watchlist_id=row.id, name=row.name, number=row.number, version=row.version, read_on=row.read_on) for row in consulted]
    return answered(work, orjson.dumps(WatchlistMatches(items=found[: request.limit], consulted=lists).model_dump(mode="json")))


def scored(asked: Asked, names: Sequence[str], identifiers: Iterable[str], country: str | None) -> tuple[float, list[WatchlistFeature]]:
    """The score of an entry and what it is made of."""
    by_name = max(((similarity(asked.folded, folded(name)), name) for name in names), default=None) if asked.folded else None
    held = set(identifiers)
    same = next((key for key in asked.identifiers if key in held), None)
    by_identifier = None if not (asked.identifiers and held) else 1.0 if same else 0.0
    features = [
        WatchlistFeature(feature="name", score=by_name[0] if by_name else None, weighs=True, asked=asked.name, found=by_name[1] if by_name else names[0]),
        WatchlistFeature(feature="identifier", score=by_identifier, weighs=True, asked=same or ", ".join(asked.identifiers) or None, found=same),
        WatchlistFeature(feature="country", score=None, weighs=False, asked=asked.country, found=country),
    ]
    return max((feature.score for feature in features if feature.weighs and feature.score is not None), default=0.0), features


def similarity(one: str, other: str) -> float:
    """How alike two folded names are, from 0 to 1, whatever the order of their words."""
    return round(max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) / 100, 4)


def _candidate(asked: Asked, row: Any) -> WatchlistCandidate | None:
    score, features = scored(asked, row.names, row.identifiers, row.country)
    if score < LEAST:
        return None
    entry = WatchlistEntryRead(line=row.line, names=row.names, identifiers=row.identifiers, country=row.country, reason=row.reason, source=row.source)
    return WatchlistCandidate(
        score=score,
        watchlist_id=row.watchlist_id,
        watchlist=row.watchlist,
        publisher=row.publisher,
        number=row.number,
        version=row.version,
        read_on=row.read_on,
        entry=entry,
        features=features,
    )


def _best_first(item: WatchlistCandidate) -> tuple[float, str, str, int]:
    return -item.score, item.watchlist, str(item.watchlist_id), item.entry.line


def _current() -> ColumnElement[bool]:
    """The version is the current one of a list that was not withdrawn."""
    return and_(WatchlistVersion.watchlist_id == Watchlist.id, WatchlistVersion.number == Watchlist.number, Watchlist.withdrawn_at.is_(None))


def _entries(seen: ColumnElement[bool]) -> Any:
    """The entries that share an identifier or enough of a name with the query, each with its list and version.

    The index gives the names that hold a piece, piece by piece; counting them is six times as fast as comparing each name that holds one.
    """
    wanted = func.unnest(PIECES).table_valued(column("piece", Text(collation="C")), name="wanted").render_derived()
    size = func.cardinality(WatchlistName.trigrams).label("size")
    held = select(WatchlistName.entry_id, WatchlistName.folded, WatchlistName.watchlist_id, size)
    holding = held.where(WatchlistName.trigrams.contains(array([wanted.c.piece]))).lateral("holding")
    columns = [holding.c.entry_id, holding.c.folded, holding.c.watchlist_id, holding.c.size]
    counted = select(*columns, func.count().label("shared")).select_from(wanted).join(holding, true()).group_by(*columns).subquery("counted")
    alike = cast(counted.c.shared, Float) / (counted.c.size + func.cardinality(PIECES) - counted.c.shared)
    named = (
        select(counted.c.entry_id.label("id"))
        .join(Watchlist, Watchlist.id == counted.c.watchlist_id)
        .where(seen)
        .order_by(alike.desc(), counted.c.entry_id)
        .limit(literal_column(str(CLOSEST)))
        .subquery()
    )
    known = (
        select(WatchlistEntry.id.label("id"))
        .join(WatchlistVersion, WatchlistVersion.id == WatchlistEntry.version_id)
        .join(Watchlist, _current())
        .where(WatchlistEntry.identifiers.overlap(KEYS), seen)
        .order_by(WatchlistEntry.id)
        .limit(literal_column(str(CLOSEST)))
        .subquery()
    )
    candidates = union(select(named.c.id), select(known.c.id)).subquery()
    entry = WatchlistEntry.__table__.c
    said = [entry.line, entry.names, entry.identifiers, entry.country, entry.reason, entry.source]
    version = [WatchlistVersion.number, WatchlistVersion.version, WatchlistVersion.read_on]
    return (
        select(*said, *version, Watchlist.id.label("watchlist_id"), Watchlist.name.label("watchlist"), Watchlist.publisher)
        .join(candidates, candidates.c.id == WatchlistEntry.id)
        .join(WatchlistVersion, WatchlistVersion.id == WatchlistEntry.version_id)
        .join(Watchlist, Watchlist.id == WatchlistVersion.watchlist_id)
    )


def _consulted(seen: ColumnElement[bool]) -> Any:
    listed = select(Watchlist.id, Watchlist.name, WatchlistVersion.number, WatchlistVersion.version, WatchlistVersion.read_on)
    return listed.join(WatchlistVersion, _current()).where(seen).order_by(Watchlist.name, Watchlist.id).limit(literal_column(str(MOST_LISTS)))
