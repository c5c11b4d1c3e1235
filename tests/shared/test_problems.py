"""Problem documents in the reader's language, whichever way a request takes."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared import errors
from shared.problems import install, problem_body, problem_headers, validation_problem
from shared.translations import TRANSLATIONS, Complaint, Sentence, said
from tests.support import toy
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

WRITER = caller("toy:write")
NOWHERE = "0190d1d4-0000-7000-8000-000000000000"
TITLES = {"en": errors.Invalid.title, "es": "La solicitud no es válida.", "fr": "La requête n'est pas valide."}


def body_of(problem: errors.Problem, *wanted: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(problem_body(problem, instance="/x", request_id="r", languages=wanted))
    return found


def assert_said(answer: httpx.Response, language: str, status: int) -> dict[str, Any]:
    """The document says of itself in which language it is, and that it depends on the asked ones."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language, Authorization"
    body: dict[str, Any] = answer.json()
    return body


def test_a_title_and_the_advice_of_its_kind_in_each_language() -> None:
    assert [body_of(errors.NotFound(), language)["title"] for language in ("en", "es", "fr", "de")] == [
        "There is nothing here that you may see.",
        "Aquí no hay nada que usted pueda ver.",
        "Il n'y a rien ici que vous puissiez voir.",
        "There is nothing here that you may see.",
    ]
    assert body_of(errors.NotFound(), "en")["detail"] == errors.NotFound.mend
    assert body_of(errors.NotFound(), "fr")["detail"].startswith("Vérifiez l'identifiant.")
    # A kind without advice of its own has that of the kind it belongs to; its title is its own, in English until it is translated.
    assert body_of(toy.BoxNotFound(), "es") == {
        "type": "/problems/toy_box_not_found",
        "title": toy.BoxNotFound.title,
        "status": 404,
        "detail": "Verifique el identificador. Lo que su token no puede ver no existe para él.",
        "instance": "/x",
        "request_id": "r",
    }
    assert "detail" not in body_of(toy.NameTaken(), "es")


def test_what_one_place_has_to_say_stays_as_it_was_written() -> None:
    assert body_of(errors.Conflict("The box is {taken}.", box=3), "es") == {
        "type": "/problems/conflict",
        "title": "La solicitud es incompatible con el estado actual.",
        "status": 409,
        "detail": "The box is {taken}.",
        "instance": "/x",
        "request_id": "r",
        "box": 3,
    }
    problem = errors.Invalid("No.", errors=[{"in": "query", "pointer": "/cursor", "detail": "is not a UUID"}, {"pointer": "/is required"}])
    assert body_of(problem, "fr")["errors"] == [{"in": "query", "pointer": "/cursor", "detail": "n'est pas un UUID"}, {"pointer": "/is required"}]


def test_a_sentence_is_its_english_and_says_its_values_in_every_language() -> None:
    allowed = Sentence("{one} or {other}", one="a:{x}", other="b")
    text = Sentence("{method} is not offered here; allowed: {allowed}.", method="PUT", allowed=allowed)
    assert text == "PUT is not offered here; allowed: a:{x} or b."
    assert said(text, "es") == "Aquí no se ofrece PUT; se admite: a:{x} o b."
    assert said(text, "fr") == "PUT n'est pas offert ici ; méthodes admises : a:{x} ou b."
    assert said(Sentence("Nobody has translated {this}.", this=1), "es") == "Nobody has translated 1."


def test_headers_are_those_of_the_problem_and_its_language() -> None:
    assert problem_headers(errors.Unavailable(), ("es",)) == {"Retry-After": "1", "Content-Language": "es", "Vary": "Accept-Language, Authorization"}
    assert problem_headers(errors.Conflict())["Content-Language"] == "en"


class Colour(StrEnum):
    red = "red"
    dark_or_light = "dark' or 'light"


class Size(StrEnum):
    small = "small"
    large = "large"
    unheard_of = "unheard of"


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Everything(BaseModel):
    """A field for each kind of message."""

    model_config = ConfigDict(extra="forbid")
    needed: int
    short: Annotated[str, Field(min_length=2)] = "xx"
    long: Annotated[str, Field(max_length=3)] = ""
    like: Annotated[str, Field(pattern="^a{2}$")] = "aa"
    few: Annotated[list[int], Field(min_length=2)] = [1, 2]
    many: Annotated[list[int], Field(max_length=1)] = []
    bounded: Annotated[int, Field(ge=1, le=9)] = 1
    between: Annotated[float, Field(gt=1, lt=9, allow_inf_nan=False)] = 2
    step: Annotated[int, Field(multiple_of=5)] = 5
    money: Annotated[Decimal, Field(max_digits=3, decimal_places=1)] = Decimal(1)
    colour: Colour = Colour.red
    choice: Literal["a", "b", "c"] = "a"
    size: Literal[Size.small, Size.large] = Size.small
    id: UUID = UUID(NOWHERE)
    at: datetime = datetime.min  # noqa: DTZ901  # only ever replaced
    on: date = date.min
    flag: bool = True
    names: dict[str, str] = {}
    text: str = ""
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] = Cat(kind="cat")
    own: str = ""

    @field_validator("own")
    @classmethod
    def never(cls, value: str) -> str:
        raise ValueError("needs an offset, such as 2026-01-31T09:00:00Z" if value == "known" else "is {odd}")


SAID: list[tuple[dict[str, Any], str, str]] = [
    ({"short": "x"}, "Número mínimo de caracteres: 2", "Nombre minimal de caractères : 2"),
    ({"long": "xxxx"}, "Número máximo de caracteres: 3", "Nombre maximal de caractères : 3"),
    ({"like": "b"}, "Debe ajustarse al patrón '^a{2}$'", "Doit correspondre au motif '^a{2}$'"),
    ({"few": [1]}, "Número mínimo de elementos: 2; recibidos: 1", "Nombre minimal d'éléments : 2 ; reçus : 1"),
    ({"many": [1, 2]}, "Número máximo de elementos: 1", "Nombre maximal d'éléments : 1"),
    ({"many": 1}, "Debe ser una lista", "Doit être une liste"),
    ({"bounded": 0}, "Debe ser mayor o igual que 1", "Doit être supérieur ou égal à 1"),
    ({"bounded": 10}, "Debe ser menor o igual que 9", "Doit être inférieur ou égal à 9"),
    ({"bounded": "x"}, "Debe ser un número entero", "Doit être un nombre entier"),
    ({"bounded": 1.5}, "Debe ser un número entero, sin parte fraccionaria", "Doit être un nombre entier, sans partie fractionnaire"),
    ({"between": 1}, "Debe ser mayor que 1.0", "Doit être supérieur à 1.0"),
    ({"between": 9}, "Debe ser menor que 9.0", "Doit être inférieur à 9.0"),
    ({"between": "nan"}, "Debe ser un número finito", "Doit être un nombre fini"),
    ({"step": 3}, "Debe ser múltiplo de 5", "Doit être un multiple de 5"),
    ({"money": "1.23"}, "Número máximo de decimales: 1", "Nombre maximal de décimales : 1"),
    ({"money": "x"}, "Debe ser un número decimal", "Doit être un nombre décimal"),
    ({"choice": "d"}, "Debe ser uno de estos valores: 'a', 'b', 'c'", "Doit être l'une de ces valeurs : 'a', 'b', 'c'"),
    ({"size": "x"}, "Debe ser uno de estos valores: 'small', 'large'", "Doit être l'une de ces valeurs : 'small', 'large'"),
    ({"id": "x"}, "Debe ser un UUID válido", "Doit être un UUID valide"),
    ({"at": "x"}, "Debe ser una fecha con hora, como 2026-01-31T09:00:00Z", "Doit être une date avec heure, comme 2026-01-31T09:00:00Z"),
    ({"on": "x"}, "Debe ser una fecha, como 2026-01-31", "Doit être une date, comme 2026-01-31"),
    ({"flag": "x"}, "Debe ser true o false", "Doit être true ou false"),
    ({"names": []}, "Debe ser un objeto", "Doit être un objet"),
    ({"text": 1}, "Debe ser un texto", "Doit être un texte"),
    ({"pet": {}}, "Falta 'kind', que indica de qué tipo se trata", "Il manque 'kind', qui indique de quel type il s'agit"),
    (
        {"pet": {"kind": "cow"}},
        "El valor 'cow' de 'kind' no es uno de los previstos: 'cat', 'dog'",
        "La valeur 'cow' de 'kind' n'est pas parmi celles prévues : 'cat', 'dog'",
    ),
    ({"odd": 1}, "No se admiten datos adicionales", "Aucune donnée supplémentaire n'est admise"),
    ({"own": "known"}, "necesita un desfase horario, como en 2026-01-31T09:00:00Z", "exige un décalage horaire, comme dans 2026-01-31T09:00:00Z"),
    ({"own": "x"}, "is {odd}", "is {odd}"),
]


def refused(values: Mapping[str, Any]) -> errors.Problem:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"needed": 1, **values})
    return validation_problem([{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()])


@pytest.mark.parametrize(("values", "spanish", "french"), SAID, ids=str)
def test_what_validation_says_in_each_language(values: dict[str, Any], spanish: str, french: str) -> None:
    problem = refused(values)
    for language, text in (("es", spanish), ("fr", french)):
        body = body_of(problem, language)
        assert [item["detail"] for item in body["errors"]] == [text]
        pointer = body["errors"][0]["pointer"].lstrip("/")
        assert body["detail"] == f"{pointer}{' : ' if language == 'fr' else ': '}{text}"
    english = body_of(problem, "en")
    assert english["errors"][0]["detail"] not in (spanish, french) or "own" in values


def test_some_members_of_an_enumeration_are_offered_by_their_values() -> None:
    assert body_of(refused({"size": "unheard of"}), "en")["errors"][0]["detail"] == "Input should be 'small' or 'large'"
    odd = {"type": "literal_error", "msg": "Input should be <A.b: 'c'>, <A.d: \"it's\"> or 'e'", "ctx": {"expected": "<A.b: 'c'>"}}
    assert Complaint(odd) == "Input should be 'c', \"it's\" or 'e'"


def test_a_message_without_translation_or_with_other_values_stays_english() -> None:
    unheard = Complaint({"type": "unheard_of", "msg": "Unheard of"})
    changed = Complaint({"type": "string_too_short", "msg": "Too short", "ctx": {"least": 2}})
    bare = Complaint({"type": "enum", "msg": "One of them"})
    assert Complaint({"type": "value_error", "msg": "Value error, near needs within_km", "ctx": {}}) == "near needs within_km"
    assert [said(text, "es") for text in (unheard, changed, bare)] == ["Unheard of", "Too short", "One of them"]
    assert all("missing" in translation.validation for translation in TRANSLATIONS.values())


@pytest.mark.parametrize(
    ("header", "language"),
    [(None, "en"), ("es-MX, en;q=0.5", "es"), ("en;q=0.4, fr-CA;q=0.9", "fr"), ("de", "en"), ("nah, es;q=0.1", "es"), ("en, es", "en"), ("*", "en")],
)
async def test_the_toys_answer_in_the_reader_s_language(toys: httpx.AsyncClient, header: str | None, language: str) -> None:
    headers = {} if header is None else {"Accept-Language": header}
    body = assert_said(await toys.get("/v1/boxes?limit=0&sort=price", headers=headers), language, 422)
    details = {
        "en": ["Input should be greater than or equal to 1", "Input should be 'name' or 'newest'"],
        "es": ["Debe ser mayor o igual que 1", "Debe ser uno de estos valores: 'name', 'newest'"],
        "fr": ["Doit être supérieur ou égal à 1", "Doit être l'une de ces valeurs : 'name', 'newest'"],
    }
    assert body["title"] == TITLES[language]
    assert [item["detail"] for item in body["errors"]] == details[language]
    assert body["detail"].startswith("limit")


async def test_the_core_s_own_refusals_in_spanish(toys: httpx.AsyncClient) -> None:
    spanish = {"Accept-Language": "es-MX"}
    strange = assert_said(await toys.get("/v1/boxes?wrong=1", headers=spanish), "es", 422)
    assert strange["detail"].startswith("wrong: no es un parámetro de esta ruta. Admite: colour, count, cursor")
    assert strange["errors"] == [{"in": "query", "pointer": "/wrong", "detail": "no es un parámetro de esta ruta"}]
    cursor = assert_said(await toys.get("/v1/boxes?cursor=nonsense", headers=spanish), "es", 422)
    assert cursor["errors"][0]["detail"] == "no es un cursor de esta lista"
    missing = assert_said(await toys.get(f"/v1/boxes/{NOWHERE}", headers=spanish), "es", 404)
    assert missing["detail"] == f"No hay ningún registro {NOWHERE} que usted pueda ver."
    nobody = assert_said(await toys.post("/v1/boxes", json={"name": "x"}, headers=spanish), "es", 401)
    assert nobody["title"] == "Se requiere un token de acceso válido."
    assert nobody["detail"].endswith("Authorization: Bearer <token>.")
    reader = assert_said(await toys.post("/v1/boxes", json={"name": "x"}, headers=spanish | bearer(caller("toy:read"))), "es", 403)
    assert reader["detail"].startswith("Esto requiere el alcance toy:write, que sus roles (")
    made = await toys.post("/v1/boxes", json={"name": "x"}, headers=spanish | bearer(WRITER))
    assert (made.status_code, "content-language" in made.headers) == (201, False)
    unmatched = assert_said(await toys.patch(f"/v1/boxes/{made.json()['id']}", json={"name": "y"}, headers=spanish | bearer(WRITER)), "es", 428)
    assert unmatched["detail"].startswith("Lea primero el registro y envíe su ETag")


async def test_the_framework_s_refusals_in_french(toys: httpx.AsyncClient) -> None:
    french = {"Accept-Language": "fr"}
    json = french | bearer(WRITER) | {"Content-Type": "application/json"}
    nothing = assert_said(await toys.get("/v1/nothing", headers=french), "fr", 404)
    assert nothing["detail"] == "Aucune ressource à /v1/nothing. Les ressources figurent dans /openapi.json."
    method = await toys.delete("/v1/boxes", headers=french)
    assert assert_said(method, "fr", 405)["title"] == "Cette ressource n'accepte pas cette méthode."
    assert method.json()["detail"] == f"DELETE n'est pas offert ici ; méthodes admises : {method.headers['allow']}."
    assert method.headers["allow"] == "GET, POST", "those of every route of this path"
    form = assert_said(await toys.post("/v1/boxes", data={"name": "x"}, headers=french | bearer(WRITER)), "fr", 422)
    assert form["detail"] == "body : n'est lu que comme JSON ; envoyez-le avec Content-Type: application/json"
    broken = assert_said(await toys.post("/v1/boxes", content=b'{"name": ', headers=json), "fr", 400)
    assert broken["detail"] == "Le corps n'est pas du JSON valide à partir du caractère 10."
    nul = assert_said(await toys.post("/v1/boxes", content=b'{"name": "\\u0000"}', headers=json), "fr", 422)
    assert nul["detail"] == "name : contient le caractère U+0000"
    bytes_only = assert_said(await toys.post("/v1/boxes", content=b'{"name": "\xff"}', headers=json), "fr", 400)
    assert bytes_only["title"] == "La requête n'a pas pu être lue."
    large = assert_said(await toys.post("/v1/boxes", json={"name": "x" * 30_000}, headers=french | bearer(WRITER)), "fr", 413)
    assert (large["detail"], large["limit"]) == ("Envoyez au plus 20000 octets.", 20_000)
    body = assert_said(await toys.post("/v1/boxes", json={"name": " ", "size": 3}, headers=french | bearer(WRITER)), "fr", 422)
    assert {(item["pointer"], item["detail"]) for item in body["errors"]} == {
        ("/name", "Nombre minimal de caractères : 1"),
        ("/size", "Aucune donnée supplémentaire n'est admise"),
    }


async def test_what_else_the_framework_raises() -> None:
    app = FastAPI()
    install(app)

    @app.get("/{status}")
    async def refuse(status: int) -> None:
        raise HTTPException(status, "Said by the framework", {"X-Why": "because"})

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers={"Accept-Language": "es"}) as client:
        assert assert_said(await client.get("/400"), "es", 400)["detail"] == "El cuerpo no puede interpretarse."
        answer = await client.get("/418")
        assert assert_said(answer, "es", 418)["detail"] == "Said by the framework"
        assert answer.headers["x-why"] == "because"
        nothing = assert_said(await client.get("/405"), "es", 405)
        assert nothing["detail"] == "Aquí no se ofrece GET; se admite: véase /openapi.json."


async def test_a_constraint_s_problem_is_in_the_reader_s_language_where_it_has_one(toys: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await toys.post("/v1/boxes", json={"name": "same"}, headers=bearer(WRITER) | {"Accept-Language": "es"})
    assert_problem(answer, toy.NameTaken)
    assert_said(answer, "es", 409)
