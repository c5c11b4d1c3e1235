"""What keeps a file from doing what nobody meant: sources have owners, a file dissolves no more than it says, and no two rows mean one actor."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.registry.errors import ImportSourceOfAnother
from shared.access import Caller
from shared.errors import Invalid, KeyReused
from shared.ids import new_id
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
OURS = "preset=actors&source=ours"


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


def coordinator(organization: UUID) -> Caller:
    return caller("imports:run", organization=organization, subject=str(organization), roles=("national_coordinator",), country="US")


def counties(*numbers: int) -> bytes:
    return make.csv_file([make.import_row(number) for number in numbers])


async def ended(live: LiveRegistry, content: bytes, query: str = OURS) -> dict[str, Any]:
    return await make.imported(live.client, live.database, content, query=query)


async def active(live: LiveRegistry) -> int:
    return int((await live.rows("SELECT count(*) FROM actors WHERE status = 'active'"))[0][0])


async def test_a_source_is_that_of_who_first_sent_a_file_of_it(live: LiveRegistry) -> None:
    one, two = coordinator(new_id()), coordinator(new_id())

    async def send(who: Caller, query: str = OURS) -> httpx.Response:
        return await make.post_import(live.client, counties(1), who=who, query=query)

    assert (await send(two, f"{OURS}&validate_only=true")).status_code == 202, "a dry run takes nothing"
    assert (await send(one)).status_code == 202
    assert (await send(one)).status_code == 202
    for query in (OURS, f"{OURS}&validate_only=true", f"{OURS}&retire=true"):
        assert_problem(await send(two, query), ImportSourceOfAnother)
    assert (await send(two, "preset=actors&source=theirs")).status_code == 202
    assert (await send(two, "preset=actors")).status_code == 202, "without a source it is nobody's"
    assert (await send(make.IMPORTER)).status_code == 202, "operators keep the registry"
    assert await live.count("imports") == 6, "what was refused is not there"


async def test_of_two_that_are_first_one_is(live: LiveRegistry) -> None:
    for nth in range(10):
        query = f"preset=actors&source=s{nth}"
        sent = [make.post_import(live.client, counties(1), who=coordinator(new_id()), query=query) for _ in range(3)]
        assert sorted(answer.status_code for answer in await asyncio.gather(*sent)) == [202, 409, 409]


async def test_a_file_that_lists_nothing_dissolves_nobody(live: LiveRegistry) -> None:
    await ended(live, counties(1, 2, 3))
    for query in (f"{OURS}&retire=true", f"{OURS}&retire=true&retire_at_most=3", f"{OURS}&retire=true&validate_only=true"):
        failed = await ended(live, counties(1).partition(b"\n")[0] + b"\n", query)
        assert failed["state"] == "failed"
        assert failed["failure"].startswith("The file lists nothing")
    assert await active(live) == 3


async def test_a_file_dissolves_no_more_than_it_says(live: LiveRegistry) -> None:
    everyone = range(1, 101)
    await ended(live, counties(*everyone))
    half = counties(*range(1, 61))
    for query in (f"{OURS}&retire=true", f"{OURS}&retire=true&validate_only=true", f"{OURS}&retire=true&retire_at_most=39"):
        failed = await ended(live, half, query)
        assert (failed["state"], failed["orphans"], failed["retired"]) == ("failed", 40, 40)
        assert "retire_at_most=40" in failed["failure"]
        listed = await live.client.get(f"/v1/imports/{failed['id']}/orphans", headers=bearer(make.IMPORTER))
        assert len(listed.json()["items"]) == 40, "whom it would be is shown"
    assert await active(live) == 100
    for language, words in (("es", "El archivo ya no enumera 40"), ("fr", "Le fichier n'énumère plus 40")):
        told = await live.client.get(f"/v1/imports/{failed['id']}", headers=bearer(make.IMPORTER) | {"Accept-Language": language})
        assert told.json()["failure"].startswith(words)
    assert (await ended(live, half, f"{OURS}&retire=true&retire_at_most=40"))["state"] == "done"
    assert await active(live) == 60
    assert (await ended(live, counties(*range(1, 50)), f"{OURS}&retire=true"))["state"] == "failed", "eleven, where ten may go"
    assert (await ended(live, counties(*range(1, 51)), f"{OURS}&retire=true"))["retired"] == 10
    refused = await make.post_import(live.client, half, query=f"{OURS}&retire_at_most=40")
    assert_problem(refused, Invalid)


async def test_two_rows_that_mean_one_actor_are_a_problem_and_of_a_preset_the_first_stands(live: LiveRegistry) -> None:
    known = await make.actor(live.client, "City and county", identifiers=[{"scheme": "fips", "value": "22071"}, {"scheme": "geoid-place", "value": "2255000"}])
    one = {"key_scheme": "fips", "key_value": "22071", "population": "5"}
    two = {"key_scheme": "geoid-place", "key_value": "2255000", "population": "6"}
    failed = await ended(live, make.csv_file([one, two]), "preset=actors")
    assert failed["state"] == "failed"
    (problem,) = await make.import_problems(live.client, failed["id"])
    assert problem == (3, "key_value", "means the actor of line 2, which has this identifier as well")
    answer = await live.client.get("/v1/imports/presets", headers=bearer(make.IMPORTER))
    (preset,) = [item for item in answer.json()["items"] if item["name"] == "actors-us-mx-ca"]
    empty = dict.fromkeys(preset["columns"], "")
    rows = [empty | {"kind": "county", "country": "US", "national_code": "22071", "name_en": "Orleans Parish", "population": "7"}]
    rows += [empty | {"kind": "municipality", "country": "US", "national_code": "2255000", "name_en": "New Orleans", "population": "8"}]
    for counts in ({"created": 0, "changed": 1, "unchanged": 0}, {"created": 0, "changed": 0, "unchanged": 1}):
        done = await ended(live, make.csv_file(rows), "preset=actors-us-mx-ca")
        assert (done["state"], done["rows_applied"]) == ("done", counts), await make.import_problems(live.client, done["id"])
    assert (await live.client.get(f"/v1/actors/{known['id']}")).json()["population"] == 7


async def test_a_key_is_of_one_sheet(live: LiveRegistry) -> None:
    first = await make.post_import(live.client, counties(1), key="k", query="preset=actors&sheet=One")
    assert first.status_code == 202
    assert (await make.post_import(live.client, counties(1), key="k", query="preset=actors&sheet=One")).headers["idempotency-replayed"] == "true"
    assert_problem(await make.post_import(live.client, counties(1), key="k", query="preset=actors&sheet=Two"), KeyReused)
