"""Search: what a name is found by, and in which order."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.registry.actors.filters import ActorFilters
from services.registry.actors.phrases import Reading, place_values, readings
from services.registry.actors.repository import Actors
from services.registry.actors.schemas import ActorPage, ActorRead
from services.registry.actors.words import folded, trigrams
from shared import repository
from shared.errors import Invalid
from shared.repository import shape_of
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries

NAMES = ("Cd. Juárez", "San Juan", "東京都", "aaaa", "St. John's", "", "Łódź", "x" * 120)


@pytest.mark.parametrize(
    ("name", "found"),
    [("cd", ["  c", " cd", "cd "]), ("san a", ["  s", " sa", "san", "an ", "  a", " a "]), ("aaaa", ["  a", " aa", "aaa", "aa "]), ("", [])],
    ids=["one word", "two words", "each once", "nothing"],
)
def test_a_name_has_the_trigrams_of_its_words(name: str, found: list[str]) -> None:
    assert trigrams(name) == found


async def test_the_database_computes_the_same_trigrams(registry_app: FastAPI) -> None:
    async with registry_app.state.database.session(read_only=True) as session:
        for name in map(folded, NAMES):
            assert (await session.execute(text("SELECT word_trigrams(:name)"), {"name": name})).scalar_one() == trigrams(name)


async def actors(client: httpx.AsyncClient) -> None:
    """What a search must tell apart: namesakes, longer names, other words of kind, other spellings."""
    known: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Mexico", {"kind": "nation", "country": "MX", "subdivision": None, "names": [es("México"), {"language": "en", "name": "Mexico"}]}),
        ("Chihuahua", {"kind": "state", "country": "MX", "subdivision": "MX-CHH", "names": [es("Chihuahua")], "population": 3_741_869}),
        ("Nuevo León", {"kind": "state", "country": "MX", "subdivision": "MX-NLE", "names": [es("Nuevo León")], "population": 5_784_442}),
        ("Juárez", {"country": "MX", "subdivision": "MX-NLE", "names": [es("Juárez")], "population": 471_523}),
        ("Juárez", {"country": "MX", "subdivision": "MX-CHH", "names": [es("Juárez")], "population": 1_512_450}),
        ("Benito Juárez", {"country": "MX", "subdivision": "MX-CMX", "names": [es("Benito Juárez")], "population": 434_153}),
        ("Juárez Hidalgo", {"country": "MX", "subdivision": "MX-HID", "names": [es("Juárez Hidalgo")], "population": 2_895}),
        ("San Diego County", {"population": 3_298_634}),
        ("San Diego", {"kind": "municipality", "population": 1_386_932}),
        ("San Diego", {"kind": "municipality", "subdivision": "US-TX", "population": 3_755}),
        ("San Diego de la Unión", {"country": "MX", "subdivision": "MX-GUA", "names": [es("San Diego de la Unión")], "population": 41_054}),
        ("St. Louis", {"kind": "municipality", "subdivision": "US-MO", "population": 293_310}),
        ("Texas", {"kind": "state", "subdivision": "US-TX", "population": 29_145_505}),
        ("Montréal", {"kind": "municipality", "country": "CA", "subdivision": "CA-QC", "population": 1_762_949}),
    )
    for name, fields in known:
        mexican = fields.get("country") == "MX"
        await make.actor(client, name, **{"kind": "municipality" if mexican else "county", "preferred_language": "es" if mexican else "en", **fields})


def es(name: str) -> dict[str, str]:
    return {"language": "es", "name": name}


async def found(client: httpx.AsyncClient, q: str, **more: str) -> list[tuple[str, str | None]]:
    answer = await client.get("/v1/actors", params={"q": q, **more}, headers={"Accept-Language": "es"})
    assert answer.status_code == 200, answer.text
    for item in answer.json()["items"]:
        ActorRead.model_validate(item)
    return [(item["name"], item["subdivision"]) for item in answer.json()["items"]]


JUAREZ, OTHER = ("Juárez", "MX-CHH"), ("Juárez", "MX-NLE")
CITY, COUNTY, TEXAN = ("San Diego", "US-CA"), ("San Diego County", "US-CA"), ("San Diego", "US-TX")


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("cd juarez", [JUAREZ, OTHER]),
        ("Ciudad Juárez", [JUAREZ, OTHER]),
        ("Juarez CHH", [JUAREZ]),
        ("juárez, mx-chh", [JUAREZ]),
        ("juarez chihuahua", [JUAREZ]),
        ("JUAREZ NUEVO LEON", [OTHER]),
        ("juarez", [JUAREZ, OTHER, ("Juárez Hidalgo", "MX-HID"), ("Benito Juárez", "MX-CMX")]),
        ("jaurez", [JUAREZ, OTHER]),
        ("san diego", [CITY, TEXAN, COUNTY, ("San Diego de la Unión", "MX-GUA")]),
        ("san diego county", [COUNTY, CITY, TEXAN]),
        ("county of san diego", [COUNTY, CITY, TEXAN]),
        ("san diego tx", [TEXAN]),
        ("TX San Diego", [TEXAN]),
        ("san diego, texas", [TEXAN]),
        ("san dieg", [COUNTY, CITY, ("San Diego de la Unión", "MX-GUA"), TEXAN]),
        ("die uni", [("San Diego de la Unión", "MX-GUA")]),
        ("sna diego", [CITY, TEXAN]),
        ("sandiego", [CITY, TEXAN]),
        ("saint louis", [("St. Louis", "US-MO")]),
        ("st lois", [("St. Louis", "US-MO")]),
        ("montreall", [("Montréal", "CA-QC")]),
        ("Montreal CA", [("Montréal", "CA-QC")]),
        ("Cd. Juárez, Chih.", [JUAREZ]),
        ("juarez n.l.", [OTHER]),
        ("Juárez, Chihuahua, México", [JUAREZ]),
        ("juarez chih mx", [JUAREZ]),
        ("San Diego, Tex., USA", [TEXAN]),
        ("san diego calif", [CITY, COUNTY]),
        ("Chihuahua, Chih.", [("Chihuahua", "MX-CHH")]),
        ("City of San Diego", [CITY, TEXAN, COUNTY]),
        ("condado de san diego", [COUNTY, CITY, TEXAN]),
        ("Ville de Montréal", [("Montréal", "CA-QC")]),
        ("san digeo", [CITY, TEXAN, COUNTY]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_who_is_meant_comes_first(registry: httpx.AsyncClient, registry_app: FastAPI, q: str, first: list[tuple[str, str]]) -> None:
    await actors(registry)
    with queries(registry_app.state.database, at_most=1):
        assert (await found(registry, q))[: len(first)] == first


async def test_the_kind_that_was_said_comes_before_the_greater(registry: httpx.AsyncClient) -> None:
    for kind, people in (("state", 6_583_278), ("municipality", 1_692_181), ("county", 2_000_000)):
        await make.actor(registry, "Puebla", kind=kind, country="MX", subdivision="MX-PUE", population=people)
    for q, kinds in (
        ("Puebla", ["state", "county", "municipality"]),
        ("Ciudad de Puebla", ["municipality", "state", "county"]),
        ("Mpio. de Puebla", ["municipality", "state", "county"]),
        ("Estado de Puebla", ["state", "county", "municipality"]),
        ("Condado de Puebla", ["county", "state", "municipality"]),
        ("Gobierno de Puebla", ["state", "county", "municipality"]),
        ("Puebla, Pue.", ["county", "municipality", "state"]),
    ):
        items = (await registry.get("/v1/actors", params={"q": q})).json()["items"]
        assert [item["kind"] for item in items] == kinds, q


async def test_a_name_that_is_turned_is_no_better_than_the_name_without_its_kind(registry: httpx.AsyncClient) -> None:
    for name, people in (("Dallas", 1_304_379), ("Dallas City", 800)):
        await make.actor(registry, name, kind="municipality", population=people)
    for q, names in (("City of Dallas", ["Dallas", "Dallas City"]), ("Dallas City", ["Dallas City", "Dallas"])):
        assert [name for name, _ in await found(registry, q)] == names


async def test_fewer_wrong_letters_come_before_more_alike_beginnings(registry: httpx.AsyncClient) -> None:
    names = ("Tucson", "Tuscola", "Tuscola County", "Tuscumbia", "Phoenix", "Phenix", "Atlanta", "Altamont", "Alta", "Arlington", "Arrington", "Darlington")
    for people, name in enumerate(names):
        await make.actor(registry, name, population=1_000 * people)
    for q, name in (("tuscon", "Tucson"), ("pheonix", "Phoenix"), ("altanta", "Atlanta"), ("alrington", "Arlington"), ("arlingtdon", "Darlington")):
        assert (await found(registry, q))[0][0] == name, q


async def test_a_short_word_may_have_a_mistake_as_well(registry: httpx.AsyncClient) -> None:
    """Two letters that changed places come before a letter that differs, whatever the trigrams say."""
    names = ("Reno", "Rodeo", "Romeo", "Waco", "Ario", "Cairo", "San José", "San Juan", "Oklahoma City", "La Paz", "Pacheco", "Ely", "Elyria")
    for people, name in enumerate(reversed(names)):
        await make.actor(registry, name, population=1_000 * people)
    for q, name in (
        ("Rneo", "Reno"), ("erno", "Reno"), ("wcao", "Waco"), ("airo", "Ario"), ("san jsoe", "San José"), ("sna jose", "San José"),
        ("oklahoma ctiy", "Oklahoma City"), ("la pza", "La Paz"), ("wco", "Waco"), ("rno", "Reno"), ("san joe", "San José"), ("eyl", "Ely"),
    ):  # fmt: skip
        assert [found for found, _ in await found(registry, q)][:1] == [name], q


async def test_an_article_that_was_typed_tells_a_beginning_from_a_mistake(registry: httpx.AsyncClient) -> None:
    """Without its articles "los angles" is how Anglesey begins; with them it lacks a letter of Los Angeles."""
    for name, people in (("Isle of Anglesey", 69_000), ("Los Angeles County", 3_000), ("Anglesboro", None)):
        await make.actor(registry, name, population=people)
    assert [name for name, _ in await found(registry, "los angles")] == ["Los Angeles County", "Isle of Anglesey", "Anglesboro"]
    assert [name for name, _ in await found(registry, "angles")][:2] == ["Anglesboro", "Isle of Anglesey"]
    assert [name for name, _ in await found(registry, "the isle of angles")][:1] == ["Isle of Anglesey"]


async def test_a_word_that_only_opens_names_means_the_greatest_of_them(registry: httpx.AsyncClient) -> None:
    for name, people in (("New Town", 2_749), ("New York", 20_201_249), ("New City", None), ("Newark", 311_549)):
        await make.actor(registry, name, population=people)
    listed = (await registry.get("/v1/actors?q=new")).json()["items"]
    assert [item["name"] for item in listed] == ["New York", "Newark", "New Town", "New City"]
    assert (await registry.get("/v1/actors?q=new town&limit=1")).json()["items"][0]["name"] == "New Town"


@pytest.mark.parametrize("q", ["xyzzy", "juarezzzzzzzz bbbbbbbbb", "chh", "1", "'ti!j:* & |", "de la", "a" * 100, "東京"])
async def test_what_nobody_is_called_finds_nobody(registry: httpx.AsyncClient, q: str) -> None:
    await actors(registry)
    assert await found(registry, q) == [] or q == "de la"


async def test_all_languages_and_former_names_are_searched(registry: httpx.AsyncClient) -> None:
    names = [
        es("Tijuana"),
        {"language": "en", "name": "City of Tijuana"},
        {**es("Villa de Zaragoza"), "kind": "former"},
        {"language": "ja", "name": "ティフアナ"},
    ]
    await make.actor(registry, preferred_language="es", country="MX", subdivision="MX-BCN", names=names)
    for q in ("tij", "city tij", "tijuana city", "zaragoza", "Zarágoza villa", "tijuanas", "ティフ", "t"):
        assert await found(registry, q) == [("Tijuana", "MX-BCN")], q


def test_the_driver_keeps_a_search_prepared() -> None:
    """asyncpg plans a statement anew each time that is longer than its max_cacheable_statement_size, of 15,360 bytes."""
    listing: Any = repository._listing
    statement = listing(Actors, ActorRead, ActorFilters, shape_of(ActorFilters(q="juarez")), frozenset())
    assert len(statement.text.encode()) < 15_360


async def test_pages_follow_the_rank(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    await actors(registry)
    whole = await found(registry, "san diego")
    seen: list[tuple[str, str | None]] = []
    parameters = {"q": "san diego", "limit": "1", "count": "exact"}
    while True:
        with queries(registry_app.state.database, at_most=1):
            page = (await registry.get("/v1/actors", params=parameters, headers={"Accept-Language": "es"})).json()
        assert page["total"] == len(whole)
        seen += [(item["name"], item["subdivision"]) for item in page["items"]]
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    assert seen == whole
    assert len(seen) > 3


async def test_a_search_takes_the_other_filters_and_sorts(registry: httpx.AsyncClient) -> None:
    await actors(registry)
    assert await found(registry, "juarez", subdivision="MX-NLE") == [OTHER]
    assert await found(registry, "san diego", kind="municipality", sort="name") == [CITY, TEXAN, ("San Diego de la Unión", "MX-GUA")]
    assert (await found(registry, "san", sort="population"))[0] == COUNTY


async def test_facets_count_what_was_found(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    await actors(registry)
    with queries(registry_app.state.database, at_most=1):
        answer = await registry.get("/v1/actors?q=san+diego&limit=1&facets=kind,population_band&facets=subdivision&facets=status")
    body = answer.json()
    ActorPage.model_validate(body)
    assert len(body["items"]) == 1
    assert body["facets"] == {
        "kind": [{"value": "municipality", "count": 3}, {"value": "county", "count": 1}],
        "population_band": [
            {"value": "1000000_and_more", "count": 2},
            {"value": "10000_to_49999", "count": 1},
            {"value": "1000_to_9999", "count": 1},
        ],
        "subdivision": [{"value": "US-CA", "count": 2}, {"value": "MX-GUA", "count": 1}, {"value": "US-TX", "count": 1}],
        "status": [{"value": "active", "count": 4}],
    }
    assert "facets" not in (await registry.get("/v1/actors")).json()
    empty = (await registry.get("/v1/actors?q=xyzzy&facets=kind")).json()
    assert (empty["items"], empty["facets"]) == ([], {"kind": []})


@pytest.mark.parametrize(
    ("query", "named"),
    [("q=%26", "/q"), ("q=", "/q"), ("sort=relevance", "/sort"), ("facets=size", "/facets/0"), ("q=a&facets=kind,size", "/facets/1")],
    ids=range(5),
)
async def test_a_bad_search_is_named(registry: httpx.AsyncClient, query: str, named: str) -> None:
    body = assert_problem(await registry.get(f"/v1/actors?{query}"), Invalid)
    assert [item["pointer"] or "/" for item in body["errors"]] == [named]


def test_a_phrase_is_read_as_name_and_place() -> None:
    assert [(reading.words, reading.place) for reading in readings("TX San Antonio")] == [
        (("tx", "san", "antonio"), None),
        (("tx", "san"), "antonio"),
        (("tx",), "san antonio"),
        (("san", "antonio"), "tx"),
    ]
    assert readings(" -'&| ") == ()


@pytest.mark.parametrize(
    ("phrase", "read"),
    [
        ("El Paso, TX, USA", (("el", "paso"), "tx", "usa")),
        ("El Paso TX USA", (("el", "paso"), "tx", "usa")),
        ("El Paso, Texas, United States of America", (("el", "paso"), "texas", "united states of america")),
        ("San Luis Potosi, S.L.P., Mexico", (("san", "luis", "potosi"), "slp", "mexico")),
        ("Cancún, Q. Roo", (("cancun",), "q roo", None)),
        ("Tijuana, B.C.", (("tijuana",), "bc", None)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_place_may_have_its_land_and_be_abbreviated(phrase: str, read: tuple[tuple[str, ...], str, str | None]) -> None:
    found = [(reading.words, reading.place, reading.land) for reading in readings(phrase)]
    assert read in found
    assert len(found) == len(set(found)) <= 10


def test_letters_that_stood_alone_are_two_places_where_they_abbreviate_two() -> None:
    assert place_values(readings("Tijuana, B.C."))["abbreviated"] == ["MX-BCN"], "that it is a code as well, the database sees"
    assert place_values(readings("Morelia mich")) == {"named": ["mich"], "abbreviation": ["mich", "mich"], "abbreviated": ["MX-MIC", "US-MI"]}


def test_abbreviations_stand_for_each_other() -> None:
    (reading,) = readings("cd")
    assert list(reading.spellings()) == ["cd", "ciudad"]
    assert len(list(readings("st st st st st st")[0].spellings())) <= 24


LETTERS = st.text("abcdefgh", min_size=4, max_size=14)


@given(word=LETTERS, at=st.integers(0, 12), letter=st.sampled_from("abcxyz"), mistake=st.sampled_from(["wrong", "missing", "more", "swapped"]))
def test_a_mistake_leaves_a_piece_whole(word: str, at: int, letter: str, mistake: str) -> None:
    at %= len(word) - 1
    typed = {
        "wrong": word[:at] + letter + word[at + 1 :],
        "missing": word[:at] + word[at + 1 :],
        "more": word[:at] + letter + word[at:],
        "swapped": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    }[mistake]
    reading = Reading((typed,), None)
    pieces = [*reading.pieces(), *reading.short_pieces()]
    assert all(pieces), "nothing at all would be in every name"
    assert any(set(piece) <= set(trigrams(word)) for piece in pieces)
