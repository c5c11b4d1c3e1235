"""The forms of the national review beside JSON: a table and a picture, in the reader's language."""

import base64
import csv
import hashlib
import io
from datetime import date
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from gateway.headers import OWN_POLICY
from services.registry.review.benchmarks import BENCHMARKS
from services.registry.review.drawing import drawn
from services.registry.review.measures import MEASURES, MeasureName
from shared.errors import Invalid
from tests.registry.test_review import GROUPINGS, LEAST, Said, governments, keep
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Tracks the SDGs"), ("es-MX", "Da seguimiento a los ODS"), ("fr", "Suit les ODD"), ("de", "Tracks the SDGs")]
)
async def test_labels_are_in_the_readers_language(registry: httpx.AsyncClient, language: str, label: str) -> None:
    review = (await registry.get("/v1/review?country=US&measure=tracks_sdg", headers={"Accept-Language": language})).json()
    assert [measure["label"] for measure in review["measures"]] == [label]
    drawn = await registry.get("/v1/review/tracks_sdg.svg?country=US", headers={"Accept-Language": language})
    assert label in drawn.text
    assert all(set(meaning.label) == {"en", "es", "fr"} for meaning in MEASURES.values())


async def test_csv_says_what_json_says(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    everyone = await governments(registry)
    await keep(registry_app, everyone, [Said(nth, 2026, nth % 2 == 0, (3, nth % 4), False) for nth in range(30)])
    for query in ("by=border&trend=true", "by=kind,population_band", ""):
        path = f"/v1/review?country=US&measure=staff_trained,has_senior_manager,recorded_ties&{query}"
        review = (await registry.get(path)).json()
        items = review["items"]
        answer = await registry.get(path, headers={"Accept": "text/csv"})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        names = [name for name in GROUPINGS if name in query]

        def text(value: Any) -> str:
            return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

        about = {"line": "share", "country": "US", "verified_only": "false", "least": str(LEAST)}
        sources = {"staff_trained": "reports", "has_senior_manager": "reports", "recorded_ties": "records"}
        nothing = dict.fromkeys(("survey", "url", "surveyed", "percent", "wording", "found"), "")
        expected = [
            {
                **about,
                "as_of": item["as_of"],
                **{name: text(item["group"].get(name, "all")) for name in names},
                "source": sources[share["measure"]],
                **{name: text(value) for name, value in share.items()},
                **nothing,
            }
            for item in items
            for share in item["shares"]
        ]
        assert [row for row in rows if row["line"] == "share"] == expected
        assert len(expected) == 3 * len(items) > 0
        beside = [row for row in rows if row["line"] == "benchmark"]
        assert [[row[name] for name in ("measure", "as_of", "surveyed", "percent", "wording", "found", "survey", "url")] for row in beside] == [
            [text(item[name]) for name in ("measure", "year", "n", "percent", "wording", "found", "survey", "url")] for item in review["benchmarks"]
        ]
        assert all(row["n"] == row["share"] == row["country"] == "" and row["source"] == "survey" for row in beside)


async def test_a_drawing_shows_the_same_figures_and_says_them(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    everyone = await governments(registry)
    await keep(registry_app, everyone, [Said(nth, 2026, nth % 4 == 0, None, False) for nth in range(20) if nth % 6 < 4])
    path = "country=US&by=population_band"
    items = (await registry.get(f"/v1/review?measure=has_senior_manager&{path}")).json()["items"]
    with queries(registry_app.state.database, at_most=1):
        answer = await registry.get(f"/v1/review/has_senior_manager.svg?{path}")
    assert answer.headers["content-type"] == "image/svg+xml; charset=utf-8"
    style = (ElementTree.fromstring(answer.text).findtext(f"{SVG}style") or "").encode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'" in policy
    assert OWN_POLICY.fullmatch(policy.encode()), "the gateway lets it stand"
    root = ElementTree.fromstring(answer.text)
    assert root.get("role") == "img"
    description = root.findtext(f"{SVG}desc") or ""
    texts = [element.text for element in root.iter(f"{SVG}text")]
    widths = [float(bar.get("width", "")) for bar in root.iter(f"{SVG}rect") if bar.get("class") == "bar"]
    assert len(items) == len(widths) == 4
    for item, width in zip(items, widths, strict=True):
        share = item["shares"][0]
        assert width == round(340 * (share["share"] or 0), 1)
        if share["withheld"]:
            assert f"{share['population']} asked" in texts
        elif share["share"] is not None:
            percent = f"{share['share'] * 100:.1f}".removesuffix(".0")
            assert f"{percent} % ({share['n']} of {share['denominator']})" in texts
            assert f"{share['answered']} of {share['population']} answered" in texts
            assert f"{percent} % ({share['n']} of {share['denominator']}), {share['answered']} of {share['population']} answered" in description
    assert len([mark for mark in root.iter(f"{SVG}path") if mark.get("class") == "mark"]) == 1
    assert "A  93 %: Cities with a senior manager working on international relations (2020, n = 47)" in texts
    (benchmark,) = [item for item in BENCHMARKS if item["measure"] == "has_senior_manager"]
    assert {f"{benchmark['survey']},", benchmark["url"]} <= set(texts)
    assert root.findtext(f"{SVG}title") == "A senior manager is in charge of international relations: US, 2026-11-22"


@pytest.mark.parametrize("measure", list(MeasureName), ids=str)
async def test_every_measure_is_drawn(registry: httpx.AsyncClient, measure: str) -> None:
    await make.actor(registry, "Government", subdivision=None)
    for query in ("", "&by=subdivision", "&trend=true&verified_only=true&kind=county"):
        for language in ("en", "es", "fr"):
            answer = await registry.get(f"/v1/review/{measure}.svg?country=US{query}", headers={"Accept-Language": language})
            root = ElementTree.fromstring(answer.text)
            assert root.get("lang") == language
            assert "{" not in "".join(text.text or "" for text in root.iter(f"{SVG}text"))


async def test_what_cannot_be_drawn_is_refused(registry: httpx.AsyncClient) -> None:
    assert_problem(await registry.get("/v1/review/happiness.svg?country=US"), Invalid)
    assert_problem(await registry.get("/v1/review/has_strategy.svg"), Invalid)
    assert_problem(await registry.get("/v1/review/has_strategy.svg?country=US&by=kind&by=border"), Invalid)


@pytest.mark.parametrize(
    ("n", "denominator", "said"), [(12, 39_358, "< 0.1 %"), (0, 39_358, "0 %"), (39_357, 39_358, "> 99.9 %"), (9, 9, "100 %"), (1, 8, "12.5 %")]
)
def test_none_and_all_are_said_of_none_and_of_all_only(n: int, denominator: int, said: str) -> None:
    share = {"n": n, "denominator": denominator, "answered": denominator, "population": 40_000, "share": round(n / denominator, 4), "withheld": False}
    caption = {"country": "US", "as_of": date(2026, 11, 22), "kind": None, "subdivision": None, "verified_only": False, "trend": False, "least": LEAST}
    picture = drawn(MeasureName.has_strategy, [{"as_of": date(2026, 11, 22), "group": {}, "shares": [share]}], [], caption, "en").decode()
    texts = [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]
    assert f"{said} ({n} of {denominator})" in texts
