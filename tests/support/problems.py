"""Problem documents in tests: whole outcome, not just the status."""

from typing import Any

import httpx

from shared.errors import Problem
from shared.languages import spoken
from shared.translations import title


def assert_problem(answer: httpx.Response, error: type[Problem], **members: Any) -> dict[str, Any]:
    """The answer is this problem, as RFC 9457, with a request id and these members."""
    assert answer.status_code == error.status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{error.code}", body
    assert body["title"] == title(error, spoken([answer.headers["content-language"]]))
    assert body["status"] == error.status
    assert body["request_id"]
    for name, value in members.items():
        assert body[name] == value, body
    return body
