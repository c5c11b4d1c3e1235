"""Problems as states. An error class says its status, code and title; an instance says what happened and how to mend it."""

from typing import Any, ClassVar


class Problem(Exception):
    """An RFC 9457 problem. `detail` is for people, `members` become extension members of the document."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "The service failed to answer."
    headers: ClassVar[dict[str, str]] = {}
    mend: ClassVar[str | None] = None  # what to do about it, when the place that raises has nothing more exact to say

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.mend
        self.members = members


class Invalid(Problem):
    """422: understood, but not acceptable; `errors` carries JSON pointers."""

    status, code, title = 422, "invalid", "The request is not valid."


class BadRequest(Problem):
    status, code, title = 400, "bad_request", "The request could not be read."


class Unauthorized(Problem):
    status, code, title = 401, "unauthorized", "A valid access token is needed."
    mend = "Get a token at /v1/session (people) or /oauth/token (machines) and send it as: Authorization: Bearer <token>."
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer realm="comity"'}


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "Your role does not allow this."


class NotFound(Problem):
    status, code, title = 404, "not_found", "There is nothing here that you may see."
    mend = "Check the id. What your token may not see does not exist for it."


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", "This resource does not take this method."


class Conflict(Problem):
    status, code, title = 409, "conflict", "The request conflicts with the present state."


class Gone(Problem):
    status, code, title = 410, "gone", "This is no longer available."


class PreconditionFailed(Problem):
    status, code, title = 412, "precondition_failed", "The record has changed since you read it."


class PreconditionRequired(Problem):
    status, code, title = 428, "precondition_required", "Send If-Match with the ETag you read."


class TooLarge(Problem):
    status, code, title = 413, "too_large", "The body is larger than this resource takes."


class UnsupportedMedia(Problem):
    status, code, title = 415, "unsupported_media_type", "This resource does not take this content type."


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "The service cannot answer just now."
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class TookTooLong(Unavailable):
    status, code, title = 503, "took_too_long", "The answer takes longer to find than is waited for it."
    mend = "Ask for less: narrow the filters, and leave out what counts all matches."


class CursorInvalid(Invalid):
    status, code, title = 422, "cursor_invalid", "The cursor is not one this list gave out for these filters."


class KeyReused(Invalid):
    status, code, title = 422, "idempotency_key_reused", "This Idempotency-Key was used for another request."


class KeyInFlight(Conflict):
    status, code, title = 409, "idempotency_key_in_flight", "A request with this Idempotency-Key is still running."
    mend = "Wait for the first request to end, then send it again with the same key: you will get its answer."


class FeedPositionUnknown(Gone):
    status, code, title = 410, "feed_position_unknown", "The feed does not know this position."


class DirectoryBehind(Unavailable):
    status, code, title = 503, "directory_behind", "The directory has not applied the named event yet."


def catalogue(base: type[Problem] = Problem) -> dict[str, type[Problem]]:
    """Every error class by code; two classes with one code is a mistake of the code base."""
    found: dict[str, type[Problem]] = {}
    waiting = [base]
    while waiting:
        error = waiting.pop()
        waiting.extend(error.__subclasses__())
        if found.setdefault(error.code, error) is not error and "code" in vars(error):
            raise TypeError(f"{error.__qualname__} and {found[error.code].__qualname__} share the code {error.code}")
    return found
