"""Erasing a person: nothing in any table says the name or an address any more, and the office's history is whole."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import JSON, String, text

from services.registry import errors
from services.registry.imports.links.models import ImportLink
from services.registry.people.mentions import ROWS
from services.registry.people.naming import names, without
from services.registry.people.schemas import PersonRead
from shared.errors import Forbidden, Invalid, Unauthorized
from tests.registry.conftest import NOON
from tests.support.make import diligence
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

NAME, OWN, OFFICE = "Ximena Álvarez", "ximena@personal.example", "x.alvarez@city.example"
TYPED = "Ximena Alvarez"  # as somebody without the letter writes it
WORDS = (NAME, TYPED, OWN, OFFICE)
# Confidential, or lists that somebody answers for: an erasure leaves them as they are (decision 17).
LEFT = {
    "approach_reports.approached_by", "diligence_answers.note", "diligence_flags.reason", "watchlist_entries.names", "watchlist_names.folded",
}  # fmt: skip
READER = make.coordinator()
COLUMNS = """
    SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns AS c
    JOIN information_schema.tables AS t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
"""


IMPORT = """
    INSERT INTO imports (id, preset, state, validate_only, subject, request_id, bytes, chunks, chunks_read, readable, rows_read, rows_valid, problems,
                         created_at, updated_at)
    VALUES (gen_random_uuid(), 'actors', 'validating', false, 'importer', '-', 30, 1, 0, true, 0, 0, 1, now(), now()) RETURNING id
"""
CHUNK = "INSERT INTO import_chunks (import_id, number, first_line, content) VALUES (:id, 0, 1, :content) RETURNING number"
SUGGESTION = """
    WITH owned AS (UPDATE imports SET organization = :city WHERE id = :id RETURNING id), asked AS (
        INSERT INTO import_questions (import_id, line, "column", side, text, candidates) SELECT id, 1, 'to_name', 'to', CAST(:text AS text), '{}' FROM owned
    )
    INSERT INTO import_suggestions (id, import_id, source, key, line, part, side, text, candidates, state, resolved_by, resolved_at, reason)
    SELECT gen_random_uuid(), id, 'a list', 'k', 1, 0, 'to', :text, '{}', 'dismissed', 'somebody', now(), :said FROM owned RETURNING id
"""
# A row that was left to people, with the name in whatever of it is not of a closed set.
ROW = """
    INSERT INTO import_links (import_id, line, part, faulty, key, from_side, to_side, type, role, status, end_reason, note, domain, domain_type, identifiers,
                              language, name, folded, title, address, source, licence)
    VALUES (:id, 1, 0, false, 'k', jsonb_build_object('name', CAST(:said AS text), 'country', jsonb_build_array('US')),
            jsonb_build_object('folded', CAST(:said AS text)), 'twinning', :said, 'ended', :said, :said, 'city.example', :said, '{}', 'en',
            :said, :said, :said, :said, :said, :said) RETURNING line
"""
CLOSED = {"key", "type", "status", "domain", "identifiers", "language"}  # of a row: a hash, words and schemes of ours, names of hosts
DECISION = """
    INSERT INTO suggestion_decisions (suggestion_id, state, decided_by, decided_at, reason) VALUES (:id, 'dismissed', 'somebody', now(), :said) RETURNING id
"""
PROBLEM = "INSERT INTO import_problems (import_id, line, value, message, remedy) VALUES (:id, 2, :value, 'm', 'r') RETURNING id"


async def rows(app: FastAPI, statement: str, **values: Any) -> list[Any]:
    async with app.state.database.session(read_only=False) as session:
        found = list((await session.execute(text(statement), values)).all())
        await session.commit()
        return found


async def places(app: FastAPI) -> set[str]:
    """Every column of every table in which one of the words rests."""
    found = set()
    for table, column, kind in await rows(app, COLUMNS):
        holds = f"position(convert_to(word, 'UTF8') IN \"{column}\") > 0" if kind == "bytea" else f"CAST(\"{column}\" AS text) ILIKE '%' || word || '%'"
        asked = f'SELECT EXISTS (SELECT FROM "{table}", unnest(CAST(:words AS text[])) AS word WHERE {holds})'
        if (await rows(app, asked, words=list(WORDS)))[0][0]:
            found.add(f"{table}.{column}")
    assert len(await rows(app, COLUMNS)) > 150
    return found


async def erase(client: httpx.AsyncClient, person_id: str, who: Any, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/people/{person_id}/erasure", json={"reason": "They asked for it.", **body}, headers=bearer(who))


async def confided(client: httpx.AsyncClient, city_id: str, other_id: str) -> None:
    """What an erasure leaves: a report, a check, a flag and a watch list with the name."""
    who, nation = diligence.manager(city_id), diligence.nation(other_id)
    await diligence.report(client, who=who, approached_by=NAME)
    check = await diligence.check(client, other_id, who=who)
    headers = await diligence.tagged(client, f"/v1/diligence/{check['id']}", who)
    noted = {"answers": [{"item": "payment", "status": "clear", "note": f"{NAME} said so."}]}
    answered = await client.patch(f"/v1/diligence/{check['id']}", json=noted, headers=headers)
    assert answered.status_code == 200, answered.text
    await diligence.flag(client, other_id, who=who, reason=f"{NAME} asked to keep the draft from the council.")
    listed = await diligence.watchlist(client, who=nation)
    await diligence.version(client, listed["id"], [diligence.entry(NAME)], who=nation)


async def told(client: httpx.AsyncClient, city_id: str, other_id: str) -> dict[str, str]:
    """Records of other kinds with the name in their texts, by what they are called in the API."""
    tie = await make.tie(client, city_id, other_id, type="cooperation", note=f"Begun by {NAME}.", source=f"a letter of {TYPED}", reason=f"{NAME} asked.")
    over = await make.tie(client, city_id, other_id, type="twinning", role=f"on the word of {TYPED}")
    ended = await make.with_match(client, "POST", f"/v1/ties/{over['id']}/end", make.TIER, of=f"/v1/ties/{over['id']}", reason=f"{NAME.upper()} left.")
    assert ended.status_code == 200, ended.text
    meeting = await make.engagement(
        client, city_id, other_id, title=f"Visit of {NAME}", place=f"Office of {NAME}", outcomes=f"{TYPED} agreed.", source=f"{NAME}'s notes",
        deliverables=[{"title": f"Draft by {NAME}", "due_on": "2026-12-01"}],
    )  # fmt: skip
    promise = await make.engagement(client, city_id, other_id, visibility="restricted", deliverables=[{"title": f"Letter to {TYPED}"}])
    judged = await make.judgement(client, city_id, other_id, "different", reason=f"{NAME} says that they are two.")
    report = await make.capacity(client, city_id, has_international_office=True, office_name=f"Office of {NAME}")
    return {
        "ties": tie["id"], "twinning": over["id"], "engagements": meeting["id"], "restricted": promise["id"], "judgements": judged["id"],
        "capacity-reports": report["id"],
    }  # fmt: skip


async def planted(client: httpx.AsyncClient, app: FastAPI) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Somebody in every place where a name or an address may rest: the actor, the seat, the person."""
    city, commission = await make.actor(client, "City"), await make.actor(client, "Commission", kind="commission")
    seat, who = await make.seat(client, city["id"]), make.manager(city["id"])
    headers = bearer(who) | {"Idempotency-Key": "planted"}
    handed = await client.post(f"/v1/seats/{seat['id']}/holders", json={"name": NAME, "valid_from": "2025-01-01"}, headers=headers)
    assert handed.status_code == 201, handed.text
    person = (await client.get(f"/v1/people/{handed.json()['holder']['person_id']}", headers=bearer(who))).json()
    points = [
        {"channel": "email", "address": OWN, "kind": "personal", "person_id": person["id"]},
        {"channel": "email", "address": OFFICE},
        {"channel": "email", "address": "mayor@city.example", "preferred": True},
    ]
    changed = await make.with_match(client, "PATCH", f"/v1/seats/{seat['id']}", who, contact_points=points)
    assert changed.status_code == 200, changed.text
    await make.membership(client, person["id"], commission["id"], who, on_behalf_of_id=city["id"], note=f"{NAME} speaks French.", source=f"{NAME}'s card")
    claim = {"person_id": person["id"], "email": OFFICE, "note": f"I am {NAME}."}
    made = await client.post(f"/v1/seats/{seat['id']}/claims", json=claim, headers=bearer(make.manager(city["id"], "ximena")))
    assert made.status_code == 201, made.text
    titled = await make.with_match(client, "PATCH", f"/v1/seats/{seat['id']}", who, title=f"Mayor ({NAME})")
    assert titled.status_code == 200, titled.text
    corrected = await make.with_match(client, "PATCH", f"/v1/seats/{seat['id']}", who, title=f"Mayor, {TYPED}")
    assert corrected.status_code == 200, corrected.text
    await told(client, city["id"], commission["id"])
    await confided(client, city["id"], commission["id"])
    # What was written before reasons were read for names, and what an import left behind.
    await rows(app, "UPDATE events SET reason = :said WHERE aggregateid = :seat AND type = 'seat.changed' RETURNING id", said=f"for {NAME}", seat=seat["id"])
    started = (await rows(app, IMPORT))[0].id
    await rows(app, CHUNK, id=started, content=f"key_scheme,key_value,seat_role,seat_title,seat_email\nfips,1,head,Head,{OWN}\n".encode())
    await rows(app, PROBLEM, id=started, value=f"{OWN} bad")
    (asked,) = await rows(app, SUGGESTION, id=started, city=city["id"], said=f"{TYPED} knows it.", text=f"House of {NAME}")
    await rows(app, DECISION, id=asked.id, said=f"{TYPED} knew it.")
    await rows(app, ROW, id=started, said=f"Signed by {NAME}")
    return city, seat, person


async def test_the_erased_rest_nowhere(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, seat, person = await planted(registry, registry_app)
    who = make.manager(city["id"])
    before = await places(registry_app)
    assert before == {
        "people.name", "contact_points.address", "memberships.note", "memberships.source", "seat_claims.note", "events.reason", "idempotency_keys.body",
        "import_problems.value", "import_chunks.content", "seats.title", "ties.note", "ties.source", "ties.role", "ties.end_reason", "engagements.title",
        "engagements.place", "engagements.outcomes", "engagements.source", "engagement_deliverables.title", "judgements.reason",
        "capacity_reports.office_name", "import_suggestions.reason", "import_suggestions.text", "import_questions.text", "suggestion_decisions.reason",
        "events.before", "events.after", "events.payload", "events.payload_open",
    } | {f"import_links.{column}" for column in ROWS.texts} | LEFT  # fmt: skip
    answer = await erase(registry, person["id"], who, addresses=[OFFICE.title()])
    assert answer.status_code == 200, answer.text
    body = PersonRead.model_validate(answer.json())
    assert (body.name, body.erased_at, str(body.organization_id)) == (None, NOON, city["id"])
    assert await places(registry_app) == LEFT
    shown = (await registry.get(f"/v1/seats/{seat['id']}?include=holders&include=contact_points", headers=bearer(who))).json()
    assert [(one["person_id"], one["name"], one["valid_from"], one["valid_through"]) for one in shown["holders"]] == [(person["id"], None, "2025-01-01", None)]
    assert [point["address"] for point in shown["contact_points"]] == ["mayor@city.example"]
    (member,) = (await registry.get(f"/v1/memberships?person={person['id']}", headers=bearer(who))).json()["items"]
    assert (member["person_name"], member["role"], member["note"], member["source"]) == (None, "delegate", None, "[erased]'s card")
    event = (await rows(registry_app, "SELECT * FROM events WHERE aggregateid = :id ORDER BY seq DESC LIMIT 1", id=person["id"]))[0]
    assert (event.type, event.visibility, event.reason, event.before, event.after) == ("person.erased", "organizations", "They asked for it.", None, None)
    assert event.payload == {"person_id": person["id"], "organization_id": city["id"]}
    (stopped,) = await rows(registry_app, "SELECT state, failure FROM imports")
    assert (stopped.state, stopped.failure.split(".")[0]) == ("failed", "The file named somebody who was erased meanwhile")
    (row,) = await rows(registry_app, "SELECT key, from_side, to_side, note FROM import_links")
    said = "Signed by [erased]"
    assert (row.key, row.from_side, row.to_side, row.note) == ("k", {"name": said, "country": ["US"]}, {"folded": said}, said)


def test_no_text_of_a_row_is_forgotten() -> None:
    texts = {column.name for column in ImportLink.__table__.columns if isinstance(column.type, String | JSON)}
    assert texts == {*ROWS.texts} | CLOSED


async def test_a_repeated_request_gets_its_answer_without_the_name(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, seat, person = await planted(registry, registry_app)
    assert (await erase(registry, person["id"], make.manager(city["id"]))).status_code == 200
    headers = bearer(make.manager(city["id"])) | {"Idempotency-Key": "planted"}
    again = await registry.post(f"/v1/seats/{seat['id']}/holders", json={"name": NAME, "valid_from": "2025-01-01"}, headers=headers)
    assert (again.status_code, again.headers["idempotency-replayed"], again.json()["holder"]["name"]) == (201, "true", None)
    assert len(await rows(registry_app, "SELECT id FROM people")) == 1


async def test_erasure_is_for_good(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, seat, person = await planted(registry, registry_app)
    who = make.manager(city["id"])
    assert (await erase(registry, person["id"], who)).status_code == 200
    assert_problem(await erase(registry, person["id"], who), errors.PersonErased, person=person["id"])
    assert_problem(await make.with_match(registry, "PATCH", f"/v1/people/{person['id']}", who, name="Back Again"), errors.PersonErased)
    other = await make.seat(registry, city["id"], role="deputy")
    assert_problem(await make.hand_over(registry, other["id"], who, person_id=person["id"]), errors.PersonErased)
    body = {"person_id": person["id"], "organization_id": city["id"]}
    assert_problem(await registry.post("/v1/memberships", json=body, headers=bearer(who)), errors.PersonErased)
    (member,) = (await registry.get("/v1/memberships", headers=bearer(who))).json()["items"]
    path = f"/v1/memberships/{member['id']}"
    assert_problem(await make.with_match(registry, "PATCH", path, who, note="A note."), errors.PersonErased)
    ended = await make.with_match(registry, "POST", f"{path}/end", who, of=path, reason="The term is over.")
    assert (ended.status_code, ended.json()["valid_through"]) == (200, "2026-11-22"), "the office's history goes on"
    vacant = await make.with_match(registry, "POST", f"/v1/seats/{seat['id']}/vacancy", who, of=f"/v1/seats/{seat['id']}", on="2026-11-01")
    assert (vacant.status_code, vacant.json()["holder"]) == (200, None)


async def test_who_may_erase(registry: httpx.AsyncClient) -> None:
    city, other = await make.actor(registry, "City"), await make.actor(registry, "Other")
    person = await make.person(registry, city["id"], NAME)
    path = f"/v1/people/{person['id']}/erasure"
    assert_problem(await registry.post(path, json={"reason": "x"}), Unauthorized)
    member = caller("seats:manage", organization=make.manager(city["id"]).organization)
    assert_problem(await erase(registry, person["id"], member), Forbidden, scope="people:erase")
    blind = caller("people:erase", organization=make.manager(other["id"]).organization)
    assert_problem(await erase(registry, person["id"], blind), errors.PersonNotFound)
    who = make.manager(city["id"])
    assert_problem(await registry.post(path, json={}, headers=bearer(who)), Invalid)
    assert_problem(await erase(registry, person["id"], who, reason=f"{NAME.upper()} asked."), errors.ReasonNamesPerson)
    assert_problem(await erase(registry, person["id"], who, reason=f"Mail to {OFFICE}.", addresses=[OFFICE]), errors.ReasonNamesPerson)
    assert_problem(await erase(registry, person["id"], make.coordinator("MX")), errors.PersonNotFound)
    nation = make.coordinator()
    assert (await erase(registry, person["id"], nation)).json()["name"] is None


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Ana Li was elected.", "[erased] was elected."),
        ("ana  li", "[erased]"),
        ("Diana Lima", "Diana Lima"),
        ("write to ANA@LI.EXAMPLE!", "write to [erased]!"),
        ("", ""),
    ],
    ids=["in_a_sentence", "case_and_blanks", "parts_of_words", "an_address", "nothing"],
)
def test_names_are_found_as_whole_words(said: str, left: str) -> None:
    words = ("Ana Li", "ana@li.example")
    assert without(said, words) == left
    assert names(said, words) is (left != said)
    assert not names(said, ()) and without(said, (" ",)) == said
