"""What every list and every creation of the registry has in common: files by `Accept`, Location, names of parameters, words in three languages."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.registry import errors
from shared import exports
from shared.errors import Invalid
from tests.support import tokens
from tests.support.make import registry as make
from tests.support.make.registry import manager
from tests.support.problems import assert_problem

TABLES = ("ties", "engagements", "seats", "judgements", "official-domains", "capacity-reports", "people", "memberships")


@pytest.fixture
async def pair(registry: httpx.AsyncClient) -> tuple[dict[str, Any], dict[str, Any]]:
    return await make.actor(registry, "San Diego"), await make.actor(registry, "Tijuana", country="MX", subdivision="MX-BCN")


async def ids(client: httpx.AsyncClient, path: str, media: str, who: Any) -> list[str]:
    answer = await client.get(path, headers={"Accept": media, **tokens.bearer(who)})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media), answer.text
    if media == exports.CSV:
        return [row["id"] for row in csv.DictReader(io.StringIO(answer.content.decode(), newline=""))]
    if media == exports.NDJSON:
        return [json.loads(line)["id"] for line in answer.text.splitlines()]
    return [item["id"] for item in answer.json()["items"]]


async def fill(client: httpx.AsyncClient, first: dict[str, Any], second: dict[str, Any]) -> None:
    for kind in ("sister_city", "cooperation"):
        await make.tie(client, first["id"], second["id"], type=kind)
    await make.engagement(client, first["id"], second["id"])
    await make.seat(client, first["id"])
    await make.judgement(client, first["id"], second["id"], "different")
    await make.capacity(client, first["id"])
    person = await make.person(client, first["id"])
    await make.membership(client, person["id"], first["id"], manager(first["id"]))


@pytest.mark.parametrize("segment", TABLES)
async def test_a_list_is_the_same_as_a_file(registry: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]], segment: str) -> None:
    await fill(registry, *pair)
    who = manager(pair[0]["id"])
    listed = await ids(registry, f"/v1/{segment}", exports.JSON, who)
    assert listed or segment == "official-domains"
    for media in exports.TABLES:
        assert await ids(registry, f"/v1/{segment}", media, who) == listed
    paged = await registry.get(f"/v1/{segment}?limit=1", headers={"Accept": exports.CSV, "Accept-Language": "es"})
    assert_problem(paged, Invalid)
    assert paged.json()["errors"] == [{"in": "query", "pointer": "/limit", "detail": "corresponde a las páginas"}]


async def test_a_file_shows_nobody_more_than_the_list(registry: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    await make.engagement(registry, pair[0]["id"], visibility="restricted")
    await make.capacity(registry, pair[0]["id"])
    stranger = manager(pair[1]["id"])
    for segment in ("engagements", "capacity-reports"):
        for media in exports.TABLES:
            assert await ids(registry, f"/v1/{segment}", media, stranger) == []
            assert len(await ids(registry, f"/v1/{segment}", media, manager(pair[0]["id"]))) == 1


async def test_a_side_of_a_tie_has_columns_of_its_own(registry: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    await make.tie(registry, pair[0]["id"], pair[1]["id"])
    answer = await registry.get("/v1/ties", headers={"Accept": exports.CSV})
    (row,) = csv.DictReader(io.StringIO(answer.content.decode(), newline=""))
    assert {(row["from_actor.name"], row["from_actor.country"]), (row["to_actor.name"], row["to_actor.country"])} == {("San Diego", "US"), ("Tijuana", "MX")}
    seat = await make.seat(registry, pair[0]["id"])  # which nobody holds
    (row,) = csv.DictReader(io.StringIO((await registry.get(f"/v1/seats?id={seat['id']}", headers={"Accept": exports.CSV})).text, newline=""))
    assert (row["title"], row["holder.name"]) == (seat["title"], "")


async def test_a_share_is_written_as_the_language_does(registry: httpx.AsyncClient) -> None:
    made = [await make.actor(registry, f"Government {nth}") for nth in range(7)]
    await make.tie(registry, made[0]["id"], made[1]["id"])
    for language, share in (("en", "28.6 % (2 of 7)"), ("fr", "28,6 % (2 sur 7)")):
        assert share in (await registry.get("/v1/review/recorded_ties.svg?country=US", headers={"Accept-Language": language})).text


async def test_a_calendar_is_still_a_calendar(registry: httpx.AsyncClient) -> None:
    for accept, media in (
        ("text/calendar", "text/calendar"),
        ("text/calendar;q=0.5, text/csv", "text/csv"),
        ("application/json, text/calendar", "application/json"),
    ):
        answer = await registry.get("/v1/engagements", headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == media


async def test_what_is_created_says_where_it_is(registry: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    first, second = (actor["id"] for actor in pair)
    person = await make.person(registry, first)
    created = {
        "/v1/actors": await make.post_actor(registry, "Ensenada"),
        "/v1/ties": await make.post_tie(registry, first, second),
        "/v1/engagements": await make.post_engagement(registry, first, second),
        "/v1/judgements": await make.post_judgement(registry, first, second, "different"),
        "/v1/capacity-reports": await make.post_capacity(registry, first),
    }
    for address, answer in created.items():
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == f"{address}/{answer.json()['id']}"
        assert (await registry.get(answer.headers["Location"], headers=tokens.bearer(manager(first)))).status_code == 200
    read = await registry.get(f"/v1/people/{person['id']}", headers=tokens.bearer(manager(first)))
    assert "Location" not in read.headers


async def test_the_tie_that_stands_in_the_way_is_named(registry: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    first, second = (actor["id"] for actor in pair)
    old = await make.tie(registry, first, second, valid_from="1970-01-01", valid_through="1979-12-31")
    new = await make.tie(registry, first, second, valid_from="1990-01-01")
    for days, standing in (({"valid_from": "1979-12-31", "valid_through": "1985-01-01"}, old), ({"valid_from": "2000-01-01"}, new), ({}, old)):
        refused = await make.post_tie(registry, second, first, **dict[str, Any](days))
        assert_problem(refused, errors.TieExists)
        assert refused.json()["tie"] == standing["id"]
    assert (await make.post_tie(registry, second, first, valid_from="1980-01-01", valid_through="1989-12-31")).status_code == 201


async def test_an_actors_ties_name_both_sides(registry: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    await make.tie(registry, pair[0]["id"], pair[1]["id"], type="twinning")
    (tie,) = (await registry.get(f"/v1/actors/{pair[0]['id']}?include=ties")).json()["ties"]
    assert {tie["from_actor"]["name"], tie["to_actor"]["name"]} == {"San Diego", "Tijuana"}
    assert (tie["from_actor"]["id"], tie["to_actor"]["id"]) == (tie["from_id"], tie["to_id"])


async def test_includes_may_stand_in_one_parameter(registry: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    made = await make.seat(registry, pair[0]["id"])
    for path, query in (("/v1/actors", "names,seats"), ("/v1/seats", "holders,contact_points")):
        found = await registry.get(f"{path}?include={query}", headers=tokens.bearer(manager(pair[0]["id"])))
        repeated = await registry.get(f"{path}?{'&'.join(f'include={name}' for name in query.split(','))}", headers=tokens.bearer(manager(pair[0]["id"])))
        assert found.status_code == 200, found.text
        assert found.json() == repeated.json()
    assert made["id"] in {seat["id"] for seat in found.json()["items"]}


def test_histories_call_the_record_as_its_own_routes_do(registry_app: FastAPI) -> None:
    paths = registry_app.openapi()["paths"]
    found = [path for path in paths if path.endswith("/history")]
    assert len(found) == 7
    assert [path for path in found if path.removesuffix("/history") not in paths] == []


async def test_a_history_says_which_parameter_is_wrong(registry: httpx.AsyncClient) -> None:
    for path in ("history", "history/state?at=2026-01-01T00:00:00Z"):
        answer = await registry.get(f"/v1/seats/mayor/{path}")
        assert [item["pointer"] for item in answer.json()["errors"]] == ["/seat_id"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("near=32,-117", "near requiere within_km"),
        ("sort=distance", "sort=distance requiere near"),
        ("near=x&within_km=1", "no son 2 números separados por comas"),
        ("near=95,1&within_km=1", "no es lat,lon con lat de -90 a 90 y lon de -180 a 180"),
        ("q=---", "necesita una letra o una cifra"),
    ],
    ids=["needs", "sort", "numbers", "point", "letters"],
)
async def test_what_is_wrong_with_a_search_is_said_in_spanish(registry: httpx.AsyncClient, query: str, said: str) -> None:
    answer = await registry.get(f"/v1/actors?{query}", headers={"Accept-Language": "es"})
    assert_problem(answer, Invalid)
    assert [item["detail"] for item in answer.json()["errors"]] == [said]


async def test_a_last_day_of_an_active_actor_is_refused_in_french(registry: httpx.AsyncClient) -> None:
    made = await make.post_actor(registry, "Lyon")
    headers = {"Accept-Language": "fr", "If-Match": made.headers["ETag"], **tokens.bearer(make.WRITER)}
    answer = await registry.patch(f"/v1/actors/{made.json()['id']}", json={"dissolved_on": "2020-01-01"}, headers=headers)
    assert_problem(answer, Invalid)
    assert answer.json()["detail"] == "Un acteur actif n'a pas de dissolved_on. Indiquez avec lui le status dissolved."
