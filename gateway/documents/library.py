"""Everything there is to read, made once and kept as bytes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import anyio.to_thread
import orjson
from fastapi import FastAPI, Request, Response

from gateway.documents import explanations, html
from gateway.documents.openapi import merge
from gateway.documents.reference import reference
from shared.errors import NotFound

HTML_HEADERS = {"Content-Security-Policy": html.POLICY, "Content-Language": "en"}


OPEN_TO_ALL = (
    ("/v1/actors", "?q=tijuana", "Find a government", "By name, with or without accents."),
    ("/v1/register", "", "The public register", "Agreements that are, or were, in force, with their texts."),
    ("/v1/rulebooks", "", "The rulebooks", "Which rules the platform reads, each with its citation."),
)


@dataclass(frozen=True)
class Text:
    """A finished document and its ETag."""

    content: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> "Text":
        return cls(content, media_type, f'"{hashlib.blake2b(content, digest_size=8).hexdigest()}"')


@dataclass
class Library:
    """The documents of one gateway. Making them takes a moment, so it happens in a thread and when first asked for."""

    parts: Mapping[str, FastAPI]
    server: str
    _pages: dict[str, Text] = field(default_factory=dict)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The merged API document."""
        return merge({name: part.openapi() for name, part in self.parts.items()}, server=self.server, version=_version())

    @cached_property
    def problems(self) -> dict[str, explanations.Explanation]:
        return explanations.explanations(self.document)

    async def answer(self, request: Request, name: str, make: Callable[[], str | bytes]) -> Response:
        """The document of this name, or 304 when the reader has it already."""
        if name not in self._pages:
            made = await anyio.to_thread.run_sync(make)
            self._pages[name] = Text.of(made, "application/json") if isinstance(made, bytes) else Text.of(made.encode(), "text/html; charset=utf-8")
        text = self._pages[name]
        headers = {"ETag": text.etag, "Cache-Control": "public, max-age=60", **(HTML_HEADERS if text.media_type.startswith("text/html") else {})}
        if text.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(text.content, media_type=text.media_type, headers=headers)

    def openapi(self) -> bytes:
        return orjson.dumps(self.document)

    def reference(self) -> str:
        return reference(self.document)

    def problem_index(self) -> str:
        return explanations.index(self.problems.values())

    def problem(self, code: str) -> str:
        """The page of a problem; NotFound for a code that nothing uses."""
        kind = self.problems.get(code)
        if kind is None:
            raise NotFound("No problem has this code; all of them are listed at /problems.")
        return explanations.explain(kind)

    def landing(self) -> str:
        """`/`."""
        lead = (
            "Cities, counties, states and networks conduct their own international relations. Comity gives them and their national governments "
            "one place: who is who, what they have agreed, and what they need to know and ask."
        )
        rows = [
            (html.link("/docs", "The API"), "Every operation with its scope, parameters, answers and an example."),
            (html.link("/openapi.json", "OpenAPI 3.1 document"), "The same for programs."),
            (html.link("/problems", "Problems"), "What each kind of error means and what to do."),
            (html.link("/.well-known/jwks.json", "Keys"), "The public keys that access tokens are signed with."),
            (html.link("/readyz", "Readiness"), "Whether every part of the platform answers."),
        ]
        open_to_all = [(html.link(path + query, label), text) for path, query, label, text in OPEN_TO_ALL if path in self.document["paths"]]
        look = html.section("look", "Open to everyone", html.table(("", ""), open_to_all)) if open_to_all else ""
        return html.page("Comity", html.section("read", "To read", html.table(("", ""), rows)), look, lead=lead)


def _version() -> str:
    try:
        return version("comity")
    except PackageNotFoundError:
        return "0"
