"""What problem documents say in Spanish and French. English stands in the code; `es.json` and `fr.json` follow it, held by a test.

A file has three parts: `problems` by code, `sentences` by their English text, `validation` by Pydantic's type of error. A sentence
with values in it is written as a `Sentence`, so that its template is known; one without is found by its text. What is found in no
file, such as how one part of the platform failed another, stays English.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import orjson

from shared.errors import Problem
from shared.languages import SPOKEN, Language

MEMBER = re.compile(r"""<\w+\.\w+: ('[^']*'|"[^"]*")>""")


@dataclass(frozen=True)
class Translation:
    """One language beside English."""

    problems: Mapping[str, Mapping[str, str]]
    sentences: Mapping[str, str]
    validation: Mapping[str, str]


def load(language: str) -> Translation:
    """The file of a language. One that lacks a part raises here."""
    return Translation(**orjson.loads((resources.files("shared.translations") / f"{language}.json").read_bytes()))


TRANSLATIONS: dict[str, Translation] = {language: load(language) for language in SPOKEN if language != "en"}


class Sentence(str):
    """An English text made of a template and values, which can be said in another language."""

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> "Sentence":
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made

    def said(self, language: Language) -> str:
        """In this language; in English where the language lacks the sentence."""
        template = self._template(TRANSLATIONS[language])
        if template is None:
            return str(self)
        values = {name: said(value if isinstance(value, str) else str(value), language) for name, value in self.values.items()}
        if "expected" in values:  # Pydantic's choices, 'a', 'b' or 'c', are English in one place only
            values["expected"] = values["expected"].replace("' or '", "', '")
        try:
            return template.format(**values)
        except KeyError:  # another release of Pydantic hands out other values: its own English is better than a failure
            return str(self)

    def _template(self, translation: Translation) -> str | None:
        return translation.sentences.get(self.template)


PATTERNS: dict[str, str] = {}  # what is said of a value that does not fit a pattern, where that is more than the pattern: `schemas.code`


class Complaint(Sentence):
    """What is wrong with a value, in the form of Pydantic's errors: its own English, and ours in the other languages."""

    def __new__(cls, error: Mapping[str, Any], /) -> "Complaint":
        worded = PATTERNS.get(error.get("ctx", {}).get("pattern", ""))
        if worded is not None:
            made = str.__new__(cls, worded)
            made.template, made.values = worded, {}
            return made
        made = str.__new__(cls, _values_of_members(error["msg"].removeprefix("Value error, ")))  # Pydantic's note of how our sentence reached it
        said_with = error.get("ctx", {}).items()
        made.template = error["type"]
        made.values = {name: _values_of_members(value) if name == "expected" else _sentence(value) for name, value in said_with}
        return made

    def _template(self, translation: Translation) -> str | None:
        return translation.validation.get(self.template) or translation.sentences.get(str(self))


class Unparsed(Sentence):
    """From where on a text is no JSON. Why, its parser says in English only."""

    def __new__(cls, why: str, position: int, /) -> "Unparsed":
        made = str.__new__(cls, f"The body is not valid JSON from character {position + 1} on: {why}.")
        made.template, made.values = "The body is not valid JSON from character {position} on.", {"position": position + 1}
        return made


def _values_of_members(text: str) -> str:
    """Of a choice among some members of an enumeration Pydantic writes how Python shows them; who sends a request knows their values."""
    return MEMBER.sub(r"\1", text)


def _sentence(value: Any) -> Any:
    """A validator's own sentence, which Pydantic hands on inside the exception."""
    return value.args[0] if isinstance(value, Exception) and value.args and isinstance(value.args[0], Sentence) else value


def said(text: str, language: Language) -> str:
    """A text in this language; as it is when nobody has translated it."""
    if language == "en":
        return text
    return text.said(language) if isinstance(text, Sentence) else TRANSLATIONS[language].sentences.get(text, text)


def in_each_language(text: str) -> dict[Language, str]:
    """A text for whoever reads it later, whose language is not known yet."""
    return {language: said(text, language) for language in SPOKEN.values()}


def title(problem: type[Problem], language: Language) -> str:
    """The problem's title."""
    return problem.title if language == "en" else TRANSLATIONS[language].problems.get(problem.code, {}).get("title", problem.title)


def mend(problem: type[Problem], language: Language) -> str | None:
    """The problem's own advice, which it may have from the problem that it is a kind of."""
    if language == "en" or problem.mend is None:
        return problem.mend
    owner = next(kind for kind in problem.__mro__ if issubclass(kind, Problem) and "mend" in vars(kind))
    return TRANSLATIONS[language].problems.get(owner.code, {}).get("mend", problem.mend)


def detail(problem: Problem, language: Language) -> str | None:
    """What this problem says: its kind's advice, or what the place that raised it wrote."""
    if problem.detail is None or problem.detail == problem.mend:
        return mend(type(problem), language)
    return said(problem.detail, language)
