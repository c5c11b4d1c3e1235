"""A process that dies in the middle of a release: `python -m tests.live.release_child POINT URL BRIEFING ETAG`; points as in crash_child."""

import asyncio
import sys

from services.briefings.app import create_app
from services.briefings.settings import Settings
from shared.web import Clock
from tests.briefings.conftest import NOW
from tests.conftest import client_of
from tests.live.crash_child import arm
from tests.support import tokens
from tests.support.make import briefings as make
from tests.support.tokens import bearer


async def main(point: str, url: str, briefing: str, etag: str) -> None:
    app = create_app(Settings(database_url=url), tokens.verifier(), Clock(NOW))
    arm(app.state.database, point)
    async with client_of(app) as client:
        headers = bearer(make.RELEASER) | {"If-Match": etag}
        answer = await client.post(f"/v1/briefings/{briefing}/releases", json={"unknown": "leave_out"}, headers=headers)
    assert answer.status_code == 201, answer.text
    await app.state.database.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
