"""A list of 50 actors: bare asyncpg and orjson, the registry alone, the whole gateway in one process."""

from collections.abc import Mapping

from bench.results import Result
from bench.servers import Target, compare, server
from deploy.credentials import Credentials
from deploy.importing import access_token

LIST = "/v1/actors?limit=50"
ACCOUNT = "san-diego@comity.example"


async def measure(urls: Mapping[str, str], credentials: Credentials) -> list[Result]:
    """Three servers, one list, rounds that take turns."""
    async with (
        server("bare", urls, ready="/") as bare,
        server("registry", urls, ready="/readyz") as registry,
        server("gateway", urls, ready="/readyz") as gateway,
    ):
        token = await access_token(f"http://127.0.0.1:{gateway}", ACCOUNT, credentials.password(ACCOUNT))
        rates = await compare(
            [
                Target("bare", bare, LIST),
                Target("registry", registry, LIST),
                Target("gateway, public", gateway, LIST),
                Target("gateway, token", gateway, LIST, (f"Authorization: Bearer {token}",)),
            ]
        )
    floor = rates["bare"]
    return [
        Result("list of 50 actors, the registry", "bare asyncpg + orjson", rates["registry"] / floor, 0.6),
        Result("list of 50 actors, one-process gateway", "bare asyncpg + orjson", rates["gateway, public"] / floor, 0.5),
        Result("the same with an access token", "bare asyncpg + orjson", rates["gateway, token"] / floor, 0.5),
    ]
