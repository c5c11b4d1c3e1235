"""Histories against reads: after any row of changes, the state at each of them is what the read answered then."""

from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.history.schemas import StateRead
from shared.schemas import FIRST_DAY, LAST_DAY
from shared.web import Clock
from tests.conftest import client_of
from tests.registry.conftest import NOON
from tests.registry.test_history import AUDITOR, history
from tests.support.database import rolled_back
from tests.support.make import registry as make
from tests.support.tokens import bearer

ALL = "include=names&include=identifiers&include=parents"
UNSAID = ("id", "created_at", "updated_at", "nearest_border_m")  # the last follows from border_m
WORDS = st.text("abcäñ", min_size=1, max_size=6)
NAME = st.builds(
    lambda language, name, kind: {"language": language, "name": name, "kind": kind},
    st.sampled_from(["es", "fr"]),
    WORDS,
    st.sampled_from(["former", "alternative"]),
)
CHANGE = st.fixed_dictionaries(
    {},
    optional={
        "population": st.none() | st.integers(0, 10**9),
        "website": st.none() | st.sampled_from(["https://a.example/", "https://b.example/"]),
        "kind": st.sampled_from(["county", "municipality", "state"]),
        "source": st.none() | WORDS,
        "border_m": st.dictionaries(st.sampled_from(["MX", "CA"]), st.integers(0, 1000)),
        "read_on": st.none() | st.dates(FIRST_DAY, LAST_DAY).map(str),
        "names": st.lists(NAME, max_size=3, unique_by=lambda item: (item["language"], item["name"])).map(
            lambda more: [{"language": "en", "name": "Springfield"}, *more]
        ),
        "identifiers": st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=2).map(lambda keys: [{"scheme": key, "value": "1"} for key in keys]),
        "parent": st.booleans(),
        "merged": st.booleans(),
    },
)


def said(body: dict[str, Any]) -> dict[str, Any]:
    """What a read says that a state can say: no name of the parent, no instants of the row."""
    kept = {name: value for name, value in body.items() if name not in UNSAID}
    kept["parents"] = sorted(({name: item[name] for name in ("parent_id", "valid_from", "valid_through")} for item in body["parents"]), key=str)
    return kept


async def change(client: httpx.AsyncClient, actor_id: str, parent_id: str, drawn: dict[str, Any]) -> None:
    body = dict(drawn)
    if body.pop("merged", False):
        other = await make.actor(client, "Twin")
        judged = await make.judgement(client, actor_id, other["id"], canonical_id=other["id"])
        assert (await make.withdraw(client, judged["id"])).status_code == 200
    if "parent" in body:
        body["parent_id"] = parent_id if body.pop("parent") else None
    answer = await make.with_match(client, "PATCH", f"/v1/actors/{actor_id}", make.WRITER, **body)
    assert answer.status_code == 200, answer.text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGE, min_size=1, max_size=6))
async def test_the_state_at_each_change_is_what_the_read_answered(registry_app: FastAPI, clock: Clock, changes: list[dict[str, Any]]) -> None:
    async with rolled_back(registry_app.state.database), client_of(registry_app) as http:
        await follow(http, clock, changes)


async def follow(registry: httpx.AsyncClient, clock: Clock, changes: list[dict[str, Any]]) -> None:
    clock.fixed = NOON
    parent = await make.actor(registry, "Above", kind="state")
    names = [{"language": "en", "name": "Springfield"}, {"language": "es", "name": "Primavera", "kind": "alternative", "source": "a list"}]
    actor = await make.actor(registry, "Springfield", names=names, identifiers=[{"scheme": "fips", "value": "1", "valid_from": "2020-01-01"}])
    path, answers, seen = f"/v1/actors/{actor['id']}", {}, set()
    for number, drawn in enumerate([{}, *changes]):
        clock.fixed = NOON + timedelta(days=number)
        if number:
            await change(registry, actor["id"], parent["id"], drawn)
        last = (await history(registry, f"actors/{actor['id']}", AUDITOR))[-1]
        if last["id"] in seen:
            continue  # nothing changed, so that nothing was recorded
        seen.add(last["id"])
        answers[last["id"]] = (clock.fixed, said((await registry.get(f"{path}?{ALL}")).json()))
    for event, (at, answered) in answers.items():
        after = StateRead.model_validate((await registry.get(f"{path}/history/{event}/state", headers=bearer(AUDITOR))).json())
        then = (await registry.get(f"{path}/history/state", params={"at": (at + timedelta(hours=1)).isoformat()}, headers=bearer(AUDITOR))).json()
        assert (str(after.event), after.complete, then["event"]) == (event, True, event)
        public = StateRead.model_validate((await registry.get(f"{path}/history/{event}/state")).json())
        assert public.complete is False
        for state in (after.state, public.state):
            assert state.pop("canonical_id", None) is None
            assert state.pop("actor_id") == actor["id"]
            state["parents"] = sorted(state["parents"], key=str)
            assert state == answered, "an actor is public, and so is how it stood"
    clock.fixed = NOON
