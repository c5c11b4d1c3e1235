"""Ties, official domains and identifiers as files: taken back they change nothing, and in another registry they make the same rows."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text

from services.registry.imports.cells import plain
from services.registry.imports.sql import statement
from shared.errors import Invalid
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.rounds import NASTY, PATHS, exported, guarded, imported, taken_back
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
FORMS = pytest.mark.parametrize("form", ["csv", "ndjson"])
TIES = """
    SELECT t.type, least(f.name, o.name) AS one, greatest(f.name, o.name) AS other, CASE WHEN t.type = 'office_of' THEN f.name END AS office, t.role, t.status,
           t.end_reason, t.valid_from, t.valid_through, t.stated_activity_on, t.note, t.source, t.licence, t.read_on
    FROM ties AS t JOIN actors AS f ON f.id = t.from_id JOIN actors AS o ON o.id = t.to_id ORDER BY 1, 2, 3, 4, 8 NULLS FIRST
"""
DOMAINS = "SELECT d.domain, a.name, d.type, d.source, d.licence, d.read_on FROM actor_domains AS d JOIN actors AS a ON a.id = d.actor_id ORDER BY 1, 2, 4"
IDENTIFIERS = statement("""
    SELECT a.name, i.scheme, i.value, said.* FROM actor_identifiers AS i JOIN actors AS a ON a.id = i.actor_id CROSS JOIN LATERAL @origin AS said
    WHERE i.scheme <> 'comity' ORDER BY 1, 2, 3
""").text


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


@pytest.fixture
async def other(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def actor(live: LiveRegistry, name: str, *codes: str, **overrides: Any) -> str:
    given = {"identifiers": [{"scheme": "code", "value": code} for code in codes], "kind": "municipality", **overrides}
    return str((await make.actor(live.client, name, **given))["id"])


def rows_of(content: bytes, form: str) -> list[dict[str, Any]]:
    if form == "ndjson":
        return [{title: cell or "" for title, cell in orjson.loads(line).items()} for line in content.splitlines()]
    return [{title: plain(cell) for title, cell in row.items()} for row in csv.DictReader(io.StringIO(content.decode(), newline=""))]


async def goes_round(live: LiveRegistry, other: LiveRegistry, kind: str, form: str, rows: str) -> bytes:
    """Into the registry itself and into one that has the same actors; the file."""
    content = await exported(live, kind, form)
    await taken_back(live, content, kind, form, len(rows_of(content, form)))
    await imported(other, await exported(live))
    done = await imported(other, content, kind, form)
    assert (done["suggestions"] or 0) == 0
    assert await exported(other, kind, form) == content
    assert [tuple(row) for row in await other.rows(rows)] == [tuple(row) for row in await live.rows(rows)]
    await taken_back(other, content, kind, form, len(rows_of(content, form)))
    return content


async def with_etag(live: LiveRegistry, path: str, method: Callable[..., Awaitable[httpx.Response]], to: str, body: dict[str, Any]) -> None:
    etag = (await live.client.get(path)).headers["etag"]
    answer = await method(to, json=body, headers=bearer(make.TIER) | {"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def tied(live: LiveRegistry) -> None:
    """Ties of every state, between actors with and without identifiers, dissolved ones and merged ones among them."""
    first = await actor(live, "Ärmel, Ltd", "=a")
    gone = await actor(live, "Gone", "g")
    nameless = await actor(live, "-Without an identifier")
    hub = await actor(live, "Network", "n", kind="network")
    twin = await actor(live, "Ärmel, Ltd", "twin")
    for number, cell in enumerate(NASTY):
        years: dict[str, Any] = {"valid_from": f"{2000 + number}-01-01", "valid_through": f"{2000 + number}-12-31"}
        await make.tie(live.client, hub, first, type="cooperation", role=cell, note=cell, source=cell, licence=cell, read_on="2026-01-02", **years)
    await make.tie(live.client, gone, first, last_activity_on="2020-01-01", note="x" * 5_000)
    await make.tie(live.client, nameless, gone, valid_from="2099-01-01", type="twinning")
    await make.tie(live.client, nameless, hub, type="office_of", status="proposed", source="a list")
    ended = await make.tie(live.client, first, nameless, type="network_membership", role="Observer")
    path = f"/v1/ties/{ended['id']}"
    await with_etag(live, path, live.client.post, f"{path}/end", {"reason": "The council voted,\nand left."})
    asleep = await make.tie(live.client, hub, nameless, type="friendship_city", last_activity_on="2001-01-01")
    async with live.database.engine.begin() as connection:
        await connection.execute(text("UPDATE ties SET status = 'dormant' WHERE id = :id"), {"id": asleep["id"]})
    await make.tie(live.client, twin, nameless, type="counterpart")
    held = await make.tie(live.client, first, hub, type="twinning")
    await make.engagement(live.client, first, hub, tie_ids=[held["id"]], starts_on="2026-10-05", ends_on="2026-10-05")
    await with_etag(live, f"/v1/actors/{gone}", live.client.patch, f"/v1/actors/{gone}", {"status": "dissolved", "dissolved_on": "2020-01-01"})
    await make.judgement(live.client, first, twin)


@FORMS
async def test_ties_go_round(live: LiveRegistry, other: LiveRegistry, form: str) -> None:
    await tied(live)
    assert await live.rows("SELECT id FROM ties WHERE last_activity_on IS DISTINCT FROM stated_activity_on")  # the engagement
    content = await goes_round(live, other, "ties", form, TIES)
    rows = rows_of(content, form)
    assert {row["role"] for row in rows if row["type"] == "cooperation"} == set(NASTY)
    by_type = {row["type"]: row for row in rows if row["type"] not in ("cooperation", "twinning")}
    assert {kind: row["status"] for kind, row in by_type.items()} == {
        "counterpart": "active",
        "friendship_city": "dormant",
        "network_membership": "ended",
        "office_of": "proposed",
        "sister_city": "active",
    }
    assert by_type["network_membership"]["end_reason"] == "The council voted,\nand left."
    assert (by_type["counterpart"]["from_value"], by_type["counterpart"]["to_scheme"]) == ("twin", "comity")
    assert by_type["office_of"]["from_name"] == "-Without an identifier"
    assert not [row for row in rows if row["type"] == "twinning" and row["last_activity_on"]]  # what follows from an engagement is no word of anybody


async def test_a_tie_whose_day_has_passed_has_ended_before_it_is_swept(live: LiveRegistry, other: LiveRegistry) -> None:
    one, two = await actor(live, "One", "1"), await actor(live, "Two", "2")
    tie = await make.tie(live.client, one, two, valid_through="2099-01-01")
    async with live.database.engine.begin() as connection:
        await connection.execute(text("UPDATE ties SET valid_through = '2001-01-01' WHERE id = :id"), {"id": tie["id"]})
    content = await exported(live, "ties")
    await taken_back(live, content, "ties", "csv", 1)
    await imported(other, await exported(live))
    await imported(other, content, "ties")
    assert await exported(other, "ties") == content
    assert [row.end_reason for row in await other.rows("SELECT end_reason FROM ties")] == ["Its time is over."]


async def test_what_was_withdrawn_is_in_no_file(live: LiveRegistry, other: LiveRegistry) -> None:
    """Recorded by mistake, it is no tie that has ended, whatever its days say."""
    one, two = await actor(live, "One", "1"), await actor(live, "Two", "2")
    mistaken = await make.tie(live.client, one, two, valid_through="2099-01-01")
    path = f"/v1/ties/{mistaken['id']}"
    await with_etag(live, path, live.client.post, f"{path}/withdrawal", {"reason": "It was another town."})
    async with live.database.engine.begin() as connection:
        await connection.execute(text("UPDATE ties SET valid_through = '2001-01-01' WHERE id = :id"), {"id": mistaken["id"]})
    await make.tie(live.client, one, two, valid_from="2002-01-01")
    content = await goes_round(live, other, "ties", "csv", TIES.replace("ORDER BY", "WHERE t.status <> 'withdrawn' ORDER BY"))
    assert [(row["valid_from"], row["status"]) for row in rows_of(content, "csv")] == [("2002-01-01", "active")]
    assert rows_of(await exported(live, "ties", query="&status=withdrawn"), "csv") == []


@FORMS
async def test_official_domains_go_round(live: LiveRegistry, other: LiveRegistry, form: str) -> None:
    await actor(live, "One", "1")
    await actor(live, "Two")
    said = {"licence": "CC0, they say", "read_on": "2026-01-02"}
    named = [{"domain": f"d{number}.gov", "domain_type": guarded(cell), "actor_name": "One", "source": guarded(cell)} for number, cell in enumerate(NASTY)]
    shared = [{"domain": "shared.gov", "actor_name": name, "source": source, **said} for name in ("One", "Two") for source in ("theirs", "ours")]
    rows = [{**row, "actor_country": "US"} for row in [*named, *shared, {"domain": "bare.gov", "actor_name": "Two"}]]
    first = await imported(live, make.csv_file(rows), "domains")
    assert first["rows_applied"]["created"] == len(NASTY) + 5
    await imported(live, make.csv_file([{**rows[0], "domain": "brought.gov"}]), "domains", query="&source=brought")
    rows = rows_of(await goes_round(live, other, "domains", form, DOMAINS), form)
    assert {row["source"] for row in rows if row["domain"] == "shared.gov"} == {"ours", "theirs"}
    assert {row["domain_type"] for row in rows} == {*NASTY, ""}
    assert {row["source"] for row in rows if row["domain"] in ("bare.gov", "brought.gov")} == {"import", "brought"}


async def identified(live: LiveRegistry) -> None:
    held = [{"scheme": "code", "value": f"{cell}-{number}", "source": cell, "licence": cell} for number, cell in enumerate(NASTY) if "\n" not in cell]
    held = [item for item in held if "\t" not in item["value"]]
    unsaid = [{"scheme": "other", "value": "é", "read_on": "2026-01-02"}, {"scheme": "gone", "value": "1", "valid_through": "2020-01-01"}]
    await make.actor(live.client, "Many", identifiers=[*held, *unsaid], source="a list", licence="CC0", read_on="2026-11-22")
    await make.actor(live.client, "Two", identifiers=[{"scheme": "code", "value": "b", "source": "x"}, {"scheme": "code", "value": "a"}])
    await make.actor(live.client, "Unsaid", identifiers=[{"scheme": "code", "value": "c"}], source="its own list", read_on="2026-11-22")
    await make.actor(live.client, "None")


@FORMS
async def test_identifiers_go_round(live: LiveRegistry, other: LiveRegistry, form: str) -> None:
    """Of a scheme an actor may have several, each with its own source: the file of actors has one of them and the actor's source."""
    await identified(live)
    content = await exported(live, "identifiers", form)
    rows = rows_of(content, form)
    assert [(row["id:gone"], row["valid_through"]) for row in rows if row["id:gone"]] == [("1", "2020-01-01")]
    assert {row["actor_name"] for row in rows} == {"Many", "Two", "Unsaid"}
    await taken_back(live, content, "identifiers", form, 3)
    await imported(other, await exported(live))
    assert (await imported(other, content, "identifiers", form))["rows_applied"] == {"created": 0, "changed": 2, "unchanged": 1}
    assert await exported(other, "identifiers", form) == content
    assert [tuple(row) for row in await other.rows(IDENTIFIERS)] == [tuple(row) for row in await live.rows(IDENTIFIERS)]
    await taken_back(other, content, "identifiers", form, 3)
    (event,) = await other.rows("SELECT before, after FROM events WHERE type = 'actor.changed' AND after ->> 'identifiers' LIKE '%\"a\"%'")
    assert ["code", "b", "", "", "x", "", ""] in event.after["identifiers"]
    assert set(event.before) == {"identifiers"}


async def test_actors_that_were_merged_go_round_as_they_were_recorded(live: LiveRegistry, other: LiveRegistry) -> None:
    parent = await actor(live, "State", "s", kind="state")
    first, second = await actor(live, "Town", "1", parent_id=parent), await actor(live, "Town of Town", "2", population=7)
    inside = await actor(live, "Quarter", "3", parent_id=second)
    await make.judgement(live.client, first, second)
    content = await exported(live)
    await taken_back(live, content, "actors", "csv", 4)
    await imported(other, content)
    assert await exported(other) == content
    rows = {row["key_value"]: row for row in rows_of(content, "csv")}
    assert (rows["2"]["population"], rows["3"]["parent_value"], inside != second) == ("7", "2", True)


async def test_a_file_has_what_the_list_would_have(live: LiveRegistry) -> None:
    one, two = await actor(live, "One", "1"), await actor(live, "Two", "2", country="MX", subdivision="MX-BCN")
    three = await actor(live, "Three", "3", kind="county")
    await make.tie(live.client, one, two)
    await make.tie(live.client, one, three, type="twinning", valid_through="2020-01-01")
    row = {"actor_scheme": "code", "source": "x"}
    await imported(live, make.csv_file([{**row, "domain": f"d{code}.gov", "actor_value": code} for code in ("1", "2")]), "domains")

    async def lines(kind: str, query: str) -> int:
        return len(rows_of(await exported(live, kind, query=query), "csv"))

    asked = [
        ("ties", f"&actor={two}"),
        ("ties", "&type=twinning"),
        ("ties", "&country=MX"),
        ("ties", "&as_of=2026-01-01"),
        ("ties", "&status=ended"),
        ("ties", ""),
    ]
    assert [await lines(*ask) for ask in asked] == [1, 1, 1, 1, 1, 2]
    assert [await lines("domains", query) for query in (f"&actor={one}", "&domain=d2.gov", "&domain=d1.gov&domain=d2.gov", "")] == [1, 1, 2, 2]
    filters = ("&kind=county", "&country=MX", "&identifier=code:1&identifier=code:2", "&status=dissolved", "")
    for kind in ("actors", "identifiers"):
        assert [await lines(kind, query) for query in filters] == [1, 1, 2, 0, 3]
    for path in PATHS.values():
        for query in ("limit=1", "format=xlsx", "sort=oldest", "nothing=1"):
            assert_problem(await live.client.get(f"{path}?{query}"), Invalid)


async def test_anyone_reads_what_is_public_and_no_more(live: LiveRegistry) -> None:
    """Everything in these files is in the lists that anyone may read; what a list keeps to some is in none of them."""
    one, two = await actor(live, "One", "1"), await actor(live, "Two", "2")
    tie = await make.tie(live.client, one, two, last_activity_on="2020-01-01")
    secret: dict[str, Any] = {"title": "A secret meeting", "visibility": "restricted", "tie_ids": [tie["id"]], "starts_on": "2026-10-05"}
    await make.engagement(live.client, one, two, **secret)
    await make.seat(live.client, one, title="Mayor")
    for kind, path in PATHS.items():
        answer = await live.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8; header=present")
        name = {"domains": "official-domains"}.get(kind, kind)
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
        assert not [word for word in ("secret", "2026-10-05", "seat_email") if word in answer.text]
    content = (await live.client.get(f"{PATHS['ties']}?format=ndjson")).content
    assert [orjson.loads(line)["last_activity_on"] for line in content.splitlines()] == ["2020-01-01"]
    (listed,) = (await live.client.get("/v1/ties")).json()["items"]
    assert listed["last_activity_on"] == "2020-01-01"


@pytest.mark.parametrize("kind", PATHS)
async def test_a_file_is_a_few_statements_whatever_it_holds(live: LiveRegistry, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await tied(live)
    sent: list[str] = []
    connect = live.database.connect

    async def counted() -> Any:
        connection = await connect()
        connection.add_query_logger(lambda record: sent.append(record.query))
        return connection

    monkeypatch.setattr(live.database, "connect", counted)
    await exported(live, kind, query="&kind=municipality" if kind in ("actors", "identifiers") else "")
    families = {"actors": 3, "identifiers": 1}.get(kind, 0)
    assert 1 <= len(sent) <= families + 3, sent  # the beginning, the values of the filters, the copy
