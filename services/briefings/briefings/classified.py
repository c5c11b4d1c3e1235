"""Keeps classified text out: a conservative detector of classification markings.

It looks for the marks that classified text is required to carry (banner lines, portion marks, the authority block), not
for its content, and so refuses some harmless text rather than store a page that carries one. Unclassified marks such as
(U) and (U//FOUO) pass. It reports where it looked and what kind of mark it found, never the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

from pydantic import JsonValue

from services.briefings.errors import ClassifiedTextRefused
from shared.translations import Sentence


class Mark(StrEnum):
    """The kinds of marks."""

    banner = "a classification banner"
    portion = "a classification portion mark"
    authority = "a classification authority block"


_SLASHES = r"\s*/\s*/\s*"
_FOREIGN = r"NATO\s+(?:SECRET|CONFIDENTIAL|RESTRICTED)|COSMIC\s+TOP\s+SECRET|EU\s+(?:TOP\s+)?SECRET|EU\s+(?:CONFIDENTIAL|RESTRICTED)"
_LEVEL = r"(?:TOP[\s-]*SECRET|SECRET|CONFIDENTIAL)"
_PATTERNS: tuple[tuple[Mark, re.Pattern[str]], ...] = (
    (Mark.banner, re.compile(rf"(?<!\w){_LEVEL}{_SLASHES}\w", re.IGNORECASE)),
    (Mark.banner, re.compile(rf"(?<!\w){_LEVEL}\s*//")),
    (Mark.banner, re.compile(r"(?m)^[ \t*#_=-]*(?:TOP[ \t-]*SECRET|SECRET)[ \t*#_=-]*$")),
    (Mark.banner, re.compile(rf"(?<!\w)(?:{_FOREIGN})(?!\w)")),
    (Mark.portion, re.compile(rf"[(\[]\s*(?:TS|S|C){_SLASHES}[^()\[\]]{{1,80}}[)\]]", re.IGNORECASE)),
    (Mark.portion, re.compile(r"[(\[]\s*TS\s*[)\]]")),
    (Mark.portion, re.compile(r"(?m)^[ \t*#>.\d-]*[(\[]\s*S\s*[)\]](?=\s)")),
    (Mark.authority, re.compile(r"(?im)^[ \t*#>-]*(?:classified\s+by|declassify\s+on)\s*:")),
)
_OTHER_PORTION = re.compile(r"(?m)^[ \t*#>.\d-]*[(\[]\s*U(?:\s*//[^()\[\]]{1,80})?\s*[)\]]")
_CONFIDENTIAL_PORTION = re.compile(r"(?m)^[ \t*#>.\d-]*[(\[]\s*C\s*[)\]](?=\s)")


def mark_in(text: str) -> Mark | None:
    """The kind of classification mark a text carries, None if it carries none.

    A lone (C) at the start of a line counts only beside portion marks such as (U), since it also numbers lists and claims copyright.
    """
    plain = _plain(text)
    for mark, pattern in _PATTERNS:
        if pattern.search(plain):
            return mark
    return Mark.portion if _OTHER_PORTION.search(plain) and _CONFIDENTIAL_PORTION.search(plain) else None


def refuse_classified(document: JsonValue) -> None:
    """ClassifiedTextRefused with a pointer for each text of a document that carries a mark; keys are looked at as well."""
    found = [
        {"pointer": pointer, "detail": Sentence("carries {mark}", mark=mark.value)}
        for pointer, text in _texts(document, "")
        if (mark := mark_in(text)) is not None
    ]
    if found:
        raise ClassifiedTextRefused(
            "This platform carries unclassified text only, and nothing of this request was stored. Remove the marked text here and report it as your "
            "organisation's rules demand; to brief on classified matters, send an invitation to a briefing in person.",
            errors=found,
        )


def _plain(text: str) -> str:
    """Compatibility forms folded, line ends alike and invisible characters dropped, so that none of them hides a mark."""
    folded = "\n".join(unicodedata.normalize("NFKC", text).splitlines())
    return "".join(char for char in folded if unicodedata.category(char) != "Cf").replace("\u2215", "/").replace("\u2044", "/")


def _texts(document: JsonValue, pointer: str) -> Iterator[tuple[str, str]]:
    match document:
        case str():
            yield pointer, document
        case list():
            for position, item in enumerate(document):
                yield from _texts(item, f"{pointer}/{position}")
        case dict():
            for key, item in document.items():
                yield from _texts(item, f"{pointer}/{key}")
        case _:
            return
