"""What is kept for good names nobody: finding a name or an address in a text, and taking it out."""

import re
from collections.abc import Iterable

from services.registry.errors import ReasonNamesPerson

ERASED = "[erased]"


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these as whole words, whatever their case and the blanks between."""
    parts = [r"\s+".join(map(re.escape, word.split())) for word in words]
    return re.compile(r"(?<!\w)(?:" + "|".join(sorted(parts, key=len, reverse=True)) + r")(?!\w)", re.IGNORECASE)


def names(text: str | None, words: Iterable[str]) -> bool:
    """Whether the text has one of the words."""
    wanted = [word for word in words if word.strip()]
    return bool(text and wanted and _pattern(wanted).search(text))


def without(text: str, words: Iterable[str]) -> str:
    """The text with `[erased]` in their place."""
    wanted = [word for word in words if word.strip()]
    return _pattern(wanted).sub(ERASED, text) if wanted else text


def require_nameless(reason: str | None, *words: str | None) -> None:
    """ReasonNamesPerson when a reason, which nobody can take back, names the person it is about."""
    if names(reason, [word for word in words if word]):
        raise ReasonNamesPerson(errors=[{"in": "body", "pointer": "/reason", "detail": "names a person or an address"}])
