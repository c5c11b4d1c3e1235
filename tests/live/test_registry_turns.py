"""A day that comes is told: whoever follows the registry knows of an actor what a read of that day says."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.registry.actors import turning
from services.registry.actors.turning import COME, DAY_LOCK, turn_once
from tests.registry.test_actors import patch
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry

pytestmark = pytest.mark.live
NOW = datetime.now(UTC).replace(hour=12)
TODAY = NOW.date()
DAY = timedelta(days=1)


@pytest.fixture
async def live(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveRegistry]:
    monkeypatch.setattr(turning, "BATCH", 2)
    async with live_registry(templates) as registry:
        yield registry


async def told(live: LiveRegistry) -> list[Any]:
    return await live.rows("SELECT payload, before, after, reason FROM events WHERE subject = 'registry-calendar' ORDER BY seq")


async def all_told(live: LiveRegistry, *, after_days: int) -> int:
    """Tell to the end, by two workers at once; how many were told of."""
    count = 0
    while found := [n for n in await asyncio.gather(*(turn_once(live.database, now=NOW + after_days * DAY) for _ in range(2))) if n is not None]:
        count += sum(found)
    return count


async def test_what_ends_in_the_future_is_active_for_everybody_until_then(live: LiveRegistry) -> None:
    town = await make.actor(live.client, "Town")
    changed = await patch(live.client, town["id"], status="dissolved", dissolved_on=str(TODAY + 3 * DAY))
    assert changed.json()["status"] == "active"
    (event,) = await live.rows("SELECT payload, after FROM events WHERE type = 'actor.changed'")
    assert (event.payload["status"], event.payload["dissolved_on"], event.after["status"]) == ("active", str(TODAY + 3 * DAY), "dissolved")
    assert await all_told(live, after_days=3) == 0
    assert await all_told(live, after_days=4) == 1
    (end,) = await told(live)
    assert (end.payload["status"], end.before, end.after, end.reason) == ("dissolved", {"status": "active"}, {"status": "dissolved"}, COME)
    assert await all_told(live, after_days=4) == 0


async def test_parents_and_identifiers_of_the_day_are_told_once_each(live: LiveRegistry) -> None:
    """Days that nobody was there for are made up for, in batches that several workers may begin."""
    old, new = [(await make.actor(live.client, name))["id"] for name in ("Old", "New")]
    moving = {}
    for number in range(5):
        town = await make.actor(live.client, f"Town {number}", parent_id=old)
        answer = await patch(live.client, town["id"], parent_id=new, parent_valid_from=str(TODAY + 2 * DAY))
        assert (answer.status_code, answer.json()["parent_id"]) == (200, old), answer.text
        moving[town["id"]] = {"parent_id": new}
    codes = [
        {"scheme": "fips", "value": "1", "valid_through": str(TODAY + DAY)},
        {"scheme": "fips", "value": "2", "valid_from": str(TODAY + 2 * DAY)},
    ]
    coded = await make.actor(live.client, "Coded", identifiers=codes)
    await make.actor(live.client, "Later", parent_id=old, identifiers=[{"scheme": "fips", "value": "3", "valid_from": str(TODAY + 9 * DAY)}])
    assert await all_told(live, after_days=1) == 0
    assert await all_told(live, after_days=5) == 6
    found = {item.payload["actor_id"]: item for item in await told(live)}
    assert {actor_id: item.after for actor_id, item in found.items()} == {**moving, coded["id"]: {}}
    assert all(item.before == {"parent_id": old} and item.payload["parent_id"] == new for actor_id, item in found.items() if actor_id in moving)
    assert found[coded["id"]].payload["identifiers"] == {"fips": "2"}
    assert await all_told(live, after_days=6) == 0


async def test_a_telling_that_broke_off_goes_on_where_it_was(live: LiveRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    towns = []
    for number in range(4):
        town = await make.actor(live.client, f"Town {number}")
        await patch(live.client, town["id"], status="dissolved", dissolved_on=str(TODAY))
        towns.append(UUID(town["id"]))
    later = NOW + DAY
    assert await turn_once(live.database, now=later) == 2
    with monkeypatch.context() as broken:
        broken.setattr(turning, "state_of", None)
        with pytest.raises(TypeError):
            await turn_once(live.database, now=later)
    assert await turn_once(live.database, now=later + DAY) == 2
    assert [UUID(item.payload["actor_id"]) for item in await told(live)] == sorted(towns)
    assert await all_told(live, after_days=2) == 0


async def test_a_change_at_that_moment_is_not_told_backwards(live: LiveRegistry) -> None:
    """Whoever comes second waits for the row: the last event says what the record says."""
    for number in range(6):
        town = await make.actor(live.client, f"Town {number}", population=1)
        await patch(live.client, town["id"], status="dissolved", dissolved_on=str(TODAY + number * DAY))
        later = NOW + (number + 1) * DAY
        await asyncio.gather(turn_once(live.database, now=later), patch(live.client, town["id"], population=2), turn_once(live.database, now=later))
        (last,) = await live.rows("SELECT payload FROM events WHERE aggregateid = :id ORDER BY seq DESC LIMIT 1", id=town["id"])
        assert last.payload["population"] == 2


async def test_no_day_turns_while_a_file_of_the_day_before_is_applied(live: LiveRegistry) -> None:
    """What it writes as of yesterday is told as well, once it is there."""
    town = await make.actor(live.client, "Town")
    async with live.database.engine.begin() as file:
        await file.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": DAY_LOCK})
        waiting = asyncio.create_task(turn_once(live.database, now=NOW + DAY), name="turn")
        for _ in range(1_000):
            if await live.rows("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                break
            await asyncio.sleep(0.02)
        assert not waiting.done()
        await file.execute(text("UPDATE actors SET status = 'dissolved', dissolved_on = :today"), {"today": TODAY})
    assert await waiting == 1
    (end,) = await told(live)
    assert (end.payload["actor_id"], end.payload["status"]) == (town["id"], "dissolved")
