"""What two people do at the same moment, on two connections."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from services.registry import errors
from services.registry.worker import loops
from shared.errors import Problem
from shared.worker import run
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
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


async def test_two_actors_do_not_become_each_others_parent(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        one, two = [await make.actor(live.client, name) for name in ("One", "Two")]

        async def move(child: str, parent: str) -> httpx.Response:
            etag = (await live.client.get(f"/v1/actors/{child}")).headers["etag"]
            headers = bearer(make.WRITER) | {"If-Match": etag}
            return await live.client.patch(f"/v1/actors/{child}", json={"parent_id": parent}, headers=headers)

        answers = await asyncio.gather(move(one["id"], two["id"]), move(two["id"], one["id"]))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await live.count("actor_parents") == ROUNDS


async def test_an_import_and_a_registration_of_the_same_identifier_leave_one(live: LiveRegistry) -> None:
    work = asyncio.create_task(run(loops(live.database)))
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
