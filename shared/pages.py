"""Keyset pages. A cursor is the sort keys of the last row, signed together with the filters it belongs to."""

import base64
import hashlib
import hmac
import json
from enum import StrEnum
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import CursorInvalid

ItemT = TypeVar("ItemT")


class Page(BaseModel):
    """Filters and page in one model: a list route takes exactly one of these. Subclasses add filters, `sort` and `include`."""

    model_config = ConfigDict(extra="forbid")
    paging: ClassVar[frozenset[str]] = frozenset({"limit", "cursor", "count", "sort", "include", "facets"})

    limit: int = Field(50, ge=1, le=200, description="How many items at most.")
    cursor: str | None = Field(None, max_length=2_000, description="The `next` of the page before.")
    count: Literal["exact"] | None = Field(None, description="`exact` also counts every match.")

    def wanted(self) -> dict[str, Any]:
        """The filters that were set, by name."""
        return {name: value for name in type(self).model_fields if name not in self.paging and (value := getattr(self, name)) is not None}

    @classmethod
    def longest(cls) -> int:
        """The most items that a page may have."""
        return next(int(mark.le) for mark in cls.model_fields["limit"].metadata if hasattr(mark, "le"))

    def sorting(self) -> str | None:
        value = getattr(self, "sort", None)
        return value.value if isinstance(value, StrEnum) else value

    def parameters(self) -> dict[str, Any]:
        """The values of bind parameters that filters, sorts and fields name beside the filters' own."""
        return {}

    def faceted(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(item) for item in getattr(self, "facets", None) or ()))

    def included(self) -> frozenset[str]:
        return frozenset(str(item) for item in getattr(self, "include", None) or ())


class PageOf(BaseModel, Generic[ItemT]):
    """The shape of every list."""

    items: list[ItemT]
    next: str | None = Field(description="Cursor of the next page; null at the end.")
    total: int | None = Field(None, description="Exact number of matches; only with `count=exact`.")


class Cursors:
    """Signs and reads cursors with a key of the service's own database."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, keys: list[Any], page: Page) -> str:
        body = json.dumps(keys, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(body, page) + body).decode().rstrip("=")

    def read(self, page: Page, *, keys: int) -> list[Any] | None:
        if page.cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(page.cursor + "=" * (-len(page.cursor) % 4))
            signature, body = raw[:16], raw[16:]
            if not hmac.compare_digest(signature, self._sign(body, page)):
                raise ValueError("signature")
            values: list[Any] = json.loads(body)
        except ValueError as error:
            raise CursorInvalid(
                "Use the `next` of the page before, unchanged, with the same filters and sort; or start again without a cursor.",
                errors=[{"pointer": "/cursor", "detail": "is not a cursor of this list", "in": "query"}],
            ) from error
        if len(values) != keys:
            raise CursorInvalid("Start again without a cursor: this one is from an earlier release.")
        return values

    def _sign(self, body: bytes, page: Page) -> bytes:
        filters = json.dumps([type(page).__name__, page.sorting(), page.wanted()], sort_keys=True, default=str).encode()
        return hmac.digest(self._key, hashlib.sha256(filters).digest() + body, "sha256")[:16]
