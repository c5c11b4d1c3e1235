"""Keys outlive restarts, rotate without refusing anybody, and are published by their public half only."""

import asyncio

import httpx
import pytest

from gateway.app import Gateway
from gateway.errors import ServiceNotReady
from gateway.health import _ready
from gateway.routing import SERVICE_OF, Routing, Upstream
from gateway.tokens.keys import KeyRing
from gateway.tokens.passports import CACHED, _keep
from shared.access import Verifier
from shared.database import Database
from tests.support.make import gateway as make
from tests.support.problems import assert_problem


async def test_the_published_keys_are_public(http: httpx.AsyncClient, gateway: Gateway) -> None:
    answer = await http.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    (key,) = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["alg"], key["kid"]) == ("EC", "P-256", "ES256", gateway.own.state.keys.signer.key_id)


async def test_another_process_signs_with_the_same_key(gateway: Gateway) -> None:
    other = KeyRing(gateway.own.state.database)
    with pytest.raises(RuntimeError, match="not loaded"):
        _ = other.signer
    await other.load()
    assert other.signer.key_id == gateway.own.state.keys.signer.key_id
    claims = await Verifier(other.jwks, audience="comity", issuer=gateway.own.state.settings.public_url).claims(make.access_token(gateway))
    assert claims["aud"] == "comity"


async def test_readiness_names_who_is_not(http: httpx.AsyncClient, gateway: Gateway) -> None:
    async def broken(scope: object, receive: object, send: object) -> None:
        raise RuntimeError("not today")

    assert (await http.get("/readyz")).json() == {"status": "ready", "services": {"toy": "ready"}}
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    services = gateway.own.state.services
    gateway.own.state.services = {**services, "agreements": Upstream("agreements", broken)}
    answer = await http.get("/readyz")
    gateway.own.state.services = services
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "services": {"toy": "ready", "agreements": "not ready"}})


async def test_a_gateway_without_keys_or_database_is_not_ready(http: httpx.AsyncClient, gateway: Gateway) -> None:
    state = gateway.own.state
    for name, broken in (("keys", KeyRing(state.database)), ("database", Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing"))):
        sound = getattr(state, name)
        setattr(state, name, broken)
        answer = await http.get("/readyz")
        setattr(state, name, sound)
        assert_problem(answer, ServiceNotReady)
    assert (await http.get("/readyz")).status_code == 200


async def test_a_service_that_hangs_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hanging(scope: object, receive: object, send: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("gateway.health.PATIENCE", 0.01)
    assert await _ready(Upstream("slow", hanging)) is False


def test_the_table_of_routes_names_services_once() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        return None

    names = set(SERVICE_OF.values())
    routing = Routing(app, dict.fromkeys(names, app))
    for segment, name in SERVICE_OF.items():
        for path in (f"/v1/{segment}", f"/v1/{segment}/1/x"):
            assert routing.upstream(path).name == name
    for name in names:
        assert routing.upstream(f"/v1/events/{name}").name == name
    for path in ("/", "/v1/events", "/v1/events/gateway", "/v1/events/registry/x", "/v1/session", "/v2/actors", "/actors", "/v1/actorsx"):
        assert routing.upstream(path).name == "gateway", path


def test_caches_drop_their_oldest_entry() -> None:
    cache = {number: number for number in range(CACHED)}
    _keep(cache, -1, 1)
    _keep(cache, -1, 2)
    assert (len(cache), 0 in cache, 1 in cache, cache[-1]) == (CACHED, False, True, 2)
