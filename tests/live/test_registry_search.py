"""Lists of actors over 60,000 of them: which indexes their statements use, and files that are read beside requests."""

import asyncio
import contextlib
import json
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from starlette.requests import ClientDisconnect

from services.registry.actors.filters import ActorFilters
from services.registry.actors.repository import Actors
from services.registry.actors.schemas import ActorRead
from services.registry.actors.search import MOST_NAMES, MOST_SURE
from shared import exports, repository
from shared.access import Caller
from shared.database import EXPORTS
from shared.errors import Unavailable
from shared.reading import Statement
from shared.repository import shape_of
from shared.work import open_work
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry

pytestmark = pytest.mark.live
ACTORS = 60_000
SYLLABLES = "{ba,co,di,fu,ga,ho,ji,ka,lu,mo,na,pe,qui,ro,sa,te,u,vo,wi,xa,yo,zu}"
MADE = """
    INSERT INTO actors (id, kind, status, preferred_language, name, sort_name, names, country, subdivision, lat, lon, population, border_m,
                        created_at, updated_at, version)
    SELECT gen_random_uuid(), CASE WHEN nth <= 50 THEN 'state' ELSE 'municipality' END, 'active', 'en', name, name,
           jsonb_build_object('en', name), 'US', 'US-' || chr(65 + nth % 7) || chr(65 + nth % 8), (nth % 1200) / 10.0 - 60, (nth % 3599) / 10.0 - 180,
           nth, '{}', now(), now(), 1
    FROM (
        SELECT nth, string_agg((CAST(:syllables AS text[]))[1 + (nth * place * 7919 + nth / place) % 22], '' ORDER BY place)
                    || CASE WHEN nth % 2 = 0 THEN ' city' ELSE '' END AS name
        FROM generate_series(1, :actors) AS nth CROSS JOIN generate_series(1, 4) AS place GROUP BY nth
    ) AS named
"""
NAMED = "INSERT INTO actor_names (actor_id, language, name, kind, folded) SELECT id, 'en', name, 'preferred', name FROM actors"
HELD = "INSERT INTO actor_identifiers (actor_id, scheme, value) SELECT id, 'fips', CAST(population AS text) FROM actors"
PLACED = """
    INSERT INTO actor_parents (actor_id, parent_id)
    SELECT town.id, state.id FROM actors AS town JOIN actors AS state ON state.kind = 'state' AND state.population = town.population % 50 + 1
    WHERE town.kind = 'municipality'
"""


@pytest.fixture(scope="module")
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        async with registry.database.engine.begin() as connection:
            await connection.execute(text(MADE), {"actors": ACTORS, "syllables": SYLLABLES.strip("{}").split(",")})
            for statement in (NAMED, HELD, PLACED):
                await connection.execute(text(statement))
            await connection.execute(text("ANALYZE"))
        yield registry


async def listed(live: LiveRegistry, **query: Any) -> tuple[Statement, dict[str, Any]]:
    """A list's own statement and its values."""
    filters = ActorFilters.model_validate(query)
    async with open_work(live.database, Caller(), read_only=True) as work:
        values = {**Actors(work).values(filters), "page_limit": filters.limit, "page_limit_and_one": filters.limit + 1}
    listing: Any = repository._listing
    return listing(Actors, ActorRead, ActorFilters, shape_of(filters), frozenset()), values


async def plan(live: LiveRegistry, mode: str, **query: Any) -> list[dict[str, Any]]:
    """The plan of a list's own statement, as the driver would prepare it, node by node."""
    statement, values = await listed(live, **query)
    connection: asyncpg.Connection = await live.database.connect()
    try:
        await connection.execute(f"SET plan_cache_mode = {mode}")
        given = zip((await connection.prepare(statement.text)).get_parameters(), statement.arguments(values), strict=True)
        literals = [await connection.fetchval(f"SELECT quote_nullable(CAST(CAST($1 AS {kind.name}) AS text))", value) for kind, value in given]
        await connection.execute(f"PREPARE listing AS {statement.text}")
        explained = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE listing({', '.join(literals)})")
        return nodes(json.loads(explained)[0]["Plan"])
    finally:
        await connection.close()


def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(found for child in node.get("Plans", ()) for found in nodes(child))]


def indexes(found: list[dict[str, Any]]) -> set[str]:
    return {scan["Index Name"] for scan in found if "Index Name" in scan}


def read_whole(found: list[dict[str, Any]]) -> set[str]:
    return {scan["Relation Name"] for scan in found if scan["Node Type"] == "Seq Scan" and scan["Actual Loops"]}


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("q", ["bacodifu", "bac", "bacodifuu ba", "sxatevo aa", "z"], ids=["a name", "a beginning", "a mistake", "a place", "a letter"])
async def test_a_search_goes_through_the_indexes_of_names(live: LiveRegistry, q: str, mode: str) -> None:
    found = await plan(live, mode, q=q)
    assert {"ix_actor_names_folded", "ix_actor_names_words", "ix_actor_names_trigrams"} <= indexes(found)
    assert "actor_names" not in read_whole(found)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"near": "10,10", "within_km": 50}, "ix_actors_point"),
        ({"bbox": "170,-20,-170,-10"}, "ix_actors_point"),
        ({"identifier": ["fips:77"]}, "ix_actor_identifiers_key"),
        ({}, "ix_actors_sort_name"),
        ({"sort": "population"}, "ix_actors_population"),
    ],
    ids=["near", "box", "identifier", "by name", "by population"],
)
async def test_lists_go_through_the_index_of_what_they_ask(live: LiveRegistry, query: dict[str, Any], index: str, mode: str) -> None:
    found = await plan(live, mode, **query)
    assert index in indexes(found)
    assert "actors" not in read_whole(found)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    "place",
    [{"near": "10,10", "within_km": 50}, {"near": "10,10", "within_km": 3_000}, {"near": "10,10", "within_km": 20_016}, {"bbox": "-170,-80,170,80"}],
    ids=["a town", "a country", "the earth", "a box"],
)
async def test_a_search_in_a_place_looks_at_what_it_found_once(live: LiveRegistry, place: dict[str, Any], mode: str) -> None:
    """Half of all names have a word that begins so: no step of the plan hands on many times as many rows as there are names."""
    found = await plan(live, mode, q="ci", **place)
    assert max(node["Actual Rows"] * node["Actual Loops"] for node in found) <= 2 * ACTORS
    assert "ix_actors_point" not in indexes(found)


@pytest.mark.parametrize(
    ("query", "kept"), [({}, True), ({"sort": "population"}, True), ({"include": ["names", "parents"]}, True), ({"kind": ["state"]}, False)], ids=str
)
async def test_a_list_whose_rows_depend_on_no_value_is_planned_once(live: LiveRegistry, query: dict[str, Any], kept: bool) -> None:
    """Of a filter's value, one is held by most of the actors and another by few: those lists are planned for what is asked."""
    statement, values = await listed(live, **query)
    connection: asyncpg.Connection = await live.database.connect()
    try:
        pages = {(await connection.fetchrow(statement.text, *statement.arguments(values)))["body"] for _ in range(12)}
        planned = await connection.fetchval("SELECT generic_plans FROM pg_prepared_statements WHERE statement = $1", statement.text)
        assert (len(pages), planned > 0) == (1, kept)
    finally:
        await connection.close()


async def test_within_walks_down_the_hierarchy(live: LiveRegistry) -> None:
    (state,) = await live.rows("SELECT id FROM actors WHERE kind = 'state' AND population = 7")
    found = await plan(live, "force_custom_plan", within=state.id)
    assert "ix_actor_parents_parent_id" in indexes(found)


async def test_what_is_ranked_is_capped(live: LiveRegistry) -> None:
    """Half of the names have the word; no more than the cap are looked at, and those that are spelled as the phrase, or begin so, are always there."""
    async with live.database.engine.begin() as connection:
        await connection.execute(text("UPDATE actor_names SET name = 'city', folded = 'city' WHERE actor_id = (SELECT id FROM actors WHERE population = 4)"))
    for q in ("city", "cit"):
        page = (await live.client.get(f"/v1/actors?q={q}&count=exact&limit=1")).json()
        assert (page["items"][0]["population"], MOST_NAMES <= page["total"] <= 2 * (MOST_NAMES + MOST_SURE)) == (4, True), q


@pytest.mark.parametrize(("q", "like"), [("ci", "% city"), ("b", "b%")], ids=["a word of half of the names", "how all of them begin"])
async def test_the_greatest_are_ranked_whatever_the_cap_leaves_out(live: LiveRegistry, q: str, like: str) -> None:
    greatest = await live.rows("SELECT population FROM actors WHERE name LIKE :like ORDER BY population DESC LIMIT 50", like=like)
    shown = (await live.client.get(f"/v1/actors?q={q}&limit=51&count=exact")).json()
    assert MOST_NAMES <= shown["total"] < ACTORS / 2
    of_words = [item["population"] for item in shown["items"] if item["population"] != 4]  # whom another test calls "city"
    assert of_words[:50] == [row.population for row in greatest]


@contextlib.asynccontextmanager
async def file(live: LiveRegistry, **query: Any) -> AsyncIterator[exports.FileAnswer]:
    """A file whose first rows are there and whose connection is open, as a slow reader leaves it."""
    async with open_work(live.database, Caller(), read_only=True) as work:
        answer = await exports.whole_list(Actors(work), ActorRead, ActorFilters.model_validate(query), exports.NDJSON, "actors.ndjson")
    async with contextlib.aclosing(answer):
        yield answer


async def test_a_file_is_one_moment_of_the_whole_list_in_little_memory(live: LiveRegistry) -> None:
    tracemalloc.start()
    lines = 0
    async with file(live, sort="newest") as answer:
        first = await anext(answer.pieces)
        async with live.database.engine.begin() as connection:
            await connection.execute(text("UPDATE actors SET website = 'https://later.example/'"))
        lines += first.count(b"\n")
        async for piece in answer.pieces:
            lines += piece.count(b"\n")
            assert b"later.example" not in piece
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == ACTORS
    assert most < 10_000_000, "a few hundred rows at a time; the whole file has forty million bytes"


async def test_only_so_many_files_are_read_at_once_and_requests_go_on(live: LiveRegistry) -> None:
    async with contextlib.AsyncExitStack() as slow:
        for _ in range(EXPORTS):
            await slow.enter_async_context(file(live))
        assert_problem(await live.client.get("/v1/actors", headers={"Accept": exports.CSV}), Unavailable)
        assert (await live.client.get("/v1/actors?limit=1")).status_code == 200
    assert (await live.client.get("/v1/actors?q=bacodifu", headers={"Accept": exports.CSV})).status_code == 200


async def test_who_goes_away_gives_the_connection_back(live: LiveRegistry) -> None:
    scope: dict[str, Any] = {"type": "http", "asgi": {"spec_version": "2.3"}, "headers": []}

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def sent(_message: Any) -> None:
        await asyncio.sleep(0)

    for _ in range(EXPORTS + 1):
        async with open_work(live.database, Caller(), read_only=True) as work:
            answer = await exports.whole_list(Actors(work), ActorRead, ActorFilters(), exports.GEOJSON, "actors.geojson")
        await answer(scope, gone, sent)
    assert not live.database.exports.locked()


async def test_who_stops_reading_gives_the_connection_back(live: LiveRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "SLOWEST", 0.01)
    for _ in range(EXPORTS + 1):
        async with open_work(live.database, Caller(), read_only=True) as work:
            answer = await exports.whole_list(Actors(work), ActorRead, ActorFilters(), exports.GEOJSON, "actors.geojson")
        with pytest.raises((OSError, ClientDisconnect)):
            await answer({"type": "http", "asgi": {"spec_version": "2.4"}, "headers": []}, nobody, never)
    assert not live.database.exports.locked()


async def nobody() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError("nothing ever arrives")


async def never(_message: Any) -> None:
    await asyncio.Event().wait()


async def test_a_file_that_fails_at_once_is_a_problem(live: LiveRegistry) -> None:
    """What the database refuses before the first row is said as such, not in a file that breaks off."""
    async with live.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE actors RENAME TO absent"))
    try:
        answer = await live.client.get("/v1/actors", headers={"Accept": exports.CSV})
    finally:
        async with live.database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE absent RENAME TO actors"))
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert not live.database.exports.locked()


async def test_what_an_import_brings_is_found_like_the_rest(templates: Templates) -> None:
    rows = [make.import_row(1, **{"name:en": "Cañon City"}), make.import_row(2, **{"name:en": "Walla Walla"})]
    async with live_registry(templates) as registry:
        assert (await make.imported(registry.client, registry.database, make.csv_file(rows)))["state"] == "done"
        for q, name in (("canon", "Cañon City"), ("cannon city", "Cañon City"), ("wala walla", "Walla Walla")):
            items = (await registry.client.get("/v1/actors", params={"q": q})).json()["items"]
            assert [item["name"] for item in items] == [name], q
