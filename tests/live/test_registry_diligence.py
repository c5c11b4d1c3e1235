"""Diligence with real commits: who loses a race, and what an approach report leaves behind for everyone else: nothing."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from services.registry import errors
from shared.access import Caller
from shared.errors import PreconditionFailed
from shared.relay import relay_once
from tests.support.database import Templates
from tests.support.make import diligence as make
from tests.support.make.registry import actor, engagement, judgement, seat, tie
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
ROUNDS = 10
SECRET = "zyzzyva"  # no other text of these tests holds it


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def cities(live: LiveRegistry) -> tuple[str, str]:
    """San Diego, and an association that seeks contact."""
    one = await actor(live.client, "San Diego", kind="municipality")
    two = await actor(live.client, "Friendship Association", kind="organisation", country="CN", subdivision=None)
    return one["id"], two["id"]


def won_and_lost(answers: list[httpx.Response]) -> tuple[httpx.Response, httpx.Response]:
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert won.status_code < 300, won.text
    return won, lost


async def test_of_two_who_conclude_at_once_one_does(live: LiveRegistry) -> None:
    here, there = await cities(live)
    for nth in range(ROUNDS):
        made = await make.check(live.client, there, who=make.manager(here))
        await make.answer_all(live.client, made["id"], who=make.manager(here))
        path = f"/v1/diligence/{made['id']}"
        etag = (await make.tagged(live.client, path, make.manager(here)))["If-Match"]

        async def conclude(who: str, verdict: str, path: str = path, etag: str = etag) -> httpx.Response:
            body = {"verdict": verdict, "reason": f"Said by {who}."}
            return await live.client.post(f"{path}/conclude", json=body, headers=bearer(make.manager(here, who)) | {"If-Match": etag})

        won, lost = won_and_lost(list(await asyncio.gather(conclude("one", "proceed"), conclude("two", "do_not_proceed"))))
        assert_problem(lost, PreconditionFailed)
        assert (await live.client.get(path, headers=bearer(make.manager(here)))).json() == won.json()
        told = await live.rows("SELECT payload ->> 'verdict' AS verdict FROM events WHERE type = 'diligence.concluded' ORDER BY seq")
        assert (len(told), told[-1].verdict) == (nth + 1, won.json()["verdict"])


async def test_a_check_is_opened_and_reopened_once(live: LiveRegistry) -> None:
    here, there = await cities(live)
    who = make.manager(here)
    for _ in range(ROUNDS):
        opening = [live.client.post("/v1/diligence", json={"counterpart_id": there}, headers=bearer(who)) for _ in range(2)]
        won, lost = won_and_lost(list(await asyncio.gather(*opening)))
        assert_problem(lost, errors.DiligenceUnderWay)
        check_id = won.json()["id"]
        await make.answer_all(live.client, check_id, who=who)
        assert (await make.conclude(live.client, check_id, who=who)).status_code == 200
        reopening = [live.client.post(f"/v1/diligence/{check_id}/reopen", headers=bearer(who)) for _ in range(2)]
        won, lost = won_and_lost(list(await asyncio.gather(*reopening)))
        assert_problem(lost, errors.DiligenceReopened)
        assert (await make.conclude(live.client, won.json()["id"], who=who)).status_code == 200
    assert await live.count("diligence_checks") == 2 * ROUNDS


async def test_of_two_versions_at_once_one_is_taken_and_matching_sees_it_whole(live: LiveRegistry) -> None:
    capital = (await actor(live.client, "A ministry", kind="agency"))["id"]
    nation = make.nation(capital)
    made = await make.watchlist(live.client, who=nation)
    path = f"/v1/watchlists/{made['id']}"
    for nth in range(ROUNDS):
        etag = (await make.tagged(live.client, path, nation))["If-Match"]
        sent = []
        for side in "ab":
            entries = [make.entry(f"Broker {side} {nth} {place}") for place in range(20)]
            sent.append(make.post_version(live.client, made["id"], entries, who=nation, version=f"{nth}-{side}", etag=etag))
        asked = live.client.post("/v1/watchlists/matches", json={"name": "Broker", "limit": 50}, headers=bearer(nation))
        *answers, seen = await asyncio.gather(*sent, asked)
        won, lost = won_and_lost(answers)
        assert_problem(lost, PreconditionFailed)
        assert len({item["version"] for item in seen.json()["items"]}) <= 1
        assert won.json()["current"]["number"] == nth + 1
        names = await live.rows("SELECT n.folded FROM watchlist_names AS n ORDER BY n.folded")
        side = won.json()["current"]["version"][-1]
        assert [row.folded for row in names] == sorted(f"broker {side} {nth} {place}" for place in range(20))
    assert await live.count("watchlist_versions") == ROUNDS
    assert await live.count("watchlist_entries") == 20 * ROUNDS


async def said_of(live: LiveRegistry, paths: list[str], who: Caller | None) -> list[tuple[int, bytes, str | None]]:
    """Every answer, byte for byte, with its ETag."""
    headers = {} if who is None else bearer(who)
    answers = [await live.client.get(path, headers=headers) for path in paths]
    assert all(answer.status_code == 200 for answer in answers), [answer.text[:200] for answer in answers if answer.status_code != 200]
    return [(answer.status_code, answer.content, answer.headers.get("etag")) for answer in answers]


async def test_nobody_else_can_tell_that_there_is_a_report(live: LiveRegistry) -> None:
    here, there = await cities(live)
    other = (await actor(live.client, "Chula Vista"))["id"]
    twin = (await actor(live.client, "Friendship Assoc.", kind="organisation", country="CN", subdivision=None))["id"]
    await tie(live.client, here, there, type="cooperation")
    await seat(live.client, there)
    await engagement(live.client, here, there)
    await judgement(live.client, there, twin, "unsure")
    public = [f"/v1/actors/{there}?include=identifiers&include=names&include=seats&include=ties", f"/v1/actors/{here}", f"/v1/actors/{there}/history"]
    public += ["/v1/actors?q=friendship&count=exact&facets=kind&facets=country", "/v1/actors?count=exact&limit=200", "/v1/actors/export?format=ndjson"]
    public += [f"/v1/actors/{there}/neighbours", f"/v1/ties?actor={there}", f"/v1/engagements?actor={there}", f"/v1/seats?actor={there}", "/v1/judgements"]
    public += ["/v1/review?country=US"]
    feed = ["/v1/events/registry?limit=1000", "/v1/diligence?include=flags", "/v1/diligence/flags", "/v1/approach-reports?count=exact"]
    strangers = [make.manager(other), make.manager(there, country="CN"), make.nation(twin, "CN")]

    async def everything() -> list[list[tuple[int, bytes, str | None]]]:
        while await relay_once(live.database):
            pass
        found = [await said_of(live, public, None)]
        return found + [await said_of(live, [*public, *feed], who) for who in strangers]

    before = await everything()
    author = make.member(here)
    made = await make.report(live.client, who=author, actor_id=there, approached_by=SECRET)
    path = f"/v1/approach-reports/{made['id']}"
    await live.client.post(f"{path}/corrections", json={"text": SECRET, "actor_id": there}, headers=bearer(author))
    await live.client.post(f"{path}/withdrawal", json={"reason": SECRET}, headers=await make.tagged(live.client, path, author))
    assert await everything() == before
    own = await said_of(live, ["/v1/events/registry?limit=1000"], author)
    assert b"approach.reported" in own[0][1] and b"approach.withdrawn" in own[0][1], "the feed of the author's own organisation"
    assert SECRET.encode() not in own[0][1]
