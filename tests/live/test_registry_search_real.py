"""Search over the governments of three countries, where COMITY_REAL_DATA names the folder that has them: who is meant comes first."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.registry.actors.words import folded
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry

GOVERNMENTS = Path(os.environ.get("COMITY_REAL_DATA", "absent")) / "registry" / "actors_us_mx_ca.csv"
REAL = (
    ("cd juarez", "MX-CHH", "Juárez"),
    ("Ciudad Juárez", "MX-CHH", "Juárez"),
    ("Juarez CHH", "MX-CHH", "Juárez"),
    ("jaurez", "MX-CHH", "Juárez"),
    ("tiajuana", "MX-BCN", "Tijuana"),
    ("nuevo laerdo", "MX-TAM", "Nuevo Laredo"),
    ("Houston, TX", "US-TX", "Houston"),
    ("springfield illinois", "US-IL", "Springfield"),
    ("saint louis mo", "US-MO", "St. Louis"),
    ("los angelos", "US-CA", "Los Angeles"),
    ("albuquerqe", "US-NM", "Albuquerque"),
    ("toronto on", "CA-ON", "Toronto"),
    ("montreall", "CA-QC", "Montréal"),
    ("tuscon", "US-AZ", "Tucson"),
    ("pheonix", "US-AZ", "Phoenix"),
    ("altanta", "US-GA", "Atlanta"),
    ("alrington", "US-TX", "Arlington"),
    ("los angles", "US-CA", "Los Angeles"),
    ("Rneo", "US-NV", "Reno"),
    ("Yuam", "US-AZ", "Yuma"),
    ("Wcao", "US-TX", "Waco"),
    ("san jsoe", "US-CA", "San Jose"),
    ("el apso", "US-TX", "El Paso"),
    ("City of San Diego", "US-CA", "San Diego"),
    ("City of El Paso", "US-TX", "El Paso"),
    ("Ciudad de Puebla", "MX-PUE", "Puebla"),
    ("Ville de Montréal", "CA-QC", "Montréal"),
    ("Cd. Juárez, Chih.", "MX-CHH", "Juárez"),
    ("nuevo laredo tamps", "MX-TAM", "Nuevo Laredo"),
    ("cd acuna coah", "MX-COA", "Acuña"),
    ("Tijuana, B.C.", "MX-BCN", "Tijuana"),
    ("Vancouver, B.C.", "CA-BC", "Vancouver"),
    ("El Paso, TX, USA", "US-TX", "El Paso"),
    ("Toluca, Edo. Méx.", "MX-MEX", "Toluca"),
)
# The greatest municipalities: of whose names a letter may be wrong and something be left to tell them by, and those of four letters.
GREATEST = """
    SELECT id, name FROM actors
    WHERE kind = 'municipality' AND population IS NOT NULL AND length(name) >= 5 ORDER BY population DESC LIMIT 150
"""
SHORT = "SELECT name FROM actors WHERE kind = 'municipality' AND population IS NOT NULL AND length(name) = 4 ORDER BY population DESC LIMIT 50"
Mistake = Callable[[str, int], str]
# Mistakes at one place of a word, and the least share of names that are first all the same. What is missed is another place's name as it
# was typed ("huston").
MISTAKES: tuple[tuple[str, Mistake, float], ...] = (
    ("two that changed places", lambda name, at: name[:at] + name[at + 1] + name[at] + name[at + 2 :], 0.95),
    ("a letter left out", lambda name, at: name[:at] + name[at + 1 :], 0.9),
    ("another letter", lambda name, at: name[:at] + ("x" if name[at] != "x" else "k") + name[at + 1 :], 0.95),
    ("a letter more", lambda name, at: name[:at] + "k" + name[at:], 0.95),
)
pytestmark = [
    pytest.mark.live,
    pytest.mark.xdist_group("real governments"),  # they are loaded once
    pytest.mark.skipif(not GOVERNMENTS.exists(), reason="COMITY_REAL_DATA names no folder with real data"),
]


@pytest.fixture(scope="module")
async def governments(templates: Templates) -> AsyncIterator[LiveRegistry]:
    content = await asyncio.to_thread(GOVERNMENTS.read_bytes)
    async with live_registry(templates) as registry:
        done = await make.imported(registry.client, registry.database, content, query="preset=actors-us-mx-ca")
        assert (done["state"], done["rows_applied"]["created"]) == ("done", 47_414)
        yield registry


async def first(governments: LiveRegistry, phrase: str) -> tuple[str | None, str] | None:
    items = (await governments.client.get("/v1/actors", params={"q": phrase, "limit": 1})).json()["items"]
    return (items[0]["subdivision"], items[0]["name"]) if items else None


@pytest.mark.parametrize(("phrase", "code", "name"), REAL, ids=[phrase for phrase, _, _ in REAL])
async def test_who_is_meant_comes_first(governments: LiveRegistry, phrase: str, code: str, name: str) -> None:
    assert await first(governments, phrase) == (code, name)


@pytest.mark.parametrize(("mistake", "least"), [(mistake, least) for _, mistake, least in MISTAKES], ids=[said for said, _, _ in MISTAKES])
async def test_a_mistake_does_not_hide_a_great_city(governments: LiveRegistry, mistake: Mistake, least: float) -> None:
    assert await share_that_is_first(governments, GREATEST, mistake, 150) >= least


async def test_letters_that_changed_places_do_not_hide_a_name_of_four(governments: LiveRegistry) -> None:
    """What is missed is how another name begins, or is spelled ("brae", "orme")."""
    swapped = MISTAKES[0][1]
    assert await share_that_is_first(governments, SHORT, swapped, 50) >= 0.75


async def share_that_is_first(governments: LiveRegistry, statement: str, mistake: Mistake, count: int) -> float:
    """Of so many names, each with a mistake at another place, for how many one called so comes first."""
    names = [folded(row.name) for row in await governments.rows(statement)]
    assert len(names) == count
    found = 0
    for nth, name in enumerate(names):
        places = [at for at in range(len(name) - 1) if " " not in name[at : at + 2] and name[at] != name[at + 1]]
        shown = await first(governments, mistake(name, places[nth % len(places)]))
        found += shown is not None and folded(shown[1]) == name
    return found / count


async def test_a_great_city_and_the_code_of_its_state_are_a_match_and_never_another(governments: LiveRegistry) -> None:
    """What is not clear has a namesake in the same state, such as the township around Elgin, Illinois."""
    cities = await governments.rows("SELECT id, name, subdivision FROM actors WHERE kind = 'municipality' ORDER BY population DESC NULLS LAST LIMIT 99")
    names = [f"{city.name}, {city.subdivision[3:]}" for city in cities] + ["Denver, CO"]
    answer = await governments.client.post("/v1/actors/match", json={"examples": [{"name": name} for name in names]})
    matched = [result["match"] for result in answer.json()["results"]]
    assert {match for match, city in zip(matched, cities, strict=False) if match != str(city.id)} <= {None}
    assert (sum(match is not None for match in matched) >= 88, matched[-1] is not None) == (True, True)
