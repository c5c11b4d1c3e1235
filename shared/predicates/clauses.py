"""The clauses of a predicate as Pydantic models, a closed union on `op`, and the bounds they keep."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from shared.predicates.terms import FactType, PredicateRefused, Problem, Relation, Scalar, json_pointer, kind_of

MAX_DEPTH = 12
MAX_CLAUSES = 200
MAX_VALUES = 500
EXACT = 2**53
"""Beyond it a double precision number no longer holds every integer, and PostgreSQL and Python would differ."""

FactName = Annotated[str, Field(max_length=100, pattern=r"^[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)*$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Place = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
Text = Annotated[str, Field(strict=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Int = Annotated[StrictInt, Field(ge=-EXACT, le=EXACT)]
_Float = Annotated[StrictFloat, Field(ge=-EXACT, le=EXACT, allow_inf_nan=False)]


def _tag(value: object) -> str | None:
    return type(value).__name__ if isinstance(value, bool | int | float | str) else None


Literally = Annotated[
    Annotated[StrictBool, Tag("bool")] | Annotated[_Int, Tag("int")] | Annotated[_Float, Tag("float")] | Annotated[Text, Tag("str")],
    Discriminator(_tag, custom_error_type="scalar", custom_error_message="Input should be a text, a number, true or false"),
]


class Clause(BaseModel):
    """What all clauses share: `label` says it in plain words, `citation` names its source."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    label: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    citation: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class _Group(Clause):
    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        predicate = cast("Predicate", self)
        if depth(predicate) > MAX_DEPTH:
            raise ValueError(f"clauses nest at most {MAX_DEPTH} deep")
        if sum(1 for _ in walk(predicate)) > MAX_CLAUSES:
            raise ValueError(f"a predicate has at most {MAX_CLAUSES} clauses")
        return self


class AllOf(_Group):
    """`{"op": "all", "of": [...]}`: every clause holds."""

    op: Literal["all"] = "all"
    of: Annotated[tuple["Predicate", ...], Field(min_length=1, max_length=MAX_CLAUSES)]


class AnyOf(_Group):
    """`{"op": "any", "of": [...]}`: at least one clause holds."""

    op: Literal["any"] = "any"
    of: Annotated[tuple["Predicate", ...], Field(min_length=1, max_length=MAX_CLAUSES)]


class Not(_Group):
    """`{"op": "not", "of": {...}}`: the clause does not hold."""

    op: Literal["not"] = "not"
    of: "Predicate"


class Compare(Clause):
    """`{"op": "compare", "fact": "population", "is": "ge", "value": 50000}`; only numbers have an order."""

    op: Literal["compare"] = "compare"
    fact: FactName
    is_: Literal["eq", "ne", "lt", "le", "gt", "ge"] = Field(alias="is")
    value: Literally

    @model_validator(mode="after")
    def _orders_numbers(self) -> Self:
        if Relation(self.is_).orders and kind_of(self.value) is not FactType.number:
            raise ValueError(f"'{self.is_}' compares numbers; texts and booleans take 'eq' or 'ne'")
        return self


class OneOf(Clause):
    """`{"op": "one_of", "fact": "kind", "values": ["state", "county"]}`; all texts or all numbers."""

    op: Literal["one_of"] = "one_of"
    fact: FactName
    values: Annotated[tuple[Literally, ...], Field(min_length=1, max_length=MAX_VALUES)]

    @model_validator(mode="after")
    def _is_of_one_type(self) -> Self:
        kinds = {kind_of(value) for value in self.values}
        if len(kinds) > 1 or FactType.boolean in kinds:
            raise ValueError("values are all texts or all numbers")
        return self


class Includes(Clause):
    """`{"op": "includes", "fact": "networks", "value": "c40"}`: the list fact has this element."""

    op: Literal["includes"] = "includes"
    fact: FactName
    value: Text


class Near(Clause):
    """`{"op": "near", "country": "MX", "within_m": 100000}`: reads the number `border_m.MX`, metres to that border."""

    op: Literal["near"] = "near"
    country: Country
    within_m: Annotated[StrictInt, Field(ge=0, le=20_100_000)]


class Within(Clause):
    """`{"op": "within", "place": "US-TX"}`: an ISO 3166-1 or 3166-2 code.

    Reads `country`, and `subdivision` too for a subdivision: where that is not known, another country still decides.
    """

    op: Literal["within"] = "within"
    place: Place


Group = AllOf | AnyOf | Not
Leaf = Compare | OneOf | Includes | Near | Within
Predicate = Annotated[AllOf | AnyOf | Not | Compare | OneOf | Includes | Near | Within, Field(discriminator="op")]
for _model in (AllOf, AnyOf, Not):
    _model.model_rebuild()
_predicates: TypeAdapter[Predicate] = TypeAdapter(Predicate)


@dataclass(frozen=True, slots=True)
class Test:
    """One question to one fact; `value` is a tuple for `one_of`."""

    fact: str
    kind: FactType
    relation: Relation
    value: Scalar | tuple[Scalar, ...]


def tests_of(leaf: Leaf) -> tuple[Test, ...]:
    """The questions behind a leaf, all of which have to hold: two for a subdivision (its country first), else one."""
    match leaf:
        case Compare():
            return (Test(leaf.fact, _kind(leaf.value), Relation(leaf.is_), leaf.value),)
        case OneOf():
            return (Test(leaf.fact, _kind(leaf.values[0]), Relation.one_of, leaf.values),)
        case Includes():
            return (Test(leaf.fact, FactType.texts, Relation.includes, leaf.value),)
        case Near():
            return (Test(f"border_m.{leaf.country}", FactType.number, Relation.le, leaf.within_m),)
        case Within():
            country = Test("country", FactType.text, Relation.eq, leaf.place[:2])
            return (country, Test("subdivision", FactType.text, Relation.eq, leaf.place)) if len(leaf.place) > 2 else (country,)


def _kind(value: Scalar) -> FactType:
    kind = kind_of(value)
    assert kind is not None, "the models admit scalars only"
    return kind


def walk(predicate: Predicate, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Predicate]]:
    """Every clause with its path, parents first."""
    yield path, predicate
    match predicate:
        case AllOf() | AnyOf():
            for position, clause in enumerate(predicate.of):
                yield from walk(clause, (*path, "of", position))
        case Not():
            yield from walk(predicate.of, (*path, "of"))
        case _:
            pass


def depth(predicate: Predicate) -> int:
    """Levels of clauses: 1 for a leaf."""
    match predicate:
        case AllOf() | AnyOf():
            return 1 + max(depth(clause) for clause in predicate.of)
        case Not():
            return 1 + depth(predicate.of)
        case _:
            return 1


def read_predicate(document: object) -> Predicate:
    """The predicate of a decoded JSON document; raises `PredicateRefused` with a pointer for each problem."""
    try:
        return _predicates.validate_python(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        problems = [
            Problem(json_pointer(_path(document, each["loc"], each["type"])), each["type"], each["msg"].removeprefix("Value error, ")) for each in found
        ]
        raise PredicateRefused(problem for problem in problems if not _echoes(problem, problems)) from error


def _echoes(problem: Problem, problems: list[Problem]) -> bool:
    """Pydantic also calls a list too short because its refused elements do not count."""
    return problem.code == "too_short" and any(other.pointer.startswith(f"{problem.pointer}/") for other in problems)


def _path(document: object, location: tuple[str | int, ...], code: str) -> Iterator[str | int]:
    """Pydantic's location without the names of union members, which are no part of the document."""
    here = document
    for position, part in enumerate(location):
        inner = _inside(here, part)
        if inner is not None:
            here = inner[0]
        elif code != "missing" or position < len(location) - 1:
            continue
        yield part


def _inside(document: object, part: str | int) -> tuple[object] | None:
    """What a document has at a key or position, in a tuple, as null is something; None if it has nothing there."""
    if isinstance(document, dict) and part in document:
        return (document[part],)
    if isinstance(document, list | tuple) and isinstance(part, int) and part < len(document):
        return (document[part],)
    return None
