"""The rulebooks: their cases, what a bad one is refused for, and what route checks answer."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text

from services.agreements import errors as states
from services.agreements.agreements.lifecycle import InstrumentKind
from services.agreements.route_checks.schemas import RouteCheckRead
from services.agreements.rulebooks.answers import RulebookBrief, RulebookRead
from services.agreements.rulebooks.packs import RULEBOOKS
from services.agreements.rulebooks.routing import find, sentences
from services.agreements.rulebooks.schemas import LANGUAGES, Rulebook
from services.agreements.rulebooks.vocabulary import Side
from shared import errors
from shared.database import Database
from shared.pages import PageOf
from shared.predicates import Truth
from tests.support.make import agreements as make
from tests.support.problems import assert_problem
from tests.support.queries import queries

CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((Path(__file__).parent / "cases").glob("*.json"))}
TABLE = [pytest.param(name, case, id=f"{name}: {case['case']}") for name, cases in CASES.items() for case in cases]
KINDS = [None, "nation", "state", "county", "municipality", "agency", "university", "organisation", "network"]
sides = st.builds(Side, country=st.sampled_from([None, "MX", "US"]), kind=st.sampled_from(KINDS), governmental=st.sampled_from([None, None, True, False]))


def test_every_rulebook_has_its_table_of_cases() -> None:
    assert set(CASES) == set(RULEBOOKS)
    for cases in CASES.values():
        assert {case["applies"] for case in cases} == {"true", "false", "unknown"}


@pytest.mark.parametrize(("name", "case"), TABLE)
def test_the_case(name: str, case: dict[str, Any]) -> None:
    rulebook = RULEBOOKS[name]
    finding = find(rulebook, Side(**case["party"]), [Side(**side) for side in case["counterparts"]], case["instrument_kind"])
    assert finding.applies.value == case["applies"]
    assert ([gate.key for gate in rulebook.gates] if finding.applies is not Truth.false else []) == case["gates"]
    for language in LANGUAGES:
        assert all(sentences(finding.verdict, rulebook, language))


@given(sides, st.lists(sides, min_size=1, max_size=3), sides)
@settings(max_examples=300, deadline=None)
def test_what_becomes_known_settles_and_never_overturns(party: Side, counterparts: list[Side], more: Side) -> None:
    """Filling in unknown facts may turn unknown into an answer, but an answer stays."""
    for rulebook in RULEBOOKS.values():
        before = find(rulebook, party, counterparts, "mou").applies
        after = find(rulebook, _filled(party, more), [_filled(side, more) for side in counterparts], "mou").applies
        assert before in (Truth.unknown, after)


@given(sides, st.lists(sides, min_size=1, max_size=3), sides)
@settings(max_examples=300, deadline=None)
def test_one_more_counterpart_never_takes_a_party_out_of_a_rule(party: Side, counterparts: list[Side], more: Side) -> None:
    for rulebook in RULEBOOKS.values():
        if find(rulebook, party, counterparts, "mou").applies is Truth.true:
            assert find(rulebook, party, [*counterparts, more], "mou").applies is Truth.true


def _filled(side: Side, known: Side) -> Side:
    """The side with what is not known about it taken from another one."""
    governmental = known.governmental if side.is_governmental() is None else side.governmental
    return Side(side.country or known.country, side.subdivision, side.kind or known.kind, governmental, side.international)


def document(name: str = "mx-lct") -> Any:
    return RULEBOOKS[name].model_dump(mode="json", by_alias=True)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda book: book["gates"][0].update(days=30, calendar="calendar_days"), "clocks"),
        (lambda book: book["gates"][0].update(on_expiry="deemed_approved"), "clocks"),
        (lambda book: book["gates"][0].update(before="negotiate"), "only signing"),
        (lambda book: [outcome.update(clears=False) for outcome in book["gates"][0]["outcomes"]], "clears"),
        (lambda book: book["gates"].append(book["gates"][0]), "distinct keys"),
        (lambda book: book["labels"].popitem(), "labels"),
        (lambda book: book["binds"]["of"][0].update(fact="party.continent"), "There is no fact"),
        (lambda book: book.update(review_on=book["read_on"]), "review_on"),
        (lambda book: book["gates"][0].pop("citation"), "citation"),
        (lambda book: book.pop("notice"), "notice"),
        (lambda book: book["title"].pop("fr"), "fr"),
        (lambda book: book.update(sources=[]), "sources"),
        (lambda book: book.update(binding=True), "binding"),
    ],
)
def test_a_rulebook_that_cannot_be_kept_is_refused(spoil: Any, says: str) -> None:
    book = document()
    assert Rulebook.model_validate(book) == RULEBOOKS["mx-lct"]
    spoil(book)
    with pytest.raises(ValidationError, match=says):
        Rulebook.model_validate(book)


async def test_anyone_reads_the_rulebooks(client: httpx.AsyncClient, database: Database) -> None:
    with queries(database, at_most=0):
        listed = await client.get("/v1/rulebooks", headers={"Accept-Language": "es"})
        whole = await client.get("/v1/rulebooks/mx-lct", headers={"Accept-Language": "fr"})
    PageOf[RulebookBrief].model_validate(listed.json())
    assert [(item["id"], item["title"]) for item in listed.json()["items"]] == [
        ("mx-lct", "México: Ley sobre la Celebración de Tratados"),
        ("us-baseline", "Estados Unidos: base federal para estados y gobiernos locales"),
    ]
    book = RulebookRead.model_validate(whole.json())
    assert (book.gates[0].days, book.gates[0].by_when) == (None, "La loi consultée ne fixe aucun délai.")
    assert "Ceci n'est pas un avis juridique" in book.notice
    assert all(source.url.startswith("http") for source in book.sources)
    again = await client.get("/v1/rulebooks/mx-lct", headers={"Accept-Language": "fr", "If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304
    body = assert_problem(await client.get("/v1/rulebooks/fr-loi"), states.RulebookNotFound)
    assert body["detail"] == "The rulebooks are: mx-lct, us-baseline."


async def check(client: httpx.AsyncClient, *parties: dict[str, Any], language: str = "en", **more: Any) -> httpx.Response:
    return await client.post("/v1/route-checks", json={"parties": list(parties), "instrument_kind": "mou", **more}, headers={"Accept-Language": language})


async def test_a_route_check_answers_before_anyone_drafts(client: httpx.AsyncClient, database: Database) -> None:
    with queries(database, at_most=1):
        answer = await check(client, {"actor_id": str(make.SAN_DIEGO)}, {"actor_id": str(make.TIJUANA)})
    assert answer.status_code == 200, answer.text
    RouteCheckRead.model_validate(answer.json())
    san_diego, tijuana = answer.json()["routes"]
    assert (san_diego["party"]["name"], tijuana["party"]["kind"]) == ("San Diego County", "municipality")
    assert [(rule["rulebook_id"], rule["applies"]) for rule in san_diego["rulebooks"]] == [("mx-lct", "false"), ("us-baseline", "true")]
    assert [(rule["rulebook_id"], rule["applies"]) for rule in tijuana["rulebooks"]] == [("mx-lct", "true"), ("us-baseline", "false")]
    (gate,) = tijuana["rulebooks"][0]["gates"]
    assert (gate["kind"], gate["before"], gate["days"], gate["on_expiry"]) == ("opinion", "sign", None, "none")
    assert (gate["by_when"], gate["on_silence"]) == ("The law that was read sets no time.", "Silence decides nothing.")
    assert (gate["decided_by"]["role"], gate["decided_by"]["country"], gate["may_file"]) == ("decision_maker", "MX", ["party", "state_coordinator"])
    assert (gate["citation"], gate["effect_if_missed"]) == ("Ley sobre la Celebración de Tratados, art. 7", "unknown")
    advice = {item["key"]: item for item in san_diego["rulebooks"][1]["advice"]}
    assert advice["treaties-and-compacts"]["citation"] == "U.S. Constitution, art. I, § 10, cl. 1 and 3"
    assert "States, counties and cities are not under them." in advice["case-act"]["text"]
    assert tijuana["rulebooks"][0]["trace"][0]["outcome"] == "true"
    assert tijuana["rulebooks"][0]["flip"]["to"] == "false"


async def test_the_public_keeps_nothing_here_by_asking(client: httpx.AsyncClient, database: Database) -> None:
    for parties in ([{"country": "MX"}, {"country": "US"}], [{"country": "MX"}, {"country": "CA"}]):
        answer = await client.post("/v1/route-checks", json={"parties": parties}, headers={"Idempotency-Key": "1"})
        assert answer.status_code == 200, "another stranger's key is not this one's"
    async with database.session(read_only=True) as session:
        assert (await session.execute(text("SELECT count(*) FROM idempotency_keys"))).scalar_one() == 0


async def test_a_route_check_says_what_is_not_known_and_what_would_settle_it(client: httpx.AsyncClient) -> None:
    answer = await check(client, {"country": "MX", "kind": "municipality"}, {"country": "US", "kind": "university"}, language="es", instrument_kind=None)
    rule = answer.json()["routes"][0]["rulebooks"][0]
    assert (rule["applies"], [gate["key"] for gate in rule["gates"]]) == ("unknown", ["opinion"])
    assert rule["facts"]["counterpart.foreign_governmental"] is None
    assert any("no se sabe" in line for line in rule["sentences"])
    assert any(change["fact"].startswith("counterpart.") for change in rule["flip"]["changes"])
    settled = await check(client, {"country": "MX", "kind": "municipality"}, {"country": "US", "kind": "university", "governmental": True})
    assert settled.json()["routes"][0]["rulebooks"][0]["applies"] == "true"


@pytest.mark.parametrize(
    ("parties", "error", "pointer"),
    [
        ([{"country": "MX"}], errors.Invalid, "/parties"),
        ([{"country": "Mexico"}, {}], errors.Invalid, "/parties/0/country"),
        ([{"kind": "city"}, {}], errors.Invalid, "/parties/0/kind"),
        ([{}, {"actor_id": str(make.TIJUANA), "country": "MX"}], errors.Invalid, "/parties/1"),
        ([{}, {"actor_id": "0192f000-0000-7000-8000-0000000000ff"}], states.UnknownActor, "/parties/1/actor_id"),
        ([{}] * 21, errors.Invalid, "/parties"),
    ],
)
async def test_bad_route_checks_are_named(client: httpx.AsyncClient, parties: list[Any], error: type[errors.Problem], pointer: str) -> None:
    body = assert_problem(await check(client, *parties), error)
    assert body["errors"][0]["pointer"] == pointer


def test_every_instrument_kind_is_a_fact_the_rules_may_ask_for() -> None:
    for kind in InstrumentKind:
        assert find(RULEBOOKS["mx-lct"], Side("MX", None, "state"), [Side("US", None, "state")], kind.value).facts["instrument.kind"] == kind.value
