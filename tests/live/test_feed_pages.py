"""What a page of the feed costs: what is in it, and nothing for what its reader may not see."""

import json
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import TextClause, text

from bench import history
from shared import feed
from shared.access import Caller
from shared.database import Database
from shared.events import EVERYONE
from shared.feed import READ, FeedQuery, read_feed
from shared.ids import new_id
from shared.keepers import DIRECTORY
from shared.reading import DIALECT
from shared.relay import relay_once
from shared.work import open_work
from tests.support import toy
from tests.support.feeds import FOLLOWER, read_all
from tests.support.tokens import caller

pytestmark = pytest.mark.live
EVENTS = 20_000
ORG, OTHER = new_id(), new_id()
# What the 20,000 events are: five concern one organisation, twenty everybody, the others another organisation or nobody.
NARROW = f"""
    UPDATE events SET visibility = CASE WHEN seq % 4000 = 1 THEN 'organizations' WHEN seq % 1000 = 7 THEN 'public' WHEN seq % 2 = 0 THEN 'internal'
                                        ELSE 'organizations' END,
                      organizations = CASE WHEN seq % 4000 = 1 THEN ARRAY['{ORG}', '{OTHER}', '{ORG}']::uuid[] WHEN seq % 2 = 0 THEN '{{}}'
                                           ELSE ARRAY['{OTHER}']::uuid[] END
"""


async def narrow_history(database: Database) -> None:
    """Twenty thousand events, and statistics from before any of them had a position."""
    await history.fill(database.url.render_as_string(hide_password=False), EVENTS)
    async with database.engine.begin() as connection:
        await connection.execute(text(NARROW))
    async with database.reader.connect() as connection:
        await connection.execute(text("VACUUM ANALYZE events"))
    while await relay_once(database):
        pass


async def plan(database: Database, clause: TextClause, mode: str, **values: Any) -> dict[str, Any]:
    """How PostgreSQL ran the statement of a page, as a prepared statement with this plan_cache_mode."""
    compiled = clause.compile(dialect=DIALECT)
    everything = {"source": "toy", "bytes": feed.PAGE_BYTES, "everyone": EVERYONE, **values}
    arguments = ", ".join(f"'{everything[name]}'" for name in compiled.positiontup or ())
    connection = await database.connect()
    try:
        await connection.execute(f"SET plan_cache_mode = {mode}")
        async with connection.transaction():
            await connection.execute(str(feed.IN_ORDER))
            await connection.execute(f"PREPARE page AS {compiled}")
            explained = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE page({arguments})")
        return json.loads(explained)[0]["Plan"]  # type: ignore[no-any-return]
    finally:
        await connection.close()


def scans(node: dict[str, Any]) -> list[dict[str, Any]]:
    own = [node] if "Scan" in node["Node Type"] and "Relation Name" in node else []
    return own + [scan for child in node.get("Plans", ()) for scan in scans(child)]


def touched(scan: dict[str, Any]) -> float:
    return (scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * scan["Actual Loops"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_a_page_is_a_range_of_an_index_for_those_who_see_all_and_for_those_who_see_little(live_toy: FastAPI, mode: str) -> None:
    database: Database = live_toy.state.database
    await narrow_history(database)
    for after in (0, EVENTS // 2):
        (whole,) = scans(await plan(database, feed.EVERYTHING, mode, after=after, limit=100))
        assert (whole["Node Type"], whole["Index Name"], touched(whole)) == ("Index Scan", "uq_events_position", 100)
        found = scans(await plan(database, feed.VISIBLE, mode, after=after, limit=100, org=ORG))
        assert {scan["Relation Name"]: scan["Index Name"] for scan in found} == {"event_readers": "pk_event_readers", "events": "uq_events_position"}
        assert sum(map(touched, found)) <= 2 * 25, "twenty for everybody and five of its own, each looked up once"
        # The auditor of a country, of whom nobody keeps a list, walks along the positions and looks no organisation up otherwise than by its key.
        page, _ = feed.of_country(DIRECTORY)
        walked = scans(await plan(database, page, mode, after=after, limit=100, org=ORG, country="MX"))
        indexes = {scan["Relation Name"]: scan.get("Index Name") for scan in walked if scan["Actual Loops"]}
        assert indexes == {"events": "uq_events_position", "directory_actors": "pk_directory_actors"}
    at_the_end = scans(await plan(database, feed.VISIBLE, mode, after=1, limit=100, org=new_id()))
    assert sum(map(touched, at_the_end)) <= 2 * 20


async def test_those_who_see_little_read_it_whole_and_in_order(live_toy: FastAPI) -> None:
    database: Database = live_toy.state.database
    await narrow_history(database)
    everything = await read_all(live_toy, "toy", limit=1_000)
    assert [event["sequence"] for event in everything] == list(range(1, EVENTS + 1))
    public = {event["sequence"] for event in everything if event["sequence"] % 1000 == 7}
    own = {event["sequence"] for event in everything if event["sequence"] % 4000 == 1}
    for who, expected in ((ORG, public | own), (new_id(), public), (None, public)):
        found = await read_all(live_toy, "toy", caller(READ, organization=who), limit=3)
        assert [event["sequence"] for event in found] == sorted(expected)
        assert {event["sequence"] for event in found if event["authid"] is not None} == (own if who == ORG else set())


async def test_a_page_ends_with_the_event_that_fills_it(live_toy: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    database: Database = live_toy.state.database
    monkeypatch.setattr(feed, "PAGE_BYTES", 5_000)
    sizes = [100, 4_000, 100, 20_000, 100, 100, 9_000, 9_000, 100]
    async with open_work(database, Caller(subject="test")) as work:
        for size in sizes:
            work.record(toy.BoxMade(box_id=new_id(), name="x" * size, owner=None))
    await relay_once(database)
    for who in (FOLLOWER, caller(READ)):
        last: UUID | None = None
        pages = []
        while True:
            answer = await read_feed(database, who, FeedQuery(lastEventId=last, limit=1_000), source="toy")
            page = json.loads(bytes(answer.body))
            if not page:
                break
            pages.append([len(event["data"]["name"]) for event in page])
            last = UUID(page[-1]["id"])
        assert [size for page in pages for size in page] == sizes
        assert all(sum(page[:-1]) < 5_000 for page in pages)
        assert len(pages) > 3


async def test_events_from_before_there_was_a_list_are_listed_and_none_is_passed_over(live_toy: FastAPI) -> None:
    database: Database = live_toy.state.database
    for number in range(6):
        async with open_work(database, Caller(subject="test")) as work:
            work.record(toy.BoxMade(box_id=new_id(), name=str(number), owner=None))
    await relay_once(database)
    async with database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM event_readers"))
        await connection.execute(text("UPDATE relay_state SET listed = 0"))
    seen = []
    for expected in ("", "01", "0123", "012345", "012345"):
        seen.append("".join(event["data"]["name"] for event in await read_all(live_toy, "toy", caller(READ))))
        assert seen[-1] == expected
        assert len(await read_all(live_toy, "toy")) == 6, "whoever sees everything needs no list"
        await relay_once(database, batch=2)
