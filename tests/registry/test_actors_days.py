"""Actors on a day: parents, identifiers and names as they were, the hierarchy above, and the end of an actor."""

from itertools import product
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.registry.actors.schemas import ActorRead
from shared.errors import Invalid
from tests.registry.test_actors import events_of, names_found, patch
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer


async def hierarchy(client: httpx.AsyncClient) -> dict[str, str]:
    """A town that was moved from one county to the other with the year 2020."""
    nation = await make.actor(client, "Nation", kind="nation")
    state = await make.actor(client, "State", kind="state", parent_id=nation["id"])
    old, new = [await make.actor(client, name, parent_id=state["id"]) for name in ("Old County", "New County")]
    codes = [
        {"scheme": "fips", "value": "1", "valid_through": "2019-12-31"},
        {"scheme": "fips", "value": "2", "valid_from": "2020-01-01"},
    ]
    names = [
        {"language": "en", "name": "Town", "valid_from": "2020-01-01", "source": "the council's resolution"},
        {"language": "en", "name": "Village", "kind": "former", "valid_through": "2019-12-31"},
    ]
    town = await make.actor(client, kind="municipality", parent_id=old["id"], identifiers=codes, names=names)
    moved = await patch(client, town["id"], parent_id=new["id"], parent_valid_from="2020-01-01")
    assert moved.status_code == 200, moved.text
    return {"nation": nation["id"], "state": state["id"], "old": old["id"], "new": new["id"], "town": town["id"]}


async def test_a_read_shows_the_day_that_is_asked_for(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    made = await hierarchy(registry)
    path = f"/v1/actors/{made['town']}?include=parents,identifiers,names"
    for day, parent, code, name in (("2019-12-31", "old", "1", "Village"), ("2020-01-01", "new", "2", "Town")):
        with queries(registry_app.state.database, at_most=1):
            body = (await registry.get(f"{path}&as_of={day}")).json()
        ActorRead.model_validate(body)
        assert (body["parent_id"], [item["parent_id"] for item in body["parents"]]) == (made[parent], [made[parent]])
        assert ([item["value"] for item in body["identifiers"]], [item["name"] for item in body["names"]]) == ([code], [name])
    everything = (await registry.get(path)).json()
    assert (everything["parent_id"], len(everything["parents"]), len(everything["identifiers"])) == (made["new"], 2, 2)
    assert [(item["name"], item["valid_from"], item["source"]) for item in everything["names"]] == [
        ("Village", None, None),
        ("Town", "2020-01-01", "the council's resolution"),
    ]


async def test_lists_follow_the_hierarchy_of_the_day(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    made = await hierarchy(registry)
    for query, names in (
        (f"within={made['nation']}", ["New County", "Old County", "State", "Town"]),
        (f"within={made['state']}", ["New County", "Old County", "Town"]),
        (f"within={made['new']}", ["Town"]),
        (f"within={made['old']}", []),
        (f"within={made['old']}&as_of=2019-12-31", ["Village"]),
        (f"within={made['new']}&as_of=2019-12-31", []),
        (f"within={made['state']}&as_of=2019-12-31&kind=municipality", ["Village"]),
        (f"parent={made['old']}&as_of=2000-01-01", ["Village"]),
        (f"within={made['town']}", []),
        ("identifier=fips:1", []),
        ("identifier=fips:1&as_of=2019-06-01", ["Village"]),
        ("identifier_scheme=fips", ["Town"]),
        ("identifier_scheme=inegi", []),
    ):
        with queries(registry_app.state.database, at_most=1):
            assert await names_found(registry, query) == names, query


async def test_a_cursor_belongs_to_its_day(registry: httpx.AsyncClient) -> None:
    made = await hierarchy(registry)
    page = (await registry.get(f"/v1/actors?within={made['state']}&as_of=2019-12-31&limit=1")).json()
    again = await registry.get(f"/v1/actors?within={made['state']}&as_of=2020-12-31&limit=1&cursor={page['next']}")
    assert again.status_code == 422


async def test_filters_by_people_seats_and_networks(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    network = await make.actor(registry, "Network", kind="network")
    commission = await make.actor(registry, "Commission", kind="commission")
    small = await make.actor(registry, "Small", population=900)
    large = await make.actor(registry, "Large", population=1_000_000)
    await make.actor(registry, "Middling", population=10_000)
    await make.seat(registry, large["id"])
    await make.seat(registry, small["id"], role="deputy")
    member = await make.tie(registry, large["id"], network["id"], type="network_membership", valid_from="2010-01-01")
    await make.tie(registry, small["id"], network["id"], type="network_membership", status="proposed")
    await make.tie(registry, small["id"], commission["id"], type="commission_membership")
    for query, names in (
        ("has_seat=true", ["Large", "Small"]),
        ("has_seat=false&kind=county", ["Middling"]),
        ("population_band=under_1000&population_band=1000000_and_more", ["Large", "Small"]),
        ("population_min=10000&population_max=1000000", ["Large", "Middling"]),
        (f"network={network['id']}", ["Large"]),
        (f"network={network['id']}&as_of=2009-12-31", []),
        (f"network={commission['id']}", ["Small"]),
    ):
        with queries(registry_app.state.database, at_most=1):
            assert await names_found(registry, query) == names, query
    with queries(registry_app.state.database, at_most=1):
        body = (await registry.get(f"/v1/actors/{network['id']}?include=ties")).json()
    ActorRead.model_validate(body)
    assert [(tie["from_id"], tie["to_id"], tie["status"]) for tie in body["ties"]] == [
        (small["id"], network["id"], "proposed"),
        (large["id"], network["id"], "active"),
    ]
    assert body["ties"][1]["id"] == member["id"]


async def test_an_actor_ends_and_comes_back(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    made = await make.actor(registry)
    ended = await patch(registry, made["id"], status="dissolved", dissolved_on="2022-06-30", reason="Merged into planning regions.")
    assert (ended.json()["status"], ended.json()["dissolved_on"]) == ("dissolved", "2022-06-30")
    (_, event) = await events_of(registry_app, made["id"])
    assert (event.payload["status"], event.after) == ("dissolved", {"status": "dissolved", "dissolved_on": "2022-06-30"})
    assert await names_found(registry, "status=dissolved") == ["San Diego County"]
    assert await names_found(registry, "status=active") == []
    back = await patch(registry, made["id"], status="active")
    assert (back.json()["status"], back.json()["dissolved_on"]) == ("active", None)
    body = assert_problem(await patch(registry, made["id"], dissolved_on="2022-06-30"), Invalid)
    assert [item["pointer"] for item in body["errors"]] == ["/dissolved_on"]


async def test_an_actor_is_active_through_its_last_day(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    made = await make.actor(registry, "Gone")
    await patch(registry, made["id"], status="dissolved", dissolved_on="2015-06-30")
    unknown = await make.actor(registry, "Gone, who knows when")
    await patch(registry, unknown["id"], status="dissolved")
    leaving = await make.actor(registry, "Leaving")
    await patch(registry, leaving["id"], status="dissolved", dissolved_on="2026-12-31")
    for day, active in (
        ("2014-01-01", ["Gone", "Leaving"]),
        ("2015-06-30", ["Gone", "Leaving"]),
        ("2015-07-01", ["Leaving"]),
        (None, ["Leaving"]),
        ("2027-01-01", []),
    ):
        on_the_day = f"&as_of={day}" if day else ""
        dissolved = sorted({"Gone", "Gone, who knows when", "Leaving"} - set(active))
        with queries(registry_app.state.database, at_most=2):
            assert await names_found(registry, f"status=active{on_the_day}") == active, day
            assert await names_found(registry, f"status=dissolved{on_the_day}") == dissolved, day
        listed = (await registry.get(f"/v1/actors?facets=status{on_the_day}")).json()
        assert {item["value"]: item["count"] for item in listed["facets"]["status"]} == {
            status: len(names) for status, names in (("active", active), ("dissolved", dissolved)) if names
        }
        assert sorted(item["name"] for item in listed["items"] if item["status"] == "active") == active
        read = (await registry.get(f"/v1/actors/{made['id']}?{on_the_day}")).json()
        assert (read["status"], read["dissolved_on"]) == ("active" if "Gone" in active else "dissolved", "2015-06-30")


async def test_what_was_merged_counts_as_merged(registry: httpx.AsyncClient) -> None:
    first, second = await make.actor(registry, "One"), await make.actor(registry, "The same")
    await patch(registry, second["id"], status="dissolved", dissolved_on="2015-06-30")
    await make.judgement(registry, first["id"], second["id"])
    listed = (await registry.get("/v1/actors?status=merged&facets=status&as_of=2014-01-01")).json()
    assert ([item["status"] for item in listed["items"]], listed["facets"]["status"]) == (["merged"], [{"value": "merged", "count": 1}])


async def test_a_name_is_that_of_the_day(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    names = [
        {"language": "en", "name": "Town", "valid_from": "2020-01-01"},
        {"language": "en", "name": "Village", "kind": "former", "valid_from": "1900-01-01", "valid_through": "2019-12-31"},
        {"language": "en", "name": "Hamlet", "kind": "former", "valid_through": "1899-12-31"},
        {"language": "en", "name": "Nickname", "kind": "alternative", "valid_through": "2010-12-31"},
        {"language": "es", "name": "Ciudad"},
        {"language": "es", "name": "Pueblo", "kind": "former", "valid_through": "1949-12-31"},
        {"language": "es", "name": "Nunca se supo", "kind": "former"},
        {"language": "fr", "name": "Bourg", "kind": "former", "valid_through": "1949-12-31"},
    ]
    made = await make.actor(registry, names=names)
    child = await make.actor(registry, "Quarter", parent_id=made["id"])
    for language, day, name in (
        ("en", None, "Town"),
        ("en", "2026-11-22", "Town"),
        ("en", "2020-01-01", "Town"),
        ("en", "2019-12-31", "Village"),
        ("en", "1850-01-01", "Hamlet"),
        ("es", "1950-01-01", "Ciudad"),
        ("es", "1949-12-31", "Pueblo"),
        ("fr", "1949-12-31", "Bourg"),
        ("fr", "1950-01-01", "Village"),
        ("de", "1850-01-01", "Hamlet"),
    ):
        on_the_day = f"&as_of={day}" if day else ""
        with queries(registry_app.state.database, at_most=2):
            read = (await registry.get(f"/v1/actors/{made['id']}?{on_the_day}", headers={"Accept-Language": language})).json()
            below = (await registry.get(f"/v1/actors/{child['id']}?include=parents{on_the_day}", headers={"Accept-Language": language})).json()
        assert (read["name"], below["parents"][0]["name"]) == (name, name), (language, day)
    undated = await make.actor(registry, "New", names=[{"language": "en", "name": "New"}, {"language": "en", "name": "Old", "kind": "former"}])
    assert (await registry.get(f"/v1/actors/{undated['id']}?as_of=1800-01-01")).json()["name"] == "New"


async def test_a_new_actor_says_where_it_is(registry: httpx.AsyncClient) -> None:
    answer = await make.post_actor(registry)
    assert answer.headers["location"] == f"/v1/actors/{answer.json()['id']}"
    assert (await registry.get(answer.headers["location"])).json() == answer.json()


async def test_a_change_of_a_names_source_is_a_change(registry: httpx.AsyncClient) -> None:
    made = await make.actor(registry)
    name: dict[str, Any] = {"language": "en", "name": "San Diego County", "source": "the charter"}
    answer = await patch(registry, made["id"], names=[name])
    assert answer.headers["etag"].startswith('"2-')
    assert (await patch(registry, made["id"], names=[name])).headers["etag"].startswith('"2-')


async def test_names_and_identifiers_are_kept_with_their_days_kinds_and_sources(registry: httpx.AsyncClient) -> None:
    names: list[dict[str, Any]] = [
        {"language": "en", "name": "Old Name", "kind": "former", "valid_from": "1850-01-01", "valid_through": "1899-12-31", "source": "the archive"},
        {"language": "en", "name": "The Other Name", "kind": "alternative", "valid_from": None, "valid_through": None, "source": "a newspaper"},
        {"language": "en", "name": "This Name", "kind": "preferred", "valid_from": "1900-01-01", "valid_through": None, "source": "the charter"},
    ]
    identifiers: list[dict[str, Any]] = [
        {"scheme": "fips", "value": "1", "valid_from": None, "valid_through": "1999-12-31", "source": "NIST"},
        {"scheme": "fips", "value": "2", "valid_from": "2000-01-01", "valid_through": None, "source": "ANSI"},
    ]
    made = await make.actor(registry, names=names, identifiers=identifiers)
    bare = await make.actor(registry)
    await patch(registry, bare["id"], names=names, identifiers=[{**item, "scheme": "inegi"} for item in identifiers])
    for actor, scheme in ((made, "fips"), (bare, "inegi")):
        body = (await registry.get(f"/v1/actors/{actor['id']}?include=names,identifiers")).json()
        assert sorted(body["names"], key=lambda item: item["name"]) == [{"actor_id": actor["id"], **item} for item in names]
        assert body["identifiers"] == [{"actor_id": actor["id"], **item, "scheme": scheme, "licence": None, "read_on": None} for item in identifiers]


@pytest.mark.parametrize("period", [{"valid_from": "2020-01-02", "valid_through": "2020-01-01"}], ids=["backwards"])
async def test_a_name_ends_after_it_begins(registry: httpx.AsyncClient, period: dict[str, str]) -> None:
    answer = await registry.post("/v1/actors", json=make.actor_body(names=[{"language": "en", "name": "X", **period}]), headers=bearer(make.WRITER))
    assert [item["pointer"] for item in assert_problem(answer, Invalid)["errors"]] == ["/names/0"]


def renamed(language: str, old: str, new: str, first: str | None, through: str | None) -> list[dict[str, Any]]:
    return [
        {"language": language, "name": new, "valid_from": first},
        {"language": language, "name": old, "kind": "former", "valid_through": through},
    ]


async def test_without_a_day_the_name_is_that_of_today(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """A new name that is planned is nobody's yet, in the read, in lists, in their order and where others name the actor."""
    today, tomorrow = "2026-11-22", "2026-11-23"
    names = [*renamed("en", "Aold City", "Znew City", tomorrow, today), *renamed("es", "Ciudad Vieja", "Ciudad Nueva", tomorrow, today)]
    made = await make.actor(registry, names=names)
    await make.actor(registry, "Middle City")
    other = await make.actor(registry, "Other City", parent_id=made["id"])
    await make.tie(registry, made["id"], other["id"])
    path = f"/v1/actors/{made['id']}"
    (event,) = await events_of(registry_app, made["id"])
    assert (event.payload["name"], event.payload["names"]) == ("Aold City", {"en": "Aold City", "es": "Ciudad Vieja"})
    for query in ("", f"&as_of={today}"):
        assert (await registry.get(f"{path}?include=names{query}")).json()["name"] == "Aold City"
        assert (await registry.get(f"{path}?include=names{query}", headers={"Accept-Language": "es"})).json()["name"] == "Ciudad Vieja"
        assert await names_found(registry, f"sort=name{query}") == ["Aold City", "Middle City", "Other City"]
        inside = (await registry.get(f"/v1/actors/{other['id']}?include=parents{query}")).json()
        assert [parent["name"] for parent in inside["parents"]] == ["Aold City"]
    assert (await registry.get(f"{path}?as_of={tomorrow}")).json()["name"] == "Znew City"
    sides = (await registry.get(f"/v1/ties?actor={other['id']}")).json()["items"][0]
    assert "Aold City" in (sides["from_actor"]["name"], sides["to_actor"]["name"])
    answer = await patch(registry, made["id"], names=renamed("en", "Aold City", "Znew City", today, today))
    assert answer.json()["name"] == "Znew City", "it is in use by now"


async def test_the_row_and_the_read_of_the_day_agree_on_every_name(registry: httpx.AsyncClient) -> None:
    """What stands in the row is chosen by the rule of `as_of`, whatever the days say or leave open."""
    days = (None, "2026-11-21", "2026-11-22", "2026-11-23")
    for first, through, other in product(days, days, (None, "2026-11-22")):
        older = {"language": "en", "name": "Older", "kind": "former", "valid_from": other, "valid_through": "2026-12-31"}
        await make.actor(registry, names=[*renamed("en", "Old", "New", first, through), *([older] if other else [])])
    found = [await names_found(registry, f"sort=newest&limit=50{query}") for query in ("", "&as_of=2026-11-22")]
    assert found[0] == found[1]
    assert set(found[0]) == {"New", "Old", "Older"}
