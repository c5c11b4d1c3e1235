"""The inbox of a seat and the ledger of a release as large ones are read: by index, and no page costs more rows than the first."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, text

from services.briefings.app import create_app
from services.briefings.deliveries.models import Delivery
from services.briefings.settings import Settings
from shared.access import Caller
from shared.web import Clock
from tests.briefings.conftest import NOW
from tests.conftest import client_of
from tests.support import tokens
from tests.support.database import Templates, rolled_back
from tests.support.make import briefings as make
from tests.support.queries import NOT_COUNTED, queries
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
SEATS, LETTERS, LIMIT = 5_000, 300, 20
LATER = "('ff000000-0000-7000-8000-' || lpad({}::text, 12, '0'))::uuid"  # ids grow with time, as those of releases do
ACKNOWLEDGED = "hashtext(d.seat_id::text) % 3 = 0"


def copied(rows: str, **instead: str) -> str:
    """An INSERT of deliveries as these rows `d` are, with some columns written otherwise."""
    columns = [column.name for column in Delivery.__table__.columns]
    return f"INSERT INTO deliveries ({', '.join(columns)}) SELECT {', '.join(instead.get(name, f'd.{name}') for name in columns)} FROM {rows}"


# Ten ledgers of one organisation beside each other, a long inbox of one seat, and every third line acknowledged.
GROWN = [
    f"UPDATE deliveries AS d SET acknowledged_at = queued_at, acknowledged_by = 'somebody' WHERE {ACKNOWLEDGED}",
    copied(
        "(SELECT * FROM generate_series(1, 9) AS n, deliveries ORDER BY n) AS d",
        release_id=LATER.format("d.n"),
        briefing_id=LATER.format("d.n"),
        id="gen_random_uuid()",
    ),
    copied(
        f"(SELECT * FROM deliveries ORDER BY seat_id LIMIT 1) AS d, generate_series(1, {LETTERS}) AS n",
        release_id=LATER.format("(100 + n)"),
        briefing_id=LATER.format("(100 + n)"),
        id="gen_random_uuid()",
        queued_at="d.queued_at - n * interval '1 minute'",
    ),
    "ANALYZE deliveries",
]
DIRECTORY = [
    f"""
    INSERT INTO directory_actors (id, kind, status, name, names, country, subdivision, border_m, position)
    SELECT md5('actor' || n)::uuid, 'county', 'active', 'County ' || n, '{{}}', 'US', 'US-CA', '{{"MX": 5}}', 1 FROM generate_series(1, {SEATS}) AS n
    """,
    f"""
    INSERT INTO directory_seats (id, actor_id, role, title, status, position)
    SELECT md5('seat' || n)::uuid, md5('actor' || n)::uuid, 'chief_executive', 'Head', 'active', 1 FROM generate_series(1, {SEATS}) AS n
    """,
]


class Ledger:
    """A service with a large ledger, and the plans of what it reads."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        self.app, self.client = app, client
        self.briefing = ""
        self.answer: Any = None
        self.seat = UUID(int=0)

    async def run(self, statements: list[str]) -> None:
        for statement in statements:
            await self.app.state.database.bound.execute(text(statement))

    async def page(self, path: str, who: Caller, **query: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return await self.read(path, who, limit=LIMIT, **query)

    async def read(self, path: str, who: Caller, **query: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The answer, read in one statement, and the nodes of its plan."""
        (found,) = await self.statements(path, who, at_most=1, **query)
        return self.answer, await self.plan(*found)

    async def statements(self, path: str, who: Caller, *, at_most: int, **query: Any) -> list[tuple[str, Any]]:
        """What is sent to answer this, with its parameters."""
        sent: list[tuple[str, Any]] = []
        engine = self.app.state.database.engine.sync_engine

        def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if not statement.startswith(NOT_COUNTED):
                sent.append((statement, parameters))

        event.listen(engine, "before_cursor_execute", keep)
        try:
            with queries(self.app.state.database, at_most=at_most):
                answer = await self.client.get(path, params=query, headers=bearer(who))
        finally:
            event.remove(engine, "before_cursor_execute", keep)
        assert answer.status_code == 200, answer.text
        self.answer = answer.json()
        return sent

    async def plan(self, statement: str, parameters: Any) -> list[dict[str, Any]]:
        """Every node of the plan, with what it really read."""
        found = await self.app.state.database.bound.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        plan = found.scalar_one()
        (top,) = json.loads(plan) if isinstance(plan, str) else plan
        return list(nodes(top["Plan"]))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def examined(read: list[dict[str, Any]]) -> int:
    """The rows of deliveries that were looked at, kept or not."""
    scans = [node for node in read if node.get("Relation Name") == "deliveries"]
    assert scans
    assert "Seq Scan" not in {node["Node Type"] for node in scans}
    return sum(round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]) for node in scans)


def indexes(read: list[dict[str, Any]]) -> set[str]:
    return {name for node in read if "deliveries" in (name := node.get("Index Name", ""))}


@pytest.fixture(scope="module")
async def ledger(templates: Templates) -> AsyncIterator[Ledger]:
    """Read only by the tests, hence made once."""
    async with templates.clone("briefings") as url:
        app = create_app(Settings(database_url=url), tokens.verifier(), Clock(NOW))
        async with rolled_back(app.state.database), client_of(app) as client:
            made = Ledger(app, client)
            await made.run(DIRECTORY)
            released = await make.released(client)
            assert released["release"]["recipients"] == SEATS
            await made.run(GROWN)
            made.briefing = released["id"]
            made.seat = (await app.state.database.bound.execute(text("SELECT min(seat_id::text)::uuid FROM deliveries"))).scalar_one()
            yield made
        await app.state.database.dispose()


async def deep(ledger: Ledger, path: str, who: Caller, pages: int, **query: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The plans of the first and of a later page; no line comes twice on the way."""
    page, first = await ledger.page(path, who, **query)
    seen, read = [item["id"] for item in page["items"]], first
    for _ in range(pages):
        page, read = await ledger.page(path, who, cursor=page["next"], **query)
        seen += [item["id"] for item in page["items"]]
    assert len(set(seen)) == len(seen) == LIMIT * (pages + 1)
    return first, read


@pytest.mark.parametrize("query", [{}, {"acknowledged": "false"}, {"state": "delivered"}], ids=["all", "not acknowledged", "by state"])
async def test_the_ledger_of_a_release_is_read_by_index_and_deep_pages_cost_no_more(ledger: Ledger, query: dict[str, str]) -> None:
    first, later = await deep(ledger, "/v1/deliveries", make.RELEASER, 12, briefing=ledger.briefing, **query)
    for read in (first, later):
        assert indexes(read) == {"ix_deliveries_briefing_id"}
        assert examined(read) <= LIMIT + 1 if not query else 3 * LIMIT


async def test_the_whole_ledger_of_an_organisation_is_read_by_index(ledger: Ledger) -> None:
    first, later = await deep(ledger, "/v1/deliveries", make.RELEASER, 12)
    for read in (first, later):
        assert indexes(read) == {"ix_deliveries_organization_id"}
        assert examined(read) == LIMIT + 1


async def test_a_state_that_nobody_is_in_is_looked_for_in_its_release_alone(ledger: Ledger) -> None:
    page, read = await ledger.page("/v1/deliveries", make.RELEASER, briefing=ledger.briefing, state="opened")
    assert page["items"] == []
    assert indexes(read) == {"ix_deliveries_briefing_id"}
    assert examined(read) <= SEATS


async def test_an_inbox_is_read_by_seat_and_deep_pages_cost_no_more(ledger: Ledger) -> None:
    first, later = await deep(ledger, "/v1/inbox", make.recipient(ledger.seat), 12)
    for read in (first, later):
        assert "ix_deliveries_seat_id" in indexes(read)
        assert not indexes(read) & {"ix_deliveries_organization_id", "ix_deliveries_briefing_id"}
    assert examined(later) <= examined(first) <= 2 * (LETTERS + 10)


async def test_one_line_is_found_by_its_id(ledger: Ledger) -> None:
    page, _ = await ledger.page("/v1/inbox", make.recipient(ledger.seat))
    for path, who in (("/v1/inbox", make.recipient(ledger.seat)), ("/v1/deliveries", make.RELEASER)):
        _, read = await ledger.read(f"{path}/{page['items'][0]['id']}", who)
        assert "uq_deliveries_id" in indexes(read)
        assert examined(read) <= LIMIT


async def test_why_a_seat_received_it_is_found_by_index(ledger: Ledger) -> None:
    sent = await ledger.statements(f"/v1/briefings/{ledger.briefing}/recipients/{ledger.seat}/explain", make.RELEASER, at_most=2)
    read = await ledger.plan(*next(found for found in sent if "FROM deliveries" in found[0]))
    assert examined(read) <= 2 * (LETTERS + 10)
