"""The floor: the same fifty rows by bare asyncpg and orjson, behind the same server, with nothing else."""

from typing import Any

import asyncpg
import orjson

ROWS = """
    SELECT id, kind, source_kind, status, coalesce(names ->> 'en', name) AS name, preferred_language, country, subdivision,
           (SELECT parent_id FROM actor_parents AS p WHERE p.actor_id = actors.id
            AND (valid_from IS NULL OR valid_from <= current_date) AND (valid_through IS NULL OR valid_through >= current_date)) AS parent_id,
           lat, lon, population, website, border_m, source, licence, read_on, created_at, updated_at, sort_name
    FROM actors ORDER BY sort_name, id LIMIT 51
"""


class Bare:
    """A raw ASGI application over one pool."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.pool: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.pool = await asyncpg.create_pool(self.dsn, min_size=8, max_size=8)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        rows = await self.pool.fetch(ROWS)
        items = [_item(row) for row in rows[:50]]
        body = orjson.dumps({"items": items, "next": str(rows[49]["id"]), "total": None})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _item(row: Any) -> dict[str, Any]:
    item = dict(row)
    del item["sort_name"]
    item["id"], item["parent_id"] = str(item["id"]), item["parent_id"] and str(item["parent_id"])
    item["border_m"] = orjson.Fragment(item["border_m"])
    return item
