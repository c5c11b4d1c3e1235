"""One table from paths to whoever answers them. An upstream is an ASGI application: the service itself when it lives in this
process, or anything else that speaks ASGI and passes the request on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp

from shared.metrics import UNMATCHED

SERVICE_OF: Mapping[str, str] = {
    "actors": "registry",
    "seats": "registry",
    "claims": "registry",
    "people": "registry",
    "memberships": "registry",
    "official-domains": "registry",
    "imports": "registry",
    "ties": "registry",
    "engagements": "registry",
    "capacity-reports": "registry",
    "review": "registry",
    "judgements": "registry",
    "reconciliation": "registry",
    "diligence": "registry",
    "approach-reports": "registry",
    "watchlists": "registry",
    "agreements": "agreements",
    "register": "agreements",
    "rulebooks": "agreements",
    "route-checks": "agreements",
    "gates": "agreements",
    "briefings": "briefings",
    "inbox": "briefings",
    "deliveries": "briefings",
}
OWN = "gateway"
TOKEN_ENDPOINT = "/oauth/token"  # noqa: S105 - a path


@dataclass(frozen=True)
class Upstream:
    """Who answers, and under which name it is known."""

    name: str
    app: ASGIApp


class Routing:
    """Finds the upstream of a path. What no service answers, the gateway does: its own resources, and 404 for the rest."""

    def __init__(self, own: ASGIApp, services: Mapping[str, ASGIApp], table: Mapping[str, str] = SERVICE_OF) -> None:
        self.own = Upstream(OWN, own)
        self.services = {name: Upstream(name, app) for name, app in services.items()}
        self.by_segment = {segment: self.services[name] for segment, name in table.items() if name in self.services}

    def template(self, path: str) -> str:
        """What a path is counted as that no application of this process has matched: its first segment, when it is a known one."""
        segment = path[4:].partition("/")[0] if path.startswith("/v1/") else ""
        return f"/v1/{segment}/*" if segment in self.by_segment or segment == "events" else UNMATCHED

    def upstream(self, path: str) -> Upstream:
        if not path.startswith("/v1/"):
            return self.own
        segment, _, rest = path[4:].partition("/")
        if segment == "events":
            return self.services.get(rest, self.own)
        return self.by_segment.get(segment, self.own)
