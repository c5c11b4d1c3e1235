"""Refusals of the token endpoint, in the format of RFC 6749 §5.2."""

from typing import ClassVar

import orjson
from fastapi import Response

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthRefused(Exception):
    """`error` is one of RFC 6749's codes; the status follows from it."""

    statuses: ClassVar[dict[str, int]] = {"invalid_client": 401, "temporarily_unavailable": 503}

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description

    def response(self) -> Response:
        status = self.statuses.get(self.error, 400)
        challenge = {"WWW-Authenticate": 'Basic realm="comity"'} if status == 401 else {}
        content = orjson.dumps({"error": self.error, "error_description": self.description})
        return Response(content, status_code=status, media_type="application/json", headers={**NO_STORE, **challenge})
