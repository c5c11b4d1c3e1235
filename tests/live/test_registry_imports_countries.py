"""A file changes what its sender's country keeps: of the rest it does not even tell whether it says the same."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from gateway.roles import SCOPES_OF
from services.registry.errors import ActorOfAnother
from services.registry.worker import import_once
from shared.access import Caller
from shared.ids import new_id
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import caller

pytestmark = pytest.mark.live
HEAD = "key_scheme,key_value,kind,preferred_language,name:en,country,subdivision,seat_role,seat_title,seat_email\n"
BOTH = (
    HEAD
    + "inegi,02004,municipality,en,Tijuana,MX,MX-BCN,chief_executive,Mayor,presidencia@tijuana.example\n"
    + "fips,06073,county,en,San Diego County,US,US-CA,chief_executive,Chair,chair@sandiego.example\n"
)
OF_ANOTHER = "is not kept by your country"
MOVED = "would give the actor to another country"


def coordinator(country: str | None, organization: UUID | None = None) -> Caller:
    scopes = SCOPES_OF["national_coordinator"]
    return caller(*scopes, subject=f"nation-{country}", roles=("national_coordinator",), country=country, organization=organization)


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        done = await make.imported(registry.client, registry.database, BOTH.encode())
        assert done["rows_applied"]["created"] == 2
        yield registry


async def sent(live: LiveRegistry, content: str, query: str = "preset=actors", who: Caller | None = None) -> tuple[str, list[tuple[int, str, str]]]:
    answer = await make.post_import(live.client, content.encode(), who=who or coordinator("US"), query=query)
    assert answer.status_code == 202, answer.text
    assert await import_once(live.database)
    (state,) = [row.state for row in await live.rows("SELECT state FROM imports WHERE id = :id", id=answer.json()["id"])]
    told = await live.rows('SELECT line, "column", message FROM import_problems WHERE import_id = :id ORDER BY 1, 2 DESC', id=answer.json()["id"])
    return state, [tuple(row) for row in told]


@pytest.mark.parametrize("query", ["preset=actors", "preset=actors&validate_only=true"])
@pytest.mark.parametrize("address", ["presidencia@tijuana.example", "mine@us.example"])
async def test_a_row_of_another_country_is_a_problem_whether_it_says_the_same_or_not(live: LiveRegistry, query: str, address: str) -> None:
    row = f"inegi,02004,municipality,en,Tijuana,MX,MX-BCN,chief_executive,Mayor,{address}\n"
    assert await sent(live, HEAD + row, query) == ("failed", [(2, "key_value", OF_ANOTHER)])
    (kept,) = await live.rows("SELECT p.address FROM contact_points AS p JOIN seats AS s ON s.id = p.seat_id JOIN actors AS a ON a.id = s.actor_id"
                              " WHERE a.country = 'MX'")  # fmt: skip
    assert kept.address == "presidencia@tijuana.example"


async def test_nobody_is_moved_to_another_country_by_a_file(live: LiveRegistry) -> None:
    head = "key_scheme,key_value,country,subdivision\n"
    assert await sent(live, f"{head}inegi,02004,US,US-CA\n") == ("failed", [(2, "key_value", OF_ANOTHER)])
    assert await sent(live, f"{head}fips,06073,MX,MX-BCN\n") == ("failed", [(2, "country", MOVED)])
    await make.actor(live.client, "Agency", kind="agency", identifiers=[{"scheme": "own", "value": "agency"}])
    parents = "actor_scheme,actor_value,parent_scheme,parent_value,valid_from\nown,agency,inegi,02004,2020-01-01\n"
    state, told = await sent(live, parents, "preset=parents")
    assert (state, [message for *_, message in told]) == ("failed", [MOVED])
    assert (await sent(live, f"{head}fips,06073,MX,MX-BCN\n", who=make.IMPORTER))[0] == "done", "whoever keeps the registry does"


async def test_a_file_may_be_sent_again_and_dissolves_nobody_of_another_country(live: LiveRegistry) -> None:
    head = "key_scheme,key_value,kind,preferred_language,name:en,country\n"
    ours, theirs = "own,1,municipality,en,Ours,US\n", "own,2,municipality,en,Theirs,MX\n"
    query = "preset=actors&source=ours"
    for _ in range(2):
        assert await sent(live, head + ours + theirs, query) == ("done", [])
    assert await sent(live, head + ours, f"{query}&retire=true") == ("done", [])
    assert [row.status for row in await live.rows("SELECT status FROM actors WHERE name = 'Theirs'")] == ["active"]


async def test_new_rows_are_of_any_country_and_own_ones_are_changed(live: LiveRegistry) -> None:
    rows = "fips,06073,county,en,County of San Diego,US,US-CA,,,\niso3166-2,JP-27,state,en,Osaka,JP,JP-27,,,\n"
    assert await sent(live, HEAD + rows) == ("done", [])
    names = {row.name for row in await live.rows("SELECT name FROM actors")}
    assert names == {"Tijuana", "County of San Diego", "Osaka"}


async def test_what_is_said_of_an_actor_and_its_ties_and_domains_follow(live: LiveRegistry) -> None:
    names = "actor_scheme,actor_value,language,kind,name\ninegi,02004,es,former,Santa Isabel\n"
    assert [column for _, column, _ in (await sent(live, names, "preset=names"))[1]] == ["actor_value"]
    domains = "actor_scheme,actor_value,domain,source\ninegi,02004,mine.example,somebody\n"
    assert (await sent(live, domains, "preset=domains"))[1] == [(2, "actor_value", OF_ANOTHER)]
    both = "from_scheme,from_value,to_scheme,to_value,type\ninegi,02004,fips,06073,sister_city\n"
    assert await sent(live, both, "preset=ties") == ("done", [])


async def test_an_organisation_without_a_country_sends_no_files(live: LiveRegistry) -> None:
    answer = await make.post_import(live.client, BOTH.encode(), who=coordinator(None, new_id()))
    assert_problem(answer, ActorOfAnother)
    assert await live.count("imports") == 1
