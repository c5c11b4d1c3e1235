"""`comity import`: what it sends, what it prints about an import and in which language, and its exit code."""

import gzip
import string
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from deploy import importing
from deploy.cli import application
from deploy.credentials import Credentials
from deploy.errors import StartRefused
from deploy.importing import Account, Wanted
from deploy.words import WORDS, of_shell, say
from services.registry.imports.models import ImportState
from services.registry.imports.schemas import ImportStart
from shared.languages import SPOKEN, Language
from tests.support.workbooks import workbook

PROBLEM = {"line": 3, "column": "kind", "value": "village", "message": "is not one of the values of this column", "remedy": "Use one of: county, state."}
DONE = {"state": "done", "failure": None, "rows_applied": {"created": 2, "changed": 1, "unchanged": 1200}, "validate_only": False}
FAILED = {"state": "failed", "failure": "1 problem was found; nothing was applied.", "rows_applied": None, "validate_only": False, "problems": 2}
ME = Account("me@comity.example", "x")
SPANISH = PROBLEM | {"message": "no es uno de los valores de esta columna", "remedy": "Use uno de estos: county, state."}
FRENCH = PROBLEM | {"message": "n'est pas l'une des valeurs de cette colonne", "remedy": "Utilisez l'une de celles-ci : county, state."}


def platform(
    monkeypatch: pytest.MonkeyPatch, ended: dict[str, Any], problems: list[dict[str, Any]], refusal: dict[str, str] | None = None
) -> list[httpx.Request]:
    """An address at which an import has ended this way, or is refused; what was asked there."""
    status, asked = {"id": "1", "rows_total": 1, "rows_read": 1, **ended}, []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path == "/v1/session":
            return httpx.Response(201, json={"access_token": "a token"})
        if request.method == "POST":
            return httpx.Response(202, json=status) if refusal is None else httpx.Response(422, json=refusal)
        return httpx.Response(200, json={"items": problems})

    client = httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **options: client(transport=httpx.MockTransport(answer), **options))
    return asked


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().out.splitlines() if line.strip()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "actors.csv"
    path.write_text("kind\nvillage\n")
    return path


async def run(file: Path, wanted: Wanted | None = None, language: Language = "en") -> int:
    return await importing.import_file("http://comity.test", file, Account(ME.email, ME.password, language), wanted or Wanted())


@pytest.mark.parametrize(
    ("ended", "problems", "code", "lines"),
    [
        (DONE, [], 0, ["Done: 2 created, 1 changed, 1,200 unchanged."]),
        (DONE | {"suggestions": 1_164}, [], 0, ["Done: 2 created, 1 changed, 1,200 unchanged. Left to people: 1,164, at /v1/imports/1/suggestions."]),
        (
            DONE | {"orphans": 12, "retired": 10},
            [],
            0,
            ["Done: 2 created, 1 changed, 1,200 unchanged. No longer listed: 12, retired: 10; at /v1/imports/1/orphans."],
        ),
        (DONE | {"orphans": 0, "retired": 0}, [], 0, ["Done: 2 created, 1 changed, 1,200 unchanged."]),
        (DONE | {"validate_only": True}, [], 0, ["A dry run, nothing was applied. It would be: 2 created, 1 changed, 1,200 unchanged."]),
        (
            DONE | {"validate_only": True, "suggestions": 3},
            [],
            0,
            [
                "A dry run, nothing was applied. It would be: 2 created, 1 changed, 1,200 unchanged. To be left to people: 3, at /v1/imports/1/questions.",
            ],
        ),
        (
            FAILED,
            [PROBLEM, PROBLEM | {"column": None, "value": None, "message": "is not UTF-8 text"}],
            1,
            [
                "line 3, kind: 'village' is not one of the values of this column. Use one of: county, state.",
                "line 3: is not UTF-8 text. Use one of: county, state.",
                "Failed: 1 problem was found; nothing was applied.",
            ],
        ),
        (
            FAILED | {"problems": 1_500},
            [PROBLEM | {"line": 12_000, "value": "\x1b[2Jü{x}"}],
            1,
            [
                "line 12000, kind: '\\x1b[2Jü{x}' is not one of the values of this column. Use one of: county, state.",
                "Further problems: 1,499, at /v1/imports/1/problems.",
                "Failed: 1 problem was found; nothing was applied.",
            ],
        ),
        (FAILED | {"state": "cancelled", "failure": None, "problems": 0}, [], 1, ["Cancelled: nothing was applied."]),
    ],
)
async def test_the_outcome_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, ended: dict[str, Any], problems: list[Any], code: int, lines: list[str]
) -> None:
    platform(monkeypatch, ended, problems)
    assert await run(file) == code
    assert said(capsys) == lines


@pytest.mark.parametrize(
    ("language", "problem", "lines"),
    [
        (
            "es",
            SPANISH,
            ["línea 3, kind: 'village' no es uno de los valores de esta columna. Use uno de estos: county, state.", "Falló: …"],
        ),
        (
            "fr",
            FRENCH,
            [
                "ligne 3, kind : 'village' n'est pas l'une des valeurs de cette colonne. Utilisez l'une de celles-ci : county, state.",
                "Échec : …",
            ],
        ),
    ],
)
async def test_it_asks_for_a_language_and_speaks_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, language: Language, problem: dict[str, Any], lines: list[str]
) -> None:
    asked = platform(monkeypatch, FAILED | {"failure": "…", "problems": 1}, [problem])
    assert await run(file, language=language) == 1
    assert said(capsys) == lines
    assert len(asked) > 2
    assert {request.headers["accept-language"] for request in asked} == {language}


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("es", "Listo: nuevos 2, modificados 1, sin cambios 1\u202f200. Pendientes de decisión: 3, en /v1/imports/1/suggestions."),
        ("fr", "Terminé : nouveaux 2, modifiés 1, inchangés 1\u202f200. En attente d'une décision : 3, sous /v1/imports/1/suggestions."),
    ],
)
async def test_what_was_applied_is_told_in_the_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, language: Language, line: str
) -> None:
    platform(monkeypatch, DONE | {"suggestions": 3}, [])
    assert await run(file, language=language) == 0
    assert said(capsys) == [line]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "es_MX.UTF-8"}, "es"),
        ({"LANG": "es_MX.UTF-8", "LC_MESSAGES": "fr_CA"}, "fr"),
        ({"LANG": "es_MX.UTF-8", "LC_MESSAGES": "fr_CA", "LC_ALL": "en_GB"}, "en"),
        ({"LANG": "fr_FR@euro", "LC_MESSAGES": "", "LC_ALL": ""}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": ";;"}, "en"),
    ],
)
def test_the_language_is_the_shells(environment: dict[str, str], language: str) -> None:
    assert of_shell(environment) == language


def test_every_sentence_of_the_command_is_in_every_language() -> None:
    assert set(WORDS) == set(SPOKEN)
    assert len(WORDS["en"]) > 20
    for words in WORDS.values():
        assert {key: _placeholders(text) for key, text in words.items()} == {key: _placeholders(text) for key, text in WORDS["en"].items()}
    assert {key for language in ("es", "fr") for key, text in WORDS[language].items() if text == WORDS["en"][key]} <= {"told"}
    assert {state.value for state in ImportState} - {"done"} <= set(WORDS["en"])
    assert say("fr", "more", more=12_345, id="1") == "Autres problèmes : 12\u202f345, sous /v1/imports/1/problems."


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_command_has_every_parameter_of_the_api() -> None:
    assert set(Wanted.__dataclass_fields__) == set(ImportStart.model_fields)
    assert {name: field.get_default() for name, field in ImportStart.model_fields.items() if name != "preset"} == {
        name: field.default for name, field in Wanted.__dataclass_fields__.items() if name != "preset"
    }


def command(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str, **environment: str) -> Any:
    """`comity import` in a shell of its own; the account's password is kept in the folder."""
    Credentials(folder).keep("me@comity.example", "x")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"COMITY_DATA": str(folder), **environment}.items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(application(["import"]), ["import", "--url", "http://comity.test", "--email", "me@comity.example", *arguments])


def test_its_options_are_the_parameters_of_the_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = platform(monkeypatch, DONE, [])
    book = tmp_path / "governments.xlsx"
    book.write_bytes(workbook({"One": [["a"]], "Two": [["b"]]}))
    options = ("--preset", "ties", "--source", "inegi", "--retire", "--sheet", "Two", "--dry-run")
    ran = command(monkeypatch, tmp_path, str(book), *options, LANG="fr_CA.UTF-8")
    assert ran.exit_code == 0, ran.output
    sent = next(request for request in asked if request.url.path == "/v1/imports")
    assert dict(sent.url.params) == {"preset": "ties", "source": "inegi", "retire": "true", "sheet": "Two", "validate_only": "true"}
    assert (sent.headers["content-type"], sent.headers["accept-language"]) == (importing.XLSX, "fr")
    assert "Terminé : nouveaux 2" in ran.output
    asked.clear()
    assert command(monkeypatch, tmp_path, str(book), "--language", "es", LANG="fr_CA.UTF-8").exit_code == 0
    plain = next(request for request in asked if request.url.path == "/v1/imports")
    assert (dict(plain.url.params), plain.headers["accept-language"]) == ({"preset": "actors"}, "es")
    assert plain.headers["idempotency-key"] != sent.headers["idempotency-key"]


def test_a_language_that_is_not_spoken_and_a_file_that_is_not_there_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: Path) -> None:
    asked = platform(monkeypatch, DONE, [])
    assert command(monkeypatch, tmp_path, str(file), "--language", "de").exit_code == 2
    assert command(monkeypatch, tmp_path, str(tmp_path / "nothing.csv")).exit_code == 2
    assert asked == []


def test_problems_end_the_command_with_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: Path) -> None:
    platform(monkeypatch, FAILED, [PROBLEM])
    assert command(monkeypatch, tmp_path, str(file)).exit_code == 1


@pytest.mark.parametrize(("language", "words"), [("en", "is none"), ("es", "no lo es"), ("fr", "n'en est pas un")])
async def test_a_sheet_of_what_is_no_workbook_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, file: Path, language: Language, words: str
) -> None:
    asked = platform(monkeypatch, DONE, [])
    with pytest.raises(StartRefused, match=f"actors.csv {words}"):
        await run(file, Wanted(sheet="Two"), language)
    assert asked == []


async def test_what_the_platform_refuses_is_told_in_its_words(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    platform(monkeypatch, DONE, [], refusal={"title": "La solicitud no es válida.", "detail": "query: retire requiere una source."})
    with pytest.raises(StartRefused) as refused:
        await run(file, Wanted(retire=True), "es")
    assert str(refused.value) == "La importación fue rechazada: La solicitud no es válida. query: retire requiere una source."


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"a,b\n", ("text/csv", None)),
        (gzip.compress(b"a,b\n", mtime=0), ("text/csv", "gzip")),
        (gzip.compress(b"a\tb\n", mtime=0), ("text/tab-separated-values", "gzip")),
        (gzip.compress(b'{"a":1}\n', mtime=0), ("application/x-ndjson", "gzip")),
        (b"\x1f\x8b and no gzip", ("text/csv", "gzip")),
    ],
)
async def test_a_file_is_sent_as_what_it_is(monkeypatch: pytest.MonkeyPatch, file: Path, content: bytes, headers: tuple[str, str | None]) -> None:
    asked = platform(monkeypatch, DONE, [])
    file.write_bytes(content)
    assert await run(file) == 0
    (sent,) = (request for request in asked if request.url.path == "/v1/imports")
    assert (sent.headers["content-type"], sent.headers.get("content-encoding"), sent.content) == (*headers, content)
