"""Start and memory of each role, against a bare process of the same libraries in the same run."""

import asyncio
import contextlib
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import httpx

from bench.results import Result
from bench.roles import FOLLOWER, HELLO, ROLES, SECRET, Place, memory
from deploy.credentials import Credentials
from deploy.importing import access_token
from gateway.bootstrap import ensure_client
from shared.database import Database

ROUNDS, REQUESTS, AT_ONCE = 3, 1_000, 8
ACCOUNT = "san-diego@comity.example"
PATHS = ("/v1/actors?limit=50", "/v1/register?limit=50", "/v1/inbox?limit=50")
BARE = "a bare FastAPI + SQLAlchemy + asyncpg process"


async def measure(urls: Mapping[str, str], credentials: Credentials) -> list[Result]:
    """Each role started alone, in turns; then all of them together under requests."""
    with tempfile.TemporaryDirectory(prefix="comity-starting-") as folder:
        place = Place(urls, Path(folder))
        seconds, megabytes = await _starts(place)
        used = await _under_requests(place, credentials)
    results = []
    for role in ROLES:
        results.append(Result(f"start of {role}", BARE, seconds[HELLO] / seconds[role], 0.3, f"{seconds[role]:.2f} s, bare {seconds[HELLO]:.2f} s"))
        note = f"{megabytes[role]:.0f} MB, {used[role]:.0f} MB after {REQUESTS:,} requests to each service, bare {megabytes[HELLO]:.0f} MB"
        results.append(Result(f"memory of {role}", BARE, megabytes[HELLO] / megabytes[role], 0.5, note))
    return results


async def _starts(place: Place) -> tuple[dict[str, float], dict[str, float]]:
    """The fewest seconds until it answers, since whatever else the machine does only adds to them, and the median of megabytes then."""
    seconds: dict[str, list[float]] = defaultdict(list)
    megabytes: dict[str, list[float]] = defaultdict(list)
    for counted in (False, *[True] * ROUNDS):  # the first round compiles
        for role in (HELLO, *ROLES):
            async with place.running(role) as (process, taken):
                if counted:
                    seconds[role].append(taken)
                    megabytes[role].append(await memory(process))
    return {role: min(found) for role, found in seconds.items()}, {role: statistics.median(found) for role, found in megabytes.items()}


async def _under_requests(place: Place, credentials: Credentials) -> dict[str, float]:
    """Megabytes of each role once every service has answered REQUESTS requests through the gateway."""
    database = Database(place.urls["gateway"])
    await ensure_client(database, client_id=FOLLOWER, roles=["follower"], secret=SECRET)
    await database.dispose()
    async with contextlib.AsyncExitStack() as stack:
        processes = {role: (await stack.enter_async_context(place.running(role)))[0] for role in ROLES}
        token = await access_token(place.address("gateway"), ACCOUNT, credentials.password(ACCOUNT))
        async with httpx.AsyncClient(base_url=place.address("gateway"), headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
            for path in PATHS:
                for _ in range(REQUESTS // AT_ONCE):
                    for answer in await asyncio.gather(*(http.get(path) for _ in range(AT_ONCE))):
                        answer.raise_for_status()
        return {role: await memory(process) for role, process in processes.items()}
