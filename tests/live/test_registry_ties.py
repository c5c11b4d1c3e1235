"""Ties with real commits: two sides that record one pair, two that end one tie, and what time does to them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.registry import errors
from services.registry.ties.models import EXPIRED
from services.registry.ties.sweeping import sweep_once
from services.registry.worker import loops
from shared.errors import PreconditionFailed
from shared.worker import run
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import UNREACHED, LiveRegistry, live_registry
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
ROUNDS = 10


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def test_a_pair_recorded_from_both_sides_is_one_tie(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        one, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Two")]

        async def record(own: str, other: str) -> httpx.Response:
            who = caller("ties:manage", organization=UUID(own), roles=("manager",))
            return await make.post_tie(live.client, own, other, who=who, type="twinning")

        answers = sorted(await asyncio.gather(record(one, two), record(two, one)), key=lambda answer: answer.status_code)
        assert answers[0].status_code == 201, answers[0].text
        assert_problem(answers[1], errors.TieExists)
    assert await live.count("ties") == ROUNDS
    assert [tuple(row) for row in await live.rows("SELECT count(*) FROM events WHERE type = 'tie.recorded'")] == [(ROUNDS,)]
    assert await live.rows("SELECT id FROM ties WHERE from_id > to_id") == []


async def test_a_pair_recorded_under_two_ids_of_one_actor_is_one_tie(live: LiveRegistry) -> None:
    """Whether the judgement was made before, or is made at the same moment: then the tie that saw it is refused, or both were there before it."""
    for round_ in range(ROUNDS):
        one, twin, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Twin", "Two")]
        if round_ % 2:
            await make.judgement(live.client, one, twin)
            records = [make.post_tie(live.client, side, two, type="twinning") for side in (one, twin)]
            answers = sorted(await asyncio.gather(*records), key=lambda answer: answer.status_code)
            assert answers[0].status_code == 201, answers[0].text
            assert_problem(answers[1], errors.TieExists, tie=answers[0].json()["id"])
        else:
            made = await asyncio.gather(
                make.post_tie(live.client, two, one), make.post_judgement(live.client, one, twin), make.post_tie(live.client, twin, two)
            )
            assert [made[0].status_code, made[1].status_code, made[2].status_code] in ([201, 201, 201], [201, 201, 409], [409, 201, 201])
        seen = (await live.client.get(f"/v1/actors/{two}/neighbours")).json()["items"]
        assert [item["actor"]["id"] for item in seen] == [one]


async def test_a_tie_that_is_recorded_waits_for_a_judgement_of_its_side(live: LiveRegistry) -> None:
    one, twin, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Twin", "Two")]
    await make.tie(live.client, one, two)
    async with live.database.engine.begin() as judging:
        await judging.execute(text("SELECT id FROM actors WHERE id = ANY (CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"), {"ids": [one, twin]})
        waiting = asyncio.create_task(make.post_tie(live.client, twin, two))
        async with asyncio.timeout(30):
            while not await live.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR KEY SHARE%'"):
                assert not waiting.done()
        merge = "UPDATE actors SET canonical_id = CAST(:into AS uuid) WHERE id = CAST(:id AS uuid)"
        await judging.execute(text(merge), {"into": one, "id": twin})
        listed = "UPDATE actors SET merged_ids = ARRAY[CAST(:twin AS uuid)] WHERE id = CAST(:id AS uuid)"
        await judging.execute(text(listed), {"twin": twin, "id": one})
    assert_problem(await waiting, errors.TieExists)


async def test_a_tie_ends_once(live: LiveRegistry) -> None:
    one, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Two")]
    tie = await make.tie(live.client, one, two)
    path = f"/v1/ties/{tie['id']}/end"
    headers = bearer(make.TIER) | {"If-Match": (await live.client.get(f"/v1/ties/{tie['id']}")).headers["etag"]}
    ends = [live.client.post(path, json={"reason": reason}, headers=headers) for reason in ("First.", "Second.")]
    first, second = sorted(await asyncio.gather(*ends), key=lambda answer: answer.status_code)
    assert (first.status_code, first.json()["status"]) == (200, "ended")
    assert_problem(second, PreconditionFailed)
    (kept,) = await live.rows("SELECT end_reason FROM ties")
    assert kept.end_reason == first.json()["end_reason"]


def days_ago(days: int) -> str:
    return str(datetime.now(UTC).date() - timedelta(days=days))


async def states(live: LiveRegistry) -> dict[str, str]:
    return {str(row.id): row.status for row in await live.rows("SELECT id, status FROM ties")}


async def test_time_puts_ties_to_sleep_and_ends_them_once(live: LiveRegistry) -> None:
    one, two, network = [(await make.actor(live.client, name))["id"] for name in ("One", "Two", "Network")]
    long_ago, lately = days_ago(800), days_ago(10)
    quiet = await make.tie(live.client, one, two, last_activity_on=long_ago)
    alive = await make.tie(live.client, one, two, type="twinning", last_activity_on=lately)
    unknown = await make.tie(live.client, one, two, type="cooperation")
    proposed = await make.tie(live.client, one, two, type="friendship_city", status="proposed", last_activity_on=long_ago)
    wrong = await make.tie(live.client, one, two, type="counterpart", valid_through=days_ago(-20))
    path = f"/v1/ties/{wrong['id']}"
    assert (await make.with_match(live.client, "POST", f"{path}/withdrawal", make.TIER, of=path, reason="Another.")).status_code == 200
    member = await make.tie(live.client, one, network, type="network_membership", last_activity_on=long_ago)
    brief = await make.tie(live.client, two, network, type="network_membership", valid_through=days_ago(-30))
    later = datetime.now(UTC) + timedelta(days=31)
    swept = await asyncio.gather(*(sweep_once(live.database, timedelta(days=730), now=later) for _ in range(4)))
    assert sum(swept) == 2
    assert await states(live) == {
        quiet["id"]: "dormant",
        **{tie["id"]: "active" for tie in (alive, unknown, member)},
        proposed["id"]: "proposed",
        brief["id"]: "ended",
        wrong["id"]: "withdrawn",
    }
    told = await live.rows("SELECT * FROM events WHERE type = 'tie.changed' AND subject <> 'tier' ORDER BY seq")
    said = {event.payload["tie_id"]: (event.payload["status"], event.reason, event.before, event.after, event.subject) for event in told}
    asleep = ("dormant", "Nothing was recorded of it for 730 days.", {"status": "active"}, {"status": "dormant"}, "registry-sweeper")
    over = ("ended", EXPIRED, {"status": "active"}, {"status": "ended"}, "registry-sweeper")
    assert (len(told), said) == (2, {quiet["id"]: asleep, brief["id"]: over})
    assert await sweep_once(live.database, timedelta(days=730), now=later) == 0
    assert await sweep_once(live.database, timedelta(days=730), now=later + timedelta(days=800)) == 2, "the living and the unknown, in their time"


async def test_activity_wakes_a_tie_and_so_does_somebody_who_says_it_lives(live: LiveRegistry) -> None:
    one, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Two")]
    long_ago, lately = days_ago(800), days_ago(10)
    tie = await make.tie(live.client, one, two, last_activity_on=long_ago)
    for change in ({"last_activity_on": lately}, {"last_activity_on": long_ago, "status": "active"}):
        while await sweep_once(live.database, timedelta(days=5)):
            pass
        assert await states(live) == {tie["id"]: "dormant"}
        headers = bearer(make.TIER) | {"If-Match": (await live.client.get(f"/v1/ties/{tie['id']}")).headers["etag"]}
        answer = await live.client.patch(f"/v1/ties/{tie['id']}", json=change, headers=headers)
        assert answer.json()["status"] == "active", answer.text
        assert await sweep_once(live.database, timedelta(days=15)) == 0


@pytest.mark.parametrize("planned", [{"status": "planned"}, {"visibility": "restricted"}], ids=["planned", "restricted"])
async def test_what_is_no_activity_leaves_a_tie_as_it_is(live: LiveRegistry, planned: dict[str, Any]) -> None:
    """One that somebody has woken stays awake, and nobody sees by its version that its sides met in confidence."""
    one, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Two")]
    tie = await make.tie(live.client, one, two, last_activity_on=days_ago(800))
    assert await sweep_once(live.database, timedelta(days=5)) == 1
    headers = bearer(make.TIER) | {"If-Match": (await live.client.get(f"/v1/ties/{tie['id']}")).headers["etag"]}
    assert (await live.client.patch(f"/v1/ties/{tie['id']}", json={"status": "active"}, headers=headers)).status_code == 200
    woken = await live.client.get(f"/v1/ties/{tie['id']}")
    await make.engagement(live.client, one, two, starts_on=days_ago(1), tie_ids=[tie["id"]], **planned)
    kept = await live.client.get(f"/v1/ties/{tie['id']}")
    assert (kept.headers["etag"], kept.json()) == (woken.headers["etag"], woken.json())
    assert await sweep_once(live.database, timedelta(days=5)) == 0


async def test_a_tie_that_somebody_holds_is_left_to_them(live: LiveRegistry) -> None:
    one, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Two")]
    tie = await make.tie(live.client, one, two, last_activity_on="2000-01-01")
    async with live.database.engine.begin() as held:
        await held.execute(text("SELECT id FROM ties FOR UPDATE"))
        assert await sweep_once(live.database, timedelta(days=5)) == 0
    assert await sweep_once(live.database, timedelta(days=5)) == 1
    assert await states(live) == {tie["id"]: "dormant"}


async def test_the_worker_sweeps(live: LiveRegistry) -> None:
    one, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Two")]
    tie = await make.tie(live.client, one, two, last_activity_on="2000-01-01")
    work = asyncio.create_task(run(loops(live.database, UNREACHED)))
    async with asyncio.timeout(30):
        while await states(live) != {tie["id"]: "dormant"}:
            pass
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_two_engagements_of_one_tie_leave_the_later_day(live: LiveRegistry) -> None:
    one, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Two")]
    ties = [(await make.tie(live.client, one, two, type=kind))["id"] for kind in ("sister_city", "cooperation")]
    for round_ in range(ROUNDS):
        days = [days_ago(2 * round_ + 3), days_ago(2 * round_ + 2)]
        made = [make.post_engagement(live.client, one, two, starts_on=day, tie_ids=ties[:: 1 if nth else -1]) for nth, day in enumerate(days)]
        assert [answer.status_code for answer in await asyncio.gather(*made)] == [201, 201]
    last = await live.rows("SELECT last_activity_on FROM ties")
    assert [str(row.last_activity_on) for row in last] == [days_ago(2)] * 2
    told = await live.rows("SELECT payload ->> 'last_activity_on' AS day FROM events WHERE type = 'tie.changed' ORDER BY seq")
    assert told[-1].day == days_ago(2)
