"""A follower over a service's own application, as the gateway would carry it."""

from typing import Any

import httpx

from shared.access import Caller
from shared.clients import MachineClient
from shared.feed import FOLLOW, READ
from tests.support.tokens import caller, token

FOLLOWER = caller(READ, FOLLOW, subject="follower", roles=("follower",))


class FeedClient(MachineClient):
    """A machine client whose token the tests sign."""

    def __init__(self, app: Any, who: Caller = FOLLOWER) -> None:
        super().__init__(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test"), who.subject, "")
        self.who = who

    async def _bearer(self) -> str:
        return token(self.who)


async def read_all(app: Any, source: str, who: Caller = FOLLOWER, *, limit: int = 3) -> list[dict[str, Any]]:
    """Every event this caller may see, batch by batch from the start."""
    client = FeedClient(app, who)
    found: list[dict[str, Any]] = []
    while True:
        after = {"lastEventId": found[-1]["id"]} if found else {}
        answer = await client.get(f"/v1/events/{source}", {"limit": limit, **after})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        if not answer.json():
            return found
        found += answer.json()
