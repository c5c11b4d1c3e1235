"""What holds of the databases at rest, whatever has happened to the processes."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import asyncpg

FOLLOWING = ("agreements", "briefings")
HOLES = """
    SELECT count(*) AS all, count(position) AS placed, count(DISTINCT position) AS distinct, coalesce(max(position), 0) AS last,
           (SELECT position FROM relay_state) AS given FROM events
"""
STAGED = "SELECT (SELECT count(*) FROM import_rows) + (SELECT count(*) FROM import_chunks) + (SELECT count(*) FROM imports WHERE finished_at IS NULL)"
BOUND = """
    SELECT p.agreement_id, p.actor_id, a.in_force_on, coalesce((left_at.at AT TIME ZONE 'UTC')::date, a.ended_on)
    FROM parties AS p JOIN agreements AS a ON a.id = p.agreement_id AND a.in_force_on IS NOT NULL
    LEFT JOIN actions AS left_at ON left_at.party_id = p.id AND left_at.kind = 'leave'
"""
KNOWN = "SELECT agreement_id, actor_id, in_force_on, ended_on FROM agreement_parties"
SHARED = """
    SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY 1
"""


async def settled(urls: Mapping[str, str]) -> None:
    """Returns when every event has its position and every follower has come to the end."""
    for _ in range(1_200):
        if await _at_rest(urls):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the platform does not come to rest")


async def _at_rest(urls: Mapping[str, str]) -> bool:
    waiting = [await _one(url, "SELECT count(*) FROM events WHERE position IS NULL") for url in urls.values()]
    last = await _one(urls["registry"], "SELECT position FROM relay_state")
    followed = [await _one(urls[part], "SELECT coalesce(max(position), 0) FROM followers") for part in FOLLOWING]
    agreed = [
        await _one(urls["agreements"], "SELECT position FROM relay_state"),
        await _one(urls["registry"], "SELECT coalesce(max(position), 0) FROM followers"),
    ]
    return not any(waiting) and all(position == last for position in followed) and len(set(agreed)) == 1 and not await _one(urls["registry"], STAGED)


async def broken_promises(urls: Mapping[str, str]) -> list[str]:
    """A sentence for each feed with a hole and each directory that is not the registry's."""
    said = []
    for part, url in urls.items():
        row = (await _rows(url, HOLES))[0]
        if len({row["all"], row["placed"], row["distinct"], row["last"], row["given"]}) != 1:
            said.append(f"the feed of {part} is not gap-free: {dict(row)}")
    for part in FOLLOWING:
        for theirs, ours in (("actors", "directory_actors"), ("seats", "directory_seats")):
            columns = sorted(await _columns(urls["registry"], theirs) & await _columns(urls[part], ours))
            lines = [await _lines(url, table, columns) for url, table in ((urls["registry"], theirs), (urls[part], ours))]
            if lines[0] != lines[1]:
                said.append(f"{ours} of {part} differ from the registry: {sorted(lines[0] ^ lines[1])[:5]}")
    bound, known = [set(map(tuple, await _rows(urls[part], query))) for part, query in (("agreements", BOUND), ("registry", KNOWN))]
    if bound != known:
        said.append(f"what the registry knows of agreements in force differs: {sorted(map(str, bound ^ known))[:5]}")
    return said


async def _columns(url: str, table: str) -> set[str]:
    return {row["column_name"] for row in await _rows(url, SHARED, table)}


async def _lines(url: str, table: str, columns: list[str]) -> set[str]:
    wanted = ", ".join(f'"{column}"' for column in columns)
    rows = await _rows(url, f"SELECT row_to_json(t)::text AS line FROM (SELECT {wanted} FROM {table}) AS t")
    return {json.dumps(json.loads(row["line"]), sort_keys=True) for row in rows}


async def _one(url: str, query: str) -> Any:
    return (await _rows(url, query))[0][0]


async def _rows(url: str, query: str, *arguments: Any) -> list[Any]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()
