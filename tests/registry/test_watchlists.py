"""Watch lists: versions that replace each other whole, matching that explains itself, and a country that moves nothing."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.registry import errors
from services.registry.actors.words import folded
from services.registry.watchlists.matching import LEAST, Asked, scored
from services.registry.watchlists.reading import entries_of
from services.registry.watchlists.schemas import MOST_ENTRIES, WatchlistEntryRead, WatchlistMatches, WatchlistRead, WatchlistVersionRead
from services.registry.watchlists.uploads import LARGEST
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, TooLarge, Unauthorized, UnsupportedMedia
from tests.support.make import diligence as make
from tests.support.make.registry import actor
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
NOON = "2026-11-22T12:00:00.000000Z"
OPERATOR = caller("imports:run", "actors:write", subject="operator", roles=("operator",))
FILE = """names,identifiers,country,reason,source
Golden Bridge Consulting|金桥咨询,lei:5299001,CN,Named in a ruling.,ruling 7
"Puente, S.A.",,MX,"Paid for travel
of officials.",
"""


async def ministry(client: httpx.AsyncClient, country: str = "US") -> str:
    return str((await actor(client, f"A ministry of {country}", kind="agency", country=country, subdivision=None))["id"])


async def match(client: httpx.AsyncClient, who: Any, **body: Any) -> dict[str, Any]:
    answer = await client.post("/v1/watchlists/matches", json=body, headers=bearer(who))
    assert answer.status_code == 200, answer.text
    WatchlistMatches.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def test_a_list_begins_empty_and_takes_a_version_from_csv(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    capital = await ministry(registry)
    nation = make.nation(capital)
    made = await make.watchlist(registry, who=nation)
    given_ = {"name": "Brokers", "publisher": "An inspectorate", "source": "https://example.org/brokers", "licence": "CC0"}
    whose = {"organization_id": capital, "country": "US"}
    assert made == {
        "id": made["id"],
        **whose,
        **given_,
        "withdrawn_at": None,
        "withdrawal_reason": None,
        "created_at": NOON,
        "updated_at": NOON,
        "current": None,
    }
    after = await make.version(registry, made["id"], FILE.encode(), who=nation)
    WatchlistRead.model_validate(after)
    digest = after["current"]["digest"]
    current = {"number": 1, "version": "2026-11", "read_on": "2026-11-01", "entries": 2, "digest": digest}
    assert after == {**made, "current": {**current, "uploaded_by": "nation-US", "uploaded_at": NOON}}
    listed = (await registry.get(f"/v1/watchlists/{made['id']}/entries?number=1", headers=bearer(nation))).json()["items"]
    first = {"names": ["Golden Bridge Consulting", "金桥咨询"], "identifiers": ["lei:5299001"], "country": "CN", "reason": "Named in a ruling."}
    second = {"names": ["Puente, S.A."], "identifiers": [], "country": "MX", "reason": "Paid for travel\nof officials.", "source": None}
    assert listed == [{"line": 2, **first, "source": "ruling 7"}, {"line": 3, **second}]
    async with registry_app.state.database.session(read_only=True) as session:
        told = (await session.execute(text("SELECT * FROM events WHERE aggregatetype = 'watchlist' ORDER BY seq"))).all()
    assert [(event.type, event.visibility, event.organizations) for event in told] == [
        ("watchlist.created", "organizations", [UUID(capital)]),
        ("watchlist.replaced", "organizations", [UUID(capital)]),
    ]
    assert told[1].payload == {"watchlist_id": made["id"], "organization_id": capital, "withdrawn": False, **current}
    assert "Puente" not in str(told) and "Golden" not in str(told)


async def test_a_version_replaces_the_one_before_which_stays_to_be_read(registry: httpx.AsyncClient) -> None:
    nation = make.nation(await ministry(registry))
    made = await make.watchlist(registry, who=nation)
    await make.version(registry, made["id"], [make.entry("Old Broker"), make.entry("Both Brokers")], who=nation, version="1")
    await make.version(registry, made["id"], [make.entry("Both Brokers")], who=nation, version="2")
    path = f"/v1/watchlists/{made['id']}/versions"
    versions = (await registry.get(path, headers=bearer(nation))).json()["items"]
    for item in versions:
        WatchlistVersionRead.model_validate(item)
    assert [(item["number"], item["version"], item["entries"]) for item in versions] == [(2, "2", 1), (1, "1", 2)]
    old = (await registry.get(f"/v1/watchlists/{made['id']}/entries?number=1", headers=bearer(nation))).json()["items"]
    assert [item["names"] for item in old] == [["Old Broker"], ["Both Brokers"]]
    now = (await registry.get(f"/v1/watchlists/{made['id']}/entries", headers=bearer(nation))).json()["items"]
    assert [item["names"] for item in now] == [["Both Brokers"]]
    assert (await match(registry, nation, name="Old Broker"))["items"] == []
    assert [item["number"] for item in (await match(registry, nation, name="Both Brokers"))["items"]] == [2]
    assert_problem(await make.post_version(registry, made["id"], [make.entry("X")], who=nation, version="2"), errors.WatchlistVersionExists)
    assert_problem(await registry.get(f"/v1/watchlists/{made['id']}/entries?number=3", headers=bearer(nation)), errors.WatchlistVersionNotFound)
    assert_problem(await registry.get(f"/v1/watchlists/{made['id']}/entries?number=0", headers=bearer(nation)), Invalid)


BAD_FILES = {
    "no header": ("Golden Bridge,,CN,A ruling.,\n", [(1, "/entries/1")]),
    "no reason": ("names,identifiers\nX,\n", [(1, "/entries/1")]),
    "a column of theirs": ("names,reason,nationality\nX,Y,CN\n", [(1, "/entries/1")]),
    "cells": ("names,reason\nX,Y,Z\n", [(2, "/entries/2")]),
    "an open quote": ('names,reason\n"X,Y\n', [(2, "/entries/2")]),
    "values": (
        "names,identifiers,country,reason\nX,lei,CN,Y\n\n,a:b,CN,Y\nX,,China,Y\nX,,,\n!!!,,,Y\n",
        [(2, "/entries/2/identifiers/0"), (4, "/entries/4/names"), (5, "/entries/5/country"), (6, "/entries/6/reason"), (7, "/entries/7/names")],
    ),
    "nothing": ("names,reason\n", [(1, "/entries/1")]),
}


@pytest.mark.parametrize("what", sorted(BAD_FILES))
async def test_a_file_with_faults_is_refused_whole_with_its_lines(registry: httpx.AsyncClient, registry_app: FastAPI, what: str) -> None:
    nation = make.nation(await ministry(registry))
    made = await make.watchlist(registry, who=nation)
    content, faults = BAD_FILES[what]
    body = assert_problem(await make.post_version(registry, made["id"], content.encode(), who=nation), errors.WatchlistEntriesWrong)
    assert [(item["line"], item["pointer"]) for item in body["errors"]] == faults
    async with registry_app.state.database.session(read_only=True) as session:
        assert (await session.execute(text("SELECT (SELECT count(*) FROM watchlist_versions) + (SELECT count(*) FROM watchlist_entries)"))).scalar_one() == 0


async def test_other_bodies_are_refused(registry: httpx.AsyncClient) -> None:
    nation = make.nation(await ministry(registry))
    made = await make.watchlist(registry, who=nation)
    path = f"/v1/watchlists/{made['id']}"
    headers = await make.tagged(registry, path, nation)
    sent = f"{path}/versions?version=1&read_on=2026-11-01"
    as_csv, as_json = headers | {"Content-Type": "text/csv"}, headers | {"Content-Type": "application/json"}
    for content in (b"{", b"[]", b'{"entries": 1}', b'{"entries": [], "more": 1}', b'{"entries": []}', b'{"entries": [{"names": ["X"]}]}'):
        assert_problem(await registry.post(sent, content=content, headers=as_json), errors.WatchlistEntriesWrong)
    assert_problem(await registry.post(sent, content=b"names,reason\n\xff,X\n", headers=as_csv), errors.WatchlistEntriesWrong)
    assert_problem(await registry.post(sent, content=b"X", headers=headers | {"Content-Type": "text/plain"}), UnsupportedMedia)
    assert_problem(await registry.post(sent, content=b" " * (LARGEST + 1), headers=as_csv), TooLarge)
    assert_problem(await registry.post(f"{path}/versions?version=1", content=FILE.encode(), headers=as_csv), Invalid)
    assert_problem(await registry.post(sent, content=FILE.encode(), headers=bearer(nation) | {"Content-Type": "text/csv"}), PreconditionRequired)
    assert (await registry.post(sent, content=FILE.encode(), headers=as_csv)).status_code == 201
    assert_problem(await registry.post(sent, content=FILE.encode(), headers=as_csv), PreconditionFailed)
    lost = f"/v1/watchlists/{NOBODY}/versions?version=1&read_on=2026-11-01"
    assert_problem(await registry.post(lost, content=FILE.encode(), headers=as_csv), errors.WatchlistNotFound)


async def test_a_full_version_is_taken_and_one_more_entry_is_not(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    nation = make.nation(await ministry(registry))
    made = await make.watchlist(registry, who=nation)
    lines = [f"Broker {nth},A ruling.\n" for nth in range(MOST_ENTRIES)]
    too_many = "".join(["names,reason\n", *lines, "One More,A ruling.\n"])
    body = assert_problem(await make.post_version(registry, made["id"], too_many.encode(), who=nation), errors.WatchlistEntriesWrong)
    assert [item["line"] for item in body["errors"]] == [MOST_ENTRIES + 2]
    with queries(registry_app.state.database, at_most=12):
        after = await make.version(registry, made["id"], "".join(["names,reason\n", *lines]).encode(), who=nation)
    assert after["current"]["entries"] == MOST_ENTRIES
    found = await match(registry, nation, name="broker 9998", limit=50)
    assert found["items"][0]["entry"]["names"] == ["Broker 9998"] and found["items"][0]["score"] == 1.0
    assert len(found["items"]) <= 50


async def test_a_withdrawn_list_matches_nobody_and_stays_to_be_read(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    capital = await ministry(registry)
    nation = make.nation(capital)
    made = await make.watchlist(registry, who=nation)
    await make.version(registry, made["id"], [make.entry("Golden Bridge", identifiers=["lei:5299001"])], who=nation)
    path = f"/v1/watchlists/{made['id']}"
    why = {"reason": "The inspectorate gave it up."}
    assert_problem(await registry.post(f"{path}/withdrawal", json=why, headers=bearer(nation)), PreconditionRequired)
    other = make.nation(await ministry(registry))
    assert_problem(await registry.post(f"{path}/withdrawal", json=why, headers=await make.tagged(registry, path, other)), errors.WatchlistOfAnother)
    assert_problem(await registry.post(f"{path}/withdrawal", json={}, headers=await make.tagged(registry, path, nation)), Invalid)
    answer = await registry.post(f"{path}/withdrawal", json=why, headers=await make.tagged(registry, path, nation))
    assert answer.status_code == 200, answer.text
    WatchlistRead.model_validate(answer.json())
    assert (answer.json()["withdrawn_at"], answer.json()["withdrawal_reason"], answer.json()["current"]["number"]) == (NOON, why["reason"], 1)
    for body in ({"name": "Golden Bridge"}, {"identifiers": ["lei:5299001"]}):
        assert await match(registry, nation, **body) == {"items": [], "consulted": []}
    assert [item["names"] for item in (await registry.get(f"{path}/entries", headers=bearer(nation))).json()["items"]] == [["Golden Bridge"]]
    assert_problem(await make.post_version(registry, made["id"], [make.entry("X")], who=nation, version="2"), errors.WatchlistWithdrawn)
    again = await registry.post(f"{path}/withdrawal", json=why, headers=await make.tagged(registry, path, nation))
    assert_problem(again, errors.WatchlistWithdrawn)
    async with registry_app.state.database.session(read_only=True) as session:
        event = (await session.execute(text("SELECT * FROM events WHERE aggregatetype = 'watchlist' ORDER BY seq DESC LIMIT 1"))).one()
    assert (event.type, event.payload["withdrawn"], event.organizations) == ("watchlist.withdrawn", True, [UUID(capital)])
    assert "gave it up" not in str(event)


async def test_a_version_is_of_no_day_to_come(registry: httpx.AsyncClient) -> None:
    nation = make.nation(await ministry(registry))
    made = await make.watchlist(registry, who=nation)
    path = f"/v1/watchlists/{made['id']}"
    headers = await make.tagged(registry, path, nation) | {"Content-Type": "text/csv"}
    body = assert_problem(await registry.post(f"{path}/versions?version=1&read_on=2026-11-24", content=FILE.encode(), headers=headers), Invalid)
    assert [item["pointer"] for item in body["errors"]] == ["/read_on"]
    assert (await registry.post(f"{path}/versions?version=1&read_on=2026-11-22", content=FILE.encode(), headers=headers)).status_code == 201


async def test_what_is_exported_is_taken_again(registry: httpx.AsyncClient) -> None:
    nation = make.nation(await ministry(registry))
    made = await make.watchlist(registry, who=nation)
    entries = [
        make.entry("Golden Bridge", "金桥咨询", identifiers=["lei:1", "ocd:a/b"], country="CN", source="ruling 7"),
        make.entry("=SUM(A1)", "+1 Consulting", reason='Paid, "for travel"\nof officials.'),
        make.entry("'-Puente, S.A."),
    ]
    await make.version(registry, made["id"], entries, who=nation, version="1")
    path = f"/v1/watchlists/{made['id']}/entries"
    before = (await registry.get(path, headers=bearer(nation))).json()["items"]
    file = await registry.get(path, headers=bearer(nation) | {"Accept": "text/csv"})
    assert file.text.splitlines()[:2] == ["names,identifiers,country,reason,source", "Golden Bridge|金桥咨询,lei:1|ocd:a/b,CN,Named in a ruling.,ruling 7"]
    assert "\n'=SUM(A1)|+1 Consulting" in file.text.replace("\r", ""), "no spreadsheet runs it"
    await make.version(registry, made["id"], file.content, who=nation, version="2")
    after = (await registry.get(path, headers=bearer(nation))).json()["items"]
    assert [{**item, "line": None} for item in after] == [{**item, "line": None} for item in before]
    lines = (await registry.get(path, headers=bearer(nation) | {"Accept": "application/x-ndjson"})).text.splitlines()
    assert len(lines) == 3 and '"names":["Golden Bridge"' in lines[0].replace(" :", ":").replace(": ", ":")
    with_bar = [make.entry("A | B")]
    assert_problem(await make.post_version(registry, made["id"], with_bar, who=nation, version="3"), errors.WatchlistEntriesWrong)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["is not scheme:value, such as lei:5299001", "is not two capital letters, as in ISO 3166-1", "holds a control character"]),
        ("es", ["no es scheme:value, como lei:5299001", "no son dos letras mayúsculas, como en ISO 3166-1", "contiene un carácter de control"]),
        ("fr", ["n'est pas scheme:value, comme lei:5299001", "n'est pas deux lettres majuscules, comme dans ISO 3166-1", "contient un caractère de contrôle"]),
    ],
)
async def test_a_fault_is_said_in_words_and_not_in_patterns(registry: httpx.AsyncClient, language: str, said: list[str]) -> None:
    nation = make.nation(await ministry(registry))
    made = await make.watchlist(registry, who=nation)
    path = f"/v1/watchlists/{made['id']}"
    headers = await make.tagged(registry, path, nation) | {"Accept-Language": language}
    entries = [make.entry("X", identifiers=["lei"]), make.entry("X", country="China"), make.entry("X", reason="a\u0000b")]
    refused = await registry.post(f"{path}/versions?version=1&read_on=2026-11-01", json={"entries": entries}, headers=headers)
    body = assert_problem(refused, errors.WatchlistEntriesWrong)
    assert [item["detail"] for item in body["errors"]] == said


async def test_a_match_says_why_and_of_which_version(registry: httpx.AsyncClient) -> None:
    capital = await ministry(registry)
    nation = make.nation(capital)
    made = await make.watchlist(registry, who=nation)
    entries = [make.entry("Golden Bridge Consulting", "Puente de Oro", identifiers=["lei:5299001"], country="CN"), make.entry("Silver Road")]
    await make.version(registry, made["id"], entries, who=nation)
    about = {"watchlist_id": made["id"], "number": 1, "version": "2026-11", "read_on": "2026-11-01"}
    asked = await match(registry, make.manager(capital), name="consulting GOLDEN bridge", country="US")
    assert asked["consulted"] == [{**about, "name": "Brokers"}]
    entry = {"line": 1, "names": entries[0]["names"], "identifiers": ["lei:5299001"], "country": "CN", "reason": "Named in a ruling.", "source": None}
    country = {"feature": "country", "score": None, "weighs": False, "asked": "US", "found": "CN"}
    name = {"feature": "name", "score": 1.0, "weighs": True, "asked": "consulting GOLDEN bridge", "found": "Golden Bridge Consulting"}
    nothing = {"feature": "identifier", "score": None, "weighs": True, "asked": None, "found": None}
    whose = {"watchlist": "Brokers", "publisher": "An inspectorate"}
    assert asked["items"] == [{"score": 1.0, **about, **whose, "entry": entry, "features": [name, nothing, country]}]
    (close,) = (await match(registry, nation, name="Goldn Bridge Consulting"))["items"]
    assert LEAST <= close["score"] < 1.0
    (other,) = (await match(registry, nation, name="puente de óro"))["items"]
    assert other["features"][0]["found"] == "Puente de Oro"
    (known,) = (await match(registry, nation, name="Somebody Else", identifiers=["lei:5299001", "lei:1"]))["items"]
    assert known["score"] == 1.0
    assert known["features"][1] == {"feature": "identifier", "score": 1.0, "weighs": True, "asked": "lei:5299001", "found": "lei:5299001"}
    assert (await match(registry, nation, name="Harbour Authority"))["items"] == []
    assert (await match(registry, nation, identifiers=["lei:52990"]))["items"] == []


async def test_a_country_alone_matches_nobody(registry: httpx.AsyncClient) -> None:
    nation = make.nation(await ministry(registry))
    for body in ({"country": "CN"}, {}, {"name": "!!"}, {"identifiers": ["lei"]}, {"name": "X", "limit": 51}, {"name": "X", "nationality": "CN"}):
        assert_problem(await registry.post("/v1/watchlists/matches", json=body, headers=bearer(nation)), Invalid)


COUNTRIES = st.none() | st.sampled_from(["CN", "MX", "US", "RU", "FR"])
NAMES = st.text("abc é", min_size=1, max_size=12).filter(folded)
KEYS = st.lists(st.sampled_from(["lei:1", "lei:2", "ocd:a"]), max_size=3)


@settings(deadline=None)
@given(asked=NAMES, names=st.lists(NAMES, min_size=1, max_size=3), keys=st.tuples(KEYS, KEYS), countries=st.tuples(COUNTRIES, COUNTRIES, COUNTRIES, COUNTRIES))
def test_a_country_moves_no_score(asked: str, names: list[str], keys: tuple[list[str], list[str]], countries: tuple[str | None, ...]) -> None:
    of_query, of_entry = countries[:2], countries[2:]
    both = [scored(Asked(asked, folded(asked), tuple(keys[0]), one), names, keys[1], other) for one, other in zip(of_query, of_entry, strict=True)]
    (score, features), (same_score, same_features) = both
    assert score == same_score
    assert [item for item in features if item.feature != "country"] == [item for item in same_features if item.feature != "country"]
    assert all(item.score is None and not item.weighs for item in (*features, *same_features) if item.feature == "country")


async def test_two_counterparts_that_differ_in_their_country_match_alike(registry: httpx.AsyncClient) -> None:
    nation = make.nation(await ministry(registry))
    made = await make.watchlist(registry, who=nation)
    await make.version(registry, made["id"], [make.entry("Golden Bridge", country="CN"), make.entry("Golden Bridges", country="MX")], who=nation)
    answers = [await match(registry, nation, name="Golden Bridge", **asked) for asked in ({}, {"country": "CN"}, {"country": "MX"}, {"country": "US"})]
    told = [[(item["score"], item["entry"]["line"], item["features"][:2]) for item in answer["items"]] for answer in answers]
    assert len(told[0]) == 2
    assert told == told[:1] * 4


async def test_who_sees_a_watch_list(registry: httpx.AsyncClient) -> None:
    capital, abroad = await ministry(registry), await ministry(registry, "MX")
    nation = make.nation(capital)
    made = await make.watchlist(registry, who=nation)
    await make.version(registry, made["id"], [make.entry("Golden Bridge")], who=nation)
    city = (await actor(registry, "San Diego"))["id"]
    paths = [f"/v1/watchlists/{made['id']}", f"/v1/watchlists/{made['id']}/versions", f"/v1/watchlists/{made['id']}/entries?number=1"]
    for who in (nation, make.manager(city), make.AUDITOR):
        for path in paths:
            assert (await registry.get(path, headers=bearer(who))).status_code == 200
        assert [item["id"] for item in (await registry.get("/v1/watchlists", headers=bearer(who))).json()["items"]] == [made["id"]]
        assert len((await match(registry, who, name="Golden Bridge"))["items"]) == 1
    for who in (make.nation(abroad, "MX"), make.manager(abroad, country="MX")):
        for path in paths:
            assert_problem(await registry.get(path, headers=bearer(who)), errors.WatchlistNotFound)
        assert (await registry.get("/v1/watchlists?count=exact", headers=bearer(who))).json() == {"items": [], "next": None, "total": 0}
        assert await match(registry, who, name="Golden Bridge") == {"items": [], "consulted": []}
    for path in [*paths, "/v1/watchlists"]:
        assert_problem(await registry.get(path), Unauthorized)
        assert_problem(await registry.get(path, headers=bearer(make.member(city))), Forbidden)
    for path in paths:
        assert_problem(await registry.get(path, headers=bearer(OPERATOR)), errors.WatchlistNotFound)
        assert_problem(await registry.get(path, headers=bearer(make.auditor(abroad, "ZZ"))), errors.WatchlistNotFound)
        assert (await registry.get(path, headers=bearer(make.auditor(capital, "US")))).status_code == 200
    assert_problem(await registry.post("/v1/watchlists/matches", json={"name": "X"}, headers=bearer(OPERATOR)), Forbidden)


async def test_who_keeps_a_watch_list(registry: httpx.AsyncClient) -> None:
    capital, other = await ministry(registry), await ministry(registry)
    nation = make.nation(capital)
    made = await make.watchlist(registry, who=nation)
    again = {"name": "Brokers", "publisher": "An inspectorate", "source": "X"}
    assert_problem(await registry.post("/v1/watchlists", json=again, headers=bearer(nation)), errors.WatchlistExists)
    assert_problem(await registry.post("/v1/watchlists", json={"name": "X"}, headers=bearer(nation)), Invalid)
    assert_problem(await registry.post("/v1/watchlists", json=again, headers=bearer(make.manager(capital))), Forbidden)
    assert_problem(await registry.post("/v1/watchlists", json=again, headers=bearer(make.nation(NOBODY))), errors.RecordNeedsOrganization)
    etag = (await make.tagged(registry, f"/v1/watchlists/{made['id']}", nation))["If-Match"]
    taken = await make.post_version(registry, made["id"], [make.entry("X")], who=make.nation(other), etag=etag)
    assert_problem(taken, errors.WatchlistOfAnother)
    assert_problem(await make.post_version(registry, made["id"], [make.entry("X")], who=make.manager(capital), etag=etag), Forbidden)
    everyones = await make.watchlist(registry, who=OPERATOR)
    assert (everyones["organization_id"], everyones["country"]) == (None, None)
    assert_problem(await registry.post("/v1/watchlists", json=again, headers=bearer(OPERATOR)), errors.WatchlistExists)
    after = await make.version(registry, everyones["id"], [make.entry("X")], who=OPERATOR)
    assert after["current"]["number"] == 1, "who keeps a list reads it, and so has the ETag for its next version"
    seen = (await registry.get("/v1/watchlists", headers=bearer(make.nation(capital, "MX")))).json()["items"]
    assert {item["id"] for item in seen} == {made["id"], everyones["id"]}


@pytest.mark.parametrize("many", [1, 7])
async def test_lists_and_matches_take_a_fixed_number_of_statements(registry: httpx.AsyncClient, registry_app: FastAPI, many: int) -> None:
    nation = make.nation(await ministry(registry))
    for nth in range(many):
        made = await make.watchlist(registry, who=nation, name=f"List {nth}")
        for version in range(1, many + 1):
            await make.version(registry, made["id"], [make.entry(f"Golden Bridge {place}") for place in range(many)], who=nation, version=str(version))
    own = f"/v1/watchlists/{made['id']}"
    database = registry_app.state.database
    for listing, most, item in (
        ("/v1/watchlists", 1, WatchlistRead),
        (f"{own}/versions", 2, WatchlistVersionRead),
        (f"{own}/entries?number=1", 3, WatchlistEntryRead),
    ):
        with queries(database, at_most=most):
            listed = (await registry.get(f"{listing}{'&' if '?' in listing else '?'}count=exact", headers=bearer(nation))).json()
        assert listed["total"] == many
        for one in listed["items"]:
            item.model_validate(one)
    with queries(database, at_most=2):
        found = await match(registry, nation, name="Golden Bridge", limit=50)
    assert (len(found["items"]), len(found["consulted"])) == (min(many * many, 50), many)
    assert_problem(await registry.get("/v1/watchlists?country=CN", headers=bearer(nation)), Invalid)


@settings(deadline=None)
@example(b'"')
@example(b'names,reason\n"' + b"x" * 200_000)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for media_type in ("text/csv", "application/json"):
        try:
            assert entries_of(content, media_type)
        except errors.WatchlistEntriesWrong as refused:
            assert refused.members["errors"]
