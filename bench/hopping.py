"""The hop through the gateway as a process of its own, against HAProxy that verifies the same ES256 token and asks for a role.

Both stand before the same service that answers 2 kB, on the same core; the service and the load are on another. HAProxy verifies
every request, the gateway remembers a verified token for a minute. Compared is what each does in a second of the core's time: by the
clock, a second would be as long as whoever else runs there lets it be. Skipped where `haproxy` is not installed (Debian has a package).
"""

import asyncio
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import jwt
from cryptography.hazmat.primitives import serialization

from bench.results import Result
from bench.servers import Target, latency, load
from deploy.credentials import Credentials
from deploy.importing import access_token
from deploy.platform import SERVICES
from deploy.ports import free_port

ACCOUNT = "san-diego@comity.example"
PATH = "/v1/actors"
ROUNDS = 5
CONNECTIONS = 32
WHAT = f"gateway hop, 2 kB, {CONNECTIONS} connections"
AGAINST = "HAProxy jwt_verify ES256 + role"
CONFIGURATION = """
global
    nbthread 1
defaults
    mode http
    timeout connect 2s
    timeout client 45s
    timeout server 45s
frontend gate
    bind 127.0.0.1:{port}
    http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str ES256 }}
    http-request deny deny_status 401 unless {{ http_auth_bearer,jwt_verify(txn.alg,"{key}") -m int 1 }}
    http-request deny deny_status 403 unless {{ http_auth_bearer,jwt_payload_query('$.roles[0]') -m str {role} }}
    default_backend service
backend service
    server one 127.0.0.1:{service}
"""


@dataclass
class Proxy:
    """What is measured: the process, the request, and the figures of each round."""

    process: Process
    target: Target
    rates: list[float] = field(default_factory=list)
    per_second_of_work: list[float] = field(default_factory=list)

    async def round(self) -> None:
        before, seconds = _worked(self.process.pid), 2.0
        rate = await load(self.target, seconds=seconds, connections=CONNECTIONS)
        self.rates.append(rate)
        self.per_second_of_work.append(rate * seconds / max(_worked(self.process.pid) - before, 0.01))


async def measure(urls: Mapping[str, str], credentials: Credentials) -> list[Result]:
    """Rates in turns, then what each adds to a single request."""
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if program is None or sys.platform != "linux":
        return [Result(WHAT, AGAINST, float("nan"), note="skipped: haproxy is not installed, or this is not Linux")]
    proxies, rest = _cores()
    with tempfile.TemporaryDirectory(prefix="comity-hop-") as folder, _on(rest):
        async with _service() as direct, _gateway(urls, direct, proxies) as (gateway, port):
            token = await access_token(f"http://127.0.0.1:{port}", ACCOUNT, credentials.password(ACCOUNT))
            header = f"Authorization: Bearer {token}"
            configuration = await _configured(Path(folder), port, direct, token)
            async with _haproxy(program, configuration, proxies) as (haproxy, other):
                ours = Proxy(gateway, Target("gateway", port, PATH, (header,)))
                theirs = Proxy(haproxy, Target("HAProxy", other, PATH, (header,)))
                for _ in range(ROUNDS):
                    await ours.round()
                    await theirs.round()
                single = [await latency(target) for target in (Target("direct", direct, PATH, (header,)), ours.target, theirs.target)]
    return _results(ours, theirs, single)


def _results(ours: Proxy, theirs: Proxy, single: list[tuple[float, float]]) -> list[Result]:
    rates = statistics.median(ours.rates) / statistics.median(theirs.rates)
    work = statistics.median(ours.per_second_of_work) / statistics.median(theirs.per_second_of_work)
    (p50, p99), (our_p50, our_p99), (their_p50, their_p99) = single
    added = f"adds p50 {our_p50 - p50:.2f} ms, p99 {our_p99 - p99:.2f} ms; HAProxy {their_p50 - p50:.2f} and {their_p99 - p99:.2f}"
    return [
        Result(WHAT, AGAINST, work, 0.8, f"requests a second of the core's time; {rates:.2f} by the clock, in which others may have had the core"),
        Result("one request at a time: added p50", AGAINST, max(their_p50 - p50, 0.001) / max(our_p50 - p50, 0.001), note=added),
    ]


def _cores() -> tuple[set[int], set[int]]:
    """The core of the proxies, and the others; the same one when there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, set(cores[1:]) or {cores[0]}


@contextlib.contextmanager
def _on(cores: set[int]):  # type: ignore[no-untyped-def]
    """This process, and what it starts, on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _worked(pid: int) -> float:
    """Seconds of processor time."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.asynccontextmanager
async def _running(cores: set[int] | None, ready: str, *command: str, **environment: str) -> AsyncIterator[Process]:
    """A process that has answered at this address, without a token or with."""
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **environment})
    if cores is not None:
        os.sched_setaffinity(process.pid, cores)
    try:
        async with httpx.AsyncClient() as http:
            for _ in range(600):
                with contextlib.suppress(httpx.HTTPError):
                    await http.get(ready)
                    break
                await asyncio.sleep(0.1)
            else:
                raise RuntimeError(f"{command} does not answer")
        yield process
    finally:
        process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def _service() -> AsyncIterator[int]:
    port = free_port()
    async with _running(None, f"http://127.0.0.1:{port}/", sys.executable, "-m", "bench.answering", str(port)):
        yield port


@contextlib.asynccontextmanager
async def _gateway(urls: Mapping[str, str], service: int, cores: set[int]) -> AsyncIterator[tuple[Process, int]]:
    """`comity serve gateway` as an operator runs it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        "COMITY_GATEWAY_DATABASE_URL": urls["gateway"],
        "COMITY_GATEWAY_PUBLIC_URL": address,
        "COMITY_GATEWAY_UPSTREAMS": json.dumps(dict.fromkeys(SERVICES, f"http://127.0.0.1:{service}")),
        "COMITY_PORT": str(port),
        "COMITY_GATEWAY_ACCESS_LOG_SAMPLE": "0",  # HAProxy writes no line a request either
        "COMITY_GATEWAY_LOG_LEVEL": "WARNING",
        "COMITY_DRAIN_SECONDS": "0",
    }
    async with _running(cores, f"{address}/healthz", sys.executable, "-m", "deploy.cli", "serve", "gateway", **environment) as process:
        yield process, port


async def _configured(folder: Path, gateway: int, service: int, token: str) -> tuple[Path, int]:
    """The key that signed the token as a file, and HAProxy's configuration with it."""
    async with httpx.AsyncClient() as http:
        published = (await http.get(f"http://127.0.0.1:{gateway}/.well-known/jwks.json")).json()["keys"]
    signed_by = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWK(next(item for item in published if item["kid"] == signed_by), algorithm="ES256").key
    pem, port = folder / "key.pem", free_port()
    pem.write_bytes(key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    role = jwt.decode(token, options={"verify_signature": False})["roles"][0]
    path = folder / "haproxy.cfg"
    path.write_text(CONFIGURATION.format(port=port, key=pem, role=role, service=service))
    return path, port


@contextlib.asynccontextmanager
async def _haproxy(program: str, configured: tuple[Path, int], cores: set[int]) -> AsyncIterator[tuple[Process, int]]:
    path, port = configured
    async with _running(cores, f"http://127.0.0.1:{port}/", program, "-db", "-q", "-f", str(path)) as process:
        yield process, port
