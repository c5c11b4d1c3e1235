"""What an erasure does to the texts of other records: each says that it changed, followers hear of it, and nobody's words go by chance."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.people.mentions import FORGOTTEN
from services.registry.people.naming import names, without
from tests.registry.test_people_erasure import NAME, TYPED, erase, told
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer


async def mayor(client: httpx.AsyncClient, name: str = NAME, city: str = "City") -> tuple[str, str, str]:
    """Ids of a city, its seat and who holds it."""
    actor = await make.actor(client, city)
    seat = await make.seat(client, actor["id"])
    handed = await make.hand_over(client, seat["id"], make.manager(actor["id"]), name=name)
    assert handed.status_code == 201, handed.text
    return actor["id"], seat["id"], handed.json()["holder"]["person_id"]


async def events_since(app: FastAPI, seq: int) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE seq > :seq ORDER BY seq"), {"seq": seq})).all())


async def test_each_record_that_changes_says_so(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, seat, person = await mayor(registry)
    other = (await make.actor(registry, "Other"))["id"]
    titled = await make.with_match(registry, "PATCH", f"/v1/seats/{seat}", make.manager(city), title=f"Mayor ({NAME})")
    assert titled.status_code == 200, titled.text
    ids = await told(registry, city, other)
    paths = {f"/v1/{'ties' if kind == 'twinning' else 'engagements' if kind == 'restricted' else kind}/{one}" for kind, one in ids.items()}
    who = {path: make.manager(city) if "capacity" in path else make.coordinator() for path in paths | {f"/v1/seats/{seat}"}}
    before = {path: (await registry.get(path, headers=bearer(one))).headers["etag"] for path, one in who.items()}
    last = (await events_since(registry_app, 0))[-1].seq
    assert (await erase(registry, person, make.manager(city))).status_code == 200
    found = await events_since(registry_app, last)
    assert sorted(event.type for event in found) == [
        "engagement.changed", "engagement.changed_in_confidence", "judgement.revised", "person.erased", "seat.changed", "tie.changed", "tie.changed",
    ]  # fmt: skip
    assert {(event.reason, str(event.before), str(event.after)) for event in found[:-1]} == {(FORGOTTEN, "None", "None")}
    for path, one in who.items():
        read = await registry.get(path, headers=bearer(one))
        assert read.headers["etag"].partition("-")[0] != before[path].partition("-")[0], path
        assert "[erased]" in read.text and "Ximena" not in read.text and "XIMENA" not in read.text
    for path in (f"/v1/seats/{seat}", f"/v1/ties/{ids['ties']}", f"/v1/engagements/{ids['engagements']}"):
        for history in (f"{path}/history", f"{path}/history/state?at=2026-11-22T12:00:00Z"):
            answer = await registry.get(history, headers=bearer(make.manager(city)))
            assert (answer.status_code, "Ximena" in answer.text) == (200, False)


async def test_an_erasure_takes_as_many_statements_however_much_was_written(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    taken = []
    for times in (1, 3):
        city, _, person = await mayor(registry, city=f"City {times}")
        await told(registry, city, (await make.actor(registry, f"Other {times}"))["id"])
        for nth in range(times):
            await make.engagement(registry, city, title=f"Visit of {NAME}", deliverables=[{"title": f"Draft by {TYPED}"}])
            await make.tie(registry, city, (await make.actor(registry, f"Partner {times} {nth}"))["id"], note=f"Begun by {NAME}.")
            await make.membership(registry, person, city, make.manager(city), role=f"adviser {nth}", note=f"{NAME} again.")
        with queries(registry_app.state.database, at_most=100) as sent:
            assert (await erase(registry, person, make.manager(city))).status_code == 200
        taken.append(len(sent))
    assert taken[0] == taken[1]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("cooperation", True), ("Tijuana River", True), ("Rio Bravo", False)],
    ids=["one_word", "in_the_name_of_an_actor", "a_name_of_its_own"],
)
async def test_common_words_stay_where_they_stand(registry: httpx.AsyncClient, name: str, kept: bool) -> None:
    city, _, person = await mayor(registry, name)
    basin = await make.actor(registry, "Tijuana River Basin Council", kind="commission")
    tie = await make.tie(registry, city, basin["id"], type="cooperation", note="For cooperation on the Tijuana River and the Rio Bravo.")
    assert (await erase(registry, person, make.manager(city))).status_code == 200
    shown = (await registry.get(f"/v1/ties/{tie['id']}")).json()
    assert (shown["note"] == tie["note"], shown["type"]) == (kept, "cooperation")
    assert (await registry.get(f"/v1/actors/{basin['id']}")).json()["name"] == "Tijuana River Basin Council"


async def test_a_manager_empties_no_records_of_others(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """Else whoever gives a person a common name could take the words out of everybody's records."""
    one, two = [(await make.actor(registry, name))["id"] for name in ("One", "Two")]
    foreign = await make.tie(registry, one, two, note=f"Begun by {NAME}.")
    for who, kept in ((make.manager, True), (make.coordinator, False)):
        city, _, person = await mayor(registry, city=f"City {kept}")
        assert (await erase(registry, person, who(city) if kept else make.coordinator())).status_code == 200
        assert (NAME in (await registry.get(f"/v1/ties/{foreign['id']}")).json()["note"]) is kept
    recorded = [event for event in await events_since(registry_app, 0) if event.aggregateid == foreign["id"]]
    assert (len(recorded), NAME in str(recorded)) == (2, False)


async def test_no_reason_names_who_was_in_the_seat(registry: httpx.AsyncClient) -> None:
    city, seat, _ = await mayor(registry, "Juan Pérez García")
    who, path = make.manager(city), f"/v1/seats/{seat}"
    for reason in ("Juan Perez Garcia began a day later", "Perez resigned", "perez resigned", "PÉREZ GARCÍA left", "after Juan  Pérez"):
        assert_problem(await make.hand_over(registry, seat, who, name="Bo Li", reason=reason), errors.ReasonNamesPerson)
        assert_problem(await make.with_match(registry, "PATCH", path, who, title="Mayor", reason=reason), errors.ReasonNamesPerson)
    assert (await make.hand_over(registry, seat, who, name="Bo Li", valid_from="2026-12-01", reason="Elected.")).status_code == 201
    late = await make.with_match(registry, "POST", f"{path}/vacancy", who, of=path, on="2027-01-01", reason="As García before.")
    assert_problem(late, errors.ReasonNamesPerson)


async def test_a_surname_goes_from_the_reasons_of_the_own_seat_only(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, seat, person = await mayor(registry, "Juan Pérez García")
    other = await make.seat(registry, city, role="deputy", reason="Perez asked for one.")
    changed = "UPDATE events SET reason = 'Perez resigned, said Juan Pérez' WHERE aggregateid = :seat AND type = 'seat.changed'"
    async with registry_app.state.database.session(read_only=False) as session:
        await session.execute(text(changed), {"seat": seat})
        await session.commit()
    assert (await erase(registry, person, make.manager(city))).status_code == 200
    reasons = {(event.aggregateid, event.reason) for event in await events_since(registry_app, 0) if event.aggregatetype == "seat" and event.reason}
    assert reasons == {(seat, "[erased] resigned, said [erased]"), (other["id"], "Perez asked for one.")}


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Juan Perez García won.", "[erased] won."),
        ("JUAN PE\u0301REZ GARCI\u0301A", "[erased]"),
        ("Perez resigned, and garcía too.", "[erased] resigned, and [erased] too."),
        ("Juan Pérez resigned.", "[erased] resigned."),
        ("Juan resigned.", "Juan resigned."),
        ("Perezoso", "Perezoso"),
        ("Li Paz and paz", "Li [erased] and paz"),
        ('the "Zorro" file of O\'Neil', 'the "Zorro" file of O\'Neil'),
        ('Ana "La Jefa" Sol', "[erased]"),
    ],
)
def test_parts_of_a_name_name_where_it_is_clear_who_is_meant(said: str, left: str) -> None:
    words = ("Juan Pérez García", "Eva de la Paz", 'Ana "La Jefa" Sol')
    assert without(said, words, alone=True) == left
    assert names(said, words, alone=True) is (left != said)
