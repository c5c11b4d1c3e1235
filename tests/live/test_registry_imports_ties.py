"""Files that say how ties stand: what is new is recorded so, what is known keeps its state, and what cannot be is named."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry
from tests.support.rounds import imported
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
SIDES = {"from_scheme": "code", "from_value": "1", "to_scheme": "code", "to_value": "2"}


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        for code in ("1", "2"):
            await make.actor(registry.client, f"Town {code}", identifiers=[{"scheme": "code", "value": code}])
        yield registry


def row(type_: str, **cells: str) -> dict[str, str]:
    return {"type": type_, **SIDES, **cells}


async def stands(live: LiveRegistry) -> dict[str, tuple[Any, ...]]:
    found = await live.rows("SELECT type, status, end_reason, CAST(valid_through AS text), note FROM ties")
    return {each.type: tuple(each)[1:] for each in found}


async def test_a_new_tie_stands_as_its_row_says(live: LiveRegistry) -> None:
    rows = [
        row("twinning", status="proposed"),
        row("cooperation", status="dormant", last_activity_on="2001-01-01", note="Nobody answers."),
        row("counterpart", status="ended", end_reason="The council voted.", valid_through="2020-01-01"),
        row("sister_city", status="active", valid_through="2020-01-01"),
        row("friendship_city", status="ended", valid_through="2099-01-01"),
    ]
    assert (await imported(live, make.csv_file(rows), "ties"))["rows_applied"]["created"] == 5
    assert await stands(live) == {
        "twinning": ("proposed", None, None, None),
        "cooperation": ("dormant", None, None, "Nobody answers."),
        "counterpart": ("ended", "The council voted.", "2020-01-01", None),
        "sister_city": ("ended", "Its time is over.", "2020-01-01", None),
        "friendship_city": ("ended", "Its time is over.", "2099-01-01", None),
    }


async def test_a_known_tie_takes_the_note_and_keeps_its_state(live: LiveRegistry) -> None:
    await imported(live, make.csv_file([row("twinning", status="proposed")]), "ties")
    again = await imported(live, make.csv_file([row("twinning", status="active", note="Signed,\nthey say.")]), "ties")
    assert again["rows_applied"] == {"created": 0, "changed": 1, "unchanged": 0}
    assert await stands(live) == {"twinning": ("proposed", None, None, "Signed,\nthey say.")}
    (event,) = await live.rows("SELECT before, after FROM events WHERE type = 'tie.changed'")
    assert (event.before, event.after) == (None, None), "a note may name somebody: that it changed is kept, and not what it says"


async def test_what_cannot_be_is_named_by_its_line(live: LiveRegistry) -> None:
    rows = [
        row("twinning", status="ended"),
        row("twinning", end_reason="The council voted."),
        row("office_of", status="dormant"),
        row("twinning", status="withdrawn"),
        row("twinning", note="x" * 20_001),
    ]
    failed = await make.imported(live.client, live.database, make.csv_file(rows), query="preset=ties")
    assert await make.import_problems(live.client, failed["id"]) == [
        (2, "valid_through", "is missing beside the status ended"),
        (3, "end_reason", "is given for a tie that has not ended"),
        (4, "status", "is no status of this type of tie"),
        (5, "status", "is not one of the values of this column"),
        (6, "note", "is longer than 20000 characters"),
    ]
    assert await live.count("ties") == 0


async def test_a_person_who_decides_a_side_records_the_tie_as_the_row_says(live: LiveRegistry) -> None:
    asked = {**row("twinning", status="ended", end_reason="The council voted.", valid_through="2020-01-01", note="A note."), "to_value": "3"}
    done = await imported(live, make.csv_file([asked]), "ties")
    path = f"/v1/imports/{done['id']}/suggestions"
    (item,) = (await live.client.get(path, headers=bearer(make.IMPORTER))).json()["items"]
    meant = str((await live.rows("SELECT id FROM actors WHERE name = 'Town 2'"))[0].id)
    body = {"actor_id": meant, "reason": "It is."}
    assert (await live.client.post(f"{path}/{item['id']}/resolution", json=body, headers=bearer(make.IMPORTER))).status_code == 200
    assert await stands(live) == {"twinning": ("ended", "The council voted.", "2020-01-01", "A note.")}
