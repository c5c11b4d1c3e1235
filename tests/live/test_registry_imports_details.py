"""Names, parents, seats and the days of identifiers as files: what a row says is taken, what is wrong is named, and all of it goes round."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import Invalid
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.rounds import NASTY, exported, imported, taken_back
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
DETAILS = ("names", "identifiers", "parents", "seats")
TABLES = {
    "names": """
        SELECT a.name AS of, n.language, n.name, n.kind, n.valid_from, n.valid_through, n.source FROM actor_names AS n JOIN actors AS a ON a.id = n.actor_id
    """,
    "identifiers": """
        SELECT a.name, i.scheme, i.value, i.valid_from, i.valid_through, i.source
        FROM actor_identifiers AS i JOIN actors AS a ON a.id = i.actor_id WHERE i.scheme <> 'comity'
    """,
    "parents": """
        SELECT a.name, p.name, t.valid_from, t.valid_through
        FROM actor_parents AS t JOIN actors AS a ON a.id = t.actor_id JOIN actors AS p ON p.id = t.parent_id
    """,
    "seats": """
        SELECT a.name, s.role, s.title, c.address FROM seats AS s JOIN actors AS a ON a.id = s.actor_id LEFT JOIN contact_points AS c ON c.seat_id = s.id
        WHERE s.status = 'active'
    """,
}


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def town(live: LiveRegistry, name: str, code: str, **overrides: Any) -> str:
    given = {"identifiers": [{"scheme": "code", "value": code}], "kind": "municipality", **overrides}
    return str((await make.actor(live.client, name, **given))["id"])


async def filled(live: LiveRegistry) -> None:
    """Two states and two towns of which the files of actors cannot say the half."""
    old, new = await town(live, "Old", "s1", kind="state"), await town(live, "New", "s2", kind="state")
    said = [{"language": "en", "name": f"{cell} name", "kind": "former", "source": cell} for cell in NASTY if not set(cell) & set("\n\r\t")]
    names = [
        {"language": "en", "name": "Town", "valid_from": "1990-01-01"},
        {"language": "es", "name": "Pueblo", "kind": "alternative"},
        {"language": "fr", "name": "Ville", "kind": "former", "valid_from": "1900-01-01", "valid_through": "1950-12-31", "source": "a list"},
        *said,
    ]
    held = [
        {"scheme": "code", "value": "t1", "valid_from": "2001-01-01"},
        {"scheme": "code", "value": "gone", "valid_through": "2000-12-31", "source": "a list", "read_on": "2026-01-02"},
        {"scheme": "code", "value": "again", "valid_through": "1980-12-31"},
        {"scheme": "code", "value": "again", "valid_from": "1990-01-01", "valid_through": "1995-12-31"},
        {"scheme": "next", "value": "t1", "valid_from": "2099-01-01"},
    ]
    inside = [
        {"parent_id": old, "valid_through": "1979-12-31"},
        {"parent_id": new, "valid_from": "1980-01-01", "valid_through": "1989-12-31"},
        {"parent_id": old, "valid_from": "1990-01-01"},
    ]
    first = await town(live, "Town", "", names=names, identifiers=held, parents=inside)
    taken = [{"scheme": "code", "value": "t2"}, {"scheme": "code", "value": "gone", "valid_from": "2001-01-01"}]
    second = await town(live, "Nobody's", "", identifiers=taken, parents=[{"parent_id": new, "valid_from": "2099-01-01"}])
    await make.actor(live.client, "Without an identifier", parents=[{"parent_id": old, "valid_through": "2000-12-31"}])
    for title in ("Mayor", "=Mayor's", "Mayor"):
        await make.seat(live.client, first, role="liaison", title=title)
    await make.seat(live.client, first, role="chief_executive", title="Mayor")
    point = {"channel": "email", "address": "office@x.example"}
    await make.seat(live.client, second, role="protocol", title="Protocol", contact_points=[point])


async def test_what_is_known_of_actors_goes_round(live: LiveRegistry, templates: Templates) -> None:
    await filled(live)
    files = {(kind, form): await exported(live, kind, form) for kind in ("actors", *DETAILS) for form in ("csv", "ndjson")}
    counts = {"names": 5, "identifiers": 4, "parents": 3, "seats": 2}
    for kind in DETAILS:
        await taken_back(live, files[kind, "csv"], kind, "csv", counts[kind])
    async with live_registry(templates) as empty:
        for kind in ("actors", *DETAILS):
            await imported(empty, files[kind, "ndjson"], kind, "ndjson")
        assert {(kind, form): await exported(empty, kind, form) for kind, form in files} == files
        for rows in TABLES.values():
            there, here = [sorted(map(str, await registry.rows(rows))) for registry in (empty, live)]
            assert there == here


def of(code: str, **cells: str) -> dict[str, str]:
    return {"actor_scheme": "code", "actor_value": code, **cells}


def inside(code: str, parent: str, first: str = "", last: str = "") -> dict[str, str]:
    return of(code, parent_scheme="code", parent_value=parent, valid_from=first, valid_through=last)


async def sent(live: LiveRegistry, kind: str, *rows: dict[str, str]) -> dict[str, Any]:
    return await imported(live, make.csv_file(list(rows)), kind)


async def refused(live: LiveRegistry, kind: str, *rows: dict[str, str]) -> list[tuple[int, str | None, str]]:
    """What is wrong; nothing is applied then, and nobody is told."""
    events = await live.count("events")
    done = await make.imported(live.client, live.database, make.csv_file(list(rows)), query=f"preset={kind}")
    assert (done["state"], await live.count("events")) == ("failed", events)
    answer = await live.client.get(f"/v1/imports/{done['id']}/problems", headers=bearer(make.IMPORTER))
    return [(item["line"], item["column"], item["code"]) for item in answer.json()["items"]]


async def periods(live: LiveRegistry) -> list[tuple[str, str, str]]:
    found = await live.rows(f"{TABLES['parents']} ORDER BY t.valid_from NULLS FIRST")
    return [(row[1], str(row[2] or ""), str(row[3] or "")) for row in found]


async def test_a_row_says_what_a_name_is(live: LiveRegistry) -> None:
    made = await town(live, "Town", "t")
    named = of("t", language="en", name="Town upon River", kind="preferred", valid_from="2020-01-01", source="a list")
    assert (await sent(live, "names", named))["rows_applied"] == {"created": 0, "changed": 1, "unchanged": 0}
    answer = (await live.client.get(f"/v1/actors/{made}?include=names")).json()
    told = {name["name"]: (name["kind"], name["valid_from"], name["source"]) for name in answer["names"]}
    assert (answer["name"], told) == ("Town upon River", {"Town": ("former", None, None), "Town upon River": ("preferred", "2020-01-01", "a list")})
    (event,) = await live.rows("SELECT before, after FROM events WHERE type = 'actor.changed'")
    assert set(event.before) == set(event.after) == {"names"}
    assert (await sent(live, "names", of("t", language="en", name="Town", kind="alternative", valid_through="2019-12-31")))["rows_applied"]["changed"] == 1
    spanish = of("t", language="es", name="Pueblo", kind="preferred")
    await sent(live, "names", spanish)
    await sent(live, "names", {**spanish, "kind": "former"})
    (row,) = await live.rows("SELECT names, name, sort_name FROM actors")
    assert tuple(row) == ({"en": "Town upon River"}, "Town upon River", "town upon river")
    assert (await sent(live, "names", {**named, "valid_from": "", "source": ""}))["rows_applied"]["unchanged"] == 1  # an empty cell says nothing
    swapped = [{**named, "kind": "former"}, of("t", language="en", name="Town", kind="preferred")]
    assert (await sent(live, "names", *swapped))["rows_applied"]["changed"] == 1
    assert (await live.client.get(f"/v1/actors/{made}")).json()["name"] == "Town"


async def test_what_is_wrong_with_names_is_named(live: LiveRegistry) -> None:
    await town(live, "Town", "t")
    await town(live, "Twin", "1")
    await town(live, "Twin", "2")
    name = of("t", language="en", name="Town", kind="preferred", valid_from="2000-01-01")
    assert await refused(
        live,
        "names",
        of("t", language="en", name="", kind="preferred"),
        of("t", language="English", name="x", kind="official", valid_from="2001-01-01", valid_through="2000-01-01"),
    ) == [(2, "name", "cell_missing"), (3, "language", "not_a_language"), (3, "kind", "not_offered"), (3, "valid_through", "days_reversed")]
    assert await refused(
        live,
        "names",
        name,
        {**name, "kind": "former"},
        of("nobody", language="en", name="x", kind="former"),
        {"actor_name": "Twin", "actor_country": "US", "language": "en", "name": "x", "kind": "former"},
        {**name, "name": "Other"},
    ) == [(3, "name", "name_repeated"), (4, "actor_value", "actor_unfound"), (5, "actor_name", "actor_unfound"), (6, "kind", "preferred_twice")]
    assert await refused(live, "names", {**name, "kind": "former"}) == [(2, "kind", "preferred_lost")]
    await sent(live, "names", name)
    assert await refused(live, "names", {**name, "valid_from": "", "valid_through": "1999-01-01"}) == [(2, "valid_through", "days_reversed")]
    await sent(live, "names", of("t", language="en", name="Before", kind="former", valid_through="1999-12-31"))
    assert await refused(live, "names", of("t", language="en", name="Before", kind="former", valid_from="2001-01-01")) == [
        (2, "valid_from", "begins_after_end")
    ]


async def test_a_row_says_when_a_parent_was_one(live: LiveRegistry) -> None:
    old, new, made = await town(live, "Old", "s1"), await town(live, "New", "s2"), await town(live, "Town", "t")
    await sent(live, "parents", inside("t", "s1"))
    assert await periods(live) == [("Old", "", "")]
    assert await refused(live, "parents", inside("t", "s2", "2000-01-01")) == [(2, "valid_from", "parents_overlap")]
    moved = [inside("t", "s2", "2000-01-01"), inside("t", "s1", "", "1999-12-31")]
    assert (await sent(live, "parents", *moved))["rows_applied"] == {"created": 0, "changed": 1, "unchanged": 0}
    assert await periods(live) == [("Old", "", "1999-12-31"), ("New", "2000-01-01", "")]
    assert (await live.client.get(f"/v1/actors/{made}?as_of=1990-01-01")).json()["parent_id"] == old
    assert (await live.client.get(f"/v1/actors/{made}")).json()["parent_id"] == new
    await sent(live, "parents", inside("t", "s2", "1990-01-01"), inside("t", "s1", "1980-01-01", "1989-12-31"))  # both are corrected at once
    assert await periods(live) == [("Old", "1980-01-01", "1989-12-31"), ("New", "1990-01-01", "")]
    assert (await live.rows("SELECT count(*) FROM events WHERE type = 'actor.changed' AND after ? 'parents'"))[0][0] == 3
    assert await refused(live, "parents", inside("t", "t"), inside("t", "s3"), inside("t", "s1", "1999-01-01")) == [
        (2, "parent_value", "parent_itself"),
        (3, "parent_value", "actor_unfound"),
        (4, "valid_from", "parents_overlap"),
    ]
    assert await refused(live, "parents", inside("s1", "t", "1985-01-01", "1985-12-31")) == [(2, "parent_value", "parents_in_a_ring")]
    await sent(live, "parents", inside("s1", "t", "1995-01-01"))  # on no day is one of them inside itself
    assert await refused(live, "parents", inside("t", "s2", "1991-01-01", "1980-01-01")) == [(2, "valid_through", "days_reversed")]


async def test_a_row_says_when_an_identifier_was_one(live: LiveRegistry) -> None:
    one, two = await town(live, "One", "1"), await town(live, "Two", "2")
    await sent(live, "identifiers", of("1", **{"id:x": "a", "valid_through": "1999-12-31", "source": "a list"}))
    await sent(live, "identifiers", of("2", **{"id:x": "a", "valid_from": "2000-01-01"}))
    found = [(await live.client.get(f"/v1/actors?identifier=x:a{query}")).json()["items"][0]["id"] for query in ("", "&as_of=1990-01-01")]
    assert found == [two, one]
    assert await refused(live, "identifiers", of("1", **{"id:x": "a", "valid_through": "2000-12-31"})) == [(2, "id:x", "identifier_overlaps")]
    ended = [of("2", **{"id:x": "a", "valid_from": "2010-01-01"}), of("1", **{"id:x": "a", "valid_through": "2009-12-31"})]
    assert (await sent(live, "identifiers", *ended))["rows_applied"]["changed"] == 2
    rows = await live.rows("SELECT valid_from, valid_through, source FROM actor_identifiers WHERE scheme = 'x' ORDER BY valid_from NULLS FIRST")
    assert [tuple(map(str, row)) for row in rows] == [("None", "2009-12-31", "a list"), ("2010-01-01", "None", "None")]
    assert await refused(live, "identifiers", of("2", **{"id:x": "a", "valid_through": "2030-01-01"}), of("2", **{"id:x": "a"})) == [
        (2, "id:x", "identifier_overlaps")
    ]


async def test_a_row_says_which_seats_there_are(live: LiveRegistry) -> None:
    made = await town(live, "Town", "t")
    await make.seat(live.client, made, title="Mayor")
    rows = [
        of("t", role="chief_executive", title="Mayoress", email="mayor@x.example"),
        *[of("t", role="liaison", title="Liaison", email=f"{number}@x.example") for number in (1, 2)],
    ]
    assert (await sent(live, "seats", *rows))["rows_applied"] == {"created": 0, "changed": 1, "unchanged": 0}
    assert sorted(map(tuple, await live.rows(TABLES["seats"]))) == [
        ("Town", "chief_executive", "Mayoress", "mayor@x.example"),
        ("Town", "liaison", "Liaison", "1@x.example"),
        ("Town", "liaison", "Liaison", "2@x.example"),
    ]
    types = [row.type for row in await live.rows("SELECT type FROM events WHERE aggregatetype = 'seat' ORDER BY type")]
    assert types == ["seat.changed", "seat.created", "seat.created", "seat.created"]
    assert (await sent(live, "seats", *rows))["rows_applied"] == {"created": 0, "changed": 0, "unchanged": 1}
    assert await refused(live, "seats", rows[0], {**rows[0], "title": "Other"}, of("u", role="liaison", title="x"), of("t", role="king", title="")) == [
        (5, "role", "not_offered"),
        (5, "title", "cell_missing"),
    ]
    assert await refused(live, "seats", rows[0], {**rows[0], "title": "Other"}, of("u", role="liaison", title="x")) == [
        (3, "role", "chief_twice"),
        (4, "actor_value", "actor_unfound"),
    ]


async def test_what_no_source_remembers_is_not_retired(live: LiveRegistry) -> None:
    for preset in (*DETAILS, "unlocode"):
        answer = await make.post_import(live.client, b"x", query=f"preset={preset}&source=mine&retire=true")
        assert "retire is for actors, ties and domains" in assert_problem(answer, Invalid)["errors"][0]["detail"]


async def test_a_planned_name_in_a_file_is_a_name_to_come(live: LiveRegistry) -> None:
    """The row is called what a read of today says, from either kind of file, and what is there already changes nothing."""
    await town(live, "Old Town", "t1")
    first = datetime.now(UTC).date() + timedelta(days=30)
    rows = f"code,t1,en,New Town,preferred,{first},\ncode,t1,en,Old Town,former,,{first - timedelta(days=1)}\n"
    file = "actor_scheme,actor_value,language,name,kind,valid_from,valid_through\n" + rows
    assert (await imported(live, file.encode(), "names"))["rows_applied"]["changed"] == 1
    called = "SELECT a.name, a.names, a.sort_name FROM actors AS a"
    assert [tuple(row) for row in await live.rows(called)] == [("Old Town", {"en": "Old Town"}, "old town")]
    (told,) = await live.rows("SELECT payload FROM events ORDER BY seq DESC LIMIT 1")
    assert (told.payload["name"], told.payload["names"]) == ("Old Town", {"en": "Old Town"})
    events = await live.count("events")
    plain = "key_scheme,key_value,name:en\ncode,t1,{}\n"
    for content, kind in ((file, "names"), (plain.format("Old Town"), "actors")):
        assert (await imported(live, content.encode(), kind))["rows_applied"]["unchanged"] == 1
        kinds = {row.name: row.kind for row in await live.rows("SELECT name, kind FROM actor_names")}
        assert kinds == {"New Town": "preferred", "Old Town": "former"}, "what is planned stays planned"
    assert await live.count("events") == events
    for applied in ("changed", "unchanged"):  # who says it without days says it of today
        assert (await imported(live, plain.format("New Town").encode()))["rows_applied"][applied] == 1
        assert [tuple(row) for row in await live.rows(called)] == [("New Town", {"en": "New Town"}, "new town")]
    (item,) = (await live.client.get(f"/v1/actors?as_of={first}")).json()["items"]
    assert item["name"] == "New Town"


async def test_a_language_without_a_preferred_name_is_not_preferred(live: LiveRegistry) -> None:
    """Although there is a former name in it that is still in use."""
    await town(live, "Town", "t1")
    last = datetime.now(UTC).date() + timedelta(days=10)
    await imported(live, f"actor_scheme,actor_value,language,name,kind,valid_through\ncode,t1,es,Pueblo,former,{last}\n".encode(), "names")
    answer = await make.post_import(live.client, b"key_scheme,key_value,preferred_language\ncode,t1,es\n")
    failed = await make.imported_status(live.client, live.database, answer)
    assert failed["state"] == "failed"
    assert [column for _, column, _ in await make.import_problems(live.client, failed["id"])] == ["name:es"]
