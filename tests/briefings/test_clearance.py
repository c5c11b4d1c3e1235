"""Clearance and markings only narrow what organisation and addressing allow: a property over callers and markings."""

from dataclasses import dataclass, replace
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.briefings import errors as states
from services.briefings.briefings.markings import Marking
from shared.access import CLEARANCES, Caller
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer

LABELS = [marking.value for marking in Marking]


@dataclass(frozen=True)
class Case:
    """A briefing released to one named seat under one marking, and its delivery."""

    rank: int
    id: str
    release: str
    delivery: str


@dataclass(frozen=True)
class World:
    seat: UUID
    cases: list[Case]


@pytest.fixture
async def world(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> World:
    """One release under each marking, each to San Diego by name."""
    seat = (await make.border_towns(briefings_app.state.database))["San Diego"]
    cases = []
    for rank, label in enumerate(LABELS):
        # A part that everybody may read does not lower the whole.
        parts = [make.part(marking="TLP:CLEAR"), make.part(marking=label)]
        made = await make.released(briefings, parts=parts, audience={"predicate": None, "seats": [str(seat)]})
        line = (await briefings.get("/v1/deliveries", params={"briefing": made["id"]}, headers=bearer(make.RELEASER))).json()["items"][0]
        cases.append(Case(rank, made["id"], made["release"]["id"], line["id"]))
    return World(seat, cases)


def test_clearances_and_markings_are_one_order() -> None:
    assert [marking.name for marking in Marking] == list(CLEARANCES)
    assert [Caller(clearance=name).clearance_rank for name in (*CLEARANCES, "cosmic")] == [0, 1, 2, 3, 4, 0]


@pytest.mark.parametrize("clearance", CLEARANCES)
async def test_a_recipient_finds_what_its_clearance_reaches_and_nothing_above(briefings: httpx.AsyncClient, world: World, clearance: str) -> None:
    who = replace(make.recipient(world.seat), clearance=clearance)
    reached = [case for case in world.cases if case.rank <= who.clearance_rank]
    inbox = (await briefings.get("/v1/inbox?count=exact", headers=bearer(who))).json()
    assert ({item["id"] for item in inbox["items"]}, inbox["total"]) == ({case.delivery for case in reached}, len(reached))
    listed = (await briefings.get("/v1/briefings?count=exact", headers=bearer(who))).json()
    assert ({item["id"] for item in listed["items"]}, listed["total"]) == ({case.id for case in reached}, len(reached))
    for case in world.cases:
        seen = case in reached
        for method, path, status in (
            ("GET", f"/v1/inbox/{case.delivery}", 200),
            ("GET", f"/v1/briefings/{case.id}", 200),
            ("POST", f"/v1/inbox/{case.delivery}/openings", 200),
            ("POST", f"/v1/inbox/{case.delivery}/acknowledgements", 200),
        ):
            answer = await briefings.request(method, path, headers=bearer(who))
            assert answer.status_code == (status if seen else 404), (path, case.rank)
    assert (await briefings.get("/v1/inbox", headers=bearer(replace(make.recipient(world.seat, "Elsewhere"), seats=(), clearance=clearance)))).json()[
        "items"
    ] == []


@pytest.mark.parametrize("clearance", CLEARANCES)
@pytest.mark.parametrize("who", [make.BOTH, make.RELEASER, make.AUDITOR, make.STRANGER], ids=lambda who: who.subject)
async def test_the_desk_and_auditors_are_narrowed_alike(briefings: httpx.AsyncClient, world: World, who: Caller, clearance: str) -> None:
    who = replace(who, clearance=clearance)
    reached = [] if who.subject == "stranger" else [case for case in world.cases if case.rank <= who.clearance_rank]
    for path, names in (("/v1/briefings", "id"), ("/v1/deliveries", "delivery")):
        page = (await briefings.get(f"{path}?count=exact", headers=bearer(who))).json()
        assert ({item["id"] for item in page["items"]}, page["total"]) == ({getattr(case, names) for case in reached}, len(reached)), path
    for case in world.cases:
        path = f"/v1/briefings/{case.id}"
        for found in (path, f"{path}/audience", f"{path}/releases", f"{path}/recipients/{world.seat}/explain", f"/v1/deliveries/{case.delivery}"):
            answer = await briefings.get(found, headers=bearer(who))
            assert answer.status_code == (200 if case in reached else 404), (found, case.rank)


@pytest.mark.parametrize("clearance", CLEARANCES)
async def test_nobody_writes_what_they_would_not_be_cleared_to_read(briefings: httpx.AsyncClient, briefings_app: FastAPI, clearance: str) -> None:
    author = replace(make.AUTHOR, clearance=clearance)
    for rank, label in enumerate(LABELS):
        parts = [make.part(marking="TLP:CLEAR"), make.part(marking=label)]
        answer = await briefings.post("/v1/briefings", json=make.content(parts=parts), headers=bearer(author))
        draft = await make.briefing(briefings, author, parts=[])
        change = await briefings.patch(
            f"/v1/briefings/{draft.json()['id']}", json={"parts": parts}, headers=bearer(author) | {"If-Match": draft.headers["etag"]}
        )
        if rank <= author.clearance_rank:
            assert (answer.status_code, change.status_code) == (201, 200)
            continue
        for refused in (answer, change):
            body = assert_problem(refused, states.MarkingAboveClearance, clearance=LABELS[author.clearance_rank])
            assert [item["pointer"] for item in body["errors"]] == ["/parts/1/marking"]
        assert (await briefings.get(f"/v1/briefings/{draft.json()['id']}", headers=bearer(author))).json()["parts"] == []
    async with briefings_app.state.database.session(read_only=True) as session:
        stored = (await session.execute(text("SELECT count(*) FROM parts WHERE marking = 'TLP:RED'"))).scalar_one()
    assert (stored > 0) == (clearance == "red")


async def test_a_draft_of_which_one_part_is_red_is_hidden_while_another_is_unmarked(briefings: httpx.AsyncClient) -> None:
    draft = await make.briefing(briefings, parts=[make.part(marking=None), make.part(marking="TLP:RED")])
    colleague = replace(make.BOTH, clearance="amber_strict")
    path, headers = f"/v1/briefings/{draft.json()['id']}", bearer(colleague) | {"If-Match": draft.headers["etag"]}
    for answer in (
        await briefings.get(path, headers=headers),
        await briefings.patch(path, json={"parts": [make.part()]}, headers=headers),
        await briefings.delete(path, headers=headers),
        await briefings.post(f"{path}/releases", json={}, headers=headers),
    ):
        assert_problem(answer, states.BriefingNotFound)
    unmarked = await make.briefing(briefings, parts=[make.part(marking=None)])
    assert (await briefings.get(f"/v1/briefings/{unmarked.json()['id']}", headers=bearer(replace(colleague, clearance="clear")))).status_code == 200
