"""Judgements made at the same moment, on connections of their own: whatever crosses, the same are one and the different are not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.registry import errors
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
ROUNDS = 6
# Whoever is merged names a canonical actor that is not merged, and is named by it.
BROKEN = """
    SELECT a.id FROM actors AS a LEFT JOIN actors AS c ON c.id = a.canonical_id
    WHERE (a.canonical_id IS NOT NULL AND (c.canonical_id IS NOT NULL OR a.id <> ALL (c.merged_ids)))
       OR EXISTS (SELECT FROM unnest(a.merged_ids) AS m (id) JOIN actors AS o ON o.id = m.id WHERE o.canonical_id IS DISTINCT FROM a.id)
"""


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def actors(live: LiveRegistry, count: int) -> list[str]:
    return [(await make.actor(live.client, f"Actor {number}"))["id"] for number in range(count)]


async def canonical(live: LiveRegistry, ids: list[str]) -> list[str]:
    known = {str(row.id): str(row.canonical_id or row.id) for row in await live.rows("SELECT id, canonical_id FROM actors")}
    return [known[actor] for actor in ids]


async def test_two_merges_that_cross_make_one_of_three(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        first, second, third = await actors(live, 3)
        await asyncio.gather(make.judgement(live.client, first, second), make.judgement(live.client, second, third))
        assert await canonical(live, [first, second, third]) == [first] * 3
    assert await live.rows(BROKEN) == []
    told = await live.rows("SELECT payload->>'actor_id' AS id, payload->>'canonical_id' AS into FROM events WHERE type = 'actor.merged' ORDER BY seq")
    last = {row.id: row.into for row in told}
    assert last == {str(row.id): str(row.canonical_id) for row in await live.rows("SELECT id, canonical_id FROM actors WHERE canonical_id IS NOT NULL")}


async def test_of_two_judgements_of_one_pair_from_both_sides_one_is_made(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        first, second = await actors(live, 2)
        answers = await asyncio.gather(make.post_judgement(live.client, first, second), make.post_judgement(live.client, second, first))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert_problem(max(answers, key=lambda answer: answer.status_code), errors.JudgementExists)
        assert await canonical(live, [first, second]) == [first] * 2


async def test_of_three_judgements_that_contradict_each_other_two_are_made(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        first, second, third = await actors(live, 3)
        answers = await asyncio.gather(
            make.post_judgement(live.client, first, second),
            make.post_judgement(live.client, second, third),
            make.post_judgement(live.client, first, third, "different"),
        )
        assert sorted(answer.status_code for answer in answers) == [201, 201, 409]
        assert_problem(max(answers, key=lambda answer: answer.status_code), errors.JudgementContradicts)
    assert await live.rows(BROKEN) == []


async def test_a_merge_and_a_split_that_cross_leave_what_the_judgements_say(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        first, second, third = await actors(live, 3)
        standing = await make.judgement(live.client, first, second)
        withdrawn, _ = await asyncio.gather(make.withdraw(live.client, standing["id"]), make.judgement(live.client, second, third))
        assert withdrawn.status_code == 200, withdrawn.text
        assert await canonical(live, [first, second, third]) == [first, second, second]
    assert await live.rows(BROKEN) == []


async def test_a_parent_that_moves_while_two_are_merged_closes_no_ring(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        outer, middle, inner = await actors(live, 3)
        assert (await move(live, middle, outer)).status_code == 200
        merged, moved = await asyncio.gather(make.post_judgement(live.client, outer, inner), move(live, inner, middle))
        allowed: list[Any] = [(201, 200), (201, 409), (409, 200), (201, 404), (201, 412)]
        assert (merged.status_code, moved.status_code) in allowed, (merged.text, moved.text)
        rings = await live.rows(RINGS)
        assert rings == []


RINGS = """
    WITH RECURSIVE up (start, id) AS (
        SELECT coalesce(a.canonical_id, a.id), coalesce(o.canonical_id, o.id)
        FROM actor_parents AS p JOIN actors AS a ON a.id = p.actor_id JOIN actors AS o ON o.id = p.parent_id
        WHERE a.canonical_id IS NULL AND p.valid_through IS NULL AND coalesce(o.canonical_id, o.id) <> a.id
        UNION
        SELECT up.start, coalesce(o.canonical_id, o.id)
        FROM up JOIN actor_parents AS p ON p.actor_id = up.id AND p.valid_through IS NULL JOIN actors AS o ON o.id = p.parent_id
        WHERE coalesce(o.canonical_id, o.id) <> up.id
    )
    SELECT start FROM up WHERE start = id
"""


async def move(live: LiveRegistry, child: str, parent: str) -> httpx.Response:
    etag = (await live.client.get(f"/v1/actors/{child}")).headers.get("etag", '"1-0"')
    return await live.client.patch(f"/v1/actors/{child}", json={"parent_id": parent}, headers=bearer(make.WRITER) | {"If-Match": etag})
