"""Which headers pass the gateway, and which it adds. Services trust no header but the gateway's own token."""

from collections.abc import Iterable

from shared import traces
from shared.errors import BadRequest
from shared.translations import Sentence

Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
# What a client could claim about itself; nothing behind the gateway may ever come to believe it.
SPOOFABLE = frozenset({b"authorization", b"forwarded", b"x-real-ip", b"x-original-url", b"x-rewrite-url", b"x-http-method-override", b"x-request-id"})
SPOOFABLE_PREFIXES = (b"x-forwarded-", b"comity-internal")
ONCE = frozenset({b"authorization", b"host", b"content-length", b"content-type", b"idempotency-key", b"if-match", b"comity-after"})
NEVER_FORWARDED = HOP_BY_HOP | SPOOFABLE | traces.NAMES
NOT_AN_UPSTREAMS = HOP_BY_HOP | traces.NAMES | {b"x-request-id"}

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
# Only where the public address is https, since browsers would hold a development machine's name to it for a year.
HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


def forwarded(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Headers, dict[bytes, bytes]]:
    """The headers that pass, and the single-valued ones by name. BadRequest when one of those was sent twice."""
    passed: Headers = []
    once: dict[bytes, bytes] = {}
    named: frozenset[bytes] = frozenset()
    for name, value in headers:
        if name in ONCE:
            if name in once:
                raise BadRequest(Sentence("The header {name} was sent twice.", name=name.decode("latin-1")))
            once[name] = value
        if name == b"connection":
            named |= {part.strip().lower() for part in value.split(b",")}
        if name == b"x-request-id":
            once.setdefault(name, value)
        if name not in NEVER_FORWARDED and not name.startswith(SPOOFABLE_PREFIXES):
            passed.append((name, value))
    if named - {b"keep-alive", b"close"}:
        passed = [(name, value) for name, value in passed if name not in named]
    return passed, once


def answered(headers: Iterable[tuple[bytes, bytes]], ids: Headers, added: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers of an answer with its ids and those every answer carries; of the latter an upstream's own choice stands."""
    kept = [(name, value) for name, value in headers if name not in NOT_AN_UPSTREAMS]
    present = {name for name, _ in kept}
    return [*kept, *ids, *(item for item in added if item[0] not in present)]
