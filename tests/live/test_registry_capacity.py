"""Capacity reports with real commits: two of one day, two corrections of one report, a correction that crosses a verification."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from services.registry.capacity import errors
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


async def in_order(*sent: asyncio.Future[httpx.Response]) -> list[httpx.Response]:
    return sorted(await asyncio.gather(*sent), key=lambda answer: answer.status_code)


async def test_two_reports_of_one_day_are_one(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        here = (await make.actor(live.client))["id"]
        sent = [asyncio.ensure_future(make.post_capacity(live.client, here, tracks_sdg=answer)) for answer in (True, False)]
        made, refused = await in_order(*sent)
        assert made.status_code == 201, made.text
        assert_problem(refused, errors.CapacityReportExists)
    assert await live.count("capacity_reports") == ROUNDS
    assert [tuple(row) for row in await live.rows("SELECT count(*) FROM events WHERE type = 'capacity.reported'")] == [(ROUNDS,)]


async def test_of_two_corrections_one_takes_the_place(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        here = (await make.actor(live.client))["id"]
        path = f"/v1/capacity-reports/{(await make.capacity(live.client, here))['id']}"
        headers = bearer(make.reporter(here))
        headers["If-Match"] = (await live.client.get(path, headers=headers)).headers["etag"]
        body = {"as_of": "2026-06-30", "respondent_role": "finance"}
        sent = [asyncio.ensure_future(live.client.post(f"{path}/corrections", json=body, headers=headers)) for _ in range(2)]
        made, refused = await in_order(*sent)
        assert made.status_code == 201, made.text
        assert_problem(refused, PreconditionFailed)
    assert [tuple(row) for row in await live.rows("SELECT count(*) FROM capacity_reports WHERE superseded_at IS NULL")] == [(ROUNDS,)]


async def test_nobody_verifies_what_was_corrected_meanwhile(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        here, ministry = [(await make.actor(live.client, name))["id"] for name in ("Here", "Ministry")]
        path = f"/v1/capacity-reports/{(await make.capacity(live.client, here))['id']}"
        coordinator = caller("capacity:read", "capacity:verify", organization=UUID(ministry), roles=("national_coordinator",), country="US")
        match = {"If-Match": (await live.client.get(path, headers=bearer(coordinator))).headers["etag"]}
        body = {"as_of": "2026-06-30", "respondent_role": "finance"}
        corrected = live.client.post(f"{path}/corrections", json=body, headers=bearer(make.reporter(here)) | match)
        verified = live.client.post(f"{path}/verification", json={}, headers=bearer(coordinator) | match)
        first, second = await in_order(asyncio.ensure_future(corrected), asyncio.ensure_future(verified))
        assert first.status_code in (200, 201), first.text
        assert_problem(second, PreconditionFailed)
    assert [tuple(row) for row in await live.rows("SELECT count(*) FROM capacity_reports WHERE superseded_at IS NOT NULL AND verified_at IS NOT NULL")] == [
        (0,)
    ]
