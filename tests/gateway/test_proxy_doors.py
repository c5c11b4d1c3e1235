"""What the gateway refuses before the hop is what the service would refuse, in the same words; everything else it leaves to the service."""

from typing import Any

import pytest

from gateway import roles
from gateway.proxying.doors import Doors, known_scopes
from shared.access import Access, Caller
from shared.errors import Forbidden, Problem, Unauthorized

OPERATIONS = [(method, path, named) for path, methods in known_scopes().items() for method, named in methods.items()]
DOORS = Doors(known_scopes())


def asked(method: str, path: str, claims: dict[str, Any] | None = None, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "headers": list(headers), "state": {} if claims is None else {"claims": claims}}


def refusal(method: str, path: str, claims: dict[str, Any] | None, doors: Doors = DOORS) -> Problem | None:
    try:
        doors.refuse(asked(method, path, claims))
    except Problem as problem:
        return problem
    return None


def milder(method: str, path: str, caller: Caller) -> bool:
    """Whether the path of an operation may mean another one as well, with a parameter in place of a word, which the caller may use."""
    words = path.split("/")
    for other_method, other, named in OPERATIONS:
        pattern = other.split("/")
        means = len(pattern) == len(words) and all(part == word or part.startswith("{") for part, word in zip(pattern, words, strict=True))
        if (other_method, means) == (method, True) and other != path and any(scope == "public" or caller.may(scope) for scope in named.split(" or ")):
            return True
    return False


@pytest.mark.parametrize("role", [None, *roles.SCOPES_OF])
def test_every_operation_refuses_every_role_as_the_service_does(role: str | None) -> None:
    claims = None if role is None else {"roles": [role]}
    caller = Caller() if role is None else Caller(roles=frozenset({role}), scopes=roles.scopes_of([role]))
    refused = 0
    for method, path, named in OPERATIONS:
        scope, *others = named.split(" or ")
        said = refusal(method, path.replace("{", "").replace("}", ""), claims)
        try:
            Access(None if scope == "public" else scope, others=tuple(others)).require(caller)
        except Problem as expected:
            refused += 1
            if said is None and milder(method, path, caller):
                continue  # the service knows which of the two the path means
            assert said is not None, (method, path)
            assert (type(said), str(said), said.members) == (type(expected), str(expected), expected.members)
        else:
            assert said is None, (method, path)
    assert len(OPERATIONS) > 40 and refused > 5


def test_a_token_with_less_than_its_roles_is_held_to_that() -> None:
    claims = {"roles": ["manager"], "scope": "agreements:read"}
    assert isinstance(refusal("POST", "/v1/agreements", claims), Forbidden)
    assert refusal("GET", "/v1/agreements", claims) is None
    assert refusal("POST", "/v1/agreements", {"roles": ["manager"]}) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/unknown"),
        ("POST", "/v1/agreements/"),
        ("POST", "/v1/agreements/a/b/c/d/e/f"),
        ("BREW", "/v1/agreements"),
        ("POST", "/v2/agreements"),
        ("POST", "//v1/agreements"),
        ("OPTIONS", "/v1/agreements"),
    ],
)
def test_what_it_does_not_know_passes(method: str, path: str) -> None:
    assert refusal(method, path, None) is None


def test_the_gateways_own_questions_pass() -> None:
    DOORS.refuse(asked("GET", "/v1/events/registry", None, (b"authorization", b"Bearer x")))


def test_of_two_operations_that_a_path_may_mean_the_milder_one_counts() -> None:
    both = Doors({"/v1/things/{id}": {"GET": "things:read"}, "/v1/things/open": {"GET": "public"}, "/v1/things/own": {"GET": "things:own"}})
    assert refusal("GET", "/v1/things/open", None, both) is None
    assert isinstance(refusal("GET", "/v1/things/1", None, both), Unauthorized)
    assert isinstance(refusal("GET", "/v1/things/own", None, both), Unauthorized)
    assert refusal("GET", "/v1/things/", None, both) is None
