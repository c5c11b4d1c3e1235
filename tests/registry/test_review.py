"""The national review: its shares against a count by hand, and what it withholds."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from services.registry.capacity.models import CapacityReport
from services.registry.review.benchmarks import BENCHMARKS
from services.registry.review.measures import MeasureName
from services.registry.review.schemas import ReviewRead
from shared.errors import Invalid
from shared.ids import new_id
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

LEAST = 5
GROUPINGS = ("kind", "subdivision", "population_band", "border")
FIGURES = ("n", "denominator", "answered", "non_response", "population", "share")
STAFF = st.none() | st.integers(0, 5).flatmap(lambda total: st.tuples(st.just(total), st.integers(0, total)))


@dataclass(frozen=True)
class Said:
    """A report: by the nth government, at the end of a month of a year."""

    actor: int
    year: int
    manager: bool | None
    staff: tuple[int, int] | None
    verified: bool


said = st.builds(Said, st.integers(0, 35), st.integers(2024, 2026), st.none() | st.booleans(), STAFF, st.booleans())


async def governments(client: httpx.AsyncClient, count: int = 36) -> list[dict[str, Any]]:
    """Counties and municipalities of two states, of three bands, at the border or not or unknown, each with its groups."""
    found = []
    for nth in range(count):
        kind, subdivision = ("county", "municipality")[nth % 2], ("US-CA", "US-TX")[nth // 3 % 2]
        population, border = (500, 5_000, None)[nth % 3], ({"MX": 0}, {"MX": 90}, {})[nth // 2 % 3]
        made = await make.actor(client, f"Government {nth}", kind=kind, subdivision=subdivision, population=population, border_m=border)
        band = {500: "under_1000", 5_000: "1000_to_9999", None: None}[population]
        touches = None if not border else "true" if border["MX"] == 0 else "false"
        found.append({"id": made["id"], "kind": kind, "subdivision": subdivision, "population_band": band, "border": touches})
    return found


def counted(everyone: list[dict[str, Any]], reports: Iterable[Said], year: int, *, verified_only: bool) -> dict[str, dict[str, int]]:
    """By id of a government: what its latest report adds to each of the two measures, (above, below), where it answered."""
    latest: dict[int, Said] = {}
    for report in sorted(reports, key=lambda report: report.year):
        if report.year <= year:
            latest[report.actor] = report
    told: dict[str, Any] = {}
    for nth, report in latest.items():
        if report.verified or not verified_only:
            manager = None if report.manager is None else (int(report.manager), 1)
            staff = None if report.staff is None else (report.staff[1], report.staff[0])
            told[everyone[nth]["id"]] = {"has_senior_manager": manager, "staff_trained": staff}
    return told


def by_hand(everyone: list[dict[str, Any]], told: dict[str, Any], group: dict[str, str | None], measure: str) -> dict[str, Any]:
    members = [one for one in everyone if all(one[name] == value for name, value in group.items())]
    answers = [answer for one in members if (answer := told.get(one["id"], {}).get(measure)) is not None]
    n, denominator = sum(above for above, _ in answers), sum(below for _, below in answers)
    share = round(n / denominator, 4) if denominator else None
    return dict(zip(FIGURES, (n, denominator, len(answers), len(members) - len(answers), len(members), share), strict=True))


async def test_shares_are_those_counted_by_hand_and_small_ones_are_withheld(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    everyone = await governments(registry)
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(said, max_size=80, unique_by=lambda report: (report.actor, report.year)), st.integers(2024, 2026), st.booleans())
    def check(reports: list[Said], year: int, verified_only: bool) -> None:
        asyncio.run_coroutine_threadsafe(_check(registry, registry_app, everyone, reports, year, verified_only), loop).result()

    await asyncio.to_thread(check)


async def keep(app: FastAPI, everyone: list[dict[str, Any]], reports: list[Said]) -> None:
    """These reports and no others."""
    connection = app.state.database.bound
    await connection.execute(delete(CapacityReport))
    stamps = {"created_at": NOON, "updated_at": NOON, "version": 1, "respondent_role": "other"}
    rows = []
    for report in reports:
        total, trained = report.staff or (None, None)
        figures = {"has_senior_manager": report.manager, "staff_total_intl": total, "staff_trained": trained}
        verified = {"verified_at": NOON, "verified_by_id": new_id()} if report.verified else {"verified_at": None, "verified_by_id": None}
        key = {"id": new_id(), "actor_id": UUID(everyone[report.actor]["id"]), "as_of": date(report.year, 6, 30)}
        rows.append({**key, **stamps, **figures, **verified})
    if rows:
        await connection.execute(insert(CapacityReport), rows)


async def _check(client: httpx.AsyncClient, app: FastAPI, everyone: list[dict[str, Any]], reports: list[Said], year: int, verified_only: bool) -> None:
    await keep(app, everyone, reports)
    told = counted(everyone, reports, year, verified_only=verified_only)
    every = counted(everyone, reports, year, verified_only=False)
    for by in ((), *((name,) for name in GROUPINGS), *combinations(GROUPINGS, 2)):
        query = f"country=US&year={year}&verified_only={verified_only}&by={','.join(by)}" if by else f"country=US&year={year}&verified_only={verified_only}"
        with queries(app.state.database, at_most=1):
            answer = await client.get(f"/v1/review?{query}&measure=has_senior_manager,staff_trained")
        review = answer.json()
        ReviewRead.model_validate(review)
        asked = {tuple(item["group"].items()) for item in review["items"]}
        expected = {tuple((name, one[name]) for name in names) for size in range(len(by) + 1) for names in combinations(by, size) for one in everyone}
        assert asked == expected
        for item in review["items"]:
            for share in item["shares"]:
                right = by_hand(everyone, told, item["group"], share["measure"])
                others = by_hand(everyone, every, item["group"], share["measure"])["answered"] - right["answered"]
                if share["withheld"]:
                    assert {name: share[name] for name in FIGURES} == {**dict.fromkeys(FIGURES), "population": right["population"]}
                else:
                    assert {name: share[name] for name in FIGURES} == right, (item["group"], share)
                    assert not 0 < right["answered"] < LEAST
                    assert not 0 < others < LEAST


async def whole(client: httpx.AsyncClient, query: str = "", measure: str = "has_senior_manager") -> dict[str, Any]:
    review = (await client.get(f"/v1/review?country=US&measure={measure}&{query}")).json()
    share: dict[str, Any] = review["items"][0]["shares"][0]
    return share


async def test_what_few_changed_within_a_year_is_not_told_by_two_years(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    everyone = await governments(registry)
    old = [Said(nth, 2024, nth % 2 == 0, None, False) for nth in range(10)]

    async def years(*new: Said) -> list[int | None]:
        await keep(registry_app, everyone, [*old, *new])
        review = (await registry.get("/v1/review?country=US&measure=has_senior_manager&trend=true&year=2025")).json()
        assert [item["as_of"] for item in review["items"]] == [f"{year}-12-31" for year in range(2025, 2020, -1)]
        return [item["shares"][0]["n"] for item in review["items"]][:3]

    assert await years() == [5, 5, 0]
    assert await years(*(Said(nth, 2025, nth % 2 == 0, None, False) for nth in range(10))) == [5, 5, 0], "said again, nothing changed"
    for few in range(1, LEAST):
        assert await years(*(Said(20 + nth, 2025, True, None, False) for nth in range(few))) == [None, 5, 0]
        assert await years(*(Said(nth, 2025, nth % 2 == 1, None, False) for nth in range(few))) == [None, 5, 0]
        assert await years(*(Said(nth, 2025, None, None, False) for nth in range(few))) == [None, 5, 0]
    assert await years(*(Said(20 + nth, 2025, True, None, False) for nth in range(LEAST))) == [10, 5, 0]


async def test_a_year_is_told_beside_all_that_are_told_before_it(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """Ten report, a year later one more and a year after that four: the second year is withheld, and the third told only with five."""
    everyone = await governments(registry)
    first = [Said(nth, 2023, nth % 2 == 0, None, False) for nth in range(10)]
    for more, told in (([], None), (range(11, 14), None), (range(11, 15), 10)):
        await keep(registry_app, everyone, [*first, Said(10, 2024, True, None, False), *(Said(nth, 2025, True, None, False) for nth in more)])
        trend = (await registry.get("/v1/review?country=US&measure=has_senior_manager&trend=true&year=2025")).json()["items"]
        assert [item["shares"][0]["n"] for item in trend] == [told, None, 5, 0, 0]
        for item in trend:
            alone = await whole(registry, f"year={item['as_of'][:4]}")
            assert alone == item["shares"][0], "what is told of a year depends on no question"


async def test_a_report_counts_for_some_years_and_whoever_stops_answering_is_not_told_apart(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    everyone = await governments(registry)
    figures = ("n", "answered", "population")
    for old, told in ((5, (5, 5, 36)), (0, (5, 5, 36)), (3, None)):
        await keep(
            registry_app,
            everyone,
            [*(Said(nth, 2021, True, None, False) for nth in range(old)), *(Said(20 + nth, 2022, True, None, False) for nth in range(5))],
        )
        before, share = await whole(registry, "year=2025"), await whole(registry, "year=2026")
        assert [before[name] for name in figures] == [5 + old, 5 + old, 36]
        assert (None if share["withheld"] else tuple(share[name] for name in figures)) == told
    review = (await registry.get("/v1/review?country=US", headers={"Accept-Language": "es"})).json()
    assert review["base"]["report_years"] == 5
    assert "los 5 años" in review["base"]["meaning"]


async def test_whoever_is_dissolved_was_there_until_then_and_is_not_told_apart(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    everyone = await governments(registry, 12)
    await keep(registry_app, everyone, [Said(nth, 2024, True, None, False) for nth in range(10)])
    assert (await whole(registry, "year=2026"))["n"] == 10
    await make.dissolved(registry, everyone[0]["id"])
    assert [(share["n"], share["population"]) for share in [await whole(registry, f"year={year}") for year in (2024, 2025, 2026)]] == [
        (10, 12),
        (10, 12),
        (None, 11),
    ], "the day is not known: it was there until the registry learned of it, and its answer does not follow from two years"


async def test_whoever_is_to_be_dissolved_counts_until_then(registry: httpx.AsyncClient, registry_app: FastAPI, clock: Clock) -> None:
    """In the running year it is there as long as a read says that it is active, and so is its report; on the day after it is not."""
    everyone = await governments(registry, 12)
    await keep(registry_app, everyone, [Said(nth, 2026, True, None, False) for nth in range(10)])
    before = [await whole(registry, query) for query in ("", "year=2025")]
    for nth, day in enumerate(("2026-11-22", "2026-12-15")):
        await make.dissolved(registry, everyone[nth]["id"], on=day)
        assert (await registry.get(f"/v1/actors/{everyone[nth]['id']}")).json()["status"] == "active"
        assert [await whole(registry, query) for query in ("", "year=2025")] == before, day
    assert (before[0]["n"], before[0]["population"]) == (10, 12)
    clock.fixed = NOON + timedelta(days=1)
    assert (await whole(registry))["population"] == 11
    clock.fixed = NOON + timedelta(days=24)
    assert (await whole(registry))["population"] == 10
    assert (await whole(registry, "year=2025"))["population"] == 12


async def test_verified_reports_are_not_told_where_the_others_are_few(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    everyone = await governments(registry)
    for verified, told in ((10, 5), (9, None), (6, None), (5, 3), (4, None), (0, 0)):
        await keep(registry_app, everyone, [Said(nth, 2026, nth % 2 == 0, None, nth < verified) for nth in range(10)])
        assert (await whole(registry))["n"] == 5
        assert (await whole(registry, "verified_only=true"))["n"] == told


async def test_only_current_reports_of_governments_that_exist_count(registry: httpx.AsyncClient) -> None:
    everyone = await governments(registry, 9)
    for nth, one in enumerate(everyone):
        report = await make.capacity(registry, one["id"], as_of="2025-06-30", has_senior_manager=True)
        if nth == 0:
            path, headers = f"/v1/capacity-reports/{report['id']}", bearer(make.reporter(one["id"]))
            etag = (await registry.get(path, headers=headers)).headers["etag"]
            body = {"as_of": "2025-06-30", "respondent_role": "other", "has_senior_manager": False}
            assert (await registry.post(f"{path}/corrections", json=body, headers=headers | {"If-Match": etag})).status_code == 201
    figures = ("n", "answered", "population")

    async def told(query: str = "") -> tuple[int | None, ...]:
        share = await whole(registry, query)
        return tuple(share[name] for name in figures)

    assert await told() == (8, 9, 9)
    await make.judgement(registry, everyone[1]["id"], everyone[2]["id"])
    assert await told() == (7, 8, 8), "two that are the same count once"
    await make.dissolved(registry, everyone[3]["id"], on="2026-03-31")
    assert await told() == (None, None, 7), "one less than a year before"
    assert await told("year=2025") == (7, 8, 8), "it was there at the end of that year"
    await make.actor(registry, "Network", kind="network")
    await make.actor(registry, "Abroad", country="MX", subdivision="MX-BCN")
    assert await told() == (None, None, 7)
    assert await told("year=2024") == (0, 0, 8)


async def test_what_the_registry_has_on_record_is_counted_of_all(registry: httpx.AsyncClient) -> None:
    here, there, other = [(await make.actor(registry, name))["id"] for name in ("A", "B", "C")]
    network = (await make.actor(registry, "C40", kind="network"))["id"]
    abroad = (await make.actor(registry, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN"))["id"]
    await make.tie(registry, here, abroad, valid_from="2026-01-01")
    await make.tie(registry, there, network, type="network_membership", status="proposed")
    await make.tie(registry, other, network, type="network_membership")
    await make.engagement(registry, abroad, here, kind="mission", starts_on="2026-05-05")
    await make.engagement(registry, abroad, there, kind="outgoing_delegation", starts_on="2026-05-05", visibility="restricted")
    await make.engagement(registry, other, abroad, kind="incoming_delegation", starts_on="2025-11-22")

    async def told(measure: str, query: str = "") -> tuple[Any, ...]:
        share = await whole(registry, query, measure)
        return share["n"], share["denominator"], share["non_response"], share["withheld"]

    assert await told("recorded_ties") == (1, 3, 0, False)
    assert await told("recorded_ties", "year=2025") == (0, 3, 0, False)
    assert await told("recorded_networks") == (1, 3, 0, False)
    assert await told("recorded_delegations_out") == (1, 3, 0, False)
    assert await told("recorded_delegations_in") == (0, 3, 0, False), "a year and a day ago"
    assert await told("recorded_delegations_in", "year=2025") == (1, 3, 0, False)


ANSWERS: list[tuple[str, dict[str, Any], int | None]] = [
    ("dedicated_staff", {"fte_dedicated": "0.50"}, 1),
    ("dedicated_staff", {"fte_dedicated": "0"}, 0),
    ("dedicated_staff", {"fte_shared": "1"}, None),
    ("any_staff", {"fte_shared": "1"}, 1),
    ("any_staff", {"fte_shared": "0"}, None),
    ("any_staff", {"fte_shared": "0", "fte_dedicated": "0"}, 0),
    ("formal_training", {"training_mode": "formal"}, 1),
    ("formal_training", {"training_mode": "none"}, 0),
    ("has_budget", {"annual_budget": "1.00", "budget_currency": "USD"}, 1),
    ("has_budget", {"annual_budget": "0", "budget_currency": "USD"}, 0),
    ("in_networks", {"networks": ["C40"]}, 1),
    ("in_networks", {"networks": []}, 0),
    ("in_networks", {}, None),
    ("has_strategy", {"has_strategy": True}, 1),
    ("tracks_sdg", {"tracks_sdg": False}, 0),
    ("has_council_rule_for_ties", {"has_council_rule_for_ties": True}, 1),
    ("federal_contact_point", {"federal_contact_point": None}, None),
    ("has_international_office", {"has_international_office": True}, 1),
]


@pytest.mark.parametrize(("measure", "said", "counts"), ANSWERS, ids=[f"{measure} {nth}" for nth, (measure, _, _) in enumerate(ANSWERS)])
async def test_what_counts_as_yes_as_no_and_as_no_answer(registry: httpx.AsyncClient, measure: str, said: dict[str, Any], counts: int | None) -> None:
    for nth in range(LEAST):
        await make.capacity(registry, (await make.actor(registry, f"Government {nth}"))["id"], **said)
    share = await whole(registry, measure=measure)
    answered = 0 if counts is None else LEAST
    assert (share["n"], share["answered"], share["non_response"]) == (LEAST * (counts or 0), answered, LEAST - answered)


async def test_a_filter_shows_the_same_cells_as_a_grouping(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    everyone = await governments(registry)
    await keep(registry_app, everyone, [Said(nth, 2026, nth % 3 == 0, None, nth % 4 == 0) for nth in range(36) if nth % 7])
    for verified in ("", "&verified_only=true"):
        grouped = (await registry.get(f"/v1/review?country=US&measure=has_senior_manager&by=subdivision,kind{verified}")).json()["items"]
        cells = {tuple(sorted(item["group"].items())): item["shares"] for item in grouped}
        for kind in ("county", "municipality"):
            kept = (await registry.get(f"/v1/review?country=US&measure=has_senior_manager&kind={kind}&by=subdivision{verified}")).json()["items"]
            assert [item["group"] for item in kept] == [{}, {"subdivision": "US-CA"}, {"subdivision": "US-TX"}]
            for item in kept:
                assert item["shares"] == cells[tuple(sorted([*item["group"].items(), ("kind", kind)]))]
        texas = (await registry.get(f"/v1/review?country=US&measure=has_senior_manager&subdivision=US-TX{verified}")).json()["items"]
        assert [item["shares"] for item in texas] == [cells[("subdivision", "US-TX"),]]


async def test_the_review_is_public_and_stands_beside_published_surveys(registry: httpx.AsyncClient) -> None:
    await governments(registry, 3)
    answer = await registry.get("/v1/review?country=US")
    review = answer.json()
    ReviewRead.model_validate(review)
    assert (review["year"], review["as_of"], review["least"]) == (2026, "2026-11-22", LEAST)
    assert review["base"]["kinds"] == ["state", "county", "county_subdivision", "municipality", "indigenous_government"]
    assert [measure["measure"] for measure in review["measures"]] == list(MeasureName)
    told = {(item["measure"], item["year"]): (item["percent"], item["n"], item["wording"]) for item in review["benchmarks"]}
    assert told == {
        ("has_senior_manager", 2020): (93, 47, "93 %"),
        ("has_international_office", 2020): (86, 47, "86 %"),
        ("staff_trained", 2020): (43, 47, "43 %"),
        ("tracks_sdg", 2020): (None, 47, "more than half"),
        ("staff_trained", 2022): (None, 59, "half"),
        ("any_staff", 2024): (60, 166, "60 %"),
        ("dedicated_staff", 2024): (None, 166, "fewer than 20 %"),
    }
    assert all(item["url"].startswith("https://") and item["survey"] and item["found"] for item in BENCHMARKS)
    again = await registry.get("/v1/review?country=US", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    as_manager = await registry.get("/v1/review?country=US", headers=bearer(caller("capacity:read", country="US")))
    assert as_manager.json() == review, "nobody sees more of it than anybody else"


async def test_where_the_registry_knows_nobody_the_whole_says_so(registry: httpx.AsyncClient) -> None:
    await governments(registry, 3)
    nobody = {"n": 0, "denominator": 0, "answered": 0, "non_response": 0, "population": 0, "share": None, "withheld": False}
    for query in ("country=FR", "country=FR&by=kind", "country=US&subdivision=US-NY", "country=US&kind=state&trend=true"):
        items = (await registry.get(f"/v1/review?measure=has_strategy,recorded_ties&{query}")).json()["items"]
        assert [item["group"] for item in items] == [{}] * (5 if "trend" in query else 1)
        assert all({**share, "measure": None} == {"measure": None, **nobody} for item in items for share in item["shares"])
        drawn = await registry.get(f"/v1/review/has_strategy.svg?{query}", headers={"Accept-Language": "fr"})
        assert "ce registre ne connaît aucun gouvernement de ce genre" in drawn.text


async def test_a_trend_keeps_each_group_together(registry: httpx.AsyncClient) -> None:
    await governments(registry, 6)
    items = (await registry.get("/v1/review?country=US&measure=has_strategy&trend=true&by=kind")).json()["items"]
    years = ["2026-11-22", *(f"{year}-12-31" for year in range(2025, 2021, -1))]
    assert [(item["group"], item["as_of"]) for item in items if item["shares"][0]["population"]] == [
        (group, year) for group in ({}, {"kind": "county"}, {"kind": "municipality"}) for year in years
    ]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "country=us",
        "country=US&by=mayor",
        "country=US&by=kind,border,subdivision",
        "country=US&by=kind,border&subdivision=US-CA",
        "country=US&by=kind,border&trend=true",
        "country=US&kind=network",
        "country=US&year=2027",
        "country=US&year=1989",
        "country=US&measure=happiness",
        "country=US&least=1",
        "country=US&verified_only=perhaps",
        "country=US&as_of=2026-01-01",
        "country=US&subdivision=MX-BCN",
    ],
    ids=str,
)
async def test_what_cannot_be_asked_is_refused(registry: httpx.AsyncClient, query: str) -> None:
    assert_problem(await registry.get(f"/v1/review?{query}"), Invalid)


@pytest.mark.parametrize(
    ("language", "said"), [("es", "kind no es ninguno de los que se consultan: state, "), ("fr", "kind n'est aucun de ceux qui sont interrogés : state, ")]
)
async def test_whoever_is_not_asked_is_named_in_each_language(registry: httpx.AsyncClient, language: str, said: str) -> None:
    answer = await registry.get("/v1/review?country=US&kind=nation", headers={"Accept-Language": language})
    (wrong,) = assert_problem(answer, Invalid)["errors"]
    assert wrong["detail"].startswith(said)
