"""The parts against each other: routes and access, roles and scopes, errors, reads."""

import json
from importlib import import_module
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from deploy.platform import HOUSE, SERVICES
from gateway.roles import SCOPES_OF
from gateway.routing import SERVICE_OF
from shared.errors import NotFound, catalogue
from shared.feed import AUDIT, FOLLOW, READ, feed_router
from shared.repository import Repository
from shared.routes import Router, access_of, require_named_access
from tests.structure.tree import sources

INTERNAL = {READ, FOLLOW, AUDIT}


def routes_of(module: str) -> list[APIRoute]:
    found = [route for router in import_module(module).ROUTERS for route in router.routes]
    assert found, f"{module} has no routes to look at"
    return [route for route in found if isinstance(route, APIRoute)]


ROUTES = {name: routes_of(f"services.{name}.app") for name in SERVICES} | {"gateway": routes_of("gateway.resources")}


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_every_route_names_its_access(name: str) -> None:
    assert len(ROUTES[name]) >= 5
    for route in ROUTES[name]:
        assert access_of(route) is not None, route.path


def test_a_route_without_access_does_not_start() -> None:
    router = Router()

    @router.get("/open")
    async def forgotten() -> None:
        """Names nothing."""

    with pytest.raises(TypeError, match="names neither a scope nor Public"):
        require_named_access([feed_router("x"), router])
    with pytest.raises(TypeError, match="no routes"):
        require_named_access([])


def test_every_scope_is_in_the_table_of_roles_and_asked_for_somewhere() -> None:
    asked = {access.scope for routes in ROUTES.values() for route in routes if (access := access_of(route)) and access.scope} | INTERNAL
    granted = {scope for scopes in SCOPES_OF.values() for scope in scopes}
    assert asked - granted == set(), "no role carries these"
    text = "\n".join(sources("services", "gateway").values())
    assert {scope for scope in granted - asked if f'"{scope}"' not in text} == set(), "nothing asks for these"


def test_every_changing_route_documents_its_refusals() -> None:
    silent = [f"{route.methods} {route.path}" for routes in ROUTES.values() for route in routes if "{" in route.path and not route.responses]
    assert not silent, silent


def test_errors_are_states_with_a_sentence() -> None:
    errors = catalogue()
    assert len(errors) > 30
    for code, error in errors.items():
        assert code == code.lower() and code.isidentifier(), code
        assert error.title.endswith("."), code
        assert 400 <= error.status < 600, code


def repositories(base: type[Repository[Any]] = Repository) -> list[type[Repository[Any]]]:
    found = []
    for kind in base.__subclasses__():
        found += [kind, *repositories(kind)]
    return [kind for kind in found if kind.__module__.startswith("services.") or kind.__module__.startswith("gateway.")]


def test_every_repository_says_which_rows_may_be_seen() -> None:
    found = repositories()
    assert len(found) >= 8
    for kind in found:
        assert any("visible" in vars(base) for base in kind.__mro__ if base is not Repository), kind
        if kind.not_found is not NotFound:
            assert issubclass(kind.not_found, NotFound), kind


def test_requests_refuse_what_they_do_not_know() -> None:
    lax = []
    for routes in ROUTES.values():
        for route in routes:
            field = route.body_field
            kind = field.field_info.annotation if field is not None else None
            if isinstance(kind, type) and issubclass(kind, BaseModel) and kind.model_config.get("extra") != "forbid":
                lax.append(f"{route.path}: {kind.__name__}")
    assert not lax, lax


def test_the_gateway_finds_every_route_of_every_service() -> None:
    lost = {f"{name}: {route.path}" for name in SERVICES for route in ROUTES[name] if SERVICE_OF.get(route.path.split("/")[1]) != name}
    assert not lost, lost


def test_filters_speak_one_vocabulary() -> None:
    """A record is named by its noun (`actor`, `agreement`), a period by `from` and `to`, alone or behind what it is of (`signed_from`)."""
    names: set[str] = set()
    for service in sorted(ROUTES):
        for path, operations in json.loads((HOUSE / f"docs/openapi/{service}.json").read_text())["paths"].items():
            names |= {f"{path}: {each['name']}" for each in operations.get("get", {}).get("parameters", []) if each["in"] == "query"}
    assert len(names) > 200
    others = ("since", "until", "after", "before", "start", "end", "newer_than", "older_than", "date_from", "date_to")
    odd = {name for name in names if (said := name.partition(": ")[2]) in others or (said.endswith("_id") and said != "client_id")}
    assert not odd, odd
