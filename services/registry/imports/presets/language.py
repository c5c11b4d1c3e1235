"""What a preset's file may say, and how its choices are read from a row of the source."""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.registry.imports.faults import BadCell
from services.registry.imports.shapes import SHAPES, Makes

Cells = Sequence[str]
Give = Callable[[Cells], str]
FORMATTER = string.Formatter()
ANY = "*"


class Condition(BaseModel):
    """What the cells of the source have to hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: dict[str, list[str]] = {}
    unless: dict[str, list[str]] = {}

    def holds(self, at: Mapping[str, int]) -> Callable[[Cells], bool] | None:
        """Whether the conditions hold; None without any."""
        wanted = [(at[name], frozenset(values)) for name, values in self.when.items()]
        barred = [(at[name], frozenset(values)) for name, values in self.unless.items()]
        if not wanted and not barred:
            return None

        def hold(cells: Cells) -> bool:
            return _all_hold(wanted, cells) and not (barred and _all_hold(barred, cells))

        return hold


class Split(BaseModel):
    """A column whose cell says several things; each makes a row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    by: str = Field(min_length=1)


class Choice(Condition):
    """One way to fill a cell of ours from the cells of the source."""

    source: str | None = Field(None, alias="from")
    text: str | None = None
    match: re.Pattern[str] | None = None
    map: dict[str, str] | None = None
    other: str | None = None
    upper: bool = False
    lower: bool = False
    before: str = ""

    @model_validator(mode="after")
    def consistent(self) -> Self:
        if (self.source is None) == (self.text is None):
            raise ValueError("a choice has either from or text")
        if self.other is not None and self.map is None:
            raise ValueError("other needs a map")
        if self.match is not None and self.match.groups != 1:
            raise ValueError("match has one group")
        return self

    def template(self) -> list[tuple[str, str | None]]:
        """Pieces of text, each with the column that follows it."""
        if self.source is not None:
            return [("", self.source)]
        return [(piece, name) for piece, name, _, _ in FORMATTER.parse(self.text or "")]

    def columns(self) -> list[str]:
        """The columns of the source that it looks at, those it takes before those it only asks."""
        return list(dict.fromkeys([*(name for _, name in self.template() if name), *self.when, *self.unless]))

    def gives(self, at: Mapping[str, int]) -> Give:
        """What it makes of a row whose columns stand at these positions; empty when it has nothing to say."""
        pieces = [(piece, None if name is None else at[name]) for piece, name in self.template()]

        def whole(cells: Cells) -> str:
            found = []
            for piece, position in pieces:
                found.append(piece)
                if position is not None:
                    if not cells[position]:
                        return ""
                    found.append(cells[position])
            return "".join(found)

        plain = at[self.source] if self.source is not None else None
        return self._refined(whole if plain is None else lambda cells: cells[plain])

    def _refined(self, give: Give) -> Give:
        if self.match is None and self.map is None and not (self.upper or self.lower or self.before):
            return give

        def refined(cells: Cells) -> str:
            value = give(cells)
            if value and self.match is not None:
                found = self.match.search(value)
                value = found[1] if found else ""
            if value and self.map is not None:
                value = self._mapped(value)
            value = value.upper() if self.upper else value.lower() if self.lower else value
            return f"{self.before}{value}" if value else ""

        return refined

    def _mapped(self, value: str) -> str:
        assert self.map is not None
        mapped = self.map.get(value, self.other)
        if mapped is None:
            raise BadCell("not_known_to_preset", value, offered=", ".join(sorted(self.map)))
        return mapped


def _all_hold(conditions: Sequence[tuple[int, frozenset[str]]], cells: Cells) -> bool:
    return all(cells[position] in values or (ANY in values and cells[position] != "") for position, values in conditions)


def _choices(given: object) -> object:
    return [{"text": given}] if isinstance(given, str) else [given] if isinstance(given, dict) else given


Choices = Annotated[list[Choice], BeforeValidator(_choices), Field(min_length=1)]


class Preset(BaseModel):
    """A preset as its file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    about: str
    source: str
    licence: str
    makes: Makes = Makes.actors
    shared: list[str] = []
    once: bool = False
    rows: Condition = Condition()
    each: Split | None = None
    fields: dict[str, Choices]

    @model_validator(mode="after")
    def known(self) -> Self:
        shape = SHAPES[self.makes]
        for title in self.fields:
            shape.column(title)
        missing = [title for title in shape.needed if title not in self.fields]
        if missing:
            raise ValueError(f"fields says nothing of {', '.join(missing)}")
        if self.makes is Makes.actors and self.each is not None:
            raise ValueError("each is for rows that name actors; an actor is a row of its own")
        if self.once and self.makes is not Makes.actors:
            raise ValueError("once is for actors; what else a file says twice is one already")
        return self

    def columns(self) -> list[str]:
        """The columns of the source that it needs."""
        told = [name for choices in self.fields.values() for choice in choices for name in choice.columns()]
        return list(dict.fromkeys([*told, *self.rows.when, *self.rows.unless, *([self.each.column] if self.each else [])]))
