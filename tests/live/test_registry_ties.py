"""Ties at the same moment: two sides that record one pair, two that end one tie."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from services.registry import errors
from shared.errors import PreconditionFailed
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
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
