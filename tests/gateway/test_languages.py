"""The gateway's own refusals, and its pages about problems, in the reader's language."""

from typing import Any

import httpx
import pytest

from gateway.app import Gateway
from gateway.errors import BadCredentials, TooManyAttempts
from gateway.routing import Upstream
from shared.problems import problem_body
from tests.support.make import gateway as make


def assert_said(answer: httpx.Response, language: str, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.headers.get_list("content-language") == [language]
    assert answer.headers.get_list("vary") == ["Accept-Language, Authorization"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize(
    ("header", "language", "title"),
    [
        ("es-MX", "es", "Se requiere un token de acceso válido."),
        ("fr-CA, en;q=0.8", "fr", "Un jeton d'accès valide est requis."),
        ("de, en;q=0.1", "en", "A valid access token is needed."),
    ],
)
async def test_the_front_refuses_in_the_reader_s_language(http: httpx.AsyncClient, header: str, language: str, title: str) -> None:
    body = assert_said(await http.get("/v1/boxes", headers={"Authorization": "Basic YTpi", "Accept-Language": header}), language, 401)
    assert body["title"] == title


async def test_what_the_front_says_itself(http: httpx.AsyncClient, gateway: Gateway) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret detail")

    gateway.routing.by_segment["broken"] = Upstream("broken", broken)
    spanish = {"Accept-Language": "es"}
    large = await http.post("/v1/boxes", content=b"x" * 60_000, headers=make.bearer(gateway) | spanish)
    assert assert_said(large, "es", 413)["detail"] == "Envíe como máximo 50000 bytes."
    failed = assert_said(await http.get("/v1/broken", headers=spanish), "es", 500)
    assert (failed["title"], failed["detail"]) == ("El servicio no pudo responder.", "La falla quedó registrada con este identificador de solicitud.")
    twice = await http.get("/v1/boxes", headers=[("If-Match", "a"), ("If-Match", "b"), ("Accept-Language", "fr")])
    assert assert_said(twice, "fr", 400)["detail"] == "L'en-tête if-match a été envoyé deux fois."


async def test_what_lies_behind_it_answers_likewise(http: httpx.AsyncClient) -> None:
    french = {"Accept-Language": "fr"}
    nothing = assert_said(await http.get("/v1/nothing", headers=french), "fr", 404)
    assert nothing["title"] == "Il n'y a rien ici que vous puissiez voir."
    bounded = assert_said(await http.get("/v1/boxes?limit=0", headers=french), "fr", 422)
    assert bounded["errors"][0]["detail"] == "Doit être supérieur ou égal à 1"
    wrong = assert_said(await http.post("/v1/session", json={"email": "ana@example.org", "password": "wrong"}, headers=french), "fr", 401)
    assert wrong["detail"].startswith("Vérifiez les deux.")


def test_a_wait_is_said_with_its_seconds() -> None:
    body = problem_body(TooManyAttempts(7), instance=None, request_id=None, languages=("es",)).decode()
    assert "Intente de nuevo en 7 s." in body


async def test_the_page_of_a_problem_shows_it_in_three_languages(http: httpx.AsyncClient) -> None:
    page = (await http.get("/problems/bad_credentials")).text
    assert page.count(BadCredentials.title) >= 2
    for language, said in (
        ("en", "Check both. Whoever manages the accounts can enable yours or set a new password."),
        ("es", "La dirección de correo electrónico y la contraseña no corresponden a una cuenta activa."),
        ("es", "Verifique ambas. Quien administra las cuentas puede habilitar la suya o fijar una nueva contraseña."),
        ("fr", "Vérifiez les deux. La personne qui gère les comptes peut activer le vôtre ou fixer un nouveau mot de passe."),
    ):
        assert f'<span lang="{language}">{said}</span>' in page
    plain = (await http.get("/problems/forbidden")).text
    assert '<span lang="fr">Votre rôle ne le permet pas.</span>' in plain
    assert "<th>advice</th>" not in plain
