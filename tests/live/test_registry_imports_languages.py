"""What is wrong with a file, in the language of whoever reads it: cells, rows, the file as a whole, and how it ended."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from services.registry.imports.formats import TYPES, XLSX
from shared.errors import Invalid
from shared.languages import SPOKEN
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer
from tests.support.workbooks import workbook

pytestmark = pytest.mark.live
TYPED = 'planète {x} "is missing"'


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def problems(live: LiveRegistry, import_id: str, language: str) -> list[dict[str, Any]]:
    with queries(live.database, at_most=2):
        answer = await live.client.get(f"/v1/imports/{import_id}/problems", headers=bearer(make.IMPORTER) | {"Accept-Language": language})
    assert "Accept-Language" in answer.headers["vary"]
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def failure(live: LiveRegistry, import_id: str, language: str) -> str:
    answer = await live.client.get(f"/v1/imports/{import_id}", headers=bearer(make.IMPORTER) | {"Accept-Language": language})
    return str(answer.json()["failure"])


async def test_a_cell_is_explained_in_three_languages_and_quoted_as_it_was_typed(live: LiveRegistry) -> None:
    failed = await make.imported(live.client, live.database, make.csv_file([make.import_row(1, kind=TYPED)]))
    told = {language: await problems(live, failed["id"], language) for language in SPOKEN}
    assert {language: (item["line"], item["column"], item["value"], item["code"]) for language, (item,) in told.items()} == dict.fromkeys(
        SPOKEN, (2, "kind", TYPED, "not_offered")
    )
    assert {language: item["message"] for language, (item,) in told.items()} == {
        "en": "is not one of the values of this column",
        "es": "no es uno de los valores de esta columna",
        "fr": "n'est pas l'une des valeurs de cette colonne",
    }
    assert [item["remedy"].partition(":")[0].strip() for (item,) in told.values()] == ["Use one of", "Use uno de estos", "Utilisez l'une de celles-ci"]
    assert [item["remedy"].partition(": ")[2] for (item,) in told.values()] == [told["en"][0]["remedy"].partition(": ")[2]] * 3
    assert {language: await failure(live, failed["id"], language) for language in SPOKEN} == {
        "en": "1 problem was found; nothing was applied. Mend the file and send it again.",
        "es": "Se encontró 1 problema; no se aplicó nada. Corrija el archivo y envíelo de nuevo.",
        "fr": "1 problème a été trouvé ; rien n'a été appliqué. Corrigez le fichier et renvoyez-le.",
    }


async def test_what_the_registry_finds_between_rows_is_explained_in_three_languages(live: LiveRegistry) -> None:
    other = await make.actor(live.client, "Other", identifiers=[{"scheme": "gnis", "value": "1"}])
    rows = [make.import_row(1, **{"id:gnis": "1"}), make.import_row(2, parent_scheme="fips", parent_value="9"), make.import_row(2)]
    failed = await make.imported(live.client, live.database, make.csv_file(rows))
    told = {language: [(item["code"], item["message"]) for item in await problems(live, failed["id"], language)] for language in SPOKEN}
    assert told == {
        "en": [
            ("identifier_held", f"belongs to the actor {other['id']} already"),
            ("parent_unknown", "is neither in this file nor in the registry"),
            ("identifier_twice", "is the identifier of line 3 already"),
        ],
        "es": [
            ("identifier_held", f"ya pertenece al actor {other['id']}"),
            ("parent_unknown", "no está ni en este archivo ni en el registro"),
            ("identifier_twice", "ya es el identificador de la línea 3"),
        ],
        "fr": [
            ("identifier_held", f"appartient déjà à l'acteur {other['id']}"),
            ("parent_unknown", "ne figure ni dans ce fichier ni dans le registre"),
            ("identifier_twice", "est déjà l'identifiant de la ligne 3"),
        ],
    }
    assert await failure(live, failed["id"], "de, fr;q=0.5") == "3 problèmes ont été trouvés ; rien n'a été appliqué. Corrigez le fichier et renvoyez-le."
    assert await failure(live, failed["id"], "de") == "3 problems were found; nothing was applied. Mend the file and send it again."


async def test_the_end_of_an_import_comes_as_an_event_in_the_readers_language(live: LiveRegistry) -> None:
    failed = await make.imported(live.client, live.database, b"key_scheme;key_value\n")
    headers = bearer(make.IMPORTER) | {"Accept": "text/event-stream", "Accept-Language": "es-MX"}
    answer = await live.client.get(f"/v1/imports/{failed['id']}", headers=headers)
    status = orjson.loads(answer.text.partition("data: ")[2])
    assert status["failure"] == "Se encontró 1 problema; no se aplicó nada. Corrija el archivo y envíelo de nuevo."
    assert [(item["message"], item["remedy"]) for item in await problems(live, failed["id"], "fr")] == [
        ("sépare ses cellules par des points-virgules", "Enregistrez le fichier au format CSV, avec des virgules.")
    ]


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("en", 'The workbook has no sheet "Gobiernos". It has: One, Two.'),
        ("es", 'El libro no tiene ninguna hoja "Gobiernos". Tiene: One, Two.'),
        ("fr", 'Le classeur n\'a pas de feuille "Gobiernos". Il contient : One, Two.'),
    ],
)
async def test_a_file_that_is_refused_whole_is_explained_in_three_languages(live: LiveRegistry, language: str, detail: str) -> None:
    content = workbook({"One": [["a"]], "Two": [["b"]]})
    headers = bearer(make.IMPORTER) | {"Accept-Language": language, "Content-Type": next(kind for kind, form in TYPES.items() if form == XLSX)}
    problem = assert_problem(await live.client.post("/v1/imports?preset=actors&sheet=Gobiernos", content=content, headers=headers), Invalid)
    assert (problem["detail"], problem["errors"][0]["detail"]) == (detail, detail)
