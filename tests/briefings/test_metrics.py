"""Deliveries by state, of recent releases only, so that a scrape stays cheap however old the platform is."""

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from tests.support.make import briefings as make
from tests.support.queries import queries
from tests.support.scrapes import scrape, series


async def test_recent_deliveries_by_state(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    database = briefings_app.state.database
    seats = await make.border_towns(database)
    await make.release(briefings, await make.briefing(briefings), unknown="include")
    assert series((await scrape(briefings)).get("comity_deliveries", []), "state") == {}, "released long ago"
    async with database.session(read_only=False) as session:
        await session.execute(text("UPDATE releases SET released_at = now() - interval '1 day'"))
        await session.execute(text("UPDATE deliveries SET opened_at = now(), opened_by = 'x' WHERE seat_id = :seat"), {"seat": seats["Brewster"]})
        await session.commit()
    with queries(database, at_most=1):
        found = await scrape(briefings)
    assert series(found["comity_deliveries"], "service", "state") == {("briefings", "delivered"): 1, ("briefings", "opened"): 1}
