"""Audiences: who is in, who is unknown, why, and that PostgreSQL and the evaluator agree on the directory."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.briefings import errors as states
from services.briefings.audiences.schemas import AudiencePreview
from shared import errors
from shared.access import Caller
from shared.ids import new_id
from shared.predicates import Truth, read_predicate, truth
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer

OUTCOMES = {Truth.true: "included", Truth.unknown: "unknown", Truth.false: None}


async def preview(client: httpx.AsyncClient, predicate: Any, who: Caller = make.AUTHOR, language: str = "en", **request: Any) -> httpx.Response:
    body = {"audience": {"predicate": predicate, "seats": request.pop("seats", [])}, **request}
    return await client.post("/v1/briefings/audience-previews", json=body, headers=bearer(who) | {"Accept-Language": language})


async def test_who_is_in_who_is_unknown_and_why(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    seen = AudiencePreview.model_validate((await preview(briefings, make.BORDER)).json())
    assert (seen.counts.included, seen.counts.unknown, seen.counts.excluded, seen.missing_seats) == (1, 1, 2, [])
    san_diego, brewster = seen.items
    assert san_diego.reasons == [
        "The role of the seat is chief_executive: yes, it is chief_executive.",
        "The kind of government is one of county, municipality: yes, it is county.",
        "The place is in US: yes, it is US.",
        "The distance to the border with MX is at most 100 km: yes, it is 0 m.",
    ]
    assert (brewster.outcome, brewster.reasons) == ("unknown", ["The distance to the border with MX is at most 100 km: not known."])


async def test_the_unknown_ones_are_a_list_of_their_own(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    made = (await make.briefing(briefings)).json()
    with queries(briefings_app.state.database, at_most=2):
        answer = await briefings.get(f"/v1/briefings/{made['id']}/audience?outcome=unknown", headers=bearer(make.RELEASER))
    seen = AudiencePreview.model_validate(answer.json())
    assert ([item.actor_name for item in seen.items], seen.counts.included, seen.counts.unknown) == (["Brewster"], 1, 1)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("es", "La distancia a la frontera con MX es como máximo 100 km: no se sabe."), ("fr", "La distance à la frontière avec MX est au plus 100 km")],
)
async def test_reasons_speak_the_wanted_language(briefings: httpx.AsyncClient, briefings_app: FastAPI, language: str, sentence: str) -> None:
    await make.border_towns(briefings_app.state.database)
    answer = await preview(briefings, make.BORDER, language=language, outcome="unknown")
    assert answer.json()["items"][0]["reasons"][0].startswith(sentence)


async def test_a_named_seat_is_in_whatever_the_predicate_says(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    nowhere, named = new_id(), [str(seats["Tijuana"]), str(seats["Brewster"])]
    seen = AudiencePreview.model_validate((await preview(briefings, make.BORDER, seats=[*named, str(nowhere)])).json())
    assert (seen.counts.included, seen.counts.unknown, seen.missing_seats) == (3, 0, [nowhere])
    assert [(item.actor_name, item.named) for item in seen.items] == [("Brewster", True), ("San Diego", False), ("Tijuana", True)]
    assert seen.items[0].reasons == ["The author named this seat."]
    only = AudiencePreview.model_validate((await preview(briefings, None, seats=named)).json())
    assert (only.counts.included, only.counts.unknown, only.counts.excluded) == (2, 0, 2)


async def test_who_is_not_active_is_nobody(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    gone, kept = make.government("Gone", status="dissolved"), make.government("Kept")
    abolished = make.seat_of(kept, id=new_id(), status="abolished")
    await make.directory(briefings_app.state.database, gone, kept, seats=[make.seat_of(gone), make.seat_of(kept), abolished])
    seen = (await preview(briefings, make.BORDER, seats=[str(abolished["id"])])).json()
    assert ([item["actor_name"] for item in seen["items"]], seen["missing_seats"]) == (["Kept"], [str(abolished["id"])])
    assert seen["counts"] == {"included": 1, "unknown": 0, "excluded": 0}


async def test_an_empty_audience_is_shown_as_one(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    seen = (await preview(briefings, None)).json()
    assert (seen["counts"], seen["items"], seen["next"]) == ({"included": 0, "unknown": 0, "excluded": 4}, [], None)


async def test_pages_follow_each_other_and_a_cursor_belongs_to_its_audience(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    towns = [make.government(f"Town {number:02}", border_m={} if number % 3 == 0 else {"MX": 5}) for number in range(11)]
    await make.directory(briefings_app.state.database, *towns)
    seen: list[tuple[str, str]] = []
    cursor = None
    while True:
        page = (await preview(briefings, make.BORDER, limit=4, cursor=cursor)).json()
        seen += [(item["outcome"], item["actor_name"]) for item in page["items"]]
        assert page["counts"] == {"included": 7, "unknown": 4, "excluded": 0}
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == sorted(seen)
    assert len(set(seen)) == 11
    other = {"op": "within", "place": "US"}
    assert_problem(await preview(briefings, other, limit=4, cursor=cursor), errors.CursorInvalid)
    assert_problem(await preview(briefings, make.BORDER, limit=4, cursor=cursor, outcome="included"), errors.CursorInvalid)
    assert_problem(await preview(briefings, make.BORDER, cursor="nonsense"), errors.CursorInvalid)


@pytest.mark.parametrize(
    ("predicate", "pointer"),
    [
        ({"op": "sometimes"}, "/audience/predicate"),
        ({"op": "all", "of": []}, "/audience/predicate/of"),
        ({"op": "compare", "fact": "wealth", "is": "eq", "value": "x"}, "/audience/predicate/fact"),
        ({"op": "compare", "fact": "border_m.mexico", "is": "le", "value": 1}, "/audience/predicate/fact"),
        (
            {"op": "all", "of": [{"op": "within", "place": "US"}, {"op": "compare", "fact": "population", "is": "ge", "value": "many"}]},
            "/audience/predicate/of/1",
        ),
        ({"op": "not", "of": {"op": "one_of", "fact": "population", "values": ["x"]}}, "/audience/predicate/of/values"),
        ({"op": "any", "of": [{"op": "near", "country": "MX", "within_m": -1}]}, "/audience/predicate/of/0/within_m"),
        ({"op": "within", "place": "US", "where": "now"}, "/audience/predicate/where"),
    ],
)
async def test_a_bad_predicate_is_refused_with_its_pointer(briefings: httpx.AsyncClient, predicate: Any, pointer: str) -> None:
    for answer in (
        await preview(briefings, predicate),
        await briefings.post("/v1/briefings", json=make.content(audience={"predicate": predicate}), headers=bearer(make.AUTHOR)),
    ):
        refused = assert_problem(answer, states.AudienceInvalid)
        assert [item["pointer"] for item in refused["errors"]] == [pointer]
        assert "population" in refused["facts"]


async def test_a_nul_in_a_predicate_is_refused_with_its_pointer(briefings: httpx.AsyncClient) -> None:
    answer = await preview(briefings, {"op": "compare", "fact": "role", "is": "eq", "value": "x\x00y"})
    assert [item["pointer"] for item in assert_problem(answer, errors.Invalid)["errors"]] == ["/audience/predicate/value"]


async def test_a_bottomless_predicate_is_refused(briefings: httpx.AsyncClient) -> None:
    depth = 3_000
    nested = b'{"op":"not","of":' * depth + b'{"op":"within","place":"US"}' + b"}" * depth
    body = b'{"audience":{"predicate":' + nested + b"}}"
    answer = await briefings.post("/v1/briefings/audience-previews", content=body, headers=bearer(make.AUTHOR) | {"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text


async def test_many_facts_fit_into_one_statement(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    near = [{"op": "near", "country": f"{first}{second}", "within_m": 5} for first in "ABCDEFGHIM" for second in "ABCDEFGHIJKLMNOPQX"]
    with queries(briefings_app.state.database, at_most=1):
        seen = (await preview(briefings, {"op": "any", "of": near})).json()
    assert (seen["counts"]["included"], seen["counts"]["unknown"]) == (1, 3)
    assert len(seen["items"][1]["reasons"]) == 10


ROLES_SEEN, KINDS = ["chief_executive", "clerk"], ["county", "municipality", "state"]
numbers = st.none() | st.integers(0, 200_000)
governments = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "country": st.sampled_from(["US", "MX", None]),
        "subdivision": st.sampled_from(["US-CA", "US-TX", None]),
        "population": numbers,
        "border_m": st.dictionaries(st.sampled_from(["MX", "CA"]), st.integers(0, 200_000)),
    }
)
leaves = st.one_of(
    st.builds(
        lambda value, how: {"op": "compare", "fact": "population", "is": how, "value": value}, st.integers(0, 200_000), st.sampled_from(["lt", "ge", "ne"])
    ),
    st.builds(lambda value: {"op": "compare", "fact": "role", "is": "eq", "value": value}, st.sampled_from(ROLES_SEEN)),
    st.builds(lambda values: {"op": "one_of", "fact": "kind", "values": values}, st.lists(st.sampled_from(KINDS), min_size=1)),
    st.builds(lambda place: {"op": "within", "place": place}, st.sampled_from(["US", "MX", "US-CA"])),
    st.builds(lambda country, metres: {"op": "near", "country": country, "within_m": metres}, st.sampled_from(["MX", "CA"]), st.integers(0, 200_000)),
)
predicates = st.recursive(
    leaves,
    lambda inner: (
        st.builds(lambda op, of: {"op": op, "of": of}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda of: {"op": "not", "of": of}, inner)
    ),
    max_leaves=6,
)


@given(st.lists(st.tuples(governments, st.sampled_from(ROLES_SEEN)), min_size=1, max_size=12), st.lists(predicates, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_directory_and_the_evaluator_agree(
    briefings: httpx.AsyncClient, briefings_app: FastAPI, rows: list[tuple[dict[str, Any], str]], asked: list[dict[str, Any]]
) -> None:
    towns = [make.government(f"Town {new_id()}", **row) for row, _ in rows]
    seats = [make.seat_of(town, role=role) for town, (_, role) in zip(towns, rows, strict=True)]
    await make.directory(briefings_app.state.database, *towns, seats=seats)
    for predicate in asked:
        mine = {"op": "all", "of": [{"op": "one_of", "fact": "seat_id", "values": [str(seat["id"]) for seat in seats]}, predicate]}
        seen = AudiencePreview.model_validate((await preview(briefings, mine, limit=200)).json())
        expected: dict[UUID, str | None] = {}
        for town, seat in zip(towns, seats, strict=True):
            facts = {name: town[name] for name in ("kind", "country", "subdivision", "population")}
            facts |= {"role": seat["role"], **{f"border_m.{country}": metres for country, metres in town["border_m"].items()}}
            expected[seat["id"]] = OUTCOMES[truth(read_predicate(predicate), facts)]
        assert {item.seat_id: item.outcome for item in seen.items} == {seat: outcome for seat, outcome in expected.items() if outcome}
