"""What the registry makes of the agreements' feed: who is bound on which day, under whichever id, and null while nothing was ever read."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from services.registry.agreements import following
from services.registry.agreements.models import AgreementParty
from shared.follower import followers
from shared.ids import new_id
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.tokens import bearer

Event = dict[str, Any]


def entered(agreement: UUID | str, *parties: UUID | str, on: str = "2025-01-10", **data: Any) -> Event:
    told = {"agreement_id": str(agreement), "parties": [str(party) for party in parties], **data}
    return {"type": "agreement.entered_into_force", "time": f"{on}T23:59:59.000000Z", "authorganization": str(parties[0]), "data": told}


def left(agreement: UUID | str, party: UUID | str, on: str, **data: Any) -> Event:
    return {"type": "agreement.party_left", "time": f"{on}T00:00:00.000000Z", "authorganization": str(party), "data": {"agreement_id": str(agreement), **data}}


def terminated(agreement: UUID | str, on: str, **data: Any) -> Event:
    return {"type": "agreement.terminated", "time": f"{on}T12:00:00.000000Z", "authorganization": None, "data": {"agreement_id": str(agreement), **data}}


@pytest.fixture
async def followed(registry: httpx.AsyncClient, registry_app: FastAPI) -> AsyncIterator[Any]:
    """The connection of a registry that has read the feed once."""
    connection = registry_app.state.database.bound
    await connection.execute(insert(followers).values({"source": "agreements", "position": 0, "updated_at": NOON}))
    yield connection


async def counted(client: httpx.AsyncClient, report: dict[str, Any]) -> int | None:
    answer = await client.get(f"/v1/capacity-reports/{report['id']}", headers=bearer(make.reporter(report["actor_id"])))
    found: int | None = answer.json()["agreements_in_force"]
    return found


async def known(connection: Any) -> list[tuple[Any, ...]]:
    columns = (AgreementParty.agreement_id, AgreementParty.actor_id, AgreementParty.in_force_on, AgreementParty.ended_on)
    return sorted(tuple(row) for row in await connection.execute(select(*columns)))


async def test_until_the_feed_is_read_nothing_is_known_and_then_it_is_none(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here = (await make.actor(registry))["id"]
    report = await make.capacity(registry, here)
    assert report["agreements_in_force"] is None
    connection = registry_app.state.database.bound
    await connection.execute(insert(followers).values({"source": "agreements", "position": 0, "updated_at": NOON}))
    assert await counted(registry, report) == 0


async def test_an_agreement_counts_from_its_first_day_to_the_day_before_its_end(registry: httpx.AsyncClient, followed: Any) -> None:
    here, there = [(await make.actor(registry, name))["id"] for name in ("Here", "There")]
    both, ended = new_id(), new_id()
    await following.project(followed, [entered(both, here, there), entered(ended, here, there), terminated(ended, "2026-03-01")])
    days = {"2025-01-09": 0, "2025-01-10": 2, "2026-02-28": 2, "2026-03-01": 1, "2026-10-01": 1}
    reports = {day: await make.capacity(registry, here, as_of=day) for day in days}
    assert {day: report["agreements_in_force"] for day, report in reports.items()} == days


async def test_who_leaves_is_bound_no_longer_and_the_others_are(registry: httpx.AsyncClient, followed: Any) -> None:
    one, two, three = [(await make.actor(registry, name))["id"] for name in ("One", "Two", "Three")]
    agreement = new_id()
    batch = [entered(agreement, one, two, three), left(agreement, one, "2025-05-01"), terminated(agreement, "2025-08-01")]
    await following.project(followed, batch)
    assert {str(actor): ended for _, actor, _, ended in await known(followed)} == {
        one: date(2025, 5, 1),
        two: date(2025, 8, 1),
        three: date(2025, 8, 1),
    }


async def test_the_days_and_the_party_that_an_event_names_go_before_when_and_by_whom_it_was_made(registry: httpx.AsyncClient, followed: Any) -> None:
    one, two, agreement = new_id(), new_id(), new_id()
    deputy = left(agreement, new_id(), "2025-09-09", left_id=str(two), ended_on="2025-09-01")
    await following.project(followed, [entered(agreement, one, two, in_force_on="2024-02-29"), deputy])
    assert await known(followed) == sorted([(agreement, one, date(2024, 2, 29), None), (agreement, two, date(2024, 2, 29), date(2025, 9, 1))])


async def test_a_merged_party_counts_for_whom_it_is_known_by_and_once(registry: httpx.AsyncClient, followed: Any) -> None:
    one, same, there = [(await make.actor(registry, name))["id"] for name in ("San Diego", "San Diego County", "There")]
    await following.project(followed, [entered(new_id(), one, same), entered(new_id(), same, there)])
    report = await make.capacity(registry, one)
    assert report["agreements_in_force"] == 1
    judged = await make.judgement(registry, one, same)
    assert await counted(registry, report) == 2, "one through both ids, which is one"
    assert (await make.withdraw(registry, judged["id"])).status_code == 200
    assert await counted(registry, report) == 1


async def test_the_review_counts_who_is_bound(registry: httpx.AsyncClient, followed: Any) -> None:
    bound, _, gone = [(await make.actor(registry, name))["id"] for name in ("Bound", "Free", "Gone")]
    await following.project(followed, [entered(new_id(), bound, new_id(), on="2025-06-01"), entered(over := new_id(), gone, bound, on="2024-06-01")])
    await following.project(followed, [terminated(over, "2025-01-01")])
    for year, n in {2023: 0, 2024: 2, 2025: 1}.items():
        answer = await registry.get(f"/v1/review?country=US&measure=recorded_agreements&year={year}")
        (item,) = answer.json()["items"]
        assert (item["shares"][0]["n"], item["shares"][0]["denominator"]) == (n, 3), year


FACTS = st.lists(st.tuples(st.sampled_from(["leave", "terminate"]), st.integers(0, 2), st.integers(0, 2), st.integers(1, 28)), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(facts=FACTS, cut=st.integers(0, 12), again=st.integers(0, 12))
async def test_batches_of_any_size_and_read_twice_make_the_same(followed: Any, facts: Sequence[tuple[str, int, int, int]], cut: int, again: int) -> None:
    """As the follower does: in order, in one go or in two, and from zero once more."""
    agreements, actors = [new_id() for _ in range(3)], [new_id() for _ in range(3)]
    feed: list[Event] = [entered(agreement, *actors) for agreement in agreements]
    over: set[tuple[int, int]] = set()
    for kind, which, who, day in sorted(facts, key=lambda fact: fact[3]):
        gone = {party for agreement, party in over if agreement == which}
        if who in gone or len(gone) == 3:
            continue
        on = f"2025-02-{day:02}"
        ends = kind == "terminate" or len(gone) == 1  # fewer than two remain
        feed.append(terminated(agreements[which], on) if ends else left(agreements[which], actors[who], on))
        over |= {(which, party) for party in range(3)} if ends else {(which, who)}
    await followed.execute(text("DELETE FROM agreement_parties"))
    for event in feed:
        await following.project(followed, [event])
    expected = await known(followed)
    await following.project(followed, feed[:again])
    assert await known(followed) == expected, "what comes twice changes nothing"
    await following.clear(followed)
    assert await known(followed) == []
    for batch in (feed[:cut], feed[cut:]):
        await following.project(followed, batch)
    assert await known(followed) == expected
