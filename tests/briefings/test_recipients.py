"""The recipient's side and the ledger: inbox, openings, acknowledgements, and why somebody did or did not get it."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.briefings import errors as states
from services.briefings.deliveries.schemas import DeliveryRead, Explanation
from services.briefings.inbox.schemas import InboxItem, InboxRead
from shared import errors
from shared.access import Caller
from shared.ids import new_id
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer


async def run(app: FastAPI, sql: str, **values: Any) -> Any:
    async with app.state.database.session(read_only=False) as session:
        result = await session.execute(text(sql), values)
        rows = list(result.all()) if result.returns_rows else []
        await session.commit()
        return rows


async def inbox_of(client: httpx.AsyncClient, who: Caller, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/inbox", params=query, headers=bearer(who))
    assert answer.status_code == 200, answer.text
    return [InboxItem.model_validate(item).model_dump(mode="json") for item in answer.json()["items"]]


async def explain(client: httpx.AsyncClient, briefing: Any, seat: UUID, who: Caller = make.RELEASER, language: str = "en") -> Explanation:
    headers = bearer(who) | {"Accept-Language": language}
    answer = await client.get(f"/v1/briefings/{briefing['id']}/recipients/{seat}/explain", headers=headers)
    assert answer.status_code == 200, answer.text
    return Explanation.model_validate(answer.json())


async def test_the_inbox_is_that_of_the_seats_and_of_nobody_else(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    first = await make.released(briefings)
    second = await make.released(briefings, title="Second", status="Test", audience={"seats": [str(seats["San Diego"]), str(seats["Tijuana"])]})
    mayor = make.recipient(seats["San Diego"])
    with queries(briefings_app.state.database, at_most=1):
        items = await inbox_of(briefings, mayor)
    assert {item["briefing_id"] for item in items} == {first["id"], second["id"]}
    assert [item["briefing"]["title"] for item in await inbox_of(briefings, mayor, status="Test")] == ["Second"]
    assert await inbox_of(briefings, mayor, seat=seats["Tijuana"]) == []
    colleague = make.person("member", organization=mayor.organization, subject="colleague")
    assert await inbox_of(briefings, colleague) == []
    both = make.person("member", subject="both seats", seats=(seats["San Diego"], seats["Tijuana"]))
    assert len(await inbox_of(briefings, both)) == 3
    assert_problem(await briefings.get("/v1/inbox"), errors.Unauthorized)


async def test_reading_changes_nothing_and_opening_counts_once(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    await make.released(briefings)
    mayor = make.recipient(seats["San Diego"])
    item = (await inbox_of(briefings, mayor))[0]
    path = f"/v1/inbox/{item['id']}"
    with queries(briefings_app.state.database, at_most=1):
        read = InboxRead.model_validate((await briefings.get(path, headers=bearer(mayor))).json())
    assert (read.state, read.opened_at, read.briefing and read.briefing.parts[0].heading) == ("delivered", None, "What is known")
    first = await briefings.post(f"{path}/openings", headers=bearer(mayor))
    other = make.person("member", organization=mayor.organization, subject="deputy", seats=mayor.seats)
    again = await briefings.post(f"{path}/openings", headers=bearer(other))
    assert (again.status_code, again.json(), again.json()["opened_by"]) == (200, first.json(), "holder of San Diego")
    events = await run(briefings_app, "SELECT organizations, subject FROM events WHERE type = 'delivery.opened'")
    assert [(row.organizations, row.subject) for row in events] == [([make.STATE, mayor.organization], "holder of San Diego")]


async def test_an_acknowledgement_is_made_once_and_repeated_alike(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    made = await make.released(briefings)
    mayor = make.recipient(seats["San Diego"])
    item = (await inbox_of(briefings, mayor, acknowledged="false"))[0]
    path = f"/v1/inbox/{item['id']}/acknowledgements"
    first = await briefings.post(path, headers=bearer(mayor))
    again = await briefings.post(path, headers=bearer(mayor))
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert (first.json()["state"], first.json()["acknowledged_by"]) == ("acknowledged", "holder of San Diego")
    assert first.headers["comity-event"]
    assert await inbox_of(briefings, mayor, acknowledged="false") == []
    events = await run(briefings_app, "SELECT organizations, payload FROM events WHERE type = 'delivery.acknowledged'")
    assert [row.organizations for row in events] == [[make.STATE, mayor.organization]]
    assert events[0].payload == {
        "delivery_id": item["id"],
        "briefing_id": made["id"],
        "organization_id": str(make.STATE),
        "seat_id": str(seats["San Diego"]),
        "actor_id": str(mayor.organization),
        "marking": "TLP:AMBER",
    }


async def test_what_happens_to_red_is_for_the_issuer_alone(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    await make.released(briefings, parts=[make.part(marking="TLP:RED")], audience={"seats": [str(seats["San Diego"])]})
    mayor = make.recipient(seats["San Diego"])
    item = (await inbox_of(briefings, mayor))[0]
    await briefings.post(f"/v1/inbox/{item['id']}/acknowledgements", headers=bearer(mayor))
    events = await run(briefings_app, "SELECT organizations FROM events WHERE type = 'delivery.acknowledged'")
    assert [row.organizations for row in events] == [[make.STATE]]


async def test_the_ledger_tells_who_has_and_who_has_not(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    made = await make.released(briefings, audience={"seats": [str(seat) for seat in seats.values()]})
    mayor = make.recipient(seats["San Diego"])
    item = (await inbox_of(briefings, mayor))[0]
    await briefings.post(f"/v1/inbox/{item['id']}/acknowledgements", headers=bearer(mayor))
    with queries(briefings_app.state.database, at_most=1):
        answer = await briefings.get("/v1/deliveries", params={"briefing": made["id"], "count": "exact", "limit": 3}, headers=bearer(make.RELEASER))
    page = answer.json()
    assert [DeliveryRead.model_validate(line).actor_name for line in page["items"]] == ["Brewster", "Los Angeles", "San Diego"]
    assert (page["total"], page["next"] is None) == (4, False)
    missing = (await briefings.get("/v1/deliveries", params={"briefing": made["id"], "acknowledged": "false"}, headers=bearer(make.AUTHOR))).json()["items"]
    assert [line["actor_name"] for line in missing] == ["Brewster", "Los Angeles", "Tijuana"]
    for query in ({"state": "acknowledged"}, {"actor": str(mayor.organization)}, {"seat": str(seats["San Diego"])}):
        lines = (await briefings.get("/v1/deliveries", params=query, headers=bearer(make.AUDITOR))).json()["items"]
        assert [line["actor_name"] for line in lines] == ["San Diego"]
    one = await briefings.get(f"/v1/deliveries/{item['id']}", headers=bearer(make.RELEASER))
    assert (one.status_code, one.json()["acknowledged_by"]) == (200, "holder of San Diego")
    counts = (await briefings.get(f"/v1/briefings/{made['id']}/releases", headers=bearer(make.RELEASER))).json()["items"][0]["deliveries"]
    assert counts == {"total": 4, "queued": 0, "delivered": 3, "opened": 0, "acknowledged": 1}
    assert (await briefings.get("/v1/deliveries", headers=bearer(make.STRANGER))).json()["items"] == []


async def test_the_reason_outlives_the_directory(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings)
    before = await explain(briefings, draft.json(), seats["San Diego"])
    assert (before.outcome, before.received, before.based_on) == ("included", False, "directory")
    assert before.sentences[0] == "It has not been released; these are the facts of today."
    await make.release(briefings, draft, unknown="leave_out")
    await run(briefings_app, "UPDATE directory_actors SET border_m = '{\"MX\": 500000}', name = 'Renamed', status = 'dissolved'")
    await run(briefings_app, "UPDATE directory_seats SET role = 'clerk'")
    got = await explain(briefings, draft.json(), seats["San Diego"])
    assert (got.outcome, got.received, got.based_on, got.state, got.actor_name) == ("included", True, "release", "delivered", "San Diego")
    assert got.sentences[0] == "It was released to this seat on 2026-03-02; these are the facts of that day."
    assert got.sentences[1].startswith("All of the following hold")
    assert got.would_change is not None
    left = await explain(briefings, draft.json(), seats["Brewster"])
    assert (left.outcome, left.received, left.based_on, left.actor_name) == ("unknown", False, "release", "Brewster")
    assert "the releaser left such seats out" in left.sentences[0]
    assert left.would_change is not None
    assert [(change.fact, change.now, change.needs) for change in left.would_change.changes] == [("border_m.MX", None, "<= 100000")]
    out = await explain(briefings, draft.json(), seats["Los Angeles"])
    assert (out.outcome, out.received, out.based_on) == ("excluded", False, "directory")
    assert out.sentences[:2] == [
        "It was released on 2026-03-02 without this seat; these are the facts of today.",
        "This seat, or the government it belongs to, is not active.",
    ]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["It was released to this seat on 2026-03-02; these are the facts of that day.", "What was not known did not keep it out"]),
        ("es", ["Se difundió a este cargo el 2026-03-02; estos son los datos de ese día.", "Lo que no se sabía no lo excluyó"]),
        ("fr-CA", ["Il a été diffusé à ce poste le 2026-03-02 ; voici les données de ce jour.", "Ce qu'on ne savait pas ne l'a pas exclu"]),
    ],
)
async def test_who_was_let_in_learns_so_in_the_wanted_language(
    briefings: httpx.AsyncClient, briefings_app: FastAPI, language: str, sentences: list[str]
) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings)
    await make.release(briefings, draft, unknown="include")
    with queries(briefings_app.state.database, at_most=2):
        got = await explain(briefings, draft.json(), seats["Brewster"], language=language)
    assert (got.outcome, got.received) == ("unknown", True)
    assert got.sentences[0] == sentences[0]
    assert got.sentences[1].startswith(sentences[1])


async def test_named_seats_are_explained_by_their_name(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings, audience={"seats": [str(seats["Tijuana"])]})
    named = await explain(briefings, draft.json(), seats["Tijuana"])
    assert (named.outcome, named.named, named.trace, named.would_change) == ("included", True, None, None)
    assert named.sentences[1:] == ["The author named this seat."]
    other = await explain(briefings, draft.json(), seats["San Diego"])
    assert (other.outcome, other.sentences[1:]) == ("excluded", ["The audience is a list of named seats, and this seat is not on it."])


async def test_a_seat_nobody_knows_has_no_explanation(briefings: httpx.AsyncClient) -> None:
    draft = await make.briefing(briefings)
    path = f"/v1/briefings/{draft.json()['id']}/recipients"
    assert_problem(await briefings.get(f"{path}/{new_id()}/explain", headers=bearer(make.RELEASER)), states.RecipientNotFound)
    assert_problem(await briefings.get(f"{path}/nobody/explain", headers=bearer(make.RELEASER)), errors.Invalid)
