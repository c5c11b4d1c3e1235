"""How far an erasure goes: to what whoever erases has the standing to change, and no further."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from gateway.roles import SCOPES_OF
from services.registry import errors
from services.registry.people.files import FAILURE
from shared.errors import Invalid
from tests.registry.test_people_erasure import CHUNK, NAME, OWN, PROBLEM, erase, rows
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

OPERATOR = caller(*SCOPES_OF["operator"], subject="operator", roles=("operator",))
IMPORT = """
    INSERT INTO imports (id, preset, state, validate_only, subject, organization, request_id, bytes, chunks, chunks_read, readable, rows_read, rows_valid,
                         problems, format, created_at, updated_at)
    VALUES (gen_random_uuid(), :preset, 'validating', false, :subject, CAST(:organization AS uuid), '-', 30, 1, 0, true, 0, 0, 1, :format, now(), now())
    RETURNING id
"""
KEY = {"scheme": "fips", "value": "06073"}


async def on_its_way(app: FastAPI, content: bytes, *, organization: str | None = None, form: str = "csv", preset: str = "actors") -> Any:
    """An import that waits for the worker."""
    found = (await rows(app, IMPORT, subject="operator", organization=organization, format=form, preset=preset))[0].id
    await rows(app, CHUNK, id=found, content=content)
    return found


async def failure(app: FastAPI, import_id: Any) -> str | None:
    """Why the import failed, and nothing when it goes on with its file."""
    (found,) = await rows(
        app, "SELECT failure, (SELECT count(*) FROM import_chunks WHERE import_id = i.id) AS kept FROM imports AS i WHERE id = :id", id=import_id
    )
    assert found.kept == (1 if found.failure is None else 0)
    said: str | None = found.failure
    return said


def row_of(number: int, **cells: str) -> bytes:
    return make.csv_file([make.import_row(number, seat_role="head", seat_title="Head", **cells)])


@pytest.mark.parametrize(
    ("content", "form", "stopped"),
    [
        (row_of(6073, seat_email=OWN.upper()), "csv", True),
        (row_of(6073) + row_of(6073, seat_email=OWN).split(b"\n", 1)[1], "csv", True),
        (row_of(6073, seat_email=f"x{OWN}"), "csv", False),
        (row_of(6073, seat_email="head@city.example", source=f"asked {OWN}"), "csv", False),
        (row_of(6075, seat_email=OWN), "csv", False),
        (f'{{"key_scheme":"fips","key_value":"06073","seat_role":"head","seat_title":"{NAME}"}}'.encode(), "ndjson", True),
        (f'{{"key_scheme":"fips","key_value":"06073","seat_role":"head","seat_title":"Aide of {NAME}"}}'.encode(), "ndjson", False),
        (f"key_scheme,seat_email\nfips,{OWN}\n".encode(), "csv", False),
    ],
    ids=["its_row", "a_later_row", "a_longer_address", "within_a_cell", "of_another", "a_name", "within_a_name", "a_file_that_is_not_taken"],
)
async def test_a_file_of_the_operators_stops_for_a_whole_cell_of_the_own_row(
    registry: httpx.AsyncClient, registry_app: FastAPI, content: bytes, form: str, stopped: bool
) -> None:
    city = await make.actor(registry, "City", identifiers=[KEY])
    await make.actor(registry, "Other", identifiers=[{**KEY, "value": "06075"}])
    person = await make.person(registry, city["id"], NAME)
    found = await on_its_way(registry_app, content, form=form)
    assert (await erase(registry, person["id"], make.manager(city["id"]), addresses=[OWN])).status_code == 200
    assert await failure(registry_app, found) == (FAILURE if stopped else None)


@pytest.mark.parametrize(
    ("named", "stopped"),
    [("fips,06073,", True), (",,The  City", True), ("fips,06075,", False), (",,Other", False)],
    ids=["its_identifier", "its_name", "another_identifier", "another_name"],
)
async def test_a_file_of_seats_stops_as_well(registry: httpx.AsyncClient, registry_app: FastAPI, named: str, stopped: bool) -> None:
    city = await make.actor(registry, "The City", identifiers=[KEY])
    await make.actor(registry, "Other", identifiers=[{**KEY, "value": "06075"}])
    person = await make.person(registry, city["id"], NAME)
    content = f"actor_scheme,actor_value,actor_name,role,title,email\n{named},head,Head,{OWN}\n".encode()
    found = await on_its_way(registry_app, content, preset="seats")
    assert (await erase(registry, person["id"], make.manager(city["id"]), addresses=[OWN])).status_code == 200
    assert await failure(registry_app, found) == (FAILURE if stopped else None)


async def test_an_invented_person_stops_no_file_of_others_and_empties_no_answer_and_no_problem(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, other = await make.actor(registry, "City", identifiers=[KEY]), await make.actor(registry, "Other")
    headers = {name: bearer(make.manager(actor["id"])) | {"Idempotency-Key": name} for name, actor in (("own", city), ("foreign", other))}
    bodies = {name: {"actor_id": actor["id"], "role": "protocol", "title": f"Write to {OWN}"} for name, actor in (("own", city), ("foreign", other))}
    for name, body in bodies.items():
        assert (await registry.post("/v1/seats", json=body, headers=headers[name])).status_code == 201
    foreign, own = await on_its_way(registry_app, row_of(6075, seat_email=OWN)), await on_its_way(registry_app, b"", organization=city["id"])
    for found in (foreign, own):
        await rows(registry_app, PROBLEM, id=found, value=f"{OWN} bad")
    person = await make.person(registry, city["id"], "Nobody Invented")
    who = make.manager(city["id"])
    assert_problem(await erase(registry, person["id"], who, addresses=["badkind77"]), Invalid)
    assert (await erase(registry, person["id"], who, addresses=[OWN])).status_code == 200
    assert await failure(registry_app, foreign) is None
    kept = await rows(registry_app, "SELECT import_id, value FROM import_problems")
    assert {(row.import_id, row.value) for row in kept} == {(foreign, f"{OWN} bad"), (own, "[erased]")}
    again = {name: (await registry.post("/v1/seats", json=body, headers=headers[name])).json()["title"] for name, body in bodies.items()}
    assert again == {"own": "Write to [erased]", "foreign": f"Write to {OWN}"}


async def test_a_nation_reaches_its_own_records_and_an_operator_all(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    abroad = await make.actor(registry, "Tijuana", country="MX", kind="municipality")
    city, neighbour, office = [await make.actor(registry, name) for name in ("City", "Neighbour", "Office")]
    words = {"title": f"Meeting of {NAME} with the port", "visibility": "restricted"}
    foreign = await make.engagement(registry, abroad["id"], who=make.manager(abroad["id"]), **words)
    home = await make.engagement(registry, city["id"], neighbour["id"], who=make.manager(city["id"]), **words)

    async def titles() -> list[str]:
        found = {row.id: row.title for row in await rows(registry_app, "SELECT CAST(id AS text) AS id, title FROM engagements")}
        return [found[foreign["id"]], found[home["id"]]]

    asked = "UPDATE events SET reason = :said WHERE aggregateid = :id RETURNING id"
    await rows(registry_app, asked, said=f"{NAME} asked.", id=foreign["id"])
    cleaned = "Meeting of [erased] with the port"
    for who, expected in ((make.coordinator(), [words["title"], cleaned]), (OPERATOR, [cleaned, cleaned])):
        person = await make.person(registry, office["id"], NAME)
        assert (await erase(registry, person["id"], who)).status_code == 200
        assert await titles() == expected
        told = await rows(registry_app, "SELECT type, reason FROM events WHERE aggregateid = :id ORDER BY seq", id=foreign["id"])
        assert (len(told), told[0].reason) == ((1, f"{NAME} asked.") if who is not OPERATOR else (2, "[erased] asked."))


async def test_who_keeps_the_whole_registry_erases_by_id_and_reads_nobody(registry: httpx.AsyncClient) -> None:
    city = await make.actor(registry, "City")
    person = await make.person(registry, city["id"], NAME)
    path = f"/v1/people/{person['id']}"
    assert_problem(await registry.get(path, headers=bearer(OPERATOR)), errors.PersonNotFound)
    assert (await registry.get("/v1/people", headers=bearer(OPERATOR))).json()["items"] == []
    for bound in ({"organization": make.manager(person["id"]).organization}, {"country": "MX"}):
        who = caller(*SCOPES_OF["operator"], subject="operator", roles=("operator",), **bound)
        assert_problem(await erase(registry, person["id"], who), errors.PersonNotFound)
    answer = await erase(registry, person["id"], OPERATOR)
    assert (answer.status_code, answer.json()["name"]) == (200, None)


async def test_a_nation_erases_nobody_whose_record_is_kept_abroad(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """Though it reads who sits somewhere on behalf of one of its cities."""
    abroad, city = await make.actor(registry, "Tijuana", country="MX", kind="municipality"), await make.actor(registry, "City")
    person = await make.person(registry, abroad["id"], NAME)
    await make.membership(registry, person["id"], abroad["id"], make.manager(abroad["id"]), on_behalf_of_id=city["id"])
    who = make.coordinator()
    assert (await registry.get(f"/v1/people/{person['id']}", headers=bearer(who))).status_code == 200
    assert_problem(await erase(registry, person["id"], who), errors.PersonOfAnother)
    assert_problem(await make.with_match(registry, "PATCH", f"/v1/people/{person['id']}", who, name="Bo Li"), errors.PersonOfAnother)
    async with registry_app.state.database.session(read_only=True) as session:
        assert (await session.execute(text("SELECT name FROM people"))).scalar_one() == NAME


async def test_an_office_abroad_is_of_the_nation_whose_it_is(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    texas = await make.actor(registry, "Texas", kind="state", subdivision="US-TX")
    office = await make.actor(registry, "Texas Mexico Office", kind="office", country="MX")
    await make.tie(registry, office["id"], texas["id"], type="office_of")
    met = await make.engagement(registry, office["id"], who=make.manager(office["id"]), visibility="restricted", title=f"Meeting of {NAME}")
    for country, title in (("MX", f"Meeting of {NAME}"), ("US", "Meeting of [erased]")):
        keeper = await make.actor(registry, f"Ministry of {country}", kind="agency", country=country, subdivision=None)
        person = await make.person(registry, keeper["id"], NAME)
        assert (await erase(registry, person["id"], make.coordinator(country))).status_code == 200
        (found,) = await rows(registry_app, "SELECT title FROM engagements WHERE CAST(id AS text) = :id", id=met["id"])
        assert found.title == title


LEFT_OVER = """
    INSERT INTO import_suggestions (id, import_id, source, key, line, part, side, text, candidates, other_id, state)
    VALUES (gen_random_uuid(), :id, 'a list', :key, :line, 0, 'to', :text, CAST(:candidates AS uuid[]), CAST(:other AS uuid), 'open') RETURNING id
"""
LINE = """
    INSERT INTO import_links (import_id, line, part, faulty, key, from_side, identifiers, note)
    VALUES (:id, :line, 0, false, :key, '{}', '{}', :note) RETURNING line
"""
QUESTION = """
    INSERT INTO import_questions (import_id, line, "column", side, text, candidates, other_id)
    VALUES (:id, :line, 'to_name', 'to', :text, CAST(:candidates AS uuid[]), CAST(:other AS uuid)) RETURNING id
"""
WHY = "UPDATE import_suggestions SET state = 'dismissed', resolved_by = 'somebody', resolved_at = now(), reason = :said WHERE id = :id RETURNING id"
TOLD = """
    INSERT INTO events (id, aggregatetype, aggregateid, type, time, payload, payload_open, visibility, organizations, subject, request_id, reason)
    SELECT gen_random_uuid(), 'suggestion', CAST(s.id AS text), 'suggestion.decided', now(), '{}', '{}', 'organizations',
           array_remove(ARRAY[i.organization], NULL), 'somebody', '-', :said
    FROM import_suggestions AS s JOIN imports AS i ON i.id = s.import_id WHERE s.id = :id RETURNING id
"""


async def test_a_row_left_to_people_is_reached_by_whoever_it_is_about(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """Certainly or perhaps, whoever sent it; by whoever sent it; and by nobody else."""
    city, other = await make.actor(registry, "City"), await make.actor(registry, "Other")
    foreign, own = await on_its_way(registry_app, b""), await on_its_way(registry_app, b"", organization=city["id"])
    about = {1: (foreign, city["id"], []), 2: (foreign, None, [other["id"], city["id"]]), 3: (foreign, other["id"], [other["id"]]), 4: (own, None, [])}
    note, called, said = f"Signed by {NAME}", f"House of {NAME}", f"{NAME} knew it."
    for line, (found, sure, perhaps) in about.items():
        values = {"id": found, "line": line, "key": str(line)}
        (one,) = await rows(registry_app, LEFT_OVER, **values, text=called, candidates=perhaps, other=sure)
        await rows(registry_app, LINE, **values, note=note)
        await rows(registry_app, QUESTION, id=found, line=line, text=called, candidates=perhaps, other=sure)
        await rows(registry_app, WHY, id=one.id, said=said)
        await rows(registry_app, TOLD, id=one.id, said=said)
    person = await make.person(registry, city["id"], NAME)
    assert (await erase(registry, person["id"], make.manager(city["id"]))).status_code == 200
    read = """
        SELECT s.line, s.text, q.text, l.note, s.reason, e.reason FROM import_suggestions AS s JOIN import_links AS l USING (import_id, line)
        JOIN import_questions AS q USING (import_id, line) JOIN events AS e ON e.aggregateid = CAST(s.id AS text) ORDER BY s.line
    """
    clean = ("House of [erased]", "House of [erased]", "Signed by [erased]", *["[erased] knew it."] * 2)
    reached = {line: tuple(texts) for line, *texts in await rows(registry_app, read)}
    assert len(await rows(registry_app, "SELECT line FROM import_links WHERE to_side IS NULL")) == 4, "of what is not said, nothing is"
    assert reached == {1: clean, 2: clean, 3: (called, called, note, said, said), 4: clean}


async def test_who_reads_nobody_records_nobody(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city = await make.actor(registry, "City")
    for who in (OPERATOR, make.WRITER):
        answer = await registry.post("/v1/people", json={"name": NAME, "organization_id": city["id"]}, headers=bearer(who))
        assert_problem(answer, errors.PersonOfAnother, organization_id=city["id"])
    assert await rows(registry_app, "SELECT id FROM people") == []
    assert await rows(registry_app, "SELECT seq FROM events WHERE aggregatetype = 'person'") == []
    seat = await make.seat(registry, city["id"])
    handed = await make.hand_over(registry, seat["id"], OPERATOR, name=NAME)
    assert (handed.status_code, len(await rows(registry_app, "SELECT id FROM people"))) == (201, 1), "of a seat it says who holds it"
