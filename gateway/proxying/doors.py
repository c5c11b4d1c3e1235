"""The role table before the hop: who can never be let in is told so here, in the words the service would use.

A gateway in a process of its own holds no routes of the services. `scopes.json` names the scope of each operation; it is written
from the services' own documents by `make documents`, and a test compares it with the code. What it does not know passes, and the
service decides, as it decides about everything that passes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.types import Scope

from gateway import roles
from shared.access import Access, Caller

PUBLIC = "public"
PREFIX = "/v1/"


@dataclass(frozen=True)
class _Door:
    """One operation: its path by segments, None for a parameter; the access it asks for."""

    segments: tuple[str | None, ...]
    access: Access

    def leads(self, asked: list[str]) -> bool:
        return all(own == given or (own is None and given) for own, given in zip(self.segments, asked, strict=True))


class Doors:
    """Finds the operations that a request may reach, by method, number of segments and the first of them."""

    def __init__(self, scopes: Mapping[str, Mapping[str, str]]) -> None:
        self._found: dict[tuple[str, int, str], list[_Door]] = {}
        for path, methods in scopes.items():
            segments = tuple(None if part.startswith("{") else part for part in path.removeprefix(PREFIX).split("/"))
            for method, named in methods.items():
                scope, *others = named.split(" or ")
                access = Access(None if scope == PUBLIC else scope, others=tuple(others))
                self._found.setdefault((method, len(segments), segments[0] or ""), []).append(_Door(segments, access))

    def refuse(self, scope: Scope) -> None:
        """Unauthorized or Forbidden when every operation that the request may reach asks for what its caller's roles do not carry."""
        path: str = scope["path"]
        if not self._found or not path.startswith(PREFIX):
            return
        asked = path[len(PREFIX) :].split("/")
        doors = [door for door in self._found.get((scope["method"], len(asked), asked[0]), ()) if door.leads(asked)]
        if not doors or any(door.access.scope is None for door in doors):
            return
        claims = scope.get("state", {}).get("claims")
        if claims is None and any(name == b"authorization" for name, _ in scope["headers"]):
            return  # the gateway's own question, with the token of the one it asks for
        caller = Caller() if claims is None else _caller(tuple(claims.get("roles", ())), claims.get("scope"))
        if not any(caller.may(one) for door in doors for one in (door.access.scope or "", *door.access.others)):
            doors[0].access.require(caller)


@lru_cache(1_024)
def _caller(named: tuple[str, ...], granted: str | None) -> Caller:
    """As much of the caller as the table of roles is about; a token may have been granted less than its roles carry."""
    carried = roles.scopes_of(named)
    return Caller(roles=frozenset(named), scopes=carried if granted is None else carried & frozenset(granted.split()))


def known_scopes() -> dict[str, dict[str, str]]:
    """The scope of each operation of the services: path, method, `public` or scopes with ` or ` between them."""
    table: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "scopes.json").read_text(encoding="utf-8"))
    return table


OPEN = Doors({})
