"""A gateway that dies at a named point: `python -m tests.live.identity_child ROLE POINT URL [TOKEN [KEY]]`; points as in crash_child.

`refresh` redeems a refresh token and prints the answer; `rotate`, `promote` and `replace` change the signing keys.
"""

import asyncio
import sys

import httpx

from gateway.app import create_app, load
from gateway.settings import Settings
from gateway.tokens import keys
from shared.database import Database
from tests.live.crash_child import arm

CHANGES = {"rotate": keys.rotate, "promote": keys.promote, "replace": keys.replace}


async def refresh(point: str, url: str, token: str, key: str | None = None) -> None:
    app = create_app(Settings(database_url=url), {})
    await load(app.own)
    arm(app.own.state.database, point)
    headers = {"Idempotency-Key": key} if key else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        answer = await http.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": token}, headers=headers)
    print(answer.text)  # noqa: T201 - the parent reads it
    await app.own.state.database.dispose()


async def main(role: str, point: str, url: str, *more: str) -> None:
    if role == "refresh":
        await refresh(point, url, *more)
        return
    database = Database(url)
    arm(database, point)
    await CHANGES[role](database)
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
