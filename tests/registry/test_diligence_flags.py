"""Flags: a reason and a source, who is shown them, the right of reply, and that a nationality is no ground."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.registry import errors
from services.registry.diligence.flag_schemas import FlagRead
from services.registry.diligence.grounds import has_ground
from services.registry.diligence.models import MOST_REPLIES, FlagCategory
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from shared.web import Clock
from tests.support.make import diligence as make
from tests.support.make.registry import actor, judgement
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
NOON = "2026-11-22T12:00:00.000000Z"
NATIONS = ["china", "chine", "mexico", "mexique", "france", "francia", "united states of america", "russian federation", "cn", "mx", "fr", "us"]


async def cities(client: httpx.AsyncClient) -> tuple[str, str]:
    """San Diego, and an association abroad."""
    one = await actor(client, "San Diego", kind="municipality")
    two = await actor(client, "Friendship Association", kind="organisation", country="CN", subdivision=None)
    return one["id"], two["id"]


async def nation(client: httpx.AsyncClient, country: str, **names: str) -> None:
    spoken = [{"language": language, "name": name} for language, name in names.items()]
    await actor(client, kind="nation", country=country, subdivision=None, names=spoken, preferred_language=next(iter(names)))


async def events(app: FastAPI) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE aggregatetype = 'flag' ORDER BY seq"))).all())


async def change(client: httpx.AsyncClient, flag_id: str, who: Any, **body: Any) -> httpx.Response:
    path = f"/v1/diligence/flags/{flag_id}"
    return await client.patch(path, json=body, headers=await make.tagged(client, path, who))


async def withdraw(client: httpx.AsyncClient, flag_id: str, who: Any, reason: str = "The minutes were misread.") -> httpx.Response:
    path = f"/v1/diligence/flags/{flag_id}"
    return await client.post(f"{path}/withdrawal", json={"reason": reason}, headers=await make.tagged(client, path, who))


async def reply(client: httpx.AsyncClient, flag_id: str, who: Any, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/diligence/flags/{flag_id}/replies", json={"text": "We asked for no such thing.", **body}, headers=bearer(who))


async def test_a_flag_has_a_reason_and_a_source_and_its_event_neither(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    given_ = make.flag_body(there, valid_from="2026-01-01", valid_through="2026-12-31")
    made = await make.flag(registry, there, who=make.manager(here), valid_from="2026-01-01", valid_through="2026-12-31")
    FlagRead.model_validate(made)
    assert made == {
        "id": made["id"],
        "organization_id": here,
        "actor_name": "Friendship Association",
        **given_,
        "audience": "organization",
        "shown_to_actor": False,
        "raised_by": "manager",
        "withdrawn_at": None,
        "withdrawal_reason": None,
        "created_at": NOON,
        "updated_at": NOON,
        "replies": [],
    }
    (event,) = await events(registry_app)
    assert (event.type, event.visibility, event.organizations, event.reason) == ("flag.raised", "organizations", [UUID(here)], None)
    assert event.payload == {
        "flag_id": made["id"],
        "organization_id": here,
        "actor_id": there,
        "category": "secrecy",
        "severity": "caution",
        "audience": "organization",
        "shown_to_actor": False,
        "withdrawn": False,
        "replies": 0,
        "valid_from": "2026-01-01",
        "valid_through": "2026-12-31",
    }


async def test_a_bad_flag_is_refused(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    who = make.manager(here)
    bad: list[dict[str, Any]] = [
        {"reason": ""},
        {"source": " "},
        {"source": None},
        {"severity": "deadly"},
        {"category": "nationality"},
        {"category": "country"},
        {"valid_from": "2026-02-02", "valid_through": "2026-02-01"},
        {"country": "CN"},
    ]
    for override in bad:
        assert_problem(await make.post_flag(registry, there, who=who, **override), Invalid)
    assert_problem(await make.post_flag(registry, NOBODY, who=who), errors.DiligenceActorUnknown)
    assert_problem(await make.post_flag(registry, here, who=who), errors.DiligenceOfOneself)
    assert_problem(await make.post_flag(registry, there, who=caller("diligence:write")), errors.RecordNeedsOrganization)
    assert_problem(await make.post_flag(registry, there, who=make.member(here)), Forbidden)


NO_GROUND = [
    "China.",
    "It is from China",
    "Chinese",
    "The association is Chinese-born and of Chinese origin",
    "Nacionalidad mexicana",
    "Es una entidad de origen extranjero, de México",
    "Entité étrangère, de nationalité française",
    "Foreign government",
    "CN",
]


@pytest.mark.parametrize("reason", NO_GROUND, ids=range(len(NO_GROUND)))
async def test_a_nationality_alone_raises_no_flag(registry: httpx.AsyncClient, registry_app: FastAPI, reason: str) -> None:
    here, there = await cities(registry)
    await nation(registry, "CN", en="China", es="China", fr="Chine")
    await nation(registry, "MX", es="México", en="Mexico")
    await nation(registry, "FR", fr="France", es="Francia")
    refused = await make.post_flag(registry, there, who=make.manager(here), reason=reason, category="other")
    body = assert_problem(refused, errors.FlagOnNationality)
    assert [item["pointer"] for item in body["errors"]] == ["/reason"]
    assert await events(registry_app) == []
    assert (await registry.get("/v1/diligence/flags", headers=bearer(make.manager(here)))).json()["items"] == []
    done = f"{reason} Paid for the delegation's hotel."
    assert (await make.post_flag(registry, there, who=make.manager(here), reason=done)).status_code == 201


def test_no_category_is_a_nationality() -> None:
    assert not {"nationality", "country", "origin", "ethnicity", "foreign"} & set(FlagCategory)


SAID = st.lists(st.sampled_from(["paid", "hotel", "the", "of", "is", "secret", "7", "nationality", "foreign", "asked"]), min_size=1, max_size=6)


@settings(deadline=None)
@given(words=SAID, place=st.integers(0, 6), one=st.sampled_from(NATIONS), other=st.sampled_from(NATIONS))
def test_the_country_that_is_named_makes_no_difference_to_a_reason(words: list[str], place: int, one: str, other: str) -> None:
    told = [" ".join([*words[:place], country, *words[place:]]) for country in (one, other)]
    assert has_ground(told[0], NATIONS) == has_ground(told[1], NATIONS) == has_ground(" ".join(words), NATIONS)


async def test_two_counterparts_that_differ_in_their_country_are_flagged_and_checked_alike(registry: httpx.AsyncClient) -> None:
    here, _ = await cities(registry)
    await nation(registry, "CN", en="China")
    who = make.manager(here)
    told = []
    for country in ("CN", "MX", "US", "CA"):
        twin = (await actor(registry, "A Chamber", kind="organisation", country=country, subdivision=None))["id"]
        checked = await make.check(registry, twin, who=who)
        empty = (await registry.get(f"/v1/diligence/{checked['id']}?include=flags", headers=bearer(who))).json()
        assert empty["flags"] == [], "nothing is flagged by itself"
        raised = await make.flag(registry, twin, who=who)
        known = (await registry.get(f"/v1/diligence/{checked['id']}?include=flags", headers=bearer(who))).json()
        own = {"id", "actor_id"}
        told.append(
            (
                {name: value for name, value in raised.items() if name not in own},
                {name: value for name, value in known.items() if name not in {"id", "counterpart_id", "flags"}},
                [{name: value for name, value in item.items() if name not in own} for item in known["flags"]],
            )
        )
    assert told == told[:1] * 4


async def test_who_sees_a_flag(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    other = (await actor(registry, "Chula Vista"))["id"]
    capital = (await actor(registry, "A ministry", kind="agency"))["id"]
    author, flagged = make.manager(here), make.manager(there, "flagged", "CN")
    made = await make.flag(registry, there, who=author)
    path = f"/v1/diligence/flags/{made['id']}"

    async def seen_by(*callers: Any) -> list[bool]:
        found = []
        for who in callers:
            answer = await registry.get(path, headers=bearer(who))
            listed = (await registry.get("/v1/diligence/flags", headers=bearer(who))).json()["items"]
            assert [item["id"] for item in listed] == ([made["id"]] if answer.status_code == 200 else [])
            if answer.status_code != 200:
                assert_problem(answer, errors.FlagNotFound)
            found.append(answer.status_code == 200)
        return found

    everyone = (author, make.nation(capital), make.AUDITOR, make.manager(other), flagged, make.manager(capital, country="MX"), make.nation(there, "CN"))
    auditors = (make.auditor(capital, "US"), make.auditor(capital, "ZZ"))
    assert await seen_by(*everyone, *auditors) == [True, True, True, False, False, False, False, True, False]
    assert (await change(registry, made["id"], author, audience="country")).status_code == 200
    assert await seen_by(*everyone) == [True, True, True, True, False, False, False]
    assert (await change(registry, made["id"], author, shown_to_actor=True)).status_code == 200
    assert await seen_by(*everyone) == [True, True, True, True, True, False, True]
    shown = (await registry.get(path, headers=bearer(flagged))).json()
    FlagRead.model_validate(shown)
    assert (shown["reason"], shown["source"], shown["raised_by"], shown["audience"]) == (made["reason"], made["source"], None, None)
    assert shown["organization_id"] == here, "it is told whom to answer, and not which person"
    assert_problem(await registry.get(path), Unauthorized)
    assert_problem(await registry.get(path, headers=bearer(make.member(here))), Forbidden)


async def test_a_flag_on_an_organisation_of_the_same_country_is_hidden_from_it_until_it_is_shown(registry: httpx.AsyncClient) -> None:
    here, _ = await cities(registry)
    near = (await actor(registry, "A Port Authority", kind="agency"))["id"]
    merged = (await actor(registry, "Port Authority, A", kind="agency"))["id"]
    made = await make.flag(registry, near, who=make.manager(here), audience="country")
    path = f"/v1/diligence/flags/{made['id']}"
    for who in (make.manager(near), make.nation(near)):
        assert_problem(await registry.get(path, headers=bearer(who)), errors.FlagNotFound)
    assert (await registry.get(path, headers=bearer(make.manager(merged)))).status_code == 200
    await judgement(registry, near, merged)
    assert_problem(await registry.get(path, headers=bearer(make.manager(merged))), errors.FlagNotFound)


async def test_what_was_shown_stays_shown_and_what_is_as_it_was_leaves_no_trace(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    who = make.manager(here)
    made = await make.flag(registry, there, who=who, audience="country", shown_to_actor=True, valid_from="2026-01-01")
    for less in ({"audience": "organization"}, {"shown_to_actor": False}):
        assert_problem(await change(registry, made["id"], who, **less), errors.FlagWasShown)
    assert (await change(registry, made["id"], who, audience="country", shown_to_actor=True)).json() == made
    assert_problem(await change(registry, made["id"], who, valid_through="2025-12-31"), Invalid)
    assert_problem(await change(registry, made["id"], who, reason="X"), Invalid)
    assert (await change(registry, made["id"], who, valid_through="2026-11-30")).json()["valid_through"] == "2026-11-30"
    assert (await change(registry, made["id"], who, valid_through=None)).json()["valid_through"] is None
    path = f"/v1/diligence/flags/{made['id']}"
    assert_problem(await registry.patch(path, json={}, headers=bearer(who)), PreconditionRequired)
    assert_problem(await registry.patch(path, json={}, headers=bearer(who) | {"If-Match": '"999-ab"'}), PreconditionFailed)
    told = await events(registry_app)
    assert [event.type for event in told] == ["flag.raised", "flag.changed", "flag.changed"]
    assert [event.organizations for event in told] == [[UUID(here)]] * 3, "an event names who did it: it is not for the flagged side"


async def test_the_flagged_side_replies_once_it_was_shown_the_flag(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    author, flagged = make.manager(here), make.manager(there, "flagged", "CN")
    made = await make.flag(registry, there, who=author)
    assert_problem(await reply(registry, made["id"], flagged), errors.FlagNotFound)
    await change(registry, made["id"], author, shown_to_actor=True)
    assert_problem(await reply(registry, made["id"], author), errors.DiligenceOfAnother)
    assert_problem(await reply(registry, made["id"], flagged, text=""), Invalid)
    answer = await reply(registry, made["id"], flagged, source="https://example.org/letter")
    assert answer.status_code == 201, answer.text
    FlagRead.model_validate(answer.json())
    said = {"text": "We asked for no such thing.", "source": "https://example.org/letter", "replied_at": NOON}
    assert answer.json()["replies"] == [said]
    assert (await registry.get(f"/v1/diligence/flags/{made['id']}", headers=bearer(author))).json()["replies"] == [said]
    last = (await events(registry_app))[-1]
    assert (last.type, last.payload["replies"], last.organizations) == ("flag.replied", 1, [UUID(here)])
    assert "no such thing" not in str(last)
    for body in ({"shown_to_actor": False}, {"audience": "country"}):
        path = f"/v1/diligence/flags/{made['id']}"
        refused = await registry.patch(path, json=body, headers=await make.tagged(registry, path, flagged))
        assert_problem(refused, errors.DiligenceOfAnother)
    for _ in range(MOST_REPLIES - 1):
        await reply(registry, made["id"], flagged)
    assert_problem(await reply(registry, made["id"], flagged), errors.FlagRepliesFull)


async def test_a_flag_is_withdrawn_with_a_reason_and_stays_to_be_read(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    capital = (await actor(registry, "A ministry", kind="agency"))["id"]
    author, flagged = make.manager(here), make.manager(there, "flagged", "CN")
    made = await make.flag(registry, there, who=author, shown_to_actor=True)
    assert_problem(await withdraw(registry, made["id"], author, reason=" "), Invalid)
    for who in (make.nation(capital), flagged):
        assert_problem(await withdraw(registry, made["id"], who), errors.DiligenceOfAnother)
    answer = await withdraw(registry, made["id"], author)
    assert answer.json() == {**made, "withdrawn_at": NOON, "withdrawal_reason": "The minutes were misread."}
    shown = (await registry.get(f"/v1/diligence/flags/{made['id']}", headers=bearer(flagged))).json()
    assert shown["withdrawal_reason"] == "The minutes were misread."
    assert_problem(await withdraw(registry, made["id"], author), errors.FlagWithdrawn)
    assert_problem(await change(registry, made["id"], author, audience="country"), errors.FlagWithdrawn)
    assert_problem(await reply(registry, made["id"], flagged), errors.FlagWithdrawn)
    last = (await events(registry_app))[-1]
    assert (last.type, last.payload["withdrawn"], last.reason) == ("flag.withdrawn", True, None) and "misread" not in str(last)


async def test_a_flag_refuses_nothing(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    who = make.manager(here)
    await make.flag(registry, there, who=who, severity="serious")
    made = await make.check(registry, there, who=who)
    await make.answer_all(registry, made["id"], who=who)
    assert (await make.conclude(registry, made["id"], who=who)).json()["verdict"] == "proceed"


@pytest.mark.parametrize("many", [1, 12])
async def test_a_list_is_one_statement(registry: httpx.AsyncClient, registry_app: FastAPI, many: int) -> None:
    here, there = await cities(registry)
    for _ in range(many):
        made = await make.flag(registry, there, who=make.manager(here), shown_to_actor=True)
        await reply(registry, made["id"], make.manager(there, country="CN"))
    with queries(registry_app.state.database, at_most=1):
        listed = (await registry.get("/v1/diligence/flags?count=exact&limit=200", headers=bearer(make.manager(here)))).json()
    assert listed["total"] == len(listed["items"]) == many
    for item in listed["items"]:
        FlagRead.model_validate(item)


async def test_filters_and_order(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    twin = (await actor(registry, "Friendship Assoc.", kind="organisation", country="CN", subdivision=None))["id"]
    who = make.manager(here)
    grave = await make.flag(registry, there, who=who, severity="serious", category="money", valid_through="2026-06-30")
    slight = await make.flag(registry, twin, who=who, severity="info")
    gone = await make.flag(registry, there, who=who)
    await withdraw(registry, gone["id"], who)
    await judgement(registry, there, twin)
    expected = {
        "": [gone, slight, grave],
        "sort=gravest": [grave, gone, slight],
        f"actor={there}": [gone, slight, grave],
        f"actor={twin}": [gone, slight, grave],
        f"organization={here}&severity=serious&severity=info": [slight, grave],
        "category=money": [grave],
        "as_of=2026-06-30": [slight, grave],
        "as_of=2026-07-01": [slight],
        "withdrawn=true": [gone],
        "withdrawn=false": [slight, grave],
    }
    for query, found in expected.items():
        listed = (await registry.get(f"/v1/diligence/flags?{query}", headers=bearer(who))).json()["items"]
        assert [item["id"] for item in listed] == [item["id"] for item in found], query
    pages, cursor = [], ""
    for _ in range(3):
        page = (await registry.get(f"/v1/diligence/flags?sort=gravest&limit=1{cursor}", headers=bearer(who))).json()
        pages += [item["id"] for item in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert pages == [grave["id"], gone["id"], slight["id"]]


async def test_the_flagged_side_cannot_tell_that_a_flag_was_shown_to_others(registry: httpx.AsyncClient, clock: Clock) -> None:
    here, there = await cities(registry)
    author, flagged = make.manager(here), make.manager(there, "flagged", "CN")
    made = await make.flag(registry, there, who=author, shown_to_actor=True)
    path = f"/v1/diligence/flags/{made['id']}"

    async def read(who: Any) -> tuple[str, dict[str, Any], str]:
        one, listed = await registry.get(path, headers=bearer(who)), await registry.get("/v1/diligence/flags", headers=bearer(who))
        assert listed.json()["items"] == [one.json()]
        return one.headers["etag"], one.json(), listed.headers["etag"]

    def later(hour: int) -> str:
        clock.fixed = datetime(2026, 11, 22, hour, tzinfo=UTC)
        return f"2026-11-22T{hour}:00:00.000000Z"

    before, known = await read(flagged), await read(author)
    opened = later(13)
    assert (await change(registry, made["id"], author, audience="country")).json()["updated_at"] == opened
    assert await read(flagged) == before
    assert (await read(author))[0] != known[0], "whoever raised it changes it under a new ETag"
    changed = later(14)
    assert (await change(registry, made["id"], author, valid_through="2027-01-01")).status_code == 200
    etag, shown, _ = await read(flagged)
    assert (etag != before[0], shown["updated_at"], shown["valid_through"]) == (True, changed, "2027-01-01")
    answered = later(15)
    assert (await reply(registry, made["id"], flagged)).json()["updated_at"] == answered
    ended = later(16)
    assert (await withdraw(registry, made["id"], author)).json()["updated_at"] == ended == (await read(flagged))[1]["updated_at"]
