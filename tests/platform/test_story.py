"""The main job over HTTP, as `make demo` tells it, and what holds around it."""

import io
import json

import asyncpg
import pytest
from rich.console import Console

from deploy import demo
from deploy.seed import relations
from deploy.seed.load import actor_of, load_sample
from tests.platform.conftest import Platform

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("platform")]


async def test_the_story_is_told_and_can_be_told_again(platform: Platform) -> None:
    for _ in range(2):
        said = io.StringIO()
        assert await demo.tell(platform.address, platform.credentials, Console(file=said, width=200)) == 0, said.getvalue()
        assert "each as promised" in said.getvalue()


async def test_the_sample_is_the_real_world(platform: Platform) -> None:
    async with platform.client() as http:
        for kind, least in {"nation": 249, "state": 3_000, "county": 3_230, "municipality": 190, "commission": 3, "network": 4, "agency": 3}.items():
            page = (await http.get("/v1/actors", params={"kind": kind, "count": "exact", "limit": 1})).json()
            assert page["total"] >= least, kind
        page = (await http.get("/v1/actors", params={"identifier": "inegi:02004", "include": ["identifiers", "names", "seats"]})).json()
        tijuana = page["items"][0]
        assert (tijuana["country"], tijuana["subdivision"], tijuana["border_m"]) == ("MX", "MX-BCN", {"US": 0})
        assert (tijuana["source"], tijuana["licence"], tijuana["read_on"]) != (None, None, None)
        assert {seat["role"] for seat in tijuana["seats"]} == {"chief_executive", "emergency_management", "international_affairs"}


async def test_the_sample_binds_its_actors(platform: Platform) -> None:
    async with platform.client() as http:
        for kind in ("sister_city", "network_membership", "commission_membership", "office_of", "counterpart"):
            page = (await http.get("/v1/ties", params={"type": kind, "limit": 200})).json()
            assert page["items"], kind
            assert all(tie["source"] and tie["licence"] and tie["read_on"] for tie in page["items"]), kind
        el_paso = (await actor_of(http, "geoid-place:4824000"))["id"]
        neighbours = (await http.get(f"/v1/actors/{el_paso}/neighbours")).json()["items"]
        assert {(item["actor"]["name"], item["type"], item["last_activity_on"]) for item in neighbours} == {
            ("Juárez", "sister_city", "2019-11-13"),
            ("Chihuahua", "sister_city", "2021-05-24"),
        }
        held = (await http.get("/v1/engagements", params={"actor": el_paso, "to": "2021-12-31", "limit": 200})).json()["items"]
        assert [item["starts_on"] for item in held] == ["2021-05-24", "2019-11-13", "2018-03-27", "2017-10-30"]
        assert all(item["source"] and item["ties"] for item in held)


async def test_loading_again_and_going_on_after_a_crash_add_nothing(platform: Platform) -> None:
    before = await _counts(platform)
    assert before["ties"] == len(relations.ties())
    await load_sample(platform.address, platform.credentials, Console(quiet=True))
    assert await _counts(platform) == before
    await _forget_the_last_engagement(platform)
    assert (await _counts(platform))["engagements"] == before["engagements"] - 1
    await load_sample(platform.address, platform.credentials, Console(quiet=True))
    assert await _counts(platform) == before


async def _forget_the_last_engagement(platform: Platform) -> None:
    connection = await asyncpg.connect(platform.urls["registry"].replace("+asyncpg", ""))
    try:
        engagement_id = await connection.fetchval("SELECT id FROM engagements WHERE source = $1", relations.engagements()[-1]["source"])
        for table in ("engagement_ties", "engagement_participants", "engagement_deliverables"):
            await connection.execute(f"DELETE FROM {table} WHERE engagement_id = $1", engagement_id)
        await connection.execute("DELETE FROM engagements WHERE id = $1", engagement_id)
    finally:
        await connection.close()


async def _counts(platform: Platform) -> dict[str, int]:
    async with platform.client() as http:
        pages = {path: (await http.get(f"/v1/{path}", params={"count": "exact", "limit": 1})).json() for path in ("actors", "seats", "ties", "engagements")}
    return {path: page["total"] for path, page in pages.items()}


async def test_the_address_explains_itself(platform: Platform) -> None:
    async with platform.client() as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 200
        document = (await http.get("/openapi.json")).json()
        assert document["openapi"].startswith("3.1")
        for path in ("/v1/actors", "/v1/agreements", "/v1/briefings", "/v1/session", "/oauth/token", "/v1/events"):
            assert path in document["paths"], path
        page = await http.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "http://" not in page.text.replace(platform.address, "").replace("http://www.w3.org", "") or "src=" not in page.text
        missing = await http.get("/v1/nothing")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        assert (await http.get(missing.json()["type"])).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/v1/actors?limit=0", {}, None, 422),
        ("GET", "/v1/actors?colour=red", {}, None, 422),
        ("GET", "/v1/actors?limit=1&limit=2", {}, None, 422),
        ("GET", "/v1/actors?cursor=nonsense", {}, None, 422),
        ("GET", "/v1/actors/not-a-uuid", {}, None, 422),
        ("PUT", "/v1/actors", {}, None, 405),
        ("GET", "/v1/agreements", {}, None, 401),
        ("GET", "/v1/agreements", {"Authorization": "Bearer nonsense"}, None, 401),
        ("GET", "/v1/agreements", {"Authorization": "Basic YTpi"}, None, 401),
        ("POST", "/v1/route-checks", {"Content-Type": "application/json"}, b"{", 400),
        ("POST", "/v1/route-checks", {"Content-Type": "application/json"}, b"[]", 422),
        ("POST", "/v1/session", {"Content-Type": "application/json"}, b'{"email": "nobody@comity.example", "password": "wrong"}', 401),
        ("POST", "/v1/route-checks", {"Content-Type": "application/json"}, b"x" * 2_000_000, 413),
    ],
)
async def test_what_is_wrong_is_said_in_one_format(
    platform: Platform, method: str, path: str, headers: dict[str, str], body: bytes | None, status: int
) -> None:
    async with platform.client() as http:
        answer = await http.request(method, path, headers=headers, content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = json.loads(answer.content)
    assert document["title"] and document["status"] == status and document["request_id"]
    assert document["detail"], "a problem says how to mend it"
