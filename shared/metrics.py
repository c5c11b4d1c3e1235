"""Figures for Prometheus: what a service answered, how its queues stand, what its connections do.

Requests are counted by route template, never by path, so that the number of series does not grow with what clients ask for.
A request is counted once in each process it passes, by the application that answered it. What the database knows is asked when
somebody scrapes: one statement a service, with a time-out, and the figures are absent when it does not answer.
"""

import asyncio
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client import Gauge as LiveGauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import text

from shared import logs
from shared.database import Database
from shared.errors import NotFound, Unauthorized

log = logs.get(__name__)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
PATH = "/metrics"
PATIENCE = 2.0  # seconds for the statement of a scrape
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class Gauge:
    """A figure that the database knows. `sql` answers rows of (label, number); the label is left out when its name is empty."""

    name: str
    meaning: str
    label: str
    sql: str


STANDING = (
    Gauge("comity_relay_waiting", "Committed events that have no position in the feed yet.", "", "SELECT '', count(*) FROM events WHERE position IS NULL"),
    Gauge(
        "comity_relay_oldest_seconds",
        "Age of the oldest committed event that has no position in the feed yet; 0 when none waits.",
        "",
        "SELECT '', coalesce(greatest(extract(epoch FROM now() - min(time)), 0), 0) FROM events WHERE position IS NULL",
    ),
    Gauge("comity_feed_position", "The last position given out in the service's own feed.", "", "SELECT '', position FROM relay_state"),
    Gauge("comity_feed_unlisted", "Positions given out whose readers are not listed yet.", "", "SELECT '', position - listed FROM relay_state"),
    Gauge("comity_follower_position", "The last position of another service's feed that was applied here.", "source", "SELECT source, position FROM followers"),
    Gauge(
        "comity_follower_idle_seconds",
        "Seconds since an event of another service's feed was last applied here.",
        "source",
        "SELECT source, greatest(extract(epoch FROM now() - updated_at), 0) FROM followers",
    ),
)

process = CollectorRegistry()
ProcessCollector(registry=process)
PlatformCollector(registry=process)
GCCollector(registry=process)
_loop_failures = Counter("comity_worker_failures", "Failures of a worker's loop, each followed by a restart.", ["service", "loop"], registry=process)
_sweeps = Counter("comity_sweeps", "Sweeps by the clock that came to their end.", ["service", "sweep"], registry=process)
_swept = Counter("comity_swept", "Records that sweeps by the clock changed.", ["service", "sweep"], registry=process)
_swept_at = LiveGauge("comity_swept_at_seconds", "When the last sweep came to its end, in seconds since 1970.", ["service", "sweep"], registry=process)


def loop_failed(name: str) -> None:
    """Count a failure of a loop, named `<service>: <loop>`."""
    service, _, loop = name.rpartition(": ")
    _loop_failures.labels(service, loop).inc()


def swept(name: str, records: int) -> None:
    """Count a sweep of a loop, named `<service>: <loop>`, that changed so many records."""
    service, _, loop = name.rpartition(": ")
    _sweeps.labels(service, loop).inc()
    _swept.labels(service, loop).inc(records)
    _swept_at.labels(service, loop).set_to_current_time()


def _numbered(number: int, sql: str) -> str:
    return f"SELECT {number} AS gauge, label::text, value::float8 FROM ({sql}) AS _(label, value)"  # noqa: S608 - constants of the code


class Metrics:
    """The figures of one application. Counting takes a look-up and two additions, for it happens in every request."""

    def __init__(self, service: str, database: Database, gauges: Sequence[Gauge] = ()) -> None:
        self.service, self.database, self.gauges = service, database, (*STANDING, *gauges)
        self.registry = CollectorRegistry()
        by = ["service", "method", "route", "status"]
        self._requests = Counter("comity_requests", "Requests by route template and class of status.", by, registry=self.registry)
        self._seconds = Histogram("comity_request_seconds", "How long requests took.", by[:3], buckets=BUCKETS, registry=self.registry)
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._statement = text(" UNION ALL ".join(_numbered(number, gauge.sql) for number, gauge in enumerate(self.gauges)))

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request that has ended; `route` is a template, a status of 0 says that there was no answer."""
        key = (method if method in METHODS else "other", route, status // 100)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = self._child(*key)
        found[0].inc()
        found[1].observe(seconds)

    def _child(self, method: str, route: str, hundreds: int) -> tuple[Counter, Histogram]:
        named = (self.service, method, route)
        return self._requests.labels(*named, f"{hundreds}xx" if hundreds else "none"), self._seconds.labels(*named)

    async def read(self) -> list[Metric]:
        """The figures as they are now."""
        return [*self.registry.collect(), *self._connections(), *await self._known_to_the_database()]

    def _connections(self) -> Iterable[Metric]:
        used = GaugeMetricFamily("comity_database_connections", "Connections to the database.", labels=["service", "pool", "state"])
        limit = GaugeMetricFamily("comity_database_connections_limit", "The most connections a pool opens.", labels=["service", "pool"])
        for use in self.database.pools():
            used.add_metric([self.service, use.pool, "used"], use.used)
            used.add_metric([self.service, use.pool, "idle"], use.idle)
            limit.add_metric([self.service, use.pool], use.limit)
        return used, limit

    async def _known_to_the_database(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("comity_database_up", "Whether the database answered this scrape in time.", labels=["service"])
        try:
            async with asyncio.timeout(PATIENCE), self.database.session(read_only=True) as session:
                rows = (await session.execute(self._statement)).all()
        except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering, the other figures are still worth having
            log.warning("metrics.database", service=self.service, error=repr(error))
            up.add_metric([self.service], 0)
            return [up]
        up.add_metric([self.service], 1)
        families = [GaugeMetricFamily(gauge.name, gauge.meaning, labels=["service", *([gauge.label] if gauge.label else [])]) for gauge in self.gauges]
        for number, label, value in rows:
            families[number].add_metric([self.service, label] if self.gauges[number].label else [self.service], value)
        return [up, *families]


async def exposition(all_metrics: Sequence[Metrics]) -> bytes:
    """The text format of these applications and of the process they live in."""
    merged: dict[str, Metric] = {family.name: family for family in process.collect()}
    for families in await asyncio.gather(*(metrics.read() for metrics in all_metrics)):
        for family in families:
            if family.name in merged:
                merged[family.name].samples += family.samples
            else:
                merged[family.name] = family
    return generate_latest(_Merged(merged.values()))


@dataclass(frozen=True)
class _Merged(Collector):
    families: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.families


def router(token: str | None) -> APIRouter:
    """`/metrics` of an application whose state holds `metrics`. It is not part of the API and in no document of it."""
    made = APIRouter()

    @made.get(PATH)
    async def read_metrics(request: Request) -> Response:
        """The figures in Prometheus' text format."""
        _admit(request, token)
        return Response(await exposition(request.app.state.metrics), media_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})

    return made


def _admit(request: Request, token: str | None) -> None:
    """Who has the token; where none is set, who is on the same machine. For everyone else there is nothing here."""
    if token is None:
        if request.client is None or not _is_loopback(request.client.host):
            raise NotFound("There is nothing here.")
        return
    given = getattr(request.state, "client_authorization", None) or request.headers.get("authorization", "")
    kind, _, value = given.partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(value.strip().encode(), token.encode()):
        raise Unauthorized("Send the token of the operator's settings as: Authorization: Bearer <token>.")


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
