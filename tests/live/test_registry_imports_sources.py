"""Sources of imports: what they brought, what their files no longer list, and what the events say of before and after."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.registry.imports.schemas import ImportOrphanRead
from services.registry.worker import import_once
from shared.errors import Invalid, KeyReused
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
OURS, THEIRS = "preset=actors&source=ours", "preset=actors&source=theirs"


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def send(live: LiveRegistry, numbers: list[int], query: str = OURS, **overrides: str) -> dict[str, Any]:
    rows = [make.import_row(number, **overrides) for number in numbers] or [make.import_row(1)]
    content = make.csv_file(rows) if numbers else make.csv_file(rows).partition(b"\n")[0] + b"\n"
    done = await make.imported(live.client, live.database, content, query=query)
    assert done["state"] == "done", done
    return done


async def orphans(live: LiveRegistry, done: dict[str, Any], query: str = "") -> list[tuple[str, list[str], bool]]:
    answer = await live.client.get(f"/v1/imports/{done['id']}/orphans{query}", headers=bearer(make.IMPORTER))
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    for item in items:
        ImportOrphanRead.model_validate(item)
    return [(item["name"], item["kept_by"], item["retired"]) for item in items]


async def statuses(live: LiveRegistry) -> dict[str, str]:
    return {row.name: row.status for row in await live.rows("SELECT name, status FROM actors ORDER BY name")}


async def test_what_a_file_no_longer_lists_is_reported_and_stays(live: LiveRegistry) -> None:
    first = await send(live, [1, 2, 3])
    assert (first["source"], first["orphans"], first["retired"], await orphans(live, first)) == ("ours", 0, 0, [])
    second = await send(live, [2])
    assert (second["orphans"], second["retired"]) == (2, 0)
    assert await orphans(live, second) == [("County 1", [], False), ("County 3", [], False)]
    assert set((await statuses(live)).values()) == {"active"}


async def test_it_is_dissolved_when_the_import_is_to_retire_it(live: LiveRegistry) -> None:
    await send(live, [1, 2, 3])
    events = await live.count("events")
    dry = await send(live, [2], f"{OURS}&retire=true&validate_only=true")
    assert (dry["orphans"], dry["retired"], dry["rows_applied"]) == (2, 2, {"created": 0, "changed": 0, "unchanged": 1})
    assert await orphans(live, dry) == [("County 1", [], True), ("County 3", [], True)]
    assert (await live.count("events"), set((await statuses(live)).values())) == (events, {"active"})
    done = await send(live, [2], f"{OURS}&retire=true")
    assert (done["retired"], await orphans(live, done, "?retired=false")) == (2, [])
    assert await statuses(live) == {"County 1": "dissolved", "County 2": "active", "County 3": "dissolved"}
    recorded = await live.rows("SELECT type, payload ->> 'status' AS status, before, after, reason FROM events ORDER BY seq DESC LIMIT 2")
    (today,) = {row.dissolved_on for row in await live.rows("SELECT dissolved_on FROM actors WHERE status = 'dissolved'")}
    before, after = {"status": "active", "dissolved_on": None}, {"status": "dissolved", "dissolved_on": today.isoformat()}
    change = ("actor.changed", "active", before, after, f"import {done['id']}")  # through its last day, which is today
    assert [tuple(row) for row in recorded] == [change, change]
    again = await send(live, [2], f"{OURS}&retire=true")
    assert (again["orphans"], again["retired"], await live.count("events")) == (0, 0, events + 2)


async def test_who_was_dissolved_by_its_source_comes_back_with_it(live: LiveRegistry) -> None:
    await send(live, [1, 2])
    await send(live, [2], f"{OURS}&retire=true")
    back = await send(live, [1, 2])
    assert back["rows_applied"] == {"created": 0, "changed": 1, "unchanged": 1}
    assert set((await statuses(live)).values()) == {"active"}
    await send(live, [1, 2], status="dissolved")
    assert (await send(live, [1, 2]))["rows_applied"]["unchanged"] == 2


async def test_a_source_dissolves_neither_what_others_brought_nor_what_they_list(live: LiveRegistry) -> None:
    by_hand = await make.actor(live.client, "By hand", identifiers=[{"scheme": "fips", "value": "00009"}])
    await send(live, [1, 2])
    await send(live, [2, 3, 9], THEIRS)
    theirs = await send(live, [50], f"{THEIRS}&retire=true")
    assert await orphans(live, theirs) == [("County 3", [], True)]
    ours = await send(live, [50], f"{OURS}&retire=true")
    assert sorted(await orphans(live, ours)) == [("County 1", [], True), ("County 2", ["theirs"], False)]
    known = {"County 9": "active", "County 1": "dissolved", "County 2": "active", "County 3": "dissolved", "County 50": "active"}
    assert await statuses(live) == known
    assert (await live.client.get(f"/v1/actors/{by_hand['id']}")).json()["status"] == "active"


async def test_a_source_remembers_what_it_said(live: LiveRegistry) -> None:
    row = {"key_scheme": "x", "key_value": "1", "kind": "office", "preferred_language": "en", "name:en": "O"}
    await make.imported(live.client, live.database, make.csv_file([row]), query=OURS)
    first = (await live.rows("SELECT * FROM actor_sources"))[0]
    assert (first.source, first.brought, first.retired, first.fields) == ("ours", True, False, ["kind", "preferred_language", "name:en", "id:x"])
    done = await make.imported(live.client, live.database, make.csv_file([{"key_scheme": "x", "key_value": "1", "population": "5"}]), query=OURS)
    second = (await live.rows("SELECT * FROM actor_sources"))[0]
    assert (str(second.import_id), second.brought, second.fields) == (done["id"], True, ["id:x", "kind", "name:en", "population", "preferred_language"])
    await make.imported(live.client, live.database, make.csv_file([{"key_scheme": "x", "key_value": "1", "population": "6"}]), query=OURS)
    assert str((await live.rows("SELECT * FROM actor_sources"))[0].import_id) == done["id"]


async def test_a_source_is_needed_to_retire_and_a_preset_has_one(live: LiveRegistry) -> None:
    content = make.csv_file([make.import_row(1)])
    for query in ("preset=actors&retire=true", "preset=actors&source=Not%20a%20source"):
        assert_problem(await make.post_import(live.client, content, query=query), Invalid)
    none = await make.imported(live.client, live.database, content)
    assert (none["source"], none["orphans"], none["retired"]) == (None, None, None)
    assert await live.count("actor_sources") == 0
    answer = await make.post_import(live.client, content, query="preset=actors-us-mx-ca", key="k")
    assert answer.json()["source"] == "actors-us-mx-ca"
    assert_problem(await make.post_import(live.client, content, query="preset=actors-us-mx-ca&source=other", key="k"), KeyReused)


async def test_an_import_waits_for_an_earlier_one_of_its_source(live: LiveRegistry) -> None:
    """The second file is ready while the first is at its apply: it must not overtake, or the first would report its rows as orphans."""
    first = await make.post_import(live.client, make.csv_file([make.import_row(1)]), query=OURS)
    second = await make.post_import(live.client, make.csv_file([make.import_row(2)]), query=f"{OURS}&retire=true")
    other = await make.post_import(live.client, make.csv_file([make.import_row(3)]), query=THEIRS)
    async with live.database.engine.connect() as holder:  # somebody is at the first import
        lock = int.from_bytes(bytes.fromhex(first.json()["id"].replace("-", ""))[8:], "big", signed=True)
        assert (await holder.exec_driver_sql(f"SELECT pg_try_advisory_lock({lock})")).scalar_one()
        assert await import_once(live.database) is True
        assert await import_once(live.database) is False
        states = [(await make.import_status(live.client, answer.json()["id"]))["state"] for answer in (first, second, other)]
        assert states == ["validating", "validating", "done"]
        await holder.exec_driver_sql(f"SELECT pg_advisory_unlock({lock})")
    while await import_once(live.database):
        pass
    ended = [await make.import_status(live.client, answer.json()["id"]) for answer in (first, second)]
    assert [(item["state"], item["retired"]) for item in ended] == [("done", 0), ("done", 1)]
    assert await statuses(live) == {"County 1": "dissolved", "County 2": "active", "County 3": "active"}


async def changed_over_the_api(client: httpx.AsyncClient, actor_id: str, body: dict[str, Any]) -> None:
    path = f"/v1/actors/{actor_id}"
    etag = (await client.get(path)).headers["etag"]
    answer = await client.patch(path, json=body, headers=bearer(make.WRITER) | {"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def test_before_and_after_are_those_that_the_api_records(live: LiveRegistry) -> None:
    """The same actor made and changed twice: by an import, and by requests."""
    state = await make.actor(live.client, "State", kind="state", identifiers=[{"scheme": "s", "value": "1"}])
    row = {"key_scheme": "x", "key_value": "1", "kind": "county", "preferred_language": "en", "name:en": "One", "country": "US", "subdivision": "US-CA"}
    await make.imported(live.client, live.database, make.csv_file([row]))
    change = {"key_scheme": "x", "key_value": "1", "lat": "1.5", "lon": "2", "population": "7", "read_on": "2026-01-02", "border_m:MX": "5"}
    await make.imported(live.client, live.database, make.csv_file([{**change, "parent_scheme": "s", "parent_value": "1", "id:y": "2"}]))
    twin = await make.actor(live.client, "One", identifiers=[{"scheme": "x", "value": "2"}])
    body = {"lat": 1.5, "lon": 2, "population": 7, "read_on": "2026-01-02", "border_m": {"MX": 5}, "parent_id": state["id"], "parent_valid_from": None}
    given = [{"scheme": "x", "value": "2"}, {"scheme": "y", "value": "3"}]
    await changed_over_the_api(live.client, twin["id"], {**body, "identifiers": given})
    found = await live.rows("SELECT type, before, after, payload FROM events WHERE aggregatetype = 'actor' ORDER BY seq OFFSET 1")
    made, moved, api_made, api_moved = [tuple(entry)[:3] for entry in found]
    for said, api_said in ((found[0].payload, found[2].payload), (found[1].payload, found[3].payload)):
        for one, key in ((said, "1"), (api_said, "2")):
            assert one.pop("all_identifiers")[0] == {"scheme": "x", "value": key}
            assert [parent["parent_id"] for parent in one.pop("parents")] == ([one["parent_id"]] if one["parent_id"] else [])
        assert {**said, "actor_id": None, "identifiers": None} == {**api_said, "actor_id": None, "identifiers": None}
    assert (made[0], made[1], api_made[1]) == ("actor.registered", None, None)
    # An import says the names and identifiers of a new actor by language and scheme: it registers none but those.
    assert made[2] | {"identifiers": [["x", "2", "", "", "", "", ""]], "names": [["en", "preferred", "One", "", "", ""]], "parents": []} == api_made[2]
    # An import says since when of a parent only where the actor had another; a request of today does.
    parents, api_parents = moved[2].pop("parents"), api_moved[2].pop("parents")
    assert [parent[0] for parent in parents] == [parent[0] for parent in api_parents] == [state["id"]]
    assert moved[2].pop("identifiers") == [["x", "1", "", "", "", "", ""], ["y", "2", "", "", "", "", "2026-01-02"]]
    assert api_moved[2].pop("identifiers") == [["x", "2", "", "", "", "", ""], ["y", "3", "", "", "", "", ""]]
    assert (moved[1].pop("identifiers"), api_moved[1].pop("identifiers")) == ([["x", "1", "", "", "", "", ""]], [["x", "2", "", "", "", "", ""]])
    assert moved == api_moved


async def test_before_and_after_of_names_and_seats(live: LiveRegistry) -> None:
    await make.imported(live.client, live.database, make.csv_file([make.import_row(1)]))
    done = await make.imported(live.client, live.database, make.csv_file([make.import_row(1, **{"name:en": "New", "seat_title": "Mayor"})]))
    assert done["rows_applied"]["changed"] == 1
    actor, seat = [tuple(row) for row in await live.rows("SELECT type, before, after FROM events ORDER BY seq OFFSET 2")]
    assert actor[1] == {"names": [["en", "preferred", "County 1", "", "", ""]]}
    assert actor[2] == {"names": [["en", "former", "County 1", "", "", ""], ["en", "preferred", "New", "", "", ""]]}
    assert seat == ("seat.changed", {"title": "Chair", "status": "active"}, {"title": "Mayor", "status": "active"})


async def test_two_files_of_one_source_sent_at_once_are_both_done(live: LiveRegistry) -> None:
    contents = [make.csv_file([make.import_row(number) for number in range(1, 40)]) for _ in range(2)]
    answers = await asyncio.gather(*(make.post_import(live.client, content, query=OURS) for content in contents))

    async def work() -> None:
        while await import_once(live.database):
            pass

    await asyncio.gather(*(work() for _ in range(3)))
    await work()
    ended = [await make.import_status(live.client, answer.json()["id"]) for answer in answers]
    assert sorted((item["state"], item["rows_applied"]["created"]) for item in ended) == [("done", 0), ("done", 39)]
    assert await live.count("actor_sources") == 39


async def test_a_last_day_needs_an_end(live: LiveRegistry) -> None:
    failed = await make.imported(live.client, live.database, make.csv_file([make.import_row(1, dissolved_on="2020-01-01")]))
    assert await make.import_problems(live.client, failed["id"]) == [(2, "dissolved_on", "is given for an actor that is active")]
    await send(live, [1], status="dissolved", dissolved_on="2020-01-01")
    assert [tuple(row) for row in await live.rows("SELECT status, CAST(dissolved_on AS text) FROM actors")] == [("dissolved", "2020-01-01")]
    await send(live, [1], status="active")
    assert [tuple(row) for row in await live.rows("SELECT status, dissolved_on FROM actors")] == [("active", None)]
