"""Imports of ties, official domains and identifiers: who is meant is found or left to people, and nothing is guessed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.registry.errors import SuggestionNotFound, SuggestionOver, TieActorUnknown
from services.registry.imports.links.schemas import SuggestionRead
from services.registry.imports.schemas import ImportOrphanRead
from shared.errors import Forbidden, Invalid
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
LIST = "preset=ties&source=a-list"
SAID = {"type": "sister_city", "source": "a list", "licence": "CC0", "read_on": "2026-11-22"}


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def city(live: LiveRegistry, name: str, subdivision: str = "US-CA", **overrides: Any) -> str:
    made = await make.actor(live.client, name, kind="municipality", subdivision=subdivision, country=subdivision[:2], **overrides)
    return str(made["id"])


def named(name: str, country: str = "US", **more: str) -> dict[str, str]:
    return {"name": name, "country": country, **more}


def row(left: dict[str, str], right: dict[str, str], **overrides: str) -> dict[str, str]:
    sides = {f"from_{name}": value for name, value in left.items()} | {f"to_{name}": value for name, value in right.items()}
    return {**SAID, **sides, **overrides}


async def send(live: LiveRegistry, *rows: dict[str, str], query: str = LIST) -> dict[str, Any]:
    return await make.imported(live.client, live.database, make.csv_file(list(rows)), query=query)


async def suggestions(live: LiveRegistry, done: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    answer = await live.client.get(f"/v1/imports/{done['id']}/suggestions{query}", headers=bearer(make.IMPORTER))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    for item in items:
        SuggestionRead.model_validate(item)
    return items


async def resolve(live: LiveRegistry, item: dict[str, Any], **body: Any) -> httpx.Response:
    path = f"/v1/imports/{item['import_id']}/suggestions/{item['id']}/resolution"
    return await live.client.post(path, json={"reason": "The council said so.", **body}, headers=bearer(make.IMPORTER))


async def ties(live: LiveRegistry) -> set[tuple[str, frozenset[str], str]]:
    statement = "SELECT t.type, f.name AS one, o.name AS other, t.status FROM ties AS t JOIN actors AS f ON f.id = t.from_id JOIN actors AS o ON o.id = t.to_id"
    return {(found.type, frozenset({found.one, found.other}), found.status) for found in await live.rows(statement)}


async def test_sides_are_found_by_identifier_or_by_a_name_that_one_actor_has(live: LiveRegistry) -> None:
    await city(live, "San Diego", identifiers=[{"scheme": "ocd", "value": "sd"}])
    await city(live, "Tijuana", "MX-BCN")
    await city(live, "Ensenada", "MX-BCN")
    await make.actor(live.client, "Ensenada", kind="state", country="MX", subdivision="MX-BCN")
    rows = [
        row({"scheme": "ocd", "value": "sd"}, named("TIJUANA", "MX")),
        row(named("Tijuana", "MX;US"), named("San Diego", subdivision="US-CA")),  # the same pair, from its other side
        row(named("San Diego"), named("Ensenada", "MX", kind="municipality;county"), type="twinning"),
    ]
    done = await send(live, *rows)
    assert (done["state"], done["rows_applied"], done["suggestions"]) == ("done", {"created": 2, "changed": 0, "unchanged": 0}, 0)
    expected = {("sister_city", frozenset({"San Diego", "Tijuana"}), "active"), ("twinning", frozenset({"San Diego", "Ensenada"}), "active")}
    assert await ties(live) == expected
    events = await live.count("events")
    recorded = (await live.rows("SELECT subject, reason FROM events WHERE type = 'tie.recorded'"))[0]
    assert tuple(recorded) == ("importer", f"import {done['id']}")
    again = await send(live, *rows)
    assert (again["rows_applied"], again["orphans"]) == ({"created": 0, "changed": 0, "unchanged": 2}, 0)
    assert (await live.count("events"), await live.count("import_links"), await live.count("import_suggestions")) == (events, 0, 0)


async def test_what_does_not_fit_one_actor_is_left_with_its_candidates(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    small, large = await city(live, "Springfield", "US-IL", population=10), await city(live, "Springfield", "US-MO", population=20)
    gone = await city(live, "Gone")
    path = f"/v1/actors/{gone}"
    etag = (await live.client.get(path)).headers["etag"]
    await live.client.patch(path, json={"status": "dissolved"}, headers=bearer(make.WRITER) | {"If-Match": etag})
    done = await send(
        live,
        row(named("San Diego"), named("Springfield")),
        row(named("Atlantis", "GR"), {"name": "San Diego"}),
        row(named("San Diego"), {"scheme": "ocd", "value": "nobody"}),
        row(named("San Diego"), named("Gone")),
    )
    assert (done["rows_applied"]["created"], done["suggestions"], await ties(live)) == (0, 5, set())
    shown = [(item["line"], item["side"], item["text"], [found["id"] for found in item["candidates"]]) for item in await suggestions(live, done)]
    san_diego = (await live.rows("SELECT id FROM actors WHERE name = 'San Diego'"))[0].id
    assert shown == [
        (2, "to", "Springfield, US", [large, small]),
        (3, "from", "Atlantis, GR", []),
        (3, "to", "San Diego", [str(san_diego)]),
        (4, "to", "ocd:nobody", []),
        (5, "to", "Gone, US", []),
    ]
    first = await suggestions(live, done, "?limit=2")
    assert [item["line"] for item in first] == [2, 3]
    assert (first[0]["other_id"], first[0]["state"]) == (str(san_diego), "open")
    assert await suggestions(live, done, "?state=resolved") == []


async def test_a_person_says_who_is_meant_and_later_files_know_it(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    await city(live, "Springfield", "US-IL")
    right = await city(live, "Springfield", "US-MO")
    rows = [row(named("San Diego"), named("Springfield"), valid_from="2001-02-03"), row(named("San Diego"), named("Nowhere"))]
    done = await send(live, *rows)
    open_one, nowhere = await suggestions(live, done)
    answer = await resolve(live, open_one, actor_id=right)
    assert answer.status_code == 200, answer.text
    shown = SuggestionRead.model_validate(answer.json())
    assert (shown.state, shown.actor_id, shown.resolved_by, shown.reason) == ("resolved", UUID(right), "importer", "The council said so.")
    (event,) = await live.rows("SELECT type, subject, reason, payload FROM events WHERE aggregatetype = 'tie'")
    assert (event.type, event.subject, event.reason) == ("tie.recorded", "importer", f"import {done['id']}: The council said so.")
    assert (right in (event.payload["from_id"], event.payload["to_id"]), event.payload["valid_from"]) == (True, "2001-02-03")
    dismissed = await resolve(live, nowhere, dismiss=True)
    assert (dismissed.json()["state"], dismissed.json()["actor_id"]) == ("dismissed", None)
    for repeated in (open_one, nowhere):
        assert_problem(await resolve(live, repeated, dismiss=True), SuggestionOver)
    again = await send(live, *rows, query=f"{LIST}&retire=true")
    assert (again["rows_applied"], again["suggestions"], again["orphans"]) == ({"created": 0, "changed": 0, "unchanged": 1}, 0, 0)
    assert {str(found.import_id) for found in await live.rows("SELECT import_id FROM import_links")} == {done["id"]}, "the words that were decided are kept"


async def test_an_open_question_moves_to_the_newer_file_and_is_answered_by_the_registry(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    asked = row(named("San Diego"), named("Tijuana", "MX"))
    first = await send(live, asked)
    second = await send(live, row(named("San Diego"), named("Ensenada", "MX")), asked)
    assert (await suggestions(live, first), [item["line"] for item in await suggestions(live, second)]) == ([], [2, 3])
    assert (await live.count("import_suggestions"), await live.count("import_links")) == (2, 2)
    await city(live, "Tijuana", "MX-BCN")
    third = await send(live, asked)
    assert (third["rows_applied"]["created"], third["suggestions"]) == (1, 0)
    (answered,) = await suggestions(live, second, "?state=resolved")
    assert (answered["text"], answered["resolved_by"]) == ("Tijuana, MX", f"import {third['id']}")
    path = f"/v1/imports/{second['id']}/suggestions?state=resolved"
    told = [await live.client.get(path, headers=bearer(make.IMPORTER) | {"Accept-Language": language}) for language in ("en", "es", "fr")]
    assert [answer.json()["items"][0]["reason"] for answer in told] == [
        "Exactly one actor fits now.",
        "Ahora corresponde exactamente a un actor.",
        "Exactement un acteur convient maintenant.",
    ]


async def test_a_row_with_two_open_sides_waits_for_both(live: LiveRegistry) -> None:
    one, two = await city(live, "One"), await city(live, "Two")
    left, right = await suggestions(live, await send(live, row({"name": "One"}, {"name": "Two"})))
    assert (await resolve(live, left, actor_id=one)).status_code == 200
    assert await ties(live) == set()
    assert (await resolve(live, right, actor_id=two)).status_code == 200
    assert await ties(live) == {("sister_city", frozenset({"One", "Two"}), "active")}
    left, right = await suggestions(live, await send(live, row({"name": "One"}, {"name": "Two"}), query="preset=ties&source=another"))
    assert (await resolve(live, right, dismiss=True)).status_code == 200
    assert_problem(await resolve(live, left, actor_id=one), SuggestionOver)


async def test_both_sides_decided_at_the_same_moment_make_one_tie(live: LiveRegistry) -> None:
    one, two = await city(live, "One"), await city(live, "Two")
    left, right = await suggestions(live, await send(live, row({"name": "One"}, {"name": "Two"})))
    answers = await asyncio.gather(resolve(live, left, actor_id=one), resolve(live, right, actor_id=two), resolve(live, right, dismiss=True))
    assert sorted(answer.status_code for answer in answers) in ([200, 200, 409], [200, 409, 409])
    stands = {"resolved"} if answers[1].status_code == 200 else {"dismissed"}
    assert {found.state for found in await live.rows("SELECT state FROM import_suggestions WHERE side = 'to'")} == stands
    assert len(await ties(live)) == (answers[0].status_code == answers[1].status_code == 200)


async def test_who_may_not_decide_and_what_is_no_decision(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    (item,) = await suggestions(live, await send(live, row(named("San Diego"), named("Nowhere"))))
    assert_problem(await resolve(live, item), Invalid)
    assert_problem(await resolve(live, item, dismiss=True, actor_id=item["id"]), Invalid)
    assert_problem(await resolve(live, item, dismiss=True, reason=" "), Invalid)
    assert_problem(await resolve(live, item, actor_id=item["id"]), TieActorUnknown)
    path = f"/v1/imports/{item['import_id']}/suggestions/{item['id']}/resolution"
    body = {"dismiss": True, "reason": "No."}
    other = caller("imports:run", subject="somebody", roles=("operator",))
    assert (await live.client.post(path, json=body, headers=bearer(other))).status_code == 404
    assert_problem(await live.client.post(path, json=body, headers=bearer(caller("actors:write"))), Forbidden)
    unknown = path.replace(item["id"], item["import_id"])
    assert_problem(await live.client.post(unknown, json=body, headers=bearer(make.IMPORTER)), SuggestionNotFound)
    (still,) = await suggestions(live, {"id": item["import_id"]})
    assert still == item


async def test_problems_name_their_lines_and_nothing_is_applied(live: LiveRegistry) -> None:
    for name in ("One", "Two"):
        await city(live, name)
    good, ends = row(named("One"), named("Two")), {"from_name": "One", "from_country": "US"}
    failed = await send(
        live,
        good,
        {**good, "type": "marriage"},
        {**SAID, **ends},
        {**good, "to_scheme": "ocd"},
        {**good, "valid_from": "2020-01-02", "valid_through": "2020-01-01"},
        {**good, "from_kind": "municipality;castle"},
    )
    assert (failed["state"], await ties(live)) == ("failed", set())
    assert await make.import_problems(live.client, failed["id"]) == [
        (3, "type", "is not one of the values of this column"),
        (4, "to_name", "is missing"),
        (5, "to_value", "is missing beside to_scheme"),
        (6, "valid_through", "is before valid_from"),
        (7, "from_kind", "is not one of the values of this column"),
    ]
    header = await make.imported(live.client, live.database, b"from_name,colour\n", query=LIST)
    found = await make.import_problems(live.client, header["id"])
    assert [(line, column, message) for line, column, message in found] == [(1, "colour", "is not a column of this import"), (1, "type", "is missing")]
    assert await live.count("import_links") == 0


async def test_a_dry_run_counts_and_leaves_nothing(live: LiveRegistry) -> None:
    for name in ("One", "Two", "Three"):
        await city(live, name)
    await send(live, row(named("One"), named("Three")))
    before = [await live.count(table) for table in ("events", "ties", "tie_sources", "import_suggestions")]
    dry = await send(live, row(named("One"), named("Two")), row(named("One"), named("Four")), query=f"{LIST}&retire=true&validate_only=true")
    assert (dry["rows_applied"]["created"], dry["suggestions"], dry["orphans"], dry["retired"]) == (1, 1, 1, 1)
    assert [await live.count(table) for table in ("events", "ties", "tie_sources", "import_suggestions")] == before
    answer = await live.client.get(f"/v1/imports/{dry['id']}/orphans", headers=bearer(make.IMPORTER))
    assert [ImportOrphanRead.model_validate(item).tie_id is not None for item in answer.json()["items"]] == [True]


async def test_a_tie_ends_with_its_source_and_comes_back_with_it(live: LiveRegistry) -> None:
    for name in ("One", "Two", "Three"):
        await city(live, name)
    first, second, third = (row(named(one), named(two)) for one, two in (("One", "Two"), ("One", "Three"), ("Two", "Three")))
    await send(live, first, second)
    await send(live, first, third, query="preset=ties&source=theirs")
    kept = await send(live, third)
    assert (kept["orphans"], kept["retired"], len([tie for tie in await ties(live) if tie[2] == "active"])) == (2, 0, 3)
    done = await send(live, third, query=f"{LIST}&retire=true")
    assert (done["orphans"], done["retired"]) == (2, 1)
    assert await ties(live) == {
        ("sister_city", frozenset({"One", "Two"}), "active"),  # another list has it
        ("sister_city", frozenset({"One", "Three"}), "ended"),
        ("sister_city", frozenset({"Two", "Three"}), "active"),
    }
    answer = await live.client.get(f"/v1/imports/{done['id']}/orphans?retired=false", headers=bearer(make.IMPORTER))
    assert [item["kept_by"] for item in answer.json()["items"]] == [["theirs"]]
    told = [await live.client.get("/v1/ties?status=ended", headers={"Accept-Language": language}) for language in ("en", "es", "fr")]
    assert [answer.json()["items"][0]["end_reason"] for answer in told] == [
        "Its source lists it no longer.",
        "Su fuente ya no lo incluye.",
        "Sa source ne le mentionne plus.",
    ]
    ended = (await live.rows("SELECT type, before, after, reason FROM events ORDER BY seq DESC LIMIT 1"))[0]
    assert (ended.type, ended.before["status"], ended.after["status"], ended.reason) == ("tie.changed", "active", "ended", f"import {done['id']}")
    back = await send(live, first, second, third)
    assert back["rows_applied"] == {"created": 0, "changed": 1, "unchanged": 2}
    assert {tie[2] for tie in await ties(live)} == {"active"}
    returned = (await live.rows("SELECT type, before, after FROM events ORDER BY seq DESC LIMIT 1"))[0]
    assert (returned.before["status"], returned.after) == ("ended", {"status": "active", "valid_through": None})


@pytest.mark.parametrize(("how", "status"), [("end", "ended"), ("withdrawal", "withdrawn")])
async def test_a_tie_that_people_ended_or_withdrew_stays_so(live: LiveRegistry, how: str, status: str) -> None:
    one, two = await city(live, "One"), await city(live, "Two")
    await send(live, row(named("One"), named("Two")))
    tie = (await live.client.get(f"/v1/ties?actor={one}")).json()["items"][0]
    headers = bearer(make.TIER) | {"If-Match": (await live.client.get(f"/v1/ties/{tie['id']}")).headers["etag"]}
    assert (await live.client.post(f"/v1/ties/{tie['id']}/{how}", json={"reason": "The council voted."}, headers=headers)).status_code == 200
    again = await send(live, row(named("Two"), named("One")))
    assert (again["rows_applied"]["unchanged"], await ties(live)) == (1, {("sister_city", frozenset({"One", "Two"}), status)})
    await city(live, "Three")
    gone = await send(live, row(named("Two"), named("Three")), query=f"{LIST}&retire=true")
    assert (gone["orphans"], ("sister_city", frozenset({"One", "Two"}), status) in await ties(live)) == (0, True)
    assert two


async def test_domains_are_kept_by_source(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    rows = [{"domain": name, "actor_name": "San Diego", "actor_country": "US"} for name in ("SanDiego.gov", "sandiegocounty.gov")]
    ours = await send(live, *rows, query="preset=domains&source=ours")
    assert (ours["rows_applied"], ours["suggestions"]) == ({"created": 2, "changed": 0, "unchanged": 0}, 0)
    unsure = [{"domain": name, "actor_name": "36th District Court", "actor_country": "US"} for name in ("sandiego.gov", "court.gov")]
    theirs = await send(live, {**rows[0], "domain_type": "City"}, *unsure, query="preset=domains&source=theirs")
    (court,) = await suggestions(live, theirs)  # of sandiego.gov another source says whose it is
    assert (theirs["rows_applied"]["created"], court["line"]) == (1, 4)
    actor = (await live.rows("SELECT id FROM actors"))[0].id
    assert (await resolve(live, court, actor_id=str(actor))).status_code == 200
    held = {(found.domain, found.source, found.type) for found in await live.rows("SELECT * FROM actor_domains")}
    assert held == {("sandiego.gov", "ours", None), ("sandiegocounty.gov", "ours", None), ("sandiego.gov", "theirs", "City"), ("court.gov", "theirs", None)}
    again = await send(live, rows[0], query="preset=domains&source=ours&retire=true")
    assert (again["rows_applied"], again["orphans"], again["retired"]) == ({"created": 0, "changed": 0, "unchanged": 1}, 1, 1)
    assert await live.count("actor_domains") == 3
    failed = await send(live, {**rows[0], "domain": "https://sandiego.gov/"}, query="preset=domains")
    assert await make.import_problems(live.client, failed["id"]) == [(2, "domain", "is not an internet domain")]


async def test_identifiers_are_given_where_one_row_fits_one_actor(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    await city(live, "Chula Vista", identifiers=[{"scheme": "code", "value": "kept"}])
    for subdivision in ("US-IL", "US-MO"):
        await city(live, "Springfield", subdivision)
    await city(live, "Twice")
    cells = [("San Diego", "1"), ("Chula Vista", "2"), ("Springfield", "3"), ("Twice", "4"), ("Twice", "5"), ("Nowhere", "6")]
    rows = [{"actor_name": name, "actor_country": "US", "id:code": code} for name, code in cells]
    done = await send(live, *rows, query="preset=identifiers")
    assert (done["rows_applied"], done["suggestions"]) == ({"created": 0, "changed": 1, "unchanged": 0}, None)
    held = {(found.scheme, found.value) for found in await live.rows("SELECT scheme, value FROM actor_identifiers")}
    assert held == {("code", "kept"), ("code", "1")}
    event = (await live.rows("SELECT type, after FROM events ORDER BY seq DESC LIMIT 1"))[0]
    assert (event.type, event.after["identifiers"]) == ("actor.changed", [["code", "1", "", "", "", "", ""]])
    again = await send(live, *rows, query="preset=identifiers")
    assert again["rows_applied"] == {"created": 0, "changed": 0, "unchanged": 1}
    assert await live.count("actor_sources") == 0


async def test_an_identifier_means_whoever_has_it_also_when_dissolved(live: LiveRegistry) -> None:
    await city(live, "San Diego", identifiers=[{"scheme": "code", "value": "1"}])
    gone = await city(live, "Gone", identifiers=[{"scheme": "code", "value": "2"}])
    headers = bearer(make.WRITER) | {"If-Match": (await live.client.get(f"/v1/actors/{gone}")).headers["etag"]}
    await live.client.patch(f"/v1/actors/{gone}", json={"status": "dissolved"}, headers=headers)
    done = await send(
        live, row({"scheme": "code", "value": "1"}, {"scheme": "code", "value": "2"}), row(named("San Diego"), {"scheme": "comity", "value": gone})
    )
    assert (done["rows_applied"]["created"], done["suggestions"], await ties(live)) == (1, 0, {("sister_city", frozenset({"San Diego", "Gone"}), "active")})


async def test_a_domain_is_there_for_each_source_that_its_file_names(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    rows = [{"domain": "sandiego.gov", "actor_name": "San Diego", "actor_country": "US", "source": source} for source in ("ours", "theirs", "ours")]
    done = await send(live, *rows, query="preset=domains")
    assert done["rows_applied"] == {"created": 2, "changed": 0, "unchanged": 0}
    assert (await send(live, *rows, query="preset=domains"))["rows_applied"] == {"created": 0, "changed": 0, "unchanged": 2}
    assert (await send(live, *rows, query="preset=domains&source=all"))["rows_applied"]["created"] == 1
