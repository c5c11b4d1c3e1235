"""Which headers pass the gateway, and which it adds. Services trust no header but the gateway's own token."""

import re
from collections.abc import Iterable

from gateway.errors import HeadersTooLarge
from shared import traces
from shared.errors import BadRequest
from shared.translations import Sentence

Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
KEPT_FROM_NAMING = frozenset({b"keep-alive", b"close"})
# What a client could claim about itself; nothing behind the gateway may ever come to believe it.
SPOOFABLE = frozenset({b"authorization", b"forwarded", b"x-real-ip", b"x-original-url", b"x-rewrite-url", b"x-http-method-override", b"x-request-id"})
SPOOFABLE_PREFIXES = (b"x-forwarded-", b"comity-internal")
ONCE = frozenset({b"authorization", b"host", b"content-length", b"transfer-encoding", b"content-type", b"idempotency-key", b"if-match", b"comity-after"})
NEVER_FORWARDED = HOP_BY_HOP | SPOOFABLE | traces.NAMES
MOST, LARGEST = 100, 65_536  # headers of a request, and their bytes
NOT_AN_UPSTREAMS = HOP_BY_HOP | traces.NAMES | {b"x-request-id"}

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
# What a document may say instead: that, and one style within itself by its hash. Nothing else that an upstream says of it is passed on.
OWN_POLICY = re.compile(rb"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
# Of what pages of any origin may read, refusals too: all of it is public, and no cookie is ever looked at.
OF_ANY_ORIGIN = "/v1/reconciliation"
ANY_ORIGIN = (b"access-control-allow-origin", b"*")
# Only where the public address is https, since browsers would hold a development machine's name to it for a year.
HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


def forwarded(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Headers, dict[bytes, bytes]]:
    """The headers that pass, and the single-valued ones by name.

    BadRequest when one of those was sent twice, or when a transfer encoding is anything but `chunked`: servers differ in what they
    make of the rest. HeadersTooLarge beyond the limits. A name with an underscore does not pass, since some servers take it for the
    one with a hyphen.
    """
    passed: Headers = []
    once: dict[bytes, bytes] = {}
    named: list[bytes] = []
    size = count = 0
    for name, value in headers:
        count += 1
        size += len(name) + len(value)
        if name in ONCE:
            if name in once:
                raise BadRequest(Sentence("The header {name} was sent twice.", name=name.decode("latin-1")))
            once[name] = value
        if name == b"connection":
            named.append(value)
        elif name == b"x-request-id":
            once.setdefault(name, value)
        if name not in NEVER_FORWARDED and b"_" not in name and not name.startswith(SPOOFABLE_PREFIXES):
            passed.append((name, value))
    if size > LARGEST or count > MOST:
        raise HeadersTooLarge(Sentence("Send at most {most} headers with {bytes} bytes.", most=MOST, bytes=LARGEST))
    if once.get(b"transfer-encoding", b"chunked").strip().lower() != b"chunked":
        raise BadRequest("Transfer-Encoding may be chunked, and nothing else.")
    if named and (removed := named_by_connection(named)):
        passed = [(name, value) for name, value in passed if name not in removed]
    return passed, once


def named_by_connection(values: Iterable[bytes]) -> frozenset[bytes]:
    """The headers that are meant for one connection only because `Connection` names them."""
    return frozenset(part.strip().lower() for value in values for part in value.split(b",")) - KEPT_FROM_NAMING


def answered(headers: Iterable[tuple[bytes, bytes]], ids: Headers, added: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers of an answer with its ids and those every answer carries; of the latter an upstream's own choice stands.

    Of its policy for documents it stands only where it allows no script, nothing from elsewhere and no frame around it.
    """
    kept = [(name, value) for name, value in headers if name not in NOT_AN_UPSTREAMS and (name != b"content-security-policy" or OWN_POLICY.fullmatch(value))]
    present = {name for name, _ in kept}
    return [*kept, *ids, *(item for item in added if item[0] not in present)]
