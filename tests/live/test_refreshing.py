"""One refresh token at two gateways: used once, repeated only by whoever sent it, and whole whenever a process dies."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from gateway.tokens.sessions import REPEATABLE_FOR
from tests.support.database import Templates
from tests.support.gateways import EMAIL, Replica, child, deaf, replica, until
from tests.support.make import gateway as make

pytestmark = pytest.mark.live
KEY, OTHER_KEY = "a key that nobody guesses", "another key that nobody guesses"


@pytest.fixture
async def two(templates: Templates) -> AsyncIterator[tuple[Replica, Replica]]:
    async with templates.clone("gateway") as url, replica(url) as here, replica(url) as there:
        await make.account(here.app, email=EMAIL)
        yield here, there


async def refused_everywhere(gateways: tuple[Replica, Replica], family: list[dict[str, Any]]) -> None:
    """No token of the family is worth anything at either gateway, and it was ended once."""
    for gateway in gateways:
        for tokens in family:
            assert (await gateway.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
            await until(partial(_refuses, gateway, tokens["access_token"]))
    async with gateways[0].database.engine.connect() as connection:
        causes = (await connection.execute(text("SELECT payload ->> 'cause' FROM events WHERE type = 'session.revoked'"))).scalars().all()
    assert causes == ["refresh token used twice"]


async def _refuses(gateway: Replica, token: str) -> bool:
    return (await gateway.who(token)).status_code == 401


async def test_of_two_uses_at_once_one_wins_and_the_family_ends(two: tuple[Replica, Replica]) -> None:
    first = await two[0].sign_in()
    answers = await asyncio.gather(*(gateway.refresh(first["refresh_token"]) for gateway in two * 3))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 5
    winner = next(answer for answer in answers if answer.status_code == 200)
    await refused_everywhere(two, [first, winner.json()])


async def test_an_old_one_at_the_other_gateway_ends_the_family(two: tuple[Replica, Replica]) -> None:
    here, there = two
    family = [await here.sign_in()]
    for gateway in (here, there, here):
        family.append((await gateway.refresh(family[-1]["refresh_token"])).json())
    assert (await there.refresh(family[1]["refresh_token"])).json()["error"] == "invalid_grant"
    await refused_everywhere(two, family)


async def test_the_same_request_at_both_at_once_is_one_use(two: tuple[Replica, Replica]) -> None:
    first = await two[0].sign_in()
    answers = await asyncio.gather(*(gateway.refresh(first["refresh_token"], KEY) for gateway in two * 3))
    assert [answer.status_code for answer in answers] == [200] * 6
    (following,) = {answer.json()["refresh_token"] for answer in answers}
    assert (await two[1].refresh(following)).status_code == 200


@pytest.mark.parametrize("key", [None, OTHER_KEY], ids=["no key", "another key"])
async def test_a_repetition_without_its_key_is_a_theft(two: tuple[Replica, Replica], key: str | None) -> None:
    here, there = two
    first = await here.sign_in()
    second = (await here.refresh(first["refresh_token"], KEY)).json()
    assert (await there.refresh(first["refresh_token"], key)).json()["error"] == "invalid_grant"
    await refused_everywhere(two, [first, second])


async def test_a_key_cannot_be_brought_afterwards(two: tuple[Replica, Replica]) -> None:
    here, there = two
    first = await here.sign_in()
    second = (await here.refresh(first["refresh_token"])).json()
    assert (await there.refresh(first["refresh_token"], KEY)).json()["error"] == "invalid_grant"
    await refused_everywhere(two, [first, second])


async def test_a_repetition_after_the_following_token_was_used_is_a_theft(two: tuple[Replica, Replica]) -> None:
    here, there = two
    first = await here.sign_in()
    second = (await here.refresh(first["refresh_token"], KEY)).json()
    third = (await there.refresh(second["refresh_token"], KEY)).json()
    assert len({tokens["refresh_token"] for tokens in (first, second, third)}) == 3
    assert (await there.refresh(first["refresh_token"], KEY)).json()["error"] == "invalid_grant"
    await refused_everywhere(two, [first, second, third])


@pytest.mark.parametrize(("late", "status"), [(-1, 200), (1, 400)], ids=["in time", "too late"])
async def test_a_repetition_comes_within_minutes(two: tuple[Replica, Replica], late: int, status: int) -> None:
    here, there = two
    first = await here.sign_in()
    await here.refresh(first["refresh_token"], KEY)
    there.app.own.state.clock.fixed = there.app.own.state.clock.now() + REPEATABLE_FOR + timedelta(minutes=late)
    assert (await there.refresh(first["refresh_token"], KEY)).status_code == status


async def test_a_repetition_does_not_revive_a_session(two: tuple[Replica, Replica]) -> None:
    here, there = two
    first = await here.sign_in()
    second = (await here.refresh(first["refresh_token"], KEY)).json()
    await here.http.delete("/v1/session", headers={"Authorization": f"Bearer {second['access_token']}"})
    assert (await there.refresh(first["refresh_token"], KEY)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("key", ["too short", "x" * 201], ids=["short", "long"])
async def test_a_key_that_could_be_guessed_uses_nothing_up(two: tuple[Replica, Replica], key: str) -> None:
    first = await two[0].sign_in()
    assert (await two[0].refresh(first["refresh_token"], key)).json()["error"] == "invalid_request"
    assert (await two[0].refresh(first["refresh_token"])).status_code == 200


@pytest.mark.parametrize("key", [None, KEY], ids=["no key", "key"])
@pytest.mark.parametrize(
    "point",
    ["before:UPDATE refresh_tokens", "after:UPDATE refresh_tokens", "after:INSERT INTO refresh_tokens", "before:COMMIT", "after:COMMIT", "none"],
)
async def test_a_gateway_killed_anywhere_leaves_the_session_whole(templates: Templates, point: str, key: str | None) -> None:
    """Before the commit nothing was used. After it the answer is lost: only the same request gets what followed."""
    async with templates.clone("gateway") as url, deaf(url) as here:
        await make.account(here.app, email=EMAIL)
        first = await here.sign_in()
        code, said = await child("refresh", point, url, first["refresh_token"], *([key] if key else []))
        assert code == (0 if point == "none" else -signal.SIGKILL)
        used = point in ("after:COMMIT", "none")
        assert await rows(here) == ((1, 1) if used else (1, 0))
        again = await here.refresh(first["refresh_token"], key)
        assert again.status_code == (400 if used and key is None else 200)
        if point == "none" and key:
            assert json.loads(said)["refresh_token"] == again.json()["refresh_token"]
        if again.status_code == 200:
            assert await rows(here) == (1, 1)
            assert (await here.refresh(again.json()["refresh_token"])).status_code == 200


async def rows(gateway: Replica) -> tuple[int, int]:
    """How many refresh tokens wait for their use, and how many were used."""
    async with gateway.database.engine.connect() as connection:
        counted = await connection.execute(
            text("SELECT count(*) FILTER (WHERE used_at IS NULL), count(*) FILTER (WHERE used_at IS NOT NULL) FROM refresh_tokens")
        )
        waiting, used = counted.one()
    return waiting, used
