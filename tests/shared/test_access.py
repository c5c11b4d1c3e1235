"""Verifying tokens: keys that arrive late, clocks that differ, a source of keys that fails."""

import asyncio
import time
from typing import Any

import pytest

from shared.access import Verifier
from shared.errors import Unauthorized, Unavailable
from tests.support import tokens

WHO = tokens.caller("toy:read")


async def test_requests_that_arrive_while_the_keys_are_fetched_wait_for_them() -> None:
    fetches = 0

    async def slow() -> dict[str, Any]:
        nonlocal fetches
        fetches += 1
        await asyncio.sleep(0.01)
        return await tokens.jwks()

    verifier = Verifier(slow)
    found = await asyncio.gather(*(verifier.caller(tokens.token(WHO, jti=str(number))) for number in range(20)))
    assert (set(found), fetches) == ({WHO}, 1)


async def test_a_source_of_keys_that_fails_is_asked_again_and_nobody_is_told_that_the_token_is_bad() -> None:
    failing, asked = True, 0

    async def shaky() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        if failing:
            raise ConnectionRefusedError("refused")
        return await tokens.jwks()

    verifier = Verifier(shaky)
    for _ in range(5):
        with pytest.raises(Unavailable):
            await verifier.caller(tokens.token(WHO))
    assert asked == 1, "a source that has just failed is left alone for a second"
    failing = False
    verifier.forget()
    assert await verifier.caller(tokens.token(WHO)) == WHO


@pytest.mark.parametrize(("expired_for", "ahead", "believed"), [(0, 0, True), (4, 0, True), (6, 0, False), (-60, 4, True), (-60, 30, False)])
async def test_clocks_may_differ_by_five_seconds(expired_for: int, ahead: int, believed: bool) -> None:
    now = int(time.time())
    token = tokens.token(WHO, exp=now - expired_for, iat=now + ahead - 60 if expired_for >= 0 else now + ahead)
    verifier = tokens.verifier()
    if believed:
        assert await verifier.caller(token) == WHO
        return
    with pytest.raises(Unauthorized):
        await verifier.caller(token)


async def test_what_was_verified_is_not_believed_past_its_end() -> None:
    verifier = tokens.verifier()
    token = tokens.token(WHO, exp=int(time.time()) + 100)
    await verifier.caller(token)
    digest = next(iter(verifier._verified))
    until, claims, caller = verifier._verified[digest]
    assert until <= claims["exp"]
    verifier._verified[digest] = (time.time() - 1, claims, caller)
    verifier.keys = _none
    verifier._known.clear()
    verifier._fetched_at = float("-inf")
    with pytest.raises(Unauthorized):
        await verifier.caller(token)


async def _none() -> dict[str, Any]:
    return {"keys": []}
