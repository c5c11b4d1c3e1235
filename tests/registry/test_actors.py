"""Actors: registering, changing, finding."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.actors.schemas import ActorRead
from services.registry.actors.words import folded
from services.registry.events import ActorChanged, ActorRegistered
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

TIJUANA: dict[str, Any] = {
    "kind": "municipality",
    "source_kind": "municipio",
    "preferred_language": "es",
    "country": "MX",
    "subdivision": "MX-BCN",
    "names": [
        {"language": "es", "name": "Tijuana"},
        {"language": "en", "name": "City of Tijuana"},
        {"language": "es", "name": "Villa de Zaragoza", "kind": "former"},
    ],
    "identifiers": [{"scheme": "inegi", "value": "02004", "source": "INEGI"}, {"scheme": "wikidata", "value": "Q124739"}],
    "lat": 32.525,
    "lon": -117.033,
    "population": 1_922_523,
    "website": "https://www.tijuana.gob.mx/",
    "border_m": {"US": 0},
    "source": "INEGI, Marco Geoestadístico",
    "licence": "INEGI free use",
    "read_on": "2026-11-22",
}


async def events_of(app: FastAPI, aggregate: str) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE aggregateid = :id ORDER BY seq"), {"id": aggregate})).all())


async def patch(client: httpx.AsyncClient, actor_id: str, **change: Any) -> httpx.Response:
    """A change with the ETag that was just read."""
    path = f"/v1/actors/{actor_id}"
    etag = (await client.get(path)).headers["etag"]
    return await client.patch(path, json=change, headers=bearer(make.WRITER) | {"If-Match": etag})


async def names_found(client: httpx.AsyncClient, query: str, **headers: str) -> list[str]:
    answer = await client.get(f"/v1/actors?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    for item in answer.json()["items"]:
        ActorRead.model_validate(item)
    return [item["name"] for item in answer.json()["items"]]


async def test_registering_answers_with_the_record_and_records_its_state(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    parent = await make.actor(registry, "Baja California", kind="state", country="MX", subdivision="MX-BCN")
    answer = await registry.post("/v1/actors", json={**TIJUANA, "parent_id": parent["id"]}, headers=bearer(make.WRITER) | {"Accept-Language": "en"})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    ActorRead.model_validate(body)
    plain = {name: TIJUANA[name] for name in TIJUANA if name not in ("names", "identifiers")}
    assert body == plain | {
        "id": body["id"],
        "status": "active",
        "dissolved_on": None,
        "name": "City of Tijuana",
        "parent_id": parent["id"],
        "nearest_border_m": 0,
        "created_at": "2026-11-22T12:00:00.000000Z",
        "updated_at": "2026-11-22T12:00:00.000000Z",
    }
    (event,) = await events_of(registry_app, body["id"])
    assert (event.type, event.visibility, event.subject) == ("actor.registered", "public", "coordinator")
    assert event.payload == event.payload_open
    assert event.payload == ActorRegistered.model_validate(event.payload).model_dump(mode="json")
    assert event.payload == {
        "actor_id": body["id"],
        "kind": "municipality",
        "status": "active",
        "name": "Tijuana",
        "names": {"es": "Tijuana", "en": "City of Tijuana"},
        "country": "MX",
        "subdivision": "MX-BCN",
        "parent_id": parent["id"],
        "lat": 32.525,
        "lon": -117.033,
        "population": 1_922_523,
        "border_m": {"US": 0},
        "identifiers": {"inegi": "02004", "wikidata": "Q124739"},
        **{name: body[name] for name in ("source_kind", "dissolved_on", "preferred_language", "website", "source", "licence", "read_on")},
        "all_names": sorted(({"kind": "preferred", **name} for name in TIJUANA["names"]), key=lambda name: (name["language"], name["kind"])),
        "all_identifiers": sorted(TIJUANA["identifiers"], key=lambda held: held["scheme"]),
        "parents": [{"parent_id": parent["id"]}],
    }


async def test_a_read_with_everything_is_one_statement(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    parent = await make.actor(registry, "Baja California", kind="state")
    made = await make.actor(registry, **TIJUANA, parent_id=parent["id"], parent_valid_from="1954-01-01")
    seat = await make.seat(registry, made["id"], title="Presidenta o Presidente Municipal")
    path = f"/v1/actors/{made['id']}?include=names&include=identifiers&include=parents&include=seats"
    with queries(registry_app.state.database, at_most=1):
        answer = await registry.get(path, headers={"Accept-Language": "es-MX, en;q=0.1"})
    body = answer.json()
    ActorRead.model_validate(body)
    assert body["name"] == "Tijuana"
    assert [(item["language"], item["kind"], item["name"]) for item in body["names"]] == [
        ("en", "preferred", "City of Tijuana"),
        ("es", "former", "Villa de Zaragoza"),
        ("es", "preferred", "Tijuana"),
    ]
    said = {"source": "INEGI", "licence": None, "read_on": None}
    assert body["identifiers"][0] == {"actor_id": made["id"], "scheme": "inegi", "value": "02004", "valid_from": None, "valid_through": None, **said}
    assert body["parents"] == [{"parent_id": parent["id"], "name": "Baja California", "valid_from": "1954-01-01", "valid_through": None}]
    assert body["seats"] == [{"id": seat["id"], "role": "chief_executive", "title": "Presidenta o Presidente Municipal", "status": "active"}]
    again = await registry.get(path, headers={"Accept-Language": "es-MX, en;q=0.1", "If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_the_name_follows_the_languages_of_the_request(registry: httpx.AsyncClient) -> None:
    made = await make.actor(registry, **TIJUANA)
    for header, name in (("en", "City of Tijuana"), ("es", "Tijuana"), ("fr, es;q=0.5", "Tijuana"), ("fr", "City of Tijuana")):
        assert (await registry.get(f"/v1/actors/{made['id']}", headers={"Accept-Language": header})).json()["name"] == name
    quechua = await make.actor(registry, preferred_language="qu", names=[{"language": "qu", "name": "Qusqu"}])
    assert (await registry.get(f"/v1/actors/{quechua['id']}", headers={"Accept-Language": "fr"})).json()["name"] == "Qusqu"


async def test_lists_filter_by_everything_in_one_statement(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    state = await make.actor(registry, "California", kind="state", population=39_000_000)
    await make.actor(registry, parent_id=state["id"], identifiers=[{"scheme": "fips", "value": "06073"}], border_m={"MX": 0}, population=3_298_634)
    await make.actor(registry, "Riverside County", parent_id=state["id"], identifiers=[{"scheme": "fips", "value": "06065"}], border_m={"MX": 60_000})
    await make.actor(registry, **TIJUANA)
    for query, found in (
        ("", ["California", "Riverside County", "San Diego County", "City of Tijuana"]),
        ("kind=state&kind=municipality", ["California", "City of Tijuana"]),
        ("country=MX", ["City of Tijuana"]),
        ("subdivision=US-CA&kind=county", ["Riverside County", "San Diego County"]),
        (f"parent={state['id']}", ["Riverside County", "San Diego County"]),
        ("identifier=fips:06073&identifier=inegi:02004&identifier=fips:99999", ["San Diego County", "City of Tijuana"]),
        ("border=MX", ["Riverside County", "San Diego County"]),
        ("border=MX&border_within_m=1000", ["San Diego County"]),
        ("border=CA", []),
        ("border_within_m=0", ["San Diego County", "City of Tijuana"]),
        ("border_within_m=60000&kind=county", ["Riverside County", "San Diego County"]),
        ("at_border=true", ["San Diego County", "City of Tijuana"]),
        ("at_border=false", ["Riverside County"]),
        ("sort=border&kind=county", ["San Diego County", "Riverside County"]),
        ("sort=population", ["California", "San Diego County", "City of Tijuana", "Riverside County"]),
        ("sort=newest", ["City of Tijuana", "Riverside County", "San Diego County", "California"]),
        ("status=dissolved", []),
    ):
        with queries(registry_app.state.database, at_most=1):
            assert await names_found(registry, query) == found, query


async def test_the_nearest_border_is_told_counted_and_sorted_by(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    known: dict[str, dict[str, int]] = {"Far": {"US": 900_000, "GT": 1_200}, "Touching": {"MX": 40, "US": 0}, "Inland": {}, "Near": {"CA": 7}}
    for name, metres in known.items():
        await make.actor(registry, name, border_m=metres)
    with queries(registry_app.state.database, at_most=1):
        body = (await registry.get("/v1/actors?sort=border&facets=at_border")).json()
    assert [(item["name"], item["nearest_border_m"]) for item in body["items"]] == [("Touching", 0), ("Near", 7), ("Far", 1_200), ("Inland", None)]
    assert body["facets"] == {"at_border": [{"value": "false", "count": 2}, {"value": "true", "count": 1}]}


async def test_actors_are_listed_by_their_ids(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    ids = [(await make.actor(registry, name))["id"] for name in ("One", "Two", "The same as two", "Three")]
    await make.judgement(registry, ids[1], ids[2], canonical_id=ids[1])
    with queries(registry_app.state.database, at_most=2):
        assert await names_found(registry, f"id={ids[0]}&id={ids[2]}&id=01890000-0000-7000-8000-000000000000") == ["One", "Two"]
        assert await names_found(registry, f"status=merged&id={ids[1]}&id={ids[2]}") == ["The same as two"]
    assert await names_found(registry, f"id={ids[1]}&id={ids[2]}&kind=county") == ["Two"]
    body = assert_problem(await registry.get("/v1/actors", params={"id": [ids[0]] * 101}), Invalid)
    assert [item["pointer"] for item in body["errors"]] == ["/id"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Cd. Juárez", "cd juarez"),
        ("Łódź", "lodz"),
        ("Île-de-France", "ile de france"),
        ("東京都", "東京都"),
        ("Großräschen", "grossraschen"),
        ("!!!", ""),
        ("x" * 300, "x" * 100),
    ],
)
def test_names_are_folded(name: str, plain: str) -> None:
    assert folded(name) == plain
    assert folded(plain) == plain


async def test_pages_go_through_all_sorts(registry: httpx.AsyncClient) -> None:
    for number in range(7):
        await make.actor(registry, f"County {number % 3}", population=None if number < 3 else number % 2, border_m={"MX": number % 2} if number < 3 else {})
    for sort in ("name", "population", "border", "newest"):
        seen: list[str] = []
        cursor = None
        while True:
            page = (await registry.get("/v1/actors", params={"limit": 2, "sort": sort, **({"cursor": cursor} if cursor else {})})).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert (len(seen), len(set(seen))) == (7, 7), sort


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("kind=planet", "/kind/0"),
        ("country=mx", "/country"),
        ("identifier=06073", "/identifier/0"),
        ("q=", "/q"),
        ("q=%26", "/q"),
        ("sort=size", "/sort"),
        ("include=parent", "/include/0"),
        ("parent=x", "/parent"),
        ("nonsense=1", "/nonsense"),
    ],
)
async def test_a_bad_filter_is_named(registry: httpx.AsyncClient, query: str, named: str) -> None:
    body = assert_problem(await registry.get(f"/v1/actors?{query}"), Invalid)
    assert [item["pointer"] or "/" for item in body["errors"]] == [named]


@pytest.mark.parametrize(
    ("language", "country", "subdivision", "together"),
    [
        ("en", "is not two capital letters, such as MX", "is not a country and its subdivision in capital letters, such as MX-BCN", "near needs within_km"),
        ("es", "no son dos letras mayúsculas, como MX", "no es un país y su subdivisión en mayúsculas, como MX-BCN", "near requiere within_km"),
        ("fr", "n'est pas deux lettres majuscules, comme MX", "n'est pas un pays et sa subdivision en majuscules, comme MX-BCN", "near exige within_km"),
    ],
)
async def test_what_a_code_is_like_is_said_in_words(registry: httpx.AsyncClient, language: str, country: str, subdivision: str, together: str) -> None:
    spoken = {"Accept-Language": language}
    body = assert_problem(await registry.get("/v1/actors?country=mx&subdivision=BCN", headers=spoken), Invalid)
    assert [(item["pointer"], item["detail"]) for item in body["errors"]] == [("/country", country), ("/subdivision", subdivision)]
    body = assert_problem(await registry.get("/v1/actors?near=1,2", headers=spoken), Invalid)
    assert body["errors"] == [{"in": "query", "pointer": "/near", "detail": together}]


@pytest.mark.parametrize(
    ("override", "pointer"),
    [
        ({"kind": "planet"}, "/kind"),
        ({"names": []}, "/names"),
        ({"preferred_language": "es"}, ""),
        ({"lat": 10}, "/lon"),
        ({"lat": 91, "lon": 0}, "/lat"),
        ({"population": -1}, "/population"),
        ({"border_m": {"Mexico": 1}}, "/border_m/Mexico/[key]"),
        ({"border_m": {"MX": -1}}, "/border_m/MX"),
        ({"website": "javascript:alert(1)"}, "/website"),
        ({"identifiers": [{"scheme": "FIPS", "value": "1"}]}, "/identifiers/0/scheme"),
        ({"identifiers": [{"scheme": "fips", "value": "1", "valid_from": "2020-01-02", "valid_through": "2020-01-01"}]}, "/identifiers/0"),
        ({"names": [{"language": "en", "name": "x" * 301}]}, "/names/0/name"),
        ({"names": [{"language": "en", "name": "a\x00b"}]}, "/names/0/name"),
        ({"names": [{"language": "en", "name": "!!!"}]}, "/names/0/name"),
        ({"country": "XX", "subdivision": None}, "/country"),
        ({"country": "ZZ", "subdivision": None}, "/country"),
        ({"country": "QM", "subdivision": None}, "/country"),
        ({"border_m": {"XX": 1}}, "/border_m/XX/[key]"),
        ({"country": "MX", "subdivision": "US-CA"}, "/subdivision"),
        ({"country": None, "subdivision": "US-CA"}, "/subdivision"),
        ({"parent_valid_from": "2020-01-01"}, ""),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_a_bad_actor_is_refused_where_it_is_bad(registry: httpx.AsyncClient, override: dict[str, Any], pointer: str) -> None:
    body = assert_problem(await make.post_actor(registry, **override), Invalid)
    assert [item["pointer"] for item in body["errors"]] == [pointer]


@pytest.mark.parametrize(("country", "subdivision"), [("XK", None), ("AX", None), ("QA", "QA-DA"), ("ZA", "ZA-GP"), ("MX", "MX-BCN"), (None, None)])
async def test_places_that_there_are_are_taken(registry: httpx.AsyncClient, country: str | None, subdivision: str | None) -> None:
    made = await make.actor(registry, country=country, subdivision=subdivision)
    assert (made["country"], made["subdivision"]) == (country, subdivision)


async def test_a_change_leaves_the_subdivision_in_its_country(registry: httpx.AsyncClient) -> None:
    made = await make.actor(registry, country="MX", subdivision="MX-BCN")
    for change, what in (
        ({"country": "US"}, "is not in US"),
        ({"country": None}, "needs the country that it is in"),
        ({"subdivision": "US-CA"}, "is not in MX"),
    ):
        body = assert_problem(await patch(registry, made["id"], **change), Invalid)
        assert body["errors"] == [{"in": "body", "pointer": "/subdivision", "detail": what}]
    moved = await patch(registry, made["id"], country="US", subdivision="US-CA")
    assert (moved.json()["country"], moved.json()["subdivision"]) == ("US", "US-CA")
    assert (await patch(registry, made["id"], country=None, subdivision=None)).status_code == 200


@pytest.mark.parametrize(
    ("language", "name", "query"),
    [
        ("zh", "北京市", "北京市"),
        ("ar", "مدينة الكويت", "الكويت"),
        ("uk", "Київ", "київ"),
        ("el", "Αθήνα", "αθηνα"),
        ("hi", "दिल्ली", "दिल्ली"),
        ("en", "29", "29"),
    ],
)
async def test_a_name_in_any_script_is_found(registry: httpx.AsyncClient, language: str, name: str, query: str) -> None:
    await make.actor(registry, preferred_language=language, names=[{"language": language, "name": name}])
    assert await names_found(registry, f"q={query}") == [name]


async def test_an_identifier_belongs_to_one_actor_at_a_time(registry: httpx.AsyncClient) -> None:
    def held(first: str | None, last: str | None) -> list[dict[str, Any]]:
        return [{"scheme": "fips", "value": "06073", "valid_from": first, "valid_through": last}]

    one = await make.actor(registry, "One", identifiers=held("2000-01-01", "2010-12-31"))
    for first, last in ((None, None), ("2010-12-31", None), (None, "2000-01-01"), ("2005-01-01", "2005-01-01")):
        assert_problem(await make.post_actor(registry, "Two", identifiers=held(first, last)), errors.IdentifierTaken, actor_id=one["id"])
    await make.actor(registry, "Before", identifiers=held(None, "1999-12-31"))
    await make.actor(registry, "After", identifiers=held("2011-01-01", None))
    assert await names_found(registry, "identifier=fips:06073") == ["After"]


async def test_a_taken_identifier_is_named_with_its_holder(registry: httpx.AsyncClient) -> None:
    def held(*values: str) -> list[dict[str, Any]]:
        return [{"scheme": "fips", "value": value} for value in values]

    one = await make.actor(registry, "One", identifiers=held("1"))
    two = await make.actor(registry, "Two", identifiers=held("2", "3"))
    told = [
        {"in": "body", "pointer": "/identifiers/1", "detail": f"belongs to the actor {two['id']} in that time"},
        {"in": "body", "pointer": "/identifiers/2", "detail": f"belongs to the actor {one['id']} in that time"},
    ]
    for answer in (await make.post_actor(registry, identifiers=held("4", "3", "1")), await patch(registry, one["id"], identifiers=held("1", "3"))):
        body = assert_problem(answer, errors.IdentifierTaken, identifier="fips:3", actor_id=two["id"])
        assert told[: len(body["errors"])] == body["errors"]
    assert (await patch(registry, two["id"], identifiers=held("3"))).status_code == 200
    assert (await patch(registry, one["id"], identifiers=held("1", "2"))).status_code == 200


async def test_an_identifier_given_twice_is_nobody_elses(registry: httpx.AsyncClient) -> None:
    def held(*periods: tuple[str | None, str | None], value: str = "1") -> list[dict[str, Any]]:
        return [{"scheme": "fips", "value": value, "valid_from": first, "valid_through": last} for first, last in periods]

    made = await make.actor(registry)
    wrong = [*held((None, "2000-12-31")), *held((None, None), value="2"), *held(("2000-12-31", None), ("2000-06-01", "2000-06-01"))]
    for answer in (await make.post_actor(registry, identifiers=wrong), await patch(registry, made["id"], identifiers=wrong)):
        body = assert_problem(answer, Invalid)
        assert [(item["pointer"], item["detail"]) for item in body["errors"]] == [
            (f"/identifiers/{at}", "was given already for some of its time") for at in (2, 3)
        ]
    apart = held((None, "2000-12-31"), ("2001-01-01", None))
    assert (await patch(registry, made["id"], identifiers=apart)).status_code == 200


async def test_constraints_speak_for_themselves(registry: httpx.AsyncClient) -> None:
    twice = {"language": "en", "name": "San Diego County"}
    assert_problem(await make.post_actor(registry, names=[twice, {**twice, "kind": "former"}]), errors.NameTwice)
    assert_problem(await make.post_actor(registry, names=[twice, {**twice, "name": "Other"}]), errors.PreferredNameTwice)
    assert_problem(await make.post_actor(registry, parent_id="01890000-0000-7000-8000-000000000000"), errors.ParentUnknown)


async def test_only_writers_write(registry: httpx.AsyncClient) -> None:
    made = await make.actor(registry)
    member = caller("agreements:read")
    assert_problem(await registry.post("/v1/actors", json=make.actor_body()), Unauthorized)
    assert_problem(await make.post_actor(registry, who=member), Forbidden, scope="actors:write")
    assert_problem(await registry.patch(f"/v1/actors/{made['id']}", json={}, headers=bearer(member)), Forbidden)


async def test_a_change_tells_absent_from_null(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    made = await make.actor(registry, **TIJUANA)
    answer = await patch(registry, made["id"], population=None, website="https://tijuana.example/", reason="new census is being counted")
    assert answer.status_code == 200, answer.text
    assert answer.json() == made | {"population": None, "website": "https://tijuana.example/"}
    assert answer.headers["etag"].startswith('"2-')
    _, event = await events_of(registry_app, made["id"])
    assert (event.type, event.reason) == ("actor.changed", "new census is being counted")
    assert event.payload == ActorChanged.model_validate(event.payload).model_dump(mode="json")
    assert (event.payload["population"], event.payload["identifiers"]) == (None, {"inegi": "02004", "wikidata": "Q124739"})
    assert event.before == {"population": 1_922_523, "website": "https://www.tijuana.gob.mx/"}
    assert event.after == {"population": None, "website": "https://tijuana.example/"}


async def test_a_change_of_nothing_leaves_no_trace(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    made = await make.actor(registry, **TIJUANA)
    same = {name: TIJUANA[name] for name in ("names", "identifiers", "population", "border_m", "read_on", "kind")}
    for change in ({}, same):
        answer = await patch(registry, made["id"], **change)
        assert (answer.status_code, answer.json(), answer.headers["etag"][:3]) == (200, made, '"1-')
        assert "comity-event" not in answer.headers
    assert len(await events_of(registry_app, made["id"])) == 1


async def test_lists_are_replaced_whole(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    made = await make.actor(registry, **TIJUANA)
    names = [{"language": "es", "name": "Ciudad de Tijuana"}, {"language": "es", "name": "Tijuana", "kind": "former"}]
    answer = await patch(registry, made["id"], names=names, identifiers=[{"scheme": "inegi", "value": "02004"}])
    assert (answer.status_code, answer.json()["name"], answer.headers["etag"][:3]) == (200, "Ciudad de Tijuana", '"2-')
    body = (await registry.get(f"/v1/actors/{made['id']}?include=names&include=identifiers")).json()
    assert [(item["name"], item["kind"]) for item in body["names"]] == [("Tijuana", "former"), ("Ciudad de Tijuana", "preferred")]
    assert [(item["scheme"], item["source"]) for item in body["identifiers"]] == [("inegi", None)]
    assert await names_found(registry, "q=ciudad") == ["Ciudad de Tijuana"]
    assert await names_found(registry, "q=zaragoza") == []
    only = await patch(registry, made["id"], identifiers=[{"scheme": "inegi", "value": "02004"}, {"scheme": "wikidata", "value": "Q1"}])
    assert only.headers["etag"].startswith('"3-')
    events = await events_of(registry_app, made["id"])
    assert [event.payload["identifiers"] for event in events[1:]] == [{"inegi": "02004"}, {"inegi": "02004", "wikidata": "Q1"}]
    assert events[2].before == {"identifiers": [["inegi", "02004", "", "", "", "", ""]]}


@pytest.mark.parametrize("field", ["kind", "status", "preferred_language", "names", "identifiers", "parents", "border_m"])
async def test_what_cannot_be_empty_is_not_emptied(registry: httpx.AsyncClient, field: str) -> None:
    made = await make.actor(registry)
    assert field in assert_problem(await patch(registry, made["id"], **{field: None}), Invalid)["detail"]


async def test_a_bad_change_is_refused(registry: httpx.AsyncClient) -> None:
    made = await make.actor(registry, identifiers=[{"scheme": "fips", "value": "06073"}])
    other = await make.actor(registry, "Other")
    assert_problem(await patch(registry, made["id"], status="merged"), Invalid)
    assert_problem(await patch(registry, made["id"], lat=3), Invalid)
    assert_problem(await patch(registry, made["id"], preferred_language="es"), Invalid)
    assert_problem(await patch(registry, made["id"], names=[{"language": "es", "name": "San Diego"}]), Invalid)
    assert_problem(await patch(registry, other["id"], identifiers=[{"scheme": "fips", "value": "06073"}]), errors.IdentifierTaken)
    unknown = "/v1/actors/01890000-0000-7000-8000-000000000000"
    assert_problem(await registry.get(unknown), errors.ActorNotFound)
    assert_problem(await registry.patch(unknown, json={}, headers=bearer(make.WRITER)), errors.ActorNotFound)
    path = f"/v1/actors/{made['id']}"
    assert_problem(await registry.patch(path, json={}, headers=bearer(make.WRITER)), PreconditionRequired)
    assert_problem(await registry.patch(path, json={}, headers=bearer(make.WRITER) | {"If-Match": '"9-x"'}), PreconditionFailed)
    assert (await registry.get(path)).json() == made


async def test_a_parent_changes_from_a_day_on(registry: httpx.AsyncClient, registry_app: FastAPI, clock: Clock) -> None:
    old, new, third = [await make.actor(registry, name, kind="state") for name in ("Old", "New", "Third")]
    made = await make.actor(registry, parent_id=old["id"])
    moved = await patch(registry, made["id"], parent_id=new["id"])
    assert (moved.json()["parent_id"], moved.headers["etag"][:3]) == (new["id"], '"2-')
    corrected = await patch(registry, made["id"], parent_id=third["id"])
    assert corrected.json()["parent_id"] == third["id"]
    parents = (await registry.get(f"/v1/actors/{made['id']}?include=parents")).json()["parents"]
    assert [(item["name"], item["valid_from"], item["valid_through"]) for item in parents] == [("Third", "2026-11-22", None), ("Old", None, "2026-11-21")]
    assert await names_found(registry, f"parent={third['id']}") == ["San Diego County"]
    assert await names_found(registry, f"parent={old['id']}") == []
    planned = await patch(registry, made["id"], parent_id=new["id"], parent_valid_from="2027-01-01")
    assert planned.json()["parent_id"] == third["id"]
    assert (await events_of(registry_app, made["id"]))[-1].payload["parent_id"] == third["id"]
    clock.fixed = NOON + timedelta(days=60)
    assert (await registry.get(f"/v1/actors/{made['id']}")).json()["parent_id"] == new["id"]
    assert_problem(await patch(registry, made["id"], parent_id=old["id"], parent_valid_from="2026-12-24"), errors.ParentOverlaps)
    alone = await patch(registry, made["id"], parent_id=None)
    assert (alone.status_code, alone.json()["parent_id"]) == (200, None)
    clock.fixed = NOON


async def test_nothing_is_inside_itself(registry: httpx.AsyncClient) -> None:
    nation = await make.actor(registry, "Nation", kind="nation")
    state = await make.actor(registry, "State", kind="state", parent_id=nation["id"])
    county = await make.actor(registry, "County", parent_id=state["id"])
    for actor in (nation, state, county):
        assert_problem(await patch(registry, nation["id"], parent_id=actor["id"]), errors.ParentCycle)
