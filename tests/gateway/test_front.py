"""What passes the gateway and what does not: tokens, headers, limits, routes."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.app import Gateway
from gateway.routing import Upstream
from shared import errors
from shared.access import INTERNAL_AUDIENCE, INTERNAL_ISSUER, Caller
from shared.ids import new_id
from tests.support.make import gateway as make
from tests.support.problems import assert_problem

Forge = Callable[[Gateway], str]


@pytest.fixture
def seen(gateway: Gateway) -> list[dict[str, Any]]:
    """What an upstream under /v1/echo gets to see."""
    requests: list[dict[str, Any]] = []

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        requests.append(scope)
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-request-id", b"another"), (b"connection", b"close"), (b"etag", b'"1"')]})
        await send({"type": "http.response.body", "body": b"{}"})

    gateway.routing.by_segment["echo"] = Upstream("echo", echo)
    return requests


def signed(gateway: Gateway, **claims: Any) -> str:
    return make.access_token(gateway, **claims)


def with_key(gateway: Gateway, key: Any, algorithm: str, **header: Any) -> str:
    claims = jwt.decode(make.access_token(gateway), options={"verify_signature": False})
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": gateway.own.state.keys.signer.key_id, **header})


def hs256_with_the_public_key(gateway: Gateway) -> str:
    pem = gateway.own.state.keys.signer.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = {"alg": "HS256", "typ": "JWT", "kid": gateway.own.state.keys.signer.key_id}
    claims = jwt.decode(make.access_token(gateway), options={"verify_signature": False})
    signing = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims))
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return (signing + b"." + base64.urlsafe_b64encode(algorithm.sign(signing, pem)).rstrip(b"=")).decode()


def without_algorithm(gateway: Gateway) -> str:
    _, body, _ = make.access_token(gateway).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{none}.{body}."


def internal(gateway: Gateway) -> str:
    """The gateway's own internal token, as somebody who saw one would send it."""
    now = int(time.time())
    caller = Caller(subject="x", roles=frozenset({"operator"}), scopes=frozenset({"accounts:manage"}))
    claims = {**caller.to_claims(), "iss": INTERNAL_ISSUER, "aud": INTERNAL_AUDIENCE, "iat": now, "exp": now + 60}
    return str(gateway.own.state.keys.signer.sign(claims))


FORGERIES: dict[str, Forge] = {
    "expired": lambda g: signed(g, iat=int(time.time()) - 2_000, exp=int(time.time()) - 1_000),
    "changed": lambda g: signed(g)[:-6] + "AAAAAA",
    "another key under our kid": lambda g: with_key(g, ec.generate_private_key(ec.SECP256R1()), "ES256"),
    "another key under its own kid": lambda g: with_key(g, ec.generate_private_key(ec.SECP256R1()), "ES256", kid="theirs"),
    "our key under another kid": lambda g: with_key(g, g.own.state.keys.signer.key, "ES256", kid="theirs"),
    "HS256 with the public key": hs256_with_the_public_key,
    "no algorithm": without_algorithm,
    "another audience": lambda g: signed(g, aud="somebody"),
    "another issuer": lambda g: signed(g, iss="https://evil.example"),
    "internal": internal,
    "no subject": lambda g: signed(g, sub=None),
    "no expiry": lambda g: signed(g, exp=None),
    "nonsense": lambda g: "nonsense",
    "latin": lambda g: "caf\u00e9.b.c",
}


@pytest.mark.parametrize("kind", FORGERIES)
@pytest.mark.parametrize("path", ["/v1/echo", "/v1/accounts", "/v1/nothing"])
async def test_a_bad_token_goes_no_further(http: httpx.AsyncClient, gateway: Gateway, seen: list[dict[str, Any]], kind: str, path: str) -> None:
    header = f"Bearer {FORGERIES[kind](gateway)}".encode("latin-1")
    answer = await http.get(path, headers=[(b"Authorization", header)])
    assert_problem(answer, errors.Unauthorized)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert not seen


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "bearer", "Token x", ""])
async def test_another_way_to_authenticate_is_refused(http: httpx.AsyncClient, header: str) -> None:
    assert_problem(await http.get("/v1/boxes", headers={"Authorization": header}), errors.Unauthorized)


async def test_without_a_token_one_is_the_public(http: httpx.AsyncClient, seen: list[dict[str, Any]]) -> None:
    assert (await http.get("/v1/boxes")).status_code == 200
    assert_problem(await http.post("/v1/boxes", json={"name": "x"}), errors.Unauthorized)
    await http.get("/v1/echo")
    assert b"authorization" not in dict(seen[0]["headers"])


async def test_the_service_gets_an_internal_token_with_the_scopes_of_now(http: httpx.AsyncClient, gateway: Gateway, seen: list[dict[str, Any]]) -> None:
    organization, seat = new_id(), new_id()
    outer = make.access_token(gateway, org=str(organization), seats=[str(seat)], roles=["signatory"], clearance="amber", country="MX")
    for _ in range(2):
        await http.get("/v1/echo", headers={"Authorization": f"Bearer {outer}"})
    first, again = (dict(scope["headers"])[b"authorization"] for scope in seen)
    assert first == again, "signed once"
    token = first.decode().removeprefix("Bearer ")
    assert token != outer
    verifier = gateway.own.state.verifier
    caller = await verifier.caller(token)
    assert (caller.organization, caller.seats, caller.country, caller.clearance) == (organization, (seat,), "MX", "amber")
    assert caller.may("agreements:sign")
    assert not caller.may("accounts:manage")
    claims = await verifier.claims(token)
    assert claims["exp"] - claims["iat"] == 60


async def test_a_token_may_ask_for_less_than_its_roles_carry(http: httpx.AsyncClient, gateway: Gateway) -> None:
    who = await http.get("/v1/session", headers=make.bearer(gateway, scope="events:read agreements:sign"))
    assert who.json()["scopes"] == ["events:read"]


async def test_what_a_client_claims_about_itself_stays_outside(http: httpx.AsyncClient, seen: list[dict[str, Any]]) -> None:
    sent = {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-User": "root",
        "Forwarded": "for=10.0.0.1",
        "X-Real-IP": "10.0.0.1",
        "Comity-Internal-Caller": "operator",
        "X-Original-URL": "/v1/accounts",
        "Proxy-Authorization": "Basic x",
        "Connection": "close, X-Hop",
        "X-Hop": "1",
        "TE": "trailers",
        "Upgrade": "h2c",
        "Comity-After": "0190d1d4-0000-7000-8000-000000000000",
        "Idempotency-Key": "k",
        "If-Match": '"1-a"',
        "If-None-Match": '"1-b"',
        "Accept-Language": "es",
    }
    await http.get("/v1/echo", headers=sent)
    got = {name.decode(): value.decode() for name, value in seen[0]["headers"]}
    kept = {"comity-after", "idempotency-key", "if-match", "if-none-match", "accept-language"}
    assert kept <= got.keys()
    assert not (({name.lower() for name in sent} - kept) & got.keys())
    assert (seen[0]["query_string"], seen[0]["method"]) == (b"", "GET")


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "If-Match", "Content-Type"])
async def test_a_header_that_stands_alone_is_refused_twice(http: httpx.AsyncClient, seen: list[dict[str, Any]], name: str) -> None:
    assert_problem(await http.get("/v1/echo", headers=[(name, "Bearer a"), (name, "Bearer b")]), errors.BadRequest)
    assert not seen


async def test_every_answer_carries_its_request_id_and_the_security_headers(http: httpx.AsyncClient, seen: list[dict[str, Any]]) -> None:
    mine = "my-request-0001"
    for path in ("/v1/echo", "/v1/boxes", "/v1/nothing", "/healthz", "/"):
        answer = await http.get(path, headers={"X-Request-ID": mine})
        assert answer.headers.get_list("x-request-id") == [mine], path
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"], path
        assert answer.headers["x-frame-options"] == "DENY"
        assert len(answer.headers.get_list("content-security-policy")) == 1
        assert "connection" not in answer.headers
    assert dict(seen[0]["headers"])[b"x-request-id"] == mine.encode()
    strange = await http.get("/v1/echo", headers={"X-Request-ID": "a b\tc"})
    assert strange.headers["x-request-id"] not in {"a b\tc", "another"}
    assert_problem(await http.get("/v1/nothing", headers={"X-Request-ID": mine}), errors.NotFound, request_id=mine)


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        (f"default-src 'none'; style-src 'sha256-{'A' * 43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", True),
        (f"default-src 'none'; style-src 'sha256-{'A' * 43}=' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", False),
        (f"default-src 'none'; script-src 'sha256-{'A' * 43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", False),
        (f"default-src 'self'; style-src 'sha256-{'A' * 43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", False),
        (f"default-src 'none'; style-src 'sha256-{'A' * 43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none', default-src *", False),
        ("default-src *", False),
        ("", False),
    ],
)
async def test_an_upstream_may_allow_a_document_its_own_style_and_nothing_else(http: httpx.AsyncClient, gateway: Gateway, said: str, stands: bool) -> None:
    async def picture(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        headers = [(b"content-type", b"image/svg+xml"), (b"content-security-policy", said.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<svg/>"})

    gateway.routing.by_segment["picture"] = Upstream("picture", picture)
    answer = await http.get("/v1/picture")
    assert answer.headers.get_list("content-security-policy") == [said if stands else "default-src 'none'; frame-ancestors 'none'"]


async def test_routes_that_are_not_there(http: httpx.AsyncClient) -> None:
    for path in ("/v1/nothing", "/v1", "/v1/", "/nothing", "//v1/boxes", "/v1/events/nobody", "/v1/boxes/../accounts2"):
        assert_problem(await http.get(path), errors.NotFound)
    for method, path in (("DELETE", "/v1/boxes"), ("PUT", "/v1/session"), ("GET", "/oauth/token"), ("POST", "/healthz")):
        answer = await http.request(method, path)
        assert_problem(answer, errors.MethodNotAllowed)
        assert answer.headers["allow"]


async def test_a_body_that_is_too_large_is_refused_announced_or_not(http: httpx.AsyncClient, gateway: Gateway) -> None:
    async def endless() -> Any:
        for _ in range(60):
            yield b"x" * 1_000

    headers = make.bearer(gateway) | {"Content-Type": "application/json"}
    assert_problem(await http.post("/v1/boxes", content=b"x" * 60_000, headers=headers), errors.TooLarge, limit=50_000)
    assert_problem(await http.post("/v1/boxes", content=endless(), headers=headers), errors.TooLarge)


async def test_a_failing_upstream_is_a_problem(gateway: Gateway, http: httpx.AsyncClient) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret detail")

    gateway.routing.by_segment["broken"] = Upstream("broken", broken)
    answer = await http.get("/v1/broken")
    assert_problem(answer, errors.Problem)
    assert "secret" not in answer.text


async def test_an_answer_that_breaks_off_is_not_completed(gateway: Gateway, http: httpx.AsyncClient) -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("broke off")

    gateway.routing.by_segment["half"] = Upstream("half", half)
    with pytest.raises(RuntimeError, match="broke off"):
        await http.get("/v1/half")


async def test_a_websocket_is_turned_away(gateway: Gateway) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await gateway({"type": "websocket", "path": "/v1/boxes", "headers": []}, None, send)  # type: ignore[arg-type]  # nothing is received
    assert sent == [{"type": "websocket.close", "code": 1003}]


async def test_head_is_get_without_the_content(http: httpx.AsyncClient) -> None:
    for path in ("/docs", "/openapi.json", "/healthz", "/.well-known/jwks.json", "/v1/nothing"):
        got, head = await http.get(path), await http.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == got.headers.get(name) or path == "/v1/nothing", (path, name)


async def test_pages_of_any_origin_may_read_the_reconciliation_service_and_what_it_refuses(gateway: Gateway, http: httpx.AsyncClient) -> None:
    """OpenRefine runs in a browser: of an answer without the header it shows nothing at all, not even what was wrong."""

    async def service(scope: Any, receive: Any, send: Any) -> None:
        if scope["query_string"]:
            raise errors.Invalid("That is no query.")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    gateway.routing.by_segment["reconciliation"] = Upstream("registry", service)
    asked = [("", {}), ("?queries=x", {}), ("/suggest/entity", {}), ("", {"Authorization": "Bearer x"})]
    answers = [await http.get(f"/v1/reconciliation{path}", headers=headers) for path, headers in asked]
    assert [(answer.status_code, answer.headers.get("access-control-allow-origin")) for answer in answers] == [(200, "*"), (422, "*"), (200, "*"), (401, "*")]
    assert "access-control-allow-origin" not in (await http.get("/v1/boxes")).headers
