"""How long the gateway believes an access token without looking at it again."""

import time
from typing import Any

import pytest

from gateway.app import Gateway
from gateway.tokens import passports
from shared.errors import Unauthorized
from tests.support.make import gateway as make


class Moving:
    """A clock that stands where it was put."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Moving:
    moving = Moving()
    monkeypatch.setattr(passports, "time", moving)
    return moving


@pytest.fixture
def looks(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that were verified, each time anew."""
    seen: list[str] = []
    verify = gateway.passports.verifier.claims

    async def claims(token: str) -> dict[str, Any]:
        seen.append(token)
        return await verify(token)

    monkeypatch.setattr(gateway.passports.verifier, "claims", claims)
    return seen


async def test_a_token_is_looked_at_once_in_its_time_and_kept_by_its_hash(gateway: Gateway, clock: Moving, looks: list[str]) -> None:
    token = make.access_token(gateway)
    first = await gateway.passports.admit(token)
    assert await gateway.passports.admit(token) is first
    assert looks == [token]
    assert token not in repr(list(gateway.passports._verified))
    internal_ends = int(clock.now) + passports.INTERNAL_SECONDS
    assert first.until == internal_ends - passports.REUSE_WHILE, "what goes upstream must live on for a while"
    assert first.until <= clock.now + passports.REMEMBER
    clock.now = first.until
    assert await gateway.passports.admit(token) is not first
    assert looks == [token, token]


async def test_a_token_is_never_believed_beyond_its_own_end(gateway: Gateway, clock: Moving, looks: list[str]) -> None:
    token = make.access_token(gateway, exp=int(clock.now) + 5)
    assert (await gateway.passports.admit(token)).until == int(clock.now) + 5
    over = make.access_token(gateway, exp=int(clock.now) - 60)
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await gateway.passports.admit(over)
    assert looks == [token, over, over]
