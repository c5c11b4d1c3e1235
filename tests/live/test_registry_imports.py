"""Imports with real commits: the whole sample, bad files, two at once, workers that vanish, uploads that break off."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.seed import actors as sample
from services.registry.imports import splitting
from services.registry.worker import import_once
from shared.database import Database
from shared.relay import relay_once
from tests.support.database import Templates
from tests.support.feeds import read_all
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
TABLES = ("actors", "actor_names", "actor_identifiers", "actor_parents", "seats", "contact_points", "events")
STAGING = ("import_rows", "import_chunks")


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "CHUNK", 2_000)


def counties(count: int, **overrides: str) -> list[dict[str, str]]:
    return [make.import_row(number, **overrides) for number in range(1, count + 1)]


async def counted(live: LiveRegistry) -> dict[str, int]:
    return {table: await live.count(table) for table in TABLES}


async def actor(live: LiveRegistry, key: str, **headers: str) -> dict[str, Any]:
    query = f"/v1/actors?identifier={key}&include=names&include=identifiers&include=parents&include=seats"
    (item,) = (await live.client.get(query, headers=headers)).json()["items"]
    found: dict[str, Any] = item
    return found


async def test_the_whole_sample_is_imported_once(live: LiveRegistry, tmp_path: Path) -> None:
    path = tmp_path / "actors.csv"
    lines = await asyncio.to_thread(sample.write_csv, path)
    content = await asyncio.to_thread(path.read_bytes)
    done = await make.imported(live.client, live.database, content)
    assert (done["state"], done["rows_total"], done["rows_read"], done["rows_valid"], done["problems"]) == ("done", lines, lines, lines, 0)
    assert done["rows_applied"] == {"created": lines, "changed": 0, "unchanged": 0}
    assert done["bytes"] == len(content)
    first = await counted(live)
    assert first == {
        "actors": lines,
        "actor_names": content_names(),
        "actor_identifiers": content_identifiers(),
        "actor_parents": content_parents(),
        "seats": lines,
        "contact_points": lines,
        "events": 2 * lines,
    }
    assert [await live.count(table) for table in STAGING] == [0, 0]
    tijuana = await actor(live, "inegi:02004", **{"Accept-Language": "es"})
    assert (tijuana["name"], tijuana["kind"], tijuana["border_m"], tijuana["source_kind"]) == ("Tijuana", "municipality", {"US": 0}, "municipio")
    assert tijuana["parents"][0]["name"] == "Baja California"
    assert tijuana["seats"][0]["title"] == "Presidenta o Presidente Municipal"
    again = await make.imported(live.client, live.database, content)
    assert again["rows_applied"] == {"created": 0, "changed": 0, "unchanged": lines}
    assert await counted(live) == first


def content_names() -> int:
    """How many names the sample's file holds."""
    return sum(bool(row[column]) for row in sample.actors() for column in row if column.startswith("name:"))


def content_identifiers() -> int:
    """How many identifiers: the keys, and those of other schemes."""
    return sum(len({row["key_scheme"], *(column[3:] for column, cell in row.items() if column.startswith("id:") and cell)}) for row in sample.actors())


def content_parents() -> int:
    return sum(bool(row["parent_value"]) for row in sample.actors())


async def test_the_events_are_those_that_the_api_records(live: LiveRegistry) -> None:
    rows = [
        make.import_row(1, **{"key_value": "US-CA", "key_scheme": "iso3166-2", "kind": "state", "name:es": "California", "border_m:MX": "0"}),
        make.import_row(2, parent_scheme="iso3166-2", parent_value="US-CA", lat="32.5", lon="-117", **{"id:gnis": "277301"}),
    ]
    await make.imported(live.client, live.database, make.csv_file(rows))
    county = await actor(live, "fips:00002")
    path = f"/v1/actors/{county['id']}"
    etag = (await live.client.get(path)).headers["etag"]
    changed = await live.client.patch(path, json={"source": "another"}, headers=bearer(make.WRITER) | {"If-Match": etag})
    assert changed.status_code == 200, changed.text
    seat_path = f"/v1/seats/{county['seats'][0]['id']}"
    etag = (await live.client.get(seat_path)).headers["etag"]
    assert (await live.client.patch(seat_path, json={"contact_points": []}, headers=bearer(make.WRITER) | {"If-Match": etag})).status_code == 200
    while await relay_once(live.database):
        pass
    feed = await read_all(live.app, "registry", limit=100)
    assert [entry["type"] for entry in feed] == ["actor.registered"] * 2 + ["seat.created"] * 2 + ["actor.changed", "seat.changed"]
    assert [entry["sequence"] for entry in feed] == [1, 2, 3, 4, 5, 6]
    assert feed[1]["data"] | {"source": "another"} == feed[4]["data"]
    assert feed[3]["data"] == feed[5]["data"]
    assert feed[1]["data"]["identifiers"] == {"fips": "00002", "gnis": "277301"}
    assert feed[1]["data"]["parent_id"] == feed[0]["data"]["actor_id"]
    assert feed[1]["authid"] == "importer"
    assert "@" not in str(feed)


async def test_a_broken_row_in_the_middle_stops_everything(live: LiveRegistry, small_chunks: None) -> None:
    await make.imported(live.client, live.database, make.csv_file(counties(10)))
    before = await counted(live)
    rows = counties(200, source="another list")
    rows[99] |= {"population": "many", "kind": "planet"}
    failed = await make.imported(live.client, live.database, make.csv_file(rows))
    assert (failed["state"], failed["rows_applied"], failed["rows_read"], failed["rows_valid"]) == ("failed", None, 200, 199)
    assert failed["failure"] == "2 problems were found; nothing was applied. Mend the file and send it again."
    assert await make.import_problems(live.client, failed["id"]) == [
        (101, "kind", "is not one of the values of this column"),
        (101, "population", "is not a whole number from 0 to 20000000000"),
    ]
    assert await counted(live) == before
    assert [await live.count(table) for table in STAGING] == [0, 0]


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([make.import_row(1), make.import_row(2), make.import_row(1)], [(4, "key_value", "is the identifier of line 2 already")]),
        ([make.import_row(1, **{"id:gnis": "7"}), make.import_row(2, **{"id:gnis": "7"})], [(3, "id:gnis", "is the identifier of line 2 already")]),
        ([make.import_row(1), make.import_row(2, key_scheme="x", **{"id:fips": "00001"})], [(3, "id:fips", "is the identifier of line 2 already")]),
        ([make.import_row(1, parent_scheme="fips", parent_value="9")], [(2, "parent_value", "is neither in this file nor in the registry")]),
        ([make.import_row(1, parent_scheme="fips", parent_value="00001")], [(2, "parent_value", "puts the actor inside itself")]),
        (
            [make.import_row(number, parent_scheme="fips", parent_value=f"{number % 3 + 1:05}") for number in (1, 2, 3)],
            [(line, "parent_value", "puts the actor inside itself") for line in (2, 3, 4)],
        ),
        ([make.import_row(1, kind="")], [(2, "kind", "is missing for a new actor")]),
        ([make.import_row(1, preferred_language="")], [(2, "preferred_language", "is missing for a new actor")]),
        ([make.import_row(1, preferred_language="es")], [(2, "name:es", "is missing, and it is the preferred language")]),
        (
            [make.import_row(1, kind="x", preferred_language="es"), make.import_row(2, parent_scheme="fips", parent_value="00001"), make.import_row(2)],
            [(2, "kind", "is not one of the values of this column"), (4, "key_value", "is the identifier of line 3 already")],
        ),
    ],
)
async def test_rows_that_do_not_go_together_are_named(live: LiveRegistry, rows: list[dict[str, str]], problems: list[Any]) -> None:
    failed = await make.imported(live.client, live.database, make.csv_file(rows))
    assert failed["state"] == "failed"
    found = await make.import_problems(live.client, failed["id"])
    assert found == problems
    assert failed["problems"] == len(problems)
    assert set((await counted(live)).values()) == {0}


async def test_an_identifier_of_somebody_else_is_refused_and_one_given_up_is_taken_over(live: LiveRegistry) -> None:
    held = [{"scheme": "gnis", "value": "1"}, {"scheme": "gnis", "value": "2", "valid_through": "2001-12-31"}]
    other = await make.actor(live.client, "Other", identifiers=held)
    failed = await make.imported(live.client, live.database, make.csv_file([make.import_row(1, **{"id:gnis": "1"})]))
    assert await make.import_problems(live.client, failed["id"]) == [(2, "id:gnis", f"belongs to the actor {other['id']} already")]
    done = await make.imported(live.client, live.database, make.csv_file([make.import_row(1, **{"id:gnis": "2"})]))
    assert done["rows_applied"] == {"created": 1, "changed": 0, "unchanged": 0}
    identifiers = (await actor(live, "gnis:2"))["identifiers"]
    assert [(item["scheme"], item["valid_from"]) for item in identifiers] == [("fips", None), ("gnis", "2002-01-01")]


async def test_an_empty_cell_says_nothing_and_a_changed_one_counts_once(live: LiveRegistry) -> None:
    state = make.import_row(9, kind="state")
    row = make.import_row(1, parent_scheme="fips", parent_value="00009", lat="1", lon="2", **{"name:es": "Condado", "id:gnis": "1"})
    await make.imported(live.client, live.database, make.csv_file([row, state]))
    before = await actor(live, "fips:00001")
    key = {"key_scheme": "fips", "key_value": "00001"}
    nothing = await make.imported(live.client, live.database, make.csv_file([key]))
    assert nothing["rows_applied"] == {"created": 0, "changed": 0, "unchanged": 1}
    assert await actor(live, "fips:00001") == before
    change = {**key, "name:en": "County of One", "population": "7", "border_m:CA": "5", "id:ocd": "ocd-division/1"}
    seat = {"seat_role": "chief_executive", "seat_title": "Mayor", "seat_email": "mayor@1.example"}
    done = await make.imported(live.client, live.database, make.csv_file([{**change, **seat}]))
    assert done["rows_applied"] == {"created": 0, "changed": 1, "unchanged": 0}
    after = await actor(live, "fips:00001")
    assert [(item["language"], item["name"], item["kind"]) for item in after["names"]] == [
        ("en", "County 1", "former"),
        ("en", "County of One", "preferred"),
        ("es", "Condado", "preferred"),
    ]
    assert (after["population"], after["border_m"], after["lat"], after["parents"]) == (7, {"MX": 10, "CA": 5}, 1, before["parents"])
    assert [item["scheme"] for item in after["identifiers"]] == ["fips", "gnis", "ocd"]
    assert after["seats"] == [{**before["seats"][0], "title": "Mayor"}]
    assert [tuple(row) for row in await live.rows("SELECT version FROM actors WHERE name = 'County of One' UNION ALL SELECT max(version) FROM seats")] == [
        (2,),
        (2,),
    ]
    assert [row.address for row in await live.rows("SELECT address FROM contact_points ORDER BY address")] == ["chair@9.example", "mayor@1.example"]
    events = await live.rows("SELECT type, payload ->> 'name' AS name FROM events ORDER BY seq OFFSET 4")
    assert [tuple(row) for row in events] == [("actor.changed", "County of One"), ("seat.changed", None)]
    back = await make.imported(live.client, live.database, make.csv_file([{**key, "name:en": "County 1"}]))
    assert back["rows_applied"]["changed"] == 1
    names = [(item["name"], item["kind"]) for item in (await actor(live, "fips:00001"))["names"]]
    assert names == [("County of One", "former"), ("County 1", "preferred"), ("Condado", "preferred")]


async def test_a_parent_may_come_later_or_be_there_already_and_moves_from_today_on(live: LiveRegistry) -> None:
    def inside(number: int, parent: int) -> dict[str, str]:
        return make.import_row(number, parent_scheme="fips", parent_value=f"{parent:05}")

    await make.imported(live.client, live.database, make.csv_file([inside(3, 2), inside(2, 1), make.import_row(1)]))
    assert [(await actor(live, f"fips:0000{number}"))["parents"][0]["name"] for number in (3, 2)] == ["County 2", "County 1"]
    done = await make.imported(live.client, live.database, make.csv_file([inside(4, 1), inside(3, 4)]))
    assert done["rows_applied"] == {"created": 1, "changed": 1, "unchanged": 0}
    moved = (await actor(live, "fips:00003"))["parents"]
    assert [item["name"] for item in moved] == ["County 4", "County 2"]
    assert (moved[1]["valid_from"], moved[0]["valid_through"]) == (None, None)
    again = await make.imported(live.client, live.database, make.csv_file([inside(3, 1)]))
    assert again["rows_applied"]["changed"] == 1
    assert [item["name"] for item in (await actor(live, "fips:00003"))["parents"]] == ["County 1", "County 2"]
    ring = await make.imported(live.client, live.database, make.csv_file([inside(1, 2)]))
    assert await make.import_problems(live.client, ring["id"]) == [(2, "parent_value", "puts the actor inside itself")]
    assert (await actor(live, "fips:00001"))["parents"] == []


async def test_a_row_leaves_the_subdivision_in_its_country(live: LiveRegistry) -> None:
    await make.imported(live.client, live.database, make.csv_file([make.import_row(1), make.import_row(2, country="", subdivision="")]))

    def placed(number: int, **place: str) -> dict[str, str]:
        return {"key_scheme": "fips", "key_value": f"{number:05}", **place}

    rows = [placed(1, country="MX"), placed(2, subdivision="US-CA"), make.import_row(3, country="")]
    wrong = await make.imported(live.client, live.database, make.csv_file(rows))
    assert await make.import_problems(live.client, wrong["id"]) == [
        (2, "subdivision", "is not in MX"),
        (3, "country", "is missing beside subdivision"),
        (4, "country", "is missing beside subdivision"),
    ]
    mended = [placed(1, country="MX", subdivision="MX-BCN"), placed(2, country="US", subdivision="US-CA")]
    assert (await make.imported(live.client, live.database, make.csv_file(mended)))["rows_applied"]["changed"] == 2
    again = await make.imported(live.client, live.database, make.csv_file([placed(1, subdivision="MX-SON")]))
    assert again["rows_applied"]["changed"] == 1


async def test_a_file_closes_no_ring_with_what_is_planned(live: LiveRegistry) -> None:
    await make.imported(live.client, live.database, make.csv_file(counties(3)))
    one, two, three = [(await actor(live, f"fips:0000{number}"))["id"] for number in range(1, 4)]
    for child, parents in (
        (one, [{"parent_id": two, "valid_from": "2090-01-01"}]),
        (two, [{"parent_id": three, "valid_through": "2001-12-31"}]),
        (three, [{"parent_id": one, "valid_through": "2000-12-31"}]),
    ):
        headers = bearer(make.WRITER) | {"If-Match": (await live.client.get(f"/v1/actors/{child}")).headers["etag"]}
        assert (await live.client.patch(f"/v1/actors/{child}", json={"parents": parents}, headers=headers)).status_code == 200
    ring = await make.imported(live.client, live.database, make.csv_file([make.import_row(2, parent_scheme="fips", parent_value="00001")]))
    assert await make.import_problems(live.client, ring["id"]) == [(2, "parent_value", "puts the actor inside itself")]
    beside = await make.imported(live.client, live.database, make.csv_file([make.import_row(3, parent_scheme="fips", parent_value="00002")]))
    assert beside["rows_applied"]["changed"] == 1


async def test_a_dry_run_counts_and_leaves_nothing(live: LiveRegistry) -> None:
    await make.imported(live.client, live.database, make.csv_file(counties(3)))
    before = await counted(live)
    content = make.csv_file([*counties(2, source="other"), make.import_row(3), make.import_row(4)])
    dry = await make.imported(live.client, live.database, content, query="preset=actors&validate_only=true")
    assert (dry["state"], dry["validate_only"], dry["rows_applied"]) == ("done", True, {"created": 1, "changed": 2, "unchanged": 1})
    assert await counted(live) == before
    assert [await live.count(table) for table in STAGING] == [0, 0]
    wet = await make.imported(live.client, live.database, content)
    assert wet["rows_applied"] == dry["rows_applied"]


async def test_two_imports_at_once_are_applied_one_after_the_other(live: LiveRegistry, small_chunks: None) -> None:
    content = make.csv_file(counties(300))
    answers = [await make.post_import(live.client, content) for _ in range(4)]
    workers = [Database(live.database.url) for _ in range(3)]

    async def work(database: Database) -> None:
        while await import_once(database):
            pass

    await asyncio.gather(*(work(database) for database in (live.database, *workers)))
    await work(live.database)
    for database in workers:
        await database.engine.dispose()
    applied = [(await make.import_status(live.client, answer.json()["id"]))["rows_applied"] for answer in answers]
    assert sorted(item["created"] for item in applied) == [0, 0, 0, 300]
    assert sorted(item["unchanged"] for item in applied) == [0, 300, 300, 300]
    assert await counted(live) | {"actor_parents": 0} == dict.fromkeys(TABLES, 300) | {"events": 600, "actor_parents": 0}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\n", (1, "key_scheme", "is missing")),
        (b"key_scheme,key_value,colour\nfips,1,red\n", (1, "colour", "is not a column of this import")),
        (b"\x00\x01\x02", (1, "\ufffd\x01\x02", "is not a column of this import")),
        (b'key_scheme,key_value\nfips,"1\n', (2, None, "opens a quote that is never closed")),
        (b"key_scheme,key_value\nfips,\xff\n", (2, None, "is not UTF-8 text")),
    ],
)
async def test_what_is_no_file_of_actors_fails_with_a_reason(live: LiveRegistry, content: bytes, problem: Any) -> None:
    failed = await make.imported(live.client, live.database, content)
    assert failed["state"] == "failed"
    assert (await make.import_problems(live.client, failed["id"]))[0] == problem


async def test_a_header_alone_is_an_import_of_nothing(live: LiveRegistry) -> None:
    done = await make.imported(live.client, live.database, b"key_scheme,key_value\n")
    assert (done["state"], done["rows_total"], done["rows_applied"]) == ("done", 0, {"created": 0, "changed": 0, "unchanged": 0})


async def test_a_thousand_problems_are_kept_and_all_are_counted(live: LiveRegistry, small_chunks: None) -> None:
    failed = await make.imported(live.client, live.database, make.csv_file(counties(1_500, kind="planet")))
    assert (failed["problems"], await live.count("import_problems")) == (1_500, 1_000)
