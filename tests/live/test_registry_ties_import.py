"""Many ties at once: pairs named from both sides are one, what is known is kept, and the events are those of the API."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from services.registry.ties.applying import PENDING, apply_pending
from services.registry.ties.models import EXPIRED
from shared.access import Caller
from shared.work import open_work
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
COLUMNS = ("line", "type", "from_id", "to_id", "role", "valid_from", "valid_through", "last_activity_on", "source", "licence", "read_on")
DATES = {"valid_from", "valid_through", "last_activity_on", "read_on"}
SAID: dict[str, Any] = {"source": "a list", "licence": "CC0", "read_on": "2026-11-22"}


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def applied(live: LiveRegistry, *rows: dict[str, Any]) -> tuple[int, int, int]:
    """Created, changed, unchanged."""
    now = datetime.now(UTC)
    values = {"now": now, "today": now.date(), "ms": int(now.timestamp() * 1000), "subject": "importer", "organization": None}
    values |= {"reason": "import of ties", "request_id": "r", "trace": None}
    casts = ", ".join(f"CAST(CAST(:{name} AS text) AS date)" if name in DATES else f":{name}" for name in COLUMNS)
    async with open_work(live.database, Caller(subject="importer"), now=now) as work:
        await work.execute(PENDING)
        for line, row in enumerate(rows, 2):
            whole = {**dict.fromkeys(COLUMNS), "line": line, "type": "sister_city", **SAID, **row}
            await work.execute(text(f"INSERT INTO pending_ties ({', '.join(COLUMNS)}) VALUES ({casts})"), whole)
        counts = await apply_pending(work, values)
    return counts["created"], counts["changed"], counts["unchanged"]


async def test_a_list_is_applied_once_and_again_without_effect(live: LiveRegistry) -> None:
    one, two, network = [(await make.actor(live.client, name))["id"] for name in ("One", "Two", "Network")]
    rows: list[dict[str, Any]] = [
        {"from_id": one, "to_id": two},
        {"from_id": two, "to_id": one},
        {"from_id": one, "to_id": one},
        {"from_id": two, "to_id": network, "type": "network_membership", "role": "Observer", "valid_through": "2020-12-31"},
        {"from_id": one, "to_id": network, "type": "network_membership"},
    ]
    assert await applied(live, *rows) == (3, 0, 0)
    assert await applied(live, *rows) == (0, 0, 3)
    kept = {(row.type, row.role, row.status, row.end_reason) for row in await live.rows("SELECT * FROM ties")}
    member = "network_membership"
    assert kept == {("sister_city", None, "active", None), (member, "Observer", "ended", EXPIRED), (member, None, "active", None)}
    assert await live.rows("SELECT id FROM ties WHERE type = 'sister_city' AND from_id > to_id") == []
    assert await applied(live, {**rows[0], "source": "a newer list", "last_activity_on": "2026-05-01"}, rows[4]) == (0, 1, 1)
    (event,) = await live.rows("SELECT * FROM events WHERE type = 'tie.changed'")
    assert event.before == {"last_activity_on": None}, "what people wrote, such as a source, is in no event"
    assert (event.after, event.reason) == ({"last_activity_on": "2026-05-01"}, "import of ties")


async def test_the_events_are_those_of_the_api(live: LiveRegistry) -> None:
    one, two = [(await make.actor(live.client, name))["id"] for name in ("One", "Two")]
    await make.tie(live.client, one, two, type="cooperation", valid_from="2001-02-03", last_activity_on="2020-01-01", **SAID)
    await applied(live, {"from_id": two, "to_id": one, "type": "twinning", "valid_from": "2001-02-03", "last_activity_on": "2020-01-01"})
    over_the_api, imported = await live.rows("SELECT * FROM events WHERE aggregatetype = 'tie' ORDER BY seq")
    assert (over_the_api.type, imported.type, imported.visibility) == ("tie.recorded", "tie.recorded", "public")
    own = {"tie_id", "tie_type"}
    assert {name: value for name, value in imported.payload.items() if name not in own} == {
        name: value for name, value in over_the_api.payload.items() if name not in own
    }
    assert imported.payload == imported.payload_open
    shown = {row.type: (row.quiet_since, row.stated_activity_on, row.version) for row in await live.rows("SELECT * FROM ties")}
    assert shown["twinning"] == shown["cooperation"]


async def test_a_list_wakes_what_sleeps_and_never_what_has_ended(live: LiveRegistry) -> None:
    one, two, three = [(await make.actor(live.client, name))["id"] for name in ("One", "Two", "Three")]
    asleep = await make.tie(live.client, one, two, last_activity_on="2001-01-01")
    over = await make.tie(live.client, one, three)
    headers = bearer(make.TIER) | {"If-Match": (await live.client.get(f"/v1/ties/{over['id']}")).headers["etag"]}
    await live.client.post(f"/v1/ties/{over['id']}/end", json={"reason": "The council voted."}, headers=headers)
    wrong = await make.tie(live.client, two, three)
    path = f"/v1/ties/{wrong['id']}"
    assert (await make.with_match(live.client, "POST", f"{path}/withdrawal", make.TIER, of=path, reason="Another Two.")).status_code == 200
    async with live.database.engine.begin() as connection:
        await connection.execute(text("UPDATE ties SET status = 'dormant' WHERE status = 'active'"))
    pairs: list[dict[str, Any]] = [{"from_id": one, "to_id": two, "last_activity_on": "2026-05-01"}, {"from_id": three, "to_id": one}]
    pairs.append({"from_id": two, "to_id": three, "last_activity_on": "2026-05-01"})
    assert await applied(live, *pairs) == (0, 1, 2)
    states = {str(row.id): (row.status, row.end_reason, str(row.quiet_since)) for row in await live.rows("SELECT * FROM ties")}
    assert states[asleep["id"]] == ("active", None, "2026-05-01")
    assert states[over["id"]][:2] == ("ended", "The council voted.")
    assert states[wrong["id"]][:2] == ("withdrawn", "Another Two.")
    anew = await make.tie(live.client, two, three)
    assert await applied(live, *pairs) == (0, 1, 2)
    assert [str(row.last_activity_on) for row in await live.rows("SELECT * FROM ties WHERE id = :id", id=anew["id"])] == ["2026-05-01"]
