"""What an import left to people is decided, taken back and decided otherwise, one by one or many at once; what a decision made goes with it."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.registry.errors import SuggestionNotFound, SuggestionOver, TieActorUnknown, TieWithItself
from services.registry.imports.links.schemas import ChoicesRead, QuestionRead, SuggestionDecisionRead, SuggestionRead
from services.registry.imports.links.undoing import UNDONE
from shared.errors import Invalid, PreconditionFailed, PreconditionRequired
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
LIST = "preset=ties&source=a-list"
SAN_DIEGO = {"from_name": "San Diego", "from_country": "US"}
SAN_JOSE = {"to_name": "San José", "to_country": "CR"}


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def city(live: LiveRegistry, name: str, country: str = "US", **overrides: Any) -> str:
    made = await make.actor(live.client, name, kind="municipality", country=country, subdivision=None, **overrides)
    return str(made["id"])


async def two_of(live: LiveRegistry, name: str, country: str = "CR") -> tuple[str, str]:
    return await city(live, name, country, population=2), await city(live, name, country, population=1)


async def send(live: LiveRegistry, *rows: dict[str, str], query: str = LIST) -> dict[str, Any]:
    return await make.imported(live.client, live.database, make.csv_file([{"type": "sister_city", **row} for row in rows]), query=query)


async def listed(live: LiveRegistry, query: str = "") -> list[dict[str, Any]]:
    answer = await live.client.get(f"/v1/imports/suggestions{query}", headers=bearer(make.IMPORTER))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    for item in items:
        SuggestionRead.model_validate(item)
    return items


def path(item: dict[str, Any], rest: str = "") -> str:
    return f"/v1/imports/{item['import_id']}/suggestions/{item['id']}{rest}"


async def decide(live: LiveRegistry, item: dict[str, Any], *, etag: str | None = None, key: str | None = None, **body: Any) -> httpx.Response:
    headers = bearer(make.IMPORTER) | ({"If-Match": etag} if etag else {}) | ({"Idempotency-Key": key} if key else {})
    return await live.client.post(path(item, "/resolution"), json={"reason": "The council said so.", **body}, headers=headers)


async def decided(live: LiveRegistry, item: dict[str, Any], **body: Any) -> dict[str, Any]:
    """A decision under the ETag of what stands."""
    answer = await live.client.get(path(item), headers=bearer(make.IMPORTER))
    answer = await decide(live, item, etag=answer.headers["etag"], **body)
    assert answer.status_code == 200, answer.text
    SuggestionRead.model_validate(answer.json())
    shown: dict[str, Any] = answer.json()
    return shown


async def many(live: LiveRegistry, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await live.client.post("/v1/imports/suggestions/resolutions", json={"items": items, "reason": "As the desk found."}, headers=bearer(make.IMPORTER))
    assert answer.status_code == 200, answer.text
    ChoicesRead.model_validate(answer.json())
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def choice(item: dict[str, Any], **decision: Any) -> dict[str, Any]:
    return {"suggestion_id": item["id"], "version": item["version"], **decision}


async def ties(live: LiveRegistry) -> list[tuple[str, str]]:
    """The side that is not San Diego, and how the tie stands, in the order of recording."""
    found = await live.rows(
        "SELECT CASE WHEN f.name = 'San Diego' THEN t.to_id ELSE t.from_id END AS other, t.status FROM ties AS t JOIN actors AS f ON f.id = t.from_id"
        " ORDER BY t.created_at, t.id"
    )
    return [(str(row.other), row.status) for row in found]


async def test_a_slip_is_decided_otherwise_and_its_tie_goes_with_it(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    wrong, right = await two_of(live, "San José")
    await send(live, SAN_DIEGO | SAN_JOSE)
    (item,) = await listed(live)
    first = (await decide(live, item, actor_id=wrong)).json()
    assert (first["type"], first["version"] > item["version"], await ties(live)) == ("sister_city", True, [(wrong, "active")])
    assert_problem(await decide(live, item, actor_id=right), SuggestionOver)
    assert_problem(await decide(live, item, reopen=True), PreconditionRequired)
    assert_problem(await decide(live, item, actor_id=right, etag=f'"{item["version"]}-00"'), PreconditionFailed)
    etag = (await live.client.get(path(item), headers=bearer(make.IMPORTER))).headers["etag"]
    answers = [await decide(live, item, actor_id=right, etag=etag, key="once", reason="Clicked in haste.") for _ in range(2)]
    assert (answers[0].status_code, answers[0].content == answers[1].content) == (200, True)
    assert (await ties(live), answers[0].json()["actor_id"]) == ([(wrong, "withdrawn"), (right, "active")], right)
    told = await live.rows("SELECT type, reason, before, after, payload FROM events WHERE aggregatetype IN ('tie', 'suggestion') ORDER BY seq OFFSET 2")
    assert [event.type for event in told] == ["tie.changed", "suggestion.decided", "tie.recorded"], "one event for each change"
    assert (told[0].after["status"], told[0].reason) == ("withdrawn", f"import {item['import_id']}: Clicked in haste.")
    assert (told[1].before, told[1].after) == ({"state": "resolved", "actor_id": wrong}, {"state": "resolved", "actor_id": right})
    assert (told[1].payload["suggestion_id"], told[1].reason) == (item["id"], "Clicked in haste.")
    assert [row.end_reason for row in await live.rows("SELECT end_reason FROM ties ORDER BY created_at")] == [UNDONE, None]
    opened = await decided(live, item, reopen=True, reason="Nobody knows.")
    assert (opened["state"], opened["actor_id"], opened["resolved_by"], opened["reason"], opened["tie_id"]) == ("open", None, None, None, None)
    assert (await decided(live, item, reopen=True))["version"] == opened["version"], "what changes nothing is no change"
    answer = await live.client.get(path(item, "/decisions"), headers=bearer(make.IMPORTER))
    history = [SuggestionDecisionRead.model_validate(entry) for entry in answer.json()["items"]]
    assert [(entry.state, str(entry.actor_id), entry.reason) for entry in history] == [
        ("resolved", wrong, "The council said so."),
        ("resolved", right, "Clicked in haste."),
        ("open", "None", "Nobody knows."),
    ]
    assert ([entry.decided_by for entry in history], [entry.withdrew_id is None for entry in history]) == (["importer"] * 3, [True, False, False])
    again = await send(live, SAN_DIEGO | SAN_JOSE)
    assert (again["suggestions"], {status for _, status in await ties(live)}) == (1, {"withdrawn"})
    (item,) = await listed(live)
    assert (item["import_id"], (await decided(live, item, actor_id=right))["state"]) == (again["id"], "resolved")
    assert (await ties(live))[-1] == (right, "active"), "said anew, it is recorded anew"
    assert (await send(live, SAN_DIEGO | SAN_JOSE))["rows_applied"]["unchanged"] == 1


async def test_what_something_else_says_stays(live: LiveRegistry) -> None:
    here = await city(live, "San Diego")
    one, other = await two_of(live, "San José")
    spelled = {"to_name": "San José, C. R.", "to_country": "CR"}
    await send(live, SAN_DIEGO | SAN_JOSE, SAN_DIEGO | spelled)
    first, second = await listed(live)
    await decided(live, first, actor_id=one)
    await decided(live, second, actor_id=one)
    assert (await decided(live, first, reopen=True))["tie_id"] is None
    assert await ties(live) == [(one, "active")], "the other row says it as well"
    (heir,) = await listed(live, "?state=resolved")
    assert (heir["id"], heir["tie_id"] is not None) == (second["id"], True)
    await decided(live, second, dismiss=True)
    assert await ties(live) == [(one, "withdrawn")]

    await decided(live, first, actor_id=other)
    await send(live, SAN_DIEGO | {"to_scheme": "comity", "to_value": other}, query="preset=ties&source=theirs")
    await decided(live, first, reopen=True)
    assert (await ties(live))[-1] == (other, "active"), "another source lists it"
    listed_by = "SELECT s.source FROM tie_sources AS s JOIN ties AS t ON t.id = s.tie_id WHERE t.status = 'active'"
    assert [row.source for row in await live.rows(listed_by)] == ["theirs"]

    await decided(live, first, actor_id=one)
    tie = (await listed(live, "?state=resolved"))[0]["tie_id"]
    await make.engagement(live.client, here, one, tie_ids=[tie])
    await decided(live, first, reopen=True)
    assert (await ties(live))[-1] == (one, "active"), "an engagement was held under it"


async def test_what_a_later_file_records_because_of_a_decision_goes_with_it_until_a_row_says_it_by_itself(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    one, other = await two_of(live, "San José")
    unsure = {"from_name": "Saint James", "from_country": "US"} | SAN_JOSE
    await send(live, unsure)
    left, right = await listed(live)
    await decided(live, right, actor_id=one)
    saint = await city(live, "Saint James")
    assert (await send(live, unsure))["rows_applied"]["created"] == 1
    await decided(live, right, actor_id=other)
    assert [row.status for row in await live.rows("SELECT status FROM ties ORDER BY created_at")] == ["withdrawn", "active"], (
        "the answer of the import was kept"
    )
    assert (left["side"], [item["resolved_by"][:6] for item in await listed(live, "?side=from")]) == ("from", ["import"])
    await send(live, unsure, {"from_scheme": "comity", "from_value": saint, "to_scheme": "comity", "to_value": other})
    assert [item["tie_id"] for item in await listed(live)] == [None, None]
    await decided(live, right, reopen=True)
    assert [row.status for row in await live.rows("SELECT status FROM ties ORDER BY created_at")] == ["withdrawn", "active"]


async def test_a_row_is_dismissed_and_reopened_whole(live: LiveRegistry) -> None:
    one, two = await city(live, "One"), await city(live, "Two")
    await send(live, {"from_name": "One", "to_name": "Two"})
    left, right = await listed(live)
    assert (await decided(live, left, dismiss=True))["state"] == "dismissed"
    assert [item["state"] for item in await listed(live)] == ["dismissed", "dismissed"]
    await decided(live, right, actor_id=two)
    assert [item["state"] for item in await listed(live)] == ["open", "resolved"]
    assert_problem(await decide(live, left, actor_id=two), TieWithItself)
    await decided(live, left, actor_id=one)
    assert ([row.status for row in await live.rows("SELECT status FROM ties")], len({item["tie_id"] for item in await listed(live)})) == (["active"], 1)
    await decided(live, right, dismiss=True)
    assert ([item["state"] for item in await listed(live)], await live.count("events WHERE after ->> 'status' = 'withdrawn'")) == (["resolved", "dismissed"], 1)


async def test_a_domain_goes_with_the_decision_that_made_it(live: LiveRegistry) -> None:
    one, other = await two_of(live, "San José")
    row = {"domain": "sj.cr", "actor_name": "San José", "actor_country": "CR"}
    file = make.csv_file([row, row | {"actor_name": "SAN JOSE C."}])
    await make.imported(live.client, live.database, file, query="preset=domains&source=a-list")
    first, second = await listed(live)
    assert (first["domain"], first["type"]) == ("sj.cr", None)
    for item in (first, second):
        await decided(live, item, actor_id=one)
    await decided(live, first, actor_id=other)
    held = "SELECT CAST(actor_id AS text) FROM actor_domains ORDER BY id"
    assert [row[0] for row in await live.rows(held)] == [one, other]
    await decided(live, second, dismiss=True)
    assert [row[0] for row in await live.rows(held)] == [other]


async def test_of_two_people_at_once_one_decides(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    one, other = await two_of(live, "San José")
    await send(live, SAN_DIEGO | SAN_JOSE)
    (item,) = await listed(live)
    etag = (await live.client.get(path(item), headers=bearer(make.IMPORTER))).headers["etag"]
    answers = await asyncio.gather(decide(live, item, actor_id=one, etag=etag), decide(live, item, actor_id=other, etag=etag))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    (shown,) = await listed(live)
    assert await ties(live) == [(shown["actor_id"], "active")]
    etag = (await live.client.get(path(item), headers=bearer(make.IMPORTER))).headers["etag"]
    third = one if shown["actor_id"] == other else other
    answers = await asyncio.gather(decide(live, item, actor_id=third, etag=etag), decide(live, item, reopen=True, etag=etag))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    standing = [other for other, status in await ties(live) if status == "active"]
    assert standing == [actor for actor in [(await listed(live))[0]["actor_id"]] if actor is not None]


async def test_two_rows_that_say_a_tie_are_taken_back_at_once(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    one, _ = await two_of(live, "San José")
    await send(live, SAN_DIEGO | SAN_JOSE, SAN_DIEGO | {"to_name": "San José, C. R.", "to_country": "CR"})
    shown = [await decided(live, item, actor_id=one) for item in await listed(live)]
    etags = [(await live.client.get(path(item), headers=bearer(make.IMPORTER))).headers["etag"] for item in shown]
    async with live.database.engine.connect() as before:
        await before.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('suggestions', 0))"))
        waiting = [asyncio.create_task(decide(live, item, reopen=True, etag=etag)) for item, etag in zip(shown, etags, strict=True)]
        while len(await live.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND mode = 'ExclusiveLock'")) < 2:
            assert not any(task.done() for task in waiting)
        await before.rollback()
    answers = await asyncio.gather(*waiting)
    assert ([answer.status_code for answer in answers], await ties(live)) == ([200, 200], [(one, "withdrawn")])


async def test_a_decision_and_a_file_of_its_source_wait_for_each_other(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    one, _ = await two_of(live, "San José")
    await send(live, SAN_DIEGO | SAN_JOSE)
    (item,) = await listed(live)
    async with live.database.engine.connect() as applying:
        await applying.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('suggestions:a-list', 0))"))
        waiting = asyncio.create_task(decide(live, item, actor_id=one))
        while not await live.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND mode = 'ShareLock'"):
            assert not waiting.done()
        await applying.rollback()
    assert (await waiting).status_code == 200
    async with live.database.engine.connect() as deciding:
        await deciding.execute(text("SELECT pg_advisory_xact_lock_shared(hashtextextended('suggestions:a-list', 0))"))
        file = asyncio.create_task(send(live, SAN_DIEGO | SAN_JOSE))
        while not await live.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND mode = 'ExclusiveLock'"):
            assert not file.done()
        await deciding.rollback()
    assert (await file)["rows_applied"]["unchanged"] == 1


async def test_many_are_decided_at_once_each_by_itself(live: LiveRegistry) -> None:
    here = await city(live, "San Diego")
    one, _ = await two_of(live, "San José")
    rows = [SAN_DIEGO | {"to_name": f"San José {number}", "to_country": "CR"} for number in range(24)]
    await send(live, *rows, {"from_name": "Left", "to_name": "Right"})
    items = await listed(live)
    others = [await city(live, f"Found {number}", "CR") for number in range(24)]
    await decided(live, items[4], dismiss=True)
    found = await many(
        live,
        choice(items[0], actor_id=others[0]),
        choice(items[1], dismiss=True),
        choice(items[2], actor_id=here),
        choice(items[3], actor_id=items[3]["id"]),
        choice(items[4], actor_id=one),
        {"suggestion_id": here, "version": 1, "dismiss": True},
        choice(items[24], actor_id=others[22]),
        choice(items[25], actor_id=others[23]),
    )
    assert [each["problem"] and each["problem"]["type"].rpartition("/")[2] for each in found] == [
        None, None, TieWithItself.code, TieActorUnknown.code, PreconditionFailed.code, SuggestionNotFound.code, None, None,
    ]  # fmt: skip
    states = ["resolved", "dismissed", "open", "open", "dismissed", None, "resolved", "resolved"]
    assert [each["suggestion"] and each["suggestion"]["state"] for each in found] == states
    assert (await live.count("ties"), found[6]["suggestion"]["tie_id"], found[0]["suggestion"]["reason"]) == (
        2, found[7]["suggestion"]["tie_id"], "As the desk found.",
    )  # fmt: skip
    assert await live.count("events WHERE type = 'suggestion.decided'") == 5
    await many(live, *(choice(item, actor_id=other) for item, other in zip(items[5:7], others[1:3], strict=True)))
    with queries(live.database, at_most=10_000) as few:
        await many(live, *(choice(item, actor_id=other) for item, other in zip(items[7:9], others[3:5], strict=True)))
    with queries(live.database, at_most=len(few)):
        await many(live, *(choice(item, actor_id=other) for item, other in zip(items[9:24], others[5:20], strict=True)))
    assert await live.count("ties WHERE status = 'active'") == 21
    stand = {item["id"]: item for item in await listed(live)}
    back = [stand[item["id"]] for item in items[5:24]]
    assert {each["suggestion"]["state"] for each in await many(live, *(choice(item, reopen=True) for item in back))} == {"open"}
    assert await live.count("ties WHERE status = 'active'") == 2
    body = {"items": [choice(back[0], dismiss=True)] * 2, "reason": "Twice."}
    assert_problem(await live.client.post("/v1/imports/suggestions/resolutions", json=body, headers=bearer(make.IMPORTER)), Invalid)


async def test_suggestions_of_all_imports_are_filtered_paged_and_sent_as_a_file(live: LiveRegistry) -> None:
    here = await city(live, "San Diego")
    one, other = await two_of(live, "San José")
    await send(live, SAN_DIEGO | SAN_JOSE, {"from_name": "Nowhere"} | SAN_JOSE | {"type": "twinning"})
    done = await send(live, SAN_DIEGO | {"to_name": "=Elsewhere", "to_country": "CR"}, query="preset=ties&source=theirs")
    await decided(live, (await listed(live))[0], actor_id=one)
    wanted = {
        "": [2, 3, 3, 2],
        f"?import={done['id']}": [2],
        "?source=a-list": [2, 3, 3],
        "?state=open": [3, 3, 2],
        "?type=twinning": [3, 3],
        "?side=from": [3],
        f"?actor={one}": [2],
        f"?other={here}": [2, 2],
        f"?candidate={other}": [2, 3],
        "?resolved_from=2000-01-01T00:00:00Z": [2],
        "?resolved_to=2000-01-01T00:00:00Z": [],
        "?q=NOWHERE": [3],
        "?q=%25": [],
        "?limit=2": [2, 3],
    }
    assert {query: [item["line"] for item in await listed(live, query)] for query in wanted} == wanted
    answer = await live.client.get("/v1/imports/suggestions?state=open", headers=bearer(make.IMPORTER) | {"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["source"], row["text"]) for row in rows] == [("a-list", "Nowhere"), ("a-list", "San José, CR"), ("theirs", "'=Elsewhere, CR")]
    of_one = await live.client.get(f"/v1/imports/{done['id']}/suggestions", headers=bearer(make.IMPORTER) | {"Accept": "application/x-ndjson"})
    assert of_one.text.count("\n") == 1
    stranger = bearer(caller("imports:run", subject="somebody", roles=("operator",)))
    assert (await live.client.get("/v1/imports/suggestions", headers=stranger)).json()["items"] == []
    body = {"items": [choice((await listed(live))[1], dismiss=True)], "reason": "No."}
    refused = await live.client.post("/v1/imports/suggestions/resolutions", json=body, headers=stranger)
    assert (refused.json()["items"][0]["suggestion"], refused.json()["items"][0]["problem"]["status"]) == (None, 404)
    assert (await live.client.get(path((await listed(live))[1]), headers=stranger)).status_code == 404


async def test_a_dry_run_shows_what_it_would_leave_and_nobody_can_decide_it(live: LiveRegistry) -> None:
    here = await city(live, "San Diego")
    large, small = await two_of(live, "San José")
    file = [SAN_DIEGO | SAN_JOSE, SAN_DIEGO | {"to_scheme": "ocd", "to_value": "nobody"}]
    dry = await send(live, *file, query=f"{LIST}&validate_only=true")
    asked = f"/v1/imports/{dry['id']}/questions"
    items = (await live.client.get(asked, headers=bearer(make.IMPORTER))).json()["items"]
    shown = [QuestionRead.model_validate(item) for item in items]
    assert [(item.line, item.column, item.side, item.text, str(item.other_id)) for item in shown] == [
        (2, "to_name", "to", "San José, CR", here),
        (3, "to_value", "to", "ocd:nobody", here),
    ]
    assert [[str(found.id) for found in item.candidates] for item in shown] == [[large, small], []]
    assert (dry["suggestions"], await listed(live), await live.count("import_links")) == (2, [], 0)
    page = (await live.client.get(f"{asked}?limit=1", headers=bearer(make.IMPORTER))).json()
    rest = (await live.client.get(f"{asked}?limit=1&cursor={page['next']}", headers=bearer(make.IMPORTER))).json()
    assert [item["line"] for item in (*page["items"], *rest["items"])] == [2, 3]
    done = await send(live, *file)
    (first, _) = await listed(live)
    await decided(live, first, actor_id=large)
    again = await send(live, *file, query=f"{LIST}&validate_only=true")
    items = (await live.client.get(f"/v1/imports/{again['id']}/questions", headers=bearer(make.IMPORTER))).json()["items"]
    assert ([item["line"] for item in items], again["suggestions"], await live.count("suggestion_decisions")) == ([3], 1, 1)
    assert (await live.client.get(f"/v1/imports/{done['id']}/questions", headers=bearer(make.IMPORTER))).json()["items"] == []
    row = make.csv_file([{"domain": "sj.cr", "actor_name": "San José", "actor_country": "CR"}])
    domains = await make.imported(live.client, live.database, row, query="preset=domains&validate_only=true")
    (item,) = (await live.client.get(f"/v1/imports/{domains['id']}/questions", headers=bearer(make.IMPORTER))).json()["items"]
    assert (item["column"], item["side"]) == ("actor_name", "from")


async def test_a_decision_of_an_earlier_release_is_taken_back_without_what_it_made(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    one, other = await two_of(live, "San José")
    await send(live, SAN_DIEGO | SAN_JOSE)
    (item,) = await listed(live)
    await decided(live, item, actor_id=one)
    async with live.database.engine.begin() as earlier:  # which kept neither the words of what was decided nor what came of it
        await earlier.execute(text("UPDATE import_suggestions SET tie_id = NULL"))
        await earlier.execute(text("DELETE FROM import_links"))
    assert (await decided(live, item, actor_id=other))["type"] is None
    assert await ties(live) == [(one, "active")]
    assert (await send(live, SAN_DIEGO | SAN_JOSE))["rows_applied"]["created"] == 1
    assert await ties(live) == [(one, "active"), (other, "active")]


async def test_a_decision_whose_actor_is_gone_is_asked_again_and_that_is_told(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    one, _ = await two_of(live, "San José")
    await send(live, SAN_DIEGO | {"to_name": "Sanjosé", "to_country": "CR"})
    (item,) = await listed(live)
    await decided(live, item, actor_id=one)
    await make.dissolved(live.client, one)
    again = await send(live, SAN_DIEGO | {"to_name": "Sanjosé", "to_country": "CR"})
    (item,) = await listed(live)
    assert (item["state"], item["import_id"], item["tie_id"]) == ("open", again["id"], None)
    (event,) = await live.rows("SELECT payload, before, after, reason FROM events WHERE type = 'suggestion.reopened'")
    assert (event.payload["state"], event.before["actor_id"], event.after["actor_id"], event.reason) == ("open", one, None, f"import {again['id']}")
    entries = (await live.client.get(path(item, "/decisions"), headers=bearer(make.IMPORTER))).json()["items"]
    assert [(entry["state"], entry["decided_by"]) for entry in entries] == [("resolved", "importer"), ("open", f"import {again['id']}")]


async def test_words_that_somebody_decided_never_mean_a_namesake_by_themselves(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    meant, namesake = await two_of(live, "San José")
    await send(live, SAN_DIEGO | SAN_JOSE)
    (item,) = await listed(live)
    await decided(live, item, actor_id=meant)
    await make.dissolved(live.client, meant)
    dry = await send(live, SAN_DIEGO | SAN_JOSE, query=f"{LIST}&validate_only=true")
    assert (dry["suggestions"], await live.count("suggestion_decisions")) == (1, 1)
    for _ in range(2):  # a question that was asked again is not answered by the next file either
        again = await send(live, SAN_DIEGO | SAN_JOSE)
        (item,) = await listed(live)
        assert (again["rows_applied"]["created"], again["suggestions"], await ties(live)) == (0, 1, [(meant, "active")])
        assert (item["state"], item["import_id"], item["actor_id"]) == ("open", again["id"], None)
        assert [found["id"] for found in item["candidates"]] == [namesake]
    entries = (await live.client.get(path(item, "/decisions"), headers=bearer(make.IMPORTER))).json()["items"]
    assert [(entry["state"], entry["actor_id"]) for entry in entries] == [("resolved", meant), ("open", None)]
    await decided(live, item, actor_id=namesake)
    assert (await send(live, SAN_DIEGO | SAN_JOSE))["rows_applied"]["unchanged"] == 1
    assert await ties(live) == [(meant, "active"), (namesake, "active")]


async def test_words_that_came_to_be_an_identifier_of_another_are_asked_again_with_it(live: LiveRegistry) -> None:
    here, meant = await city(live, "San Diego"), await city(live, "San José", "CR")
    words = SAN_DIEGO | {"to_scheme": "ocd", "to_value": "sj"}
    await send(live, words)
    (item,) = await listed(live)
    await decided(live, item, actor_id=meant)
    await make.dissolved(live.client, meant)
    other = await city(live, "San José", "CR", identifiers=[{"scheme": "ocd", "value": "sj"}])
    assert (await send(live, words))["suggestions"] == 1
    (item,) = await listed(live)
    assert (item["state"], item["other_id"], [found["id"] for found in item["candidates"]]) == ("open", here, [other])


async def test_a_planned_end_is_none_yet(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    ending = await city(live, "San José", "CR")
    assert (await send(live, SAN_DIEGO | SAN_JOSE | {"to_country": ""}))["suggestions"] == 1
    (item,) = await listed(live)
    today = (await live.rows("SELECT CAST(timezone('UTC', now()) AS date) AS day"))[0].day
    await make.dissolved(live.client, ending, str(today))
    shown = await decided(live, item, actor_id=ending)
    assert (shown["state"], await ties(live)) == ("resolved", [(ending, "active")])
    await decided(live, item, reopen=True)
    await decided(live, item, actor_id=ending)
    again = await send(live, SAN_DIEGO | SAN_JOSE | {"to_country": ""}, SAN_DIEGO | SAN_JOSE)
    assert (again["suggestions"], await live.count("suggestion_decisions")) == (0, 3), "the name is found, and the decision holds"
    (item,) = await listed(live)
    assert (item["state"], item["actor_id"]) == ("resolved", ending)


async def test_a_decision_holds_where_who_was_named_was_merged(live: LiveRegistry) -> None:
    await city(live, "San Diego")
    one, other = await two_of(live, "San José")
    await send(live, SAN_DIEGO | SAN_JOSE)
    (item,) = await listed(live)
    await decided(live, item, actor_id=other)
    await make.judgement(live.client, one, other)
    (merged,) = await live.rows("SELECT id, canonical_id FROM actors WHERE canonical_id IS NOT NULL")
    assert (str(merged.id), str(merged.canonical_id)) == (other, one)
    assert (await send(live, SAN_DIEGO | SAN_JOSE))["rows_applied"]["unchanged"] == 1
    (item,) = await listed(live)
    assert (item["state"], item["actor_id"], await ties(live)) == ("resolved", other, [(other, "active")])


async def erased(live: LiveRegistry, keeper: str, name: str) -> httpx.Response:
    person = await make.person(live.client, keeper, name)
    return await live.client.post(f"/v1/people/{person['id']}/erasure", json={"reason": "They asked for it."}, headers=bearer(make.manager(keeper)))


async def test_what_was_erased_comes_back_with_no_decision_and_the_row_is_found_again(live: LiveRegistry) -> None:
    here = await city(live, "San Diego")
    one, other = await two_of(live, "San José")
    rows = [SAN_DIEGO | SAN_JOSE | {"note": f"Signed by Zoraida Quintanilla, {day}.", "valid_from": day} for day in ("2001-05-01", "2002-05-01")]
    await send(live, *rows)
    first, second = await listed(live)
    await decided(live, first, actor_id=one)
    assert (await erased(live, here, "Zoraida Quintanilla")).status_code == 200
    await decided(live, first, actor_id=other)
    await decided(live, second, actor_id=one)
    notes = [row.note for row in await live.rows("SELECT note FROM ties ORDER BY created_at, id")]
    assert notes == [f"Signed by [erased], {day}." for day in ("2001-05-01", "2001-05-01", "2002-05-01")]
    again = await send(live, *({**row, "note": "Signed."} for row in rows))
    assert (again["suggestions"], again["rows_applied"]["created"], len(await ties(live))) == (0, 0, 3), "what was decided holds"


async def test_an_erasure_waits_for_a_decision_and_reads_what_was_made_of_the_row(live: LiveRegistry) -> None:
    here, there = await city(live, "San Diego"), await city(live, "San José", "CR")
    await make.tie(live.client, here, there)
    async with live.database.engine.connect() as deciding:
        await deciding.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('suggestions', 0))"))
        waiting = asyncio.create_task(erased(live, here, "Zoraida Quintanilla"))
        while not await live.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND mode = 'ExclusiveLock'"):
            assert not waiting.done()
        await deciding.execute(text("UPDATE ties SET note = 'Signed by Zoraida Quintanilla.'"))
        await deciding.commit()
    assert (await waiting).status_code == 200
    assert [row.note for row in await live.rows("SELECT note FROM ties")] == ["Signed by [erased]."]
