"""Inside which actor an actor is, and when: on no day inside itself, and every parent can be corrected."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.registry import errors
from services.registry.actors.hierarchy import PLANNED
from services.registry.actors.schemas import ActorRead
from shared.errors import Invalid
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.registry.test_actors import events_of, patch
from tests.support.make import registry as make
from tests.support.problems import assert_problem

NOBODY = "01890000-0000-7000-8000-000000000000"


async def made(client: httpx.AsyncClient, *names: str) -> list[str]:
    return [(await make.actor(client, name))["id"] for name in names]


async def days_of(client: httpx.AsyncClient, actor_id: str) -> list[tuple[str, str | None, str | None]]:
    """The parents, latest first, with their first and last days."""
    body = (await client.get(f"/v1/actors/{actor_id}?include=parents")).json()
    ActorRead.model_validate(body)
    return [(item["parent_id"], item["valid_from"], item["valid_through"]) for item in body["parents"]]


def inside(parent_id: str, first: str | None = None, last: str | None = None) -> dict[str, Any]:
    return {"parent_id": parent_id, "valid_from": first, "valid_through": last}


async def test_a_plan_closes_no_ring(registry: httpx.AsyncClient, clock: Clock) -> None:
    one, two = await made(registry, "One", "Two")
    assert (await patch(registry, one, parent_id=two, parent_valid_from="2030-01-01")).status_code == 200
    refused = assert_problem(await patch(registry, two, parent_id=one, parent_valid_from="2030-01-01"), errors.ParentCycle)
    assert (refused["day"], refused["detail"]) == ("2030-01-01", "The actor would be inside itself on 2030-01-01.")
    refused = assert_problem(await patch(registry, two, parent_id=one), errors.ParentCycle)
    assert refused["day"] == "2030-01-01"
    until_then = await patch(registry, two, parents=[inside(one, None, "2029-12-31")])
    assert (until_then.status_code, until_then.json()["parent_id"]) == (200, one)
    clock.fixed = NOON + timedelta(days=366 * 5)
    assert [(await registry.get(f"/v1/actors/{actor}")).json()["parent_id"] for actor in (one, two)] == [two, None]
    clock.fixed = NOON


async def test_the_past_has_no_ring_either(registry: httpx.AsyncClient) -> None:
    one, two, three = await made(registry, "One", "Two", "Three")
    assert (await patch(registry, one, parents=[inside(two, "2000-01-01", "2010-12-31")])).status_code == 200
    assert (await patch(registry, two, parents=[inside(three, "2005-01-01")])).status_code == 200
    refused = assert_problem(await patch(registry, three, parents=[inside(one, "1990-01-01", "2005-01-01")]), errors.ParentCycle)
    assert refused["day"] == "2005-01-01"
    refused = assert_problem(await patch(registry, three, parent_id=one, parent_valid_from="2010-12-31"), errors.ParentCycle)
    assert refused["day"] == "2010-12-31"
    apart = [inside(one, "1990-01-01", "2004-12-31"), inside(one, "2011-01-01")]
    assert (await patch(registry, three, parents=apart)).status_code == 200


async def test_an_actor_is_never_its_own_parent(registry: httpx.AsyncClient) -> None:
    (one,) = await made(registry, "One")
    for change in ({"parent_id": one}, {"parent_id": one, "parent_valid_from": "2030-01-01"}, {"parents": [inside(one, "1990-01-01", "1990-12-31")]}):
        assert_problem(await patch(registry, one, **change), errors.ParentCycle)


async def test_nobody_is_merged_into_what_was_once_inside_it(registry: httpx.AsyncClient) -> None:
    outer, middle, inner = await made(registry, "Outer", "Middle", "Inner")
    await patch(registry, middle, parents=[inside(outer, "1990-01-01", "1999-12-31")])
    await patch(registry, inner, parents=[inside(middle, "1999-12-31", "2010-12-31")])
    assert_problem(await make.post_judgement(registry, outer, inner, canonical_id=inner), errors.MergeClosesRing)
    await patch(registry, inner, parents=[inside(middle, "2000-01-01", "2010-12-31")])
    await make.judgement(registry, outer, inner, canonical_id=inner)


async def test_all_parents_are_given_at_once(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    old, new, next_ = await made(registry, "Old", "New", "Next")
    periods = [inside(new, "2020-01-01", "2026-12-31"), inside(old, None, "2019-12-31"), inside(next_, "2027-01-01")]
    town = await make.actor(registry, "Town", parents=periods)
    assert town["parent_id"] == new
    assert await days_of(registry, town["id"]) == [(next_, "2027-01-01", None), (new, "2020-01-01", "2026-12-31"), (old, None, "2019-12-31")]
    same = await patch(registry, town["id"], parents=periods)
    assert (same.status_code, same.headers["etag"][:3]) == (200, '"1-')
    corrected = await patch(registry, town["id"], parents=[inside(old, None, "2021-12-31"), inside(new, "2022-01-01")], reason="The law is of 2021.")
    assert (corrected.status_code, corrected.json()["parent_id"]) == (200, new)
    assert await days_of(registry, town["id"]) == [(new, "2022-01-01", None), (old, None, "2021-12-31")]
    event = (await events_of(registry_app, town["id"]))[-1]
    assert event.reason == "The law is of 2021."
    assert event.before == {"parents": sorted([[old, "", "2019-12-31"], [new, "2020-01-01", "2026-12-31"], [next_, "2027-01-01", ""]])}
    assert event.after == {"parents": sorted([[old, "", "2021-12-31"], [new, "2022-01-01", ""]])}
    for day, parent in (("2021-12-31", old), ("2022-01-01", new)):
        assert (await registry.get(f"/v1/actors/{town['id']}?as_of={day}")).json()["parent_id"] == parent
    assert (await patch(registry, town["id"], parents=[])).json()["parent_id"] is None


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"parents": [inside(NOBODY, None, "2019-12-31"), inside(NOBODY, "2019-12-31")]}, ["/parents/1"]),
        ({"parents": [inside(NOBODY), inside(NOBODY, "2020-01-01", "2020-12-31"), inside(NOBODY, "2021-01-01")]}, ["/parents/1", "/parents/2"]),
        ({"parents": [inside(NOBODY, "2020-01-02", "2020-01-01")]}, ["/parents/0"]),
        ({"parents": [{}]}, ["/parents/0/parent_id"]),
        ({"parents": [], "parent_id": NOBODY}, [""]),
    ],
)
async def test_parents_that_cannot_be_are_named(registry: httpx.AsyncClient, change: dict[str, Any], pointers: list[str]) -> None:
    (one,) = await made(registry, "One")
    for answer in (await patch(registry, one, **change), await make.post_actor(registry, **change)):
        assert [item["pointer"] for item in assert_problem(answer, Invalid)["errors"]] == pointers
    assert_problem(await patch(registry, one, parents=[inside(NOBODY)]), errors.ParentUnknown)


async def test_the_first_day_of_the_present_parent_is_corrected(registry: httpx.AsyncClient) -> None:
    old, new = await made(registry, "Old", "New")
    town = (await make.actor(registry, "Town", parents=[inside(old, "1990-01-01", "1999-12-31"), inside(new, "2005-01-01")]))["id"]
    corrected = await patch(registry, town, parent_id=new, parent_valid_from="2000-01-01")
    assert (corrected.status_code, corrected.headers["etag"][:3]) == (200, '"2-')
    assert await days_of(registry, town) == [(new, "2000-01-01", None), (old, "1990-01-01", "1999-12-31")]
    assert (await patch(registry, town, parent_id=new)).headers["etag"].startswith('"2-')
    assert (await patch(registry, town, parent_id=new, parent_valid_from="2000-01-01")).headers["etag"].startswith('"2-')
    assert_problem(await patch(registry, town, parent_id=new, parent_valid_from="1999-12-31"), errors.ParentOverlaps)
    refused = assert_problem(await patch(registry, town, parent_id=new, parent_valid_from="2030-01-01"), Invalid)
    assert [item["pointer"] for item in refused["errors"]] == ["/parent_valid_from"]
    await patch(registry, old, parents=[inside(town, None, "1989-12-31")])
    await patch(registry, town, parents=[inside(old, "1990-01-01")])
    assert_problem(await patch(registry, town, parent_id=old, parent_valid_from="1980-01-01"), errors.ParentCycle)


async def test_a_parent_after_the_end_of_the_present_one_leaves_it_its_end(registry: httpx.AsyncClient) -> None:
    old, new = await made(registry, "Old", "New")
    town = (await make.actor(registry, "Town", parents=[inside(old, None, "2026-12-31")]))["id"]
    assert (await patch(registry, town, parent_id=new, parent_valid_from="2028-01-01")).status_code == 200
    assert await days_of(registry, town) == [(new, "2028-01-01", None), (old, None, "2026-12-31")]
    always = (await make.actor(registry, "Town", parent_id=old))["id"]
    assert (await patch(registry, always, parent_id=new, parent_valid_from="0001-01-02")).status_code == 200
    assert await days_of(registry, always) == [(new, "0001-01-02", None)]


async def test_a_planned_parent_in_the_way_is_named(registry: httpx.AsyncClient) -> None:
    """There is no present one after which the new one could begin: the advice is what helps."""
    town, planned, other = await made(registry, "Town", "Planned", "Other")
    assert (await patch(registry, town, parents=[inside(planned, "2027-01-01", None)])).status_code == 200
    for since in ({}, {"parent_valid_from": "2026-06-01"}, {"parent_valid_from": "2026-12-01"}, {"parent_valid_from": "2028-01-01"}):
        problem = assert_problem(await patch(registry, town, parent_id=other, **since), errors.ParentOverlaps)
        assert problem["detail"] == PLANNED.format(first="2027-01-01", parent_id=planned)
        assert (problem["parent_id"], problem["valid_from"]) == (planned, "2027-01-01")
    answer = await patch(registry, town, parents=[inside(other, None, "2026-12-31"), inside(planned, "2027-01-01", None)])
    assert (answer.status_code, answer.json()["parent_id"]) == (200, other)
    answer = await patch(registry, town, parent_id=other, parent_valid_from="2026-06-01")
    assert answer.status_code == 200, "it is the present one, which has its end"
    assert (await patch(registry, town, parent_id=other, parent_valid_from="2027-06-01")).status_code == 422
