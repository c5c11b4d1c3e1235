"""The languages of the platform, and those that a request asks for."""

import contextlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

Language = Literal["en", "es", "fr"]
SPOKEN: dict[str, Language] = {"en": "en", "es": "es", "fr": "fr"}
MOST_TAGS = 20


@lru_cache(maxsize=1_024)
def languages(header: str | None) -> tuple[str, ...]:
    """The languages of an Accept-Language header (RFC 9110), best first; English ends the list."""
    weighted: list[tuple[float, str]] = []
    for part in (header or "").split(",", MOST_TAGS)[:MOST_TAGS]:
        tag, _, quality = "".join(part.split()).lower().partition(";q=")
        with contextlib.suppress(ValueError):
            weighted.append((float(quality or 1), tag.partition("-")[0]))
    ranked = [tag for weight, tag in sorted(weighted, key=lambda item: -item[0]) if weight > 0 and tag.isalpha()]
    return tuple(dict.fromkeys([*ranked, "en"]))


def languages_of(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, ...]:
    """The same for the headers of an ASGI scope, where a list may stand in several lines."""
    return languages(",".join(value.decode("latin-1") for name, value in headers if name == b"accept-language"))


def spoken(wanted: Sequence[str]) -> Language:
    """The first wanted language that the platform speaks; English when it speaks none of them."""
    return next((SPOKEN[language] for language in wanted if language in SPOKEN), "en")
