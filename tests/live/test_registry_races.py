"""What two people do at the same moment, on two connections."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from services.registry import errors
from services.registry.imports import applying
from services.registry.imports.models import Import
from services.registry.worker import loops
from shared.errors import PreconditionFailed, Problem
from shared.work import Work
from shared.worker import run
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import UNREACHED, LiveRegistry, live_registry
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
ROUNDS = 10


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def one_wins(attempt: Callable[[], Awaitable[httpx.Response]], error: type[Problem], status: int = 201) -> None:
    answers = sorted(await asyncio.gather(attempt(), attempt()), key=lambda answer: answer.status_code)
    assert answers[0].status_code == status, answers[0].text
    assert_problem(answers[1], error)


async def test_an_identifier_is_registered_once(live: LiveRegistry) -> None:
    for number in range(ROUNDS):
        identifiers = [{"scheme": "fips", "value": f"{number:05}"}]
        await one_wins(lambda: make.post_actor(live.client, identifiers=identifiers), errors.IdentifierTaken)  # noqa: B023 - awaited within the round
    assert [await live.count(table) for table in ("actors", "actor_identifiers", "events")] == [ROUNDS, ROUNDS, ROUNDS]


async def test_an_actor_gets_one_chief_executive(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        actor = await make.actor(live.client)
        body = {"actor_id": actor["id"], "role": "chief_executive", "title": "Mayor"}
        await one_wins(lambda: live.client.post("/v1/seats", json=body, headers=bearer(make.WRITER)), errors.ChiefExecutiveExists)  # noqa: B023
    assert await live.count("seats") == ROUNDS


async def test_a_seat_gets_one_next_holder(live: LiveRegistry) -> None:
    actor = await make.actor(live.client)
    seat = await make.seat(live.client, actor["id"])
    path = f"/v1/seats/{seat['id']}/holders"
    await live.client.post(path, json={"name": "Ana", "valid_from": "2020-01-01"}, headers=bearer(make.WRITER))
    body = {"name": "Bo", "valid_from": "2026-01-01"}
    await one_wins(lambda: live.client.post(path, json=body, headers=bearer(make.WRITER)), errors.HolderOverlaps)
    held = [tuple(map(str, row)) for row in await live.rows("SELECT valid_from, valid_through FROM seat_holders ORDER BY valid_from")]
    assert held == [("2020-01-01", "2025-12-31"), ("2026-01-01", "None")]
    assert await live.count("people") == 2


@pytest.mark.parametrize(("first", "second"), [(None, None), ("2050-01-01", "2040-01-01")], ids=["today", "planned"])
async def test_two_actors_do_not_become_each_others_parent(live: LiveRegistry, first: str | None, second: str | None) -> None:
    for _ in range(ROUNDS):
        one, two = [await make.actor(live.client, name) for name in ("One", "Two")]

        async def move(child: str, parent: str, since: str | None) -> httpx.Response:
            etag = (await live.client.get(f"/v1/actors/{child}")).headers["etag"]
            headers = bearer(make.WRITER) | {"If-Match": etag}
            return await live.client.patch(f"/v1/actors/{child}", json={"parent_id": parent, "parent_valid_from": since}, headers=headers)

        answers = await asyncio.gather(move(one["id"], two["id"], first), move(two["id"], one["id"], second))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await live.count("actor_parents") == ROUNDS


async def test_an_import_and_a_registration_of_the_same_identifier_leave_one(live: LiveRegistry) -> None:
    work = asyncio.create_task(run(loops(live.database, UNREACHED)))
    for number in range(ROUNDS):
        row = make.import_row(number)
        answer = await make.post_import(live.client, make.csv_file([row]))
        registered = await make.post_actor(live.client, identifiers=[{"scheme": "fips", "value": row["key_value"]}])
        while (status := await make.import_status(live.client, answer.json()["id"]))["state"] not in ("done", "failed"):
            pass
        assert registered.status_code in (201, 409)
        applied = {"created": int(registered.status_code == 409), "changed": int(registered.status_code == 201), "unchanged": 0}
        assert (status["state"], status["rows_applied"]) == ("done", applied)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [await live.count(table) for table in ("actors", "actor_identifiers")] == [ROUNDS, ROUNDS]


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[object]]) -> None:
    """Do something once while an import is being applied: after its rows were checked, before the first is written."""
    going_on, done = applying._require_faultless, list[bool]()

    async def acting(work: Work, job: Import) -> None:
        await going_on(work, job)
        if not done:
            done.append(True)
            await act()

    monkeypatch.setattr(applying, "_require_faultless", acting)


async def test_an_actor_registered_between_check_and_apply_is_the_one_that_changes(live: LiveRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, lambda: make.actor(live.client, identifiers=[{"scheme": "fips", "value": "00001"}]))
    done = await make.imported(live.client, live.database, make.csv_file([make.import_row(1), make.import_row(2)]))
    assert (done["state"], done["rows_applied"]) == ("done", {"created": 1, "changed": 1, "unchanged": 0})
    held = await live.rows("SELECT count(DISTINCT actor_id) AS actors, count(*) AS identifiers FROM actor_identifiers")
    assert [tuple(row) for row in held] == [(2, 2)]
    assert [row.type for row in await live.rows("SELECT type FROM events WHERE aggregatetype = 'actor' ORDER BY seq")] == [
        "actor.registered",
        "actor.changed",
        "actor.registered",
    ]


async def test_a_change_over_the_api_waits_for_an_import_and_loses_nothing(live: LiveRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = await make.actor(live.client, "County 1", identifiers=[{"scheme": "fips", "value": "00001"}])
    path = f"/v1/actors/{actor['id']}"
    etag = (await live.client.get(path)).headers["etag"]
    changes: list[asyncio.Task[httpx.Response]] = []

    async def change() -> None:
        patch = live.client.patch(path, json={"website": "https://one.example/"}, headers=bearer(make.WRITER) | {"If-Match": etag})
        changes.append(asyncio.create_task(patch))
        while not await live.rows("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"):
            pass

    meanwhile(monkeypatch, change)
    row = {"key_scheme": "fips", "key_value": "00001", "population": "7", "name:en": "County One"}
    done = await make.imported(live.client, live.database, make.csv_file([row]))
    assert done["rows_applied"] == {"created": 0, "changed": 1, "unchanged": 0}
    assert_problem(await changes[0], PreconditionFailed)
    after = (await live.client.get(f"{path}?include=names")).json()
    assert (after["population"], after["website"], after["name"]) == (7, None, "County One")
    assert [(item["name"], item["kind"]) for item in after["names"]] == [("County 1", "former"), ("County One", "preferred")]
