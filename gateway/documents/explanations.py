"""`/problems/{code}`: what a kind of problem means, where it comes from and what to do about it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from gateway.documents import html
from gateway.documents.openapi import SHARED, operations
from shared import translations
from shared.errors import Problem, catalogue
from shared.languages import Language
from shared.problems import MEDIA_TYPE

Document = dict[str, Any]
NAMED = re.compile(r"`(?P<code>[a-z0-9_]+)`: (?P<title>.+?\.)(?= `|$)")
ADVICE = {
    400: "Correct the request; `detail` says what could not be read.",
    401: "Get an access token at `/v1/session` or `/oauth/token` and send it as `Authorization: Bearer …`.",
    403: "Ask the operator for a role that carries the scope that the problem names.",
    404: "Check the address. What you may not see is answered the same way as what does not exist.",
    405: "Use a method that the `Allow` header names.",
    409: "Read the present state again and decide anew; nothing of the request was applied.",
    410: "Start again from a point that is still there; `detail` says which.",
    412: "Read the record again, look at what changed, and repeat the change with the new `ETag`.",
    413: "Send less, or in parts; `limit` says how many bytes are taken.",
    415: "Send one of the content types that the operation documents.",
    422: "Correct what `errors` points to and send the request again.",
    428: "Read the record first and send its `ETag` as `If-Match`.",
    429: "Wait for as many seconds as `Retry-After` says.",
    500: "Try again later. If it stays, tell the operator the `request_id`: the failure is logged under it.",
    503: "Try again after `Retry-After`, with the same `Idempotency-Key` if there was one: nothing is half done.",
}
LANGUAGES: dict[Language, str] = {"en": "English", "es": "Español", "fr": "Français"}


@dataclass
class Explanation:
    """One kind of problem."""

    code: str
    title: str
    status: int
    problem: type[Problem] | None = None  # None for a kind that only a document names
    operations: list[tuple[str, str, str]] = field(default_factory=list)  # id, method, path


def explanations(document: Document) -> dict[str, Explanation]:
    """Every kind by code: those of this process and those that the services' documents name."""
    found = {code: Explanation(code, error.title, error.status, error) for code, error in catalogue().items()}
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if MEDIA_TYPE not in response.get("content", {}):
                continue
            for match in NAMED.finditer(response.get("description", "")):
                kind = found.setdefault(match["code"], Explanation(match["code"], match["title"], int(status)))
                kind.operations.append((operation["operationId"], method, path))
    return dict(sorted(found.items()))


def explain(kind: Explanation) -> str:
    """The page of one kind."""
    facts = html.table(
        ("", ""), [("status", html.code(kind.status)), ("type", html.code(f"/problems/{kind.code}")), ("document", "RFC 9457, " + html.code(MEDIA_TYPE))]
    )
    own = kind.problem.mend if kind.problem else None
    advice = html.prose(own or ADVICE.get(kind.status, "Read `detail` and `errors`."))
    parts = [facts, html.section("advice", "What to do", advice)]
    if kind.operations and kind.code not in {problem.code for problem in SHARED.values()}:
        rows = [(html.link(f"/docs#{identifier}", html.code(f"{method.upper()} {path}")),) for identifier, method, path in kind.operations]
        parts.append(html.section("operations", "Where it comes from", html.table(("operation",), rows)))
    else:
        parts.append(html.section("operations", "Where it comes from", html.prose("Any operation may answer with it.")))
    parts.append(_languages(kind))
    return html.page(kind.title, *parts, lead=f"`{kind.code}`")


def _languages(kind: Explanation) -> str:
    """Title and advice as readers of each language get them; the advice of the kind itself, where it has one."""
    if kind.problem is None:
        return ""
    rows = []
    for language, name in LANGUAGES.items():
        advice = translations.mend(kind.problem, language) or ""
        said = [name, translations.title(kind.problem, language), *([advice] if advice else [])]
        rows.append([f'<span lang="{language}">{html.inline(text)}</span>' for text in said])
    heads = ("", "title", "advice") if kind.problem.mend else ("", "title")
    return html.section("languages", "In three languages", html.table(heads, rows))


def index(kinds: Iterable[Explanation]) -> str:
    """The page of all kinds."""
    ordered = sorted(kinds, key=lambda kind: (kind.status, kind.code))
    rows = [(html.link(f"/problems/{kind.code}", html.code(kind.code)), html.code(kind.status), escape(kind.title)) for kind in ordered]
    lead = "Every error is an RFC 9457 problem document; its `type` leads to a page here. Match on `type`, show `detail` to people."
    return html.page("Problems", html.table(("code", "status", "title"), rows), lead=lead)
