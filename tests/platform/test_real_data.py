"""The files of real governments through the gateway, where COMITY_REAL_DATA names the folder that has them. None of them is part of the project."""

import asyncio
import csv
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from rich.console import Console

from deploy import stack, up
from deploy.importing import Wanted, run_import
from deploy.options import Options
from deploy.ports import free_port
from tests.platform.conftest import Platform

REAL = Path(os.environ.get("COMITY_REAL_DATA", "absent")) / "registry"
GOVERNMENTS = REAL / "actors_us_mx_ca.csv"
pytestmark = [
    pytest.mark.live,
    pytest.mark.xdist_group("platform"),
    pytest.mark.skipif(not GOVERNMENTS.exists(), reason="COMITY_REAL_DATA names no folder with real data"),
]
KINDS = {
    "country": "nation",
    "province": "state",
    "territory": "state",
    "federal_district": "state",
    "historical_territory": "state",
    "unorganized": "county_subdivision",
    "municipality_unclassified": "municipality",
    "indigenous_reserve": "indigenous_government",
}


@pytest.fixture(scope="module")
async def empty() -> AsyncIterator[Platform]:
    """A platform of its own, without the sample."""
    with tempfile.TemporaryDirectory(prefix="comity-real-") as folder:
        Path(folder).chmod(0o711)
        options = Options(port=free_port(), folder=Path(folder) / "data")
        async with stack.databases(options) as urls, up.running(options, urls) as (_, credentials):
            yield Platform(options.address, credentials, urls)


@pytest.fixture(scope="module")
async def operator(empty: Platform) -> AsyncIterator[httpx.AsyncClient]:
    async with await empty.signed_in("operator") as http:
        yield http


async def load(http: httpx.AsyncClient, file: Path, preset: str) -> dict[str, Any]:
    ended = await run_import(http, await asyncio.to_thread(file.read_bytes), Console(quiet=True), Wanted(preset=preset))
    assert ended["state"] == "done", (ended["failure"], (await http.get(f"/v1/imports/{ended['id']}/problems")).text)
    return ended


@pytest.fixture(scope="module")
async def governments(operator: httpx.AsyncClient) -> dict[str, Any]:
    return await load(operator, GOVERNMENTS, "actors-us-mx-ca")


def rows() -> list[dict[str, str]]:
    with GOVERNMENTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def find(http: httpx.AsyncClient, key: str) -> dict[str, Any]:
    answer = await http.get("/v1/actors", params={"identifier": key, "include": ["names", "identifiers", "parents"]})
    (item,) = answer.json()["items"]
    found: dict[str, Any] = item
    return found


async def test_every_government_is_there(empty: Platform, governments: dict[str, Any]) -> None:
    expected = await asyncio.to_thread(rows)
    assert (governments["rows_total"], governments["rows_read"], governments["problems"]) == (len(expected), len(expected), 0)
    assert governments["rows_applied"] == {"created": len(expected), "changed": 0, "unchanged": 0}
    connection = await asyncpg.connect(empty.urls["registry"].replace("+asyncpg", ""))
    found = await connection.fetch("SELECT country, kind, status, count(*) AS n FROM actors GROUP BY 1, 2, 3")
    counted = Counter((row["country"], KINDS.get(row["kind"], row["kind"]), "dissolved" if "historical" in row["kind"] else "active") for row in expected)
    assert {(row["country"], row["kind"], row["status"]): row["n"] for row in found} == counted
    assert await connection.fetchval("SELECT count(*) FROM actor_parents") == sum(bool(row["parent_ocd_id"]) for row in expected)
    assert await connection.fetchval("SELECT count(*) FROM actors WHERE source IS NULL OR licence IS NULL") == 0
    held = dict(await connection.fetch("SELECT scheme, count(*) FROM actor_identifiers GROUP BY 1"))
    once = Counter(row["geonameid"] for row in expected if row["geonameid"])
    assert held["ocd"] == sum(bool(row["ocd_id"]) for row in expected)
    assert held["gnis"] == sum(bool(row["gnis_id"]) for row in expected)
    assert held["geonames"] == sum(count == 1 for count in once.values())
    assert held["inegi"] == sum(row["country"] == "MX" and row["kind"] != "country" for row in expected)
    assert held["sgc"] == sum(row["country"] == "CA" and row["kind"] != "country" for row in expected)
    people = await connection.fetchval("SELECT sum(population) FROM actors")
    assert people == sum(int(row["population"]) for row in expected if row["population"])
    await connection.close()


@pytest.mark.usefixtures("governments")
async def test_well_known_governments_are_what_they_are(operator: httpx.AsyncClient) -> None:
    san_diego = await find(operator, "geoid-place:0666000")
    assert (san_diego["name"], san_diego["kind"], san_diego["source_kind"], san_diego["subdivision"]) == ("San Diego", "municipality", "city", "US-CA")
    assert (san_diego["population"], san_diego["parents"][0]["name"]) == (1_381_611, "California")
    assert san_diego["licence"] == "CC0 1.0 (division); U.S. public domain; CC-BY 4.0 (GeoNames)"
    county = await find(operator, "fips:06073")
    assert (county["name"], county["kind"]) == ("San Diego County", "county")
    tijuana = await find(operator, "inegi:02004")
    assert (tijuana["name"], tijuana["preferred_language"], tijuana["subdivision"], tijuana["source_kind"]) == ("Tijuana", "es", "MX-BCN", "municipio")
    assert tijuana["parents"][0]["name"] == "Baja California"
    assert "INEGI" in tijuana["licence"]
    toronto = await find(operator, "sgc:3520005")
    assert (toronto["name"], toronto["country"], toronto["subdivision"], toronto["population"]) == ("Toronto", "CA", "CA-ON", 2_794_356)
    montreal = await find(operator, "sgc:2466023")
    assert (montreal["preferred_language"], [(name["language"], name["name"]) for name in montreal["names"]]) == ("fr", [("fr", "Montréal")])
    capital = await find(operator, "iso3166-2:MX-CMX")
    assert {name["language"]: name["name"] for name in capital["names"]} == {"en": "Mexico City", "es": "Ciudad de México"}
    dakota = await find(operator, "ocd:ocd-division/country:us/territory:dt")
    assert (dakota["status"], dakota["kind"]) == ("dissolved", "state")


async def test_the_same_file_again_changes_nothing(operator: httpx.AsyncClient, governments: dict[str, Any]) -> None:
    again = await run_import(operator, await asyncio.to_thread(lambda: GOVERNMENTS.read_bytes() + b"\n"), Console(quiet=True), Wanted(preset="actors-us-mx-ca"))
    assert (again["state"], again["rows_applied"]) == ("done", {"created": 0, "changed": 0, "unchanged": governments["rows_total"]})


# File, preset, what is created, changed, unchanged, and how many sides or domains are left to people; none has a problem.
FILES: list[tuple[str, str, tuple[int, int, int], int | None]] = [
    ("country_codes.csv", "countries", (246, 3, 0), None),
    ("iso_3166_2_world.csv", "subdivisions", (4_945, 101, 0), None),
    ("commissions_and_bodies.csv", "bodies", (25, 0, 0), None),
    ("commissions_and_bodies.csv", "body-members", (13, 0, 0), 3),
    ("networks.csv", "network-members", (73, 0, 0), 76),
    ("offices_abroad.csv", "offices-abroad", (8, 0, 0), None),
    ("offices_abroad.csv", "office-owners", (4, 0, 0), 3),
    ("us_federal_agencies_and_bureaus.csv", "us-federal-departments", (152, 0, 0), None),
    ("us_federal_agencies_and_bureaus.csv", "us-federal-bureaus", (202, 0, 0), None),
    ("dotgov_ocd_match.csv", "dotgov-divisions", (6_652, 0, 0), 0),
    ("dotgov_current_full.csv", "dotgov", (6_761, 0, 0), 7_821),
    ("geonames_cities15000.csv", "geonames-cities", (0, 9, 2_205), None),
    ("unlocode_mx_us_2023-2.csv", "unlocode", (0, 12_710, 0), None),
    ("sister_city_pairs.csv", "sister-cities", (162, 0, 0), 5_164),
    ("sister_city_pairs_world.csv", "sister-cities-world", (0, 0, 162), 34_792),
    ("sister_city_pairs_wikidata2016.tsv", "sister-cities-wikidata", (14, 0, 0), 33_109),
]


def counted(ended: dict[str, Any]) -> tuple[tuple[int, int, int], int | None]:
    applied = ended["rows_applied"]
    return (applied["created"], applied["changed"], applied["unchanged"]), ended["suggestions"]


@pytest.fixture(scope="module")
async def everything(operator: httpx.AsyncClient, governments: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each import by its preset, in the order in which one needs the other."""
    return {"actors-us-mx-ca": governments} | {preset: await load(operator, REAL / file, preset) for file, preset, *_ in FILES}


async def test_every_file_is_imported_whole(everything: dict[str, dict[str, Any]]) -> None:
    found = {preset: (*counted(ended), ended["problems"]) for preset, ended in everything.items() if preset != "actors-us-mx-ca"}
    assert found == {preset: (applied, left, 0) for _, preset, applied, left in FILES}


async def test_the_world_stands_around_them(operator: httpx.AsyncClient, everything: dict[str, dict[str, Any]]) -> None:
    known = sum(bool(row["iso_3166_2"]) for row in await asyncio.to_thread(rows))
    assert everything["subdivisions"]["rows_applied"]["created"] == everything["subdivisions"]["rows_total"] - known
    jalisco = await find(operator, "iso3166-2:MX-JAL")
    assert (jalisco["parents"][0]["name"], jalisco["source"]) == ("Mexico", "Debian iso-codes, by way of pycountry")
    babek = await find(operator, "iso3166-2:AZ-BAB")
    assert (babek["kind"], babek["source_kind"], babek["parents"][0]["name"]) == ("county", "rayon", "Naxçıvan")
    forest = await find(operator, "us-federal-bureau:Department of Agriculture: Forest Service")
    assert (forest["kind"], forest["parents"][0]["name"]) == ("agency", "Department of Agriculture")


async def test_what_binds_them_is_there_and_nobody_was_guessed(empty: Platform, operator: httpx.AsyncClient, everything: dict[str, dict[str, Any]]) -> None:
    connection = await asyncpg.connect(empty.urls["registry"].replace("+asyncpg", ""))
    held = dict(await connection.fetch("SELECT type, count(*) FROM ties GROUP BY 1"))
    assert held == {"sister_city": 162, "twinning": 14, "network_membership": 73, "commission_membership": 13, "office_of": 4}
    assert await connection.fetchval("SELECT count(*) FROM ties WHERE source IS NULL OR licence IS NULL") == 0
    assert await connection.fetchval("SELECT count(*) FROM import_suggestions WHERE state <> 'open'") == 0
    in_c40 = "SELECT count(*) FROM ties AS t JOIN actors AS a ON a.id = t.to_id WHERE a.name = 'C40 Cities' AND t.role = 'member'"
    assert await connection.fetchval(in_c40) == 19
    # Barcelona the city is not the province of that name, which is all that the registry knows of it.
    sides = "FROM ties AS t JOIN actors AS a ON a.id IN (t.from_id, t.to_id) WHERE t.type IN ('sister_city', 'network_membership')"
    abroad = f"SELECT count(*) {sides} AND a.country NOT IN ('US', 'MX', 'CA')"
    assert await connection.fetchval(abroad) == 0
    left = sum(ended["suggestions"] or 0 for ended in everything.values())
    assert await connection.fetchval("SELECT count(*) FROM import_suggestions") == left
    await connection.close()
    san_diego = await find(operator, "geoid-place:0666000")
    held_by_it = {(item["scheme"], item["value"]) for item in san_diego["identifiers"]}
    assert {("unlocode", "USSAN"), ("wikidata", "Q16552"), ("geonames", "5391811")} <= held_by_it
    shown = await operator.get(f"/v1/imports/{everything['network-members']['id']}/suggestions", params={"limit": 1})
    (first,) = shown.json()["items"]
    assert (first["line"], first["side"], first["text"], first["candidates"]) == (2, "from", "Dubai, AE", [])


async def test_every_file_again_changes_nothing(empty: Platform, operator: httpx.AsyncClient, everything: dict[str, dict[str, Any]]) -> None:
    connection = await asyncpg.connect(empty.urls["registry"].replace("+asyncpg", ""))
    tables = ("events", "ties", "actor_domains", "actor_identifiers", "import_suggestions", "import_links")
    before = [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    # Tens of thousands of questions are no other than thousands.
    again = FILES if os.environ.get("COMITY_REAL_STATES") == "all" else [one for one in FILES if (one[3] or 0) < 10_000]
    for file, preset, (created, changed, unchanged), left in again:
        content = await asyncio.to_thread((REAL / file).read_bytes)
        ended = await run_import(operator, content + b"\n", Console(quiet=True), Wanted(preset=preset))
        assert (preset, *counted(ended)) == (preset, (0, 0, created + changed + unchanged), left)
    assert [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == before
    await connection.close()
