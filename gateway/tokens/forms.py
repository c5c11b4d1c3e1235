"""Reads a token request: a form, and client credentials in it or in the Authorization header (RFC 6749 §2.3.1, §3.2)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request

from gateway.tokens.refusals import OAuthRefused

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 20
LONGEST = 16_384


@dataclass(frozen=True)
class TokenRequest:
    """What was asked of the token endpoint."""

    fields: dict[str, str]
    client_id: str | None
    client_secret: str | None

    def require(self, name: str) -> str:
        value = self.fields.get(name)
        if not value:
            raise OAuthRefused("invalid_request", f"{name} is missing.")
        return value


async def read_form(request: Request) -> TokenRequest:
    """The request, or OAuthRefused: another content type, a repeated parameter, two ways of authentication at once."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthRefused("invalid_request", f"Send the parameters as {FORM}.")
    body = await request.body()
    if len(body) > LONGEST:
        raise OAuthRefused("invalid_request", f"A token request takes at most {LONGEST} bytes.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise OAuthRefused("invalid_request", "The form cannot be read.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise OAuthRefused("invalid_request", "A parameter was sent twice.")
    found = _with_client(fields, getattr(request.state, "client_authorization", None))
    if any("\0" in value for value in (*fields.values(), found.client_id or "", found.client_secret or "")):
        raise OAuthRefused("invalid_request", "A parameter holds the character U+0000.")
    return found


def _with_client(fields: dict[str, str], header: str | None) -> TokenRequest:
    if header is None:
        return TokenRequest(fields, fields.get("client_id"), fields.get("client_secret"))
    if "client_secret" in fields:
        raise OAuthRefused("invalid_request", "Send the client's secret in the header or in the form, not in both.")
    kind, _, encoded = header.partition(" ")
    try:
        if kind.lower() != "basic":
            raise ValueError("not Basic")
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise OAuthRefused("invalid_client", "The Authorization header holds no client credentials.") from error
    if not colon or fields.get("client_id", unquote_plus(client_id)) != unquote_plus(client_id):
        raise OAuthRefused("invalid_client", "The Authorization header and the form name different clients.")
    return TokenRequest(fields, unquote_plus(client_id), unquote_plus(secret))
