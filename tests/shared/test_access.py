"""Verifying tokens: keys that arrive late, clocks that differ, a source of keys that fails."""

import asyncio
import time
from typing import Any

import jwt
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


@pytest.mark.parametrize(("expired_for", "ahead", "believed"), [(0, 0, True), (28, 0, True), (32, 0, False), (-60, 25, True), (-60, 60, False)])
async def test_clocks_may_differ_by_half_a_minute(expired_for: int, ahead: int, believed: bool) -> None:
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


class Published:
    """A source of keys that counts how often it is read, and may fail."""

    def __init__(self) -> None:
        self.asked, self.failing = 0, False
        self.shown: list[str] = [tokens.KEY_ID]

    async def __call__(self) -> dict[str, Any]:
        self.asked += 1
        if self.failing:
            raise ConnectionRefusedError("refused")
        return {"keys": [{**key, "kid": name} for key in (await tokens.jwks())["keys"] for name in self.shown]}


async def renewed(verifier: Verifier) -> None:
    """The set is old: the next request has it read again, and this returns when it was."""
    verifier._renew_at = time.monotonic() - 1
    await verifier.caller(tokens.token(WHO, jti=str(time.monotonic_ns())))
    assert verifier._renewing is not None
    await verifier._renewing


async def test_keys_that_nobody_knows_are_asked_for_once_however_many_tokens_name_them() -> None:
    source = Published()
    verifier = Verifier(source)
    assert await verifier.caller(tokens.token(WHO)) == WHO
    forged = [jwt.encode({}, tokens.KEY, algorithm="ES256", headers={"kid": f"random {number}"}) for number in range(20)]
    refused = await asyncio.gather(*(verifier.caller(token) for token in forged), return_exceptions=True)
    assert {type(each) for each in refused} == {Unauthorized}
    assert source.asked == 1, "the set was read within this second"
    verifier._fetched_at = float("-inf")
    await asyncio.gather(*(verifier.caller(token) for token in forged), return_exceptions=True)
    assert source.asked == 2, "and once in the next"


async def test_an_old_set_is_read_again_behind_the_requests() -> None:
    source = Published()
    verifier = Verifier(source)
    await verifier.caller(tokens.token(WHO))
    assert verifier._renewing is None
    source.shown = [tokens.KEY_ID, "published before it signs"]
    await renewed(verifier)
    assert (source.asked, set(verifier._known)) == (2, set(source.shown))
    verifier._fetched_at = time.monotonic()
    new = jwt.encode({**claims_of(tokens.token(WHO))}, tokens.KEY, algorithm="ES256", headers={"kid": source.shown[1]})
    assert await verifier.caller(new) == WHO
    assert source.asked == 2, "nobody had to ask for it when it began to sign"


async def test_a_key_that_is_published_no_more_is_believed_no_more() -> None:
    source = Published()
    source.shown = [tokens.KEY_ID, "stolen"]
    verifier = Verifier(source)
    stolen = jwt.encode({**claims_of(tokens.token(WHO))}, tokens.KEY, algorithm="ES256", headers={"kid": "stolen"})
    assert await verifier.caller(stolen) == WHO
    source.shown = [tokens.KEY_ID]
    await renewed(verifier)
    with pytest.raises(Unauthorized):
        await verifier.caller(stolen)


async def test_a_set_that_is_much_too_old_is_read_before_anything_is_believed() -> None:
    source = Published()
    source.shown = [tokens.KEY_ID, "stolen"]
    verifier = Verifier(source)
    stolen = jwt.encode({**claims_of(tokens.token(WHO))}, tokens.KEY, algorithm="ES256", headers={"kid": "stolen"})
    assert await verifier.caller(stolen) == WHO
    source.shown = [tokens.KEY_ID]
    verifier._renew_at = float("-inf")
    with pytest.raises(Unauthorized):
        await verifier.caller(stolen)
    assert await verifier.caller(tokens.token(WHO)) == WHO
    assert source.asked == 2


@pytest.mark.parametrize("late", [1.0, float("inf")], ids=["old", "much too old"])
async def test_known_keys_outlive_a_source_that_fails(late: float) -> None:
    source = Published()
    verifier = Verifier(source)
    await verifier.caller(tokens.token(WHO))
    source.failing = True
    await renewed(verifier)
    verifier._renew_at = time.monotonic() - late
    assert await verifier.caller(tokens.token(WHO, jti="after")) == WHO


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})
