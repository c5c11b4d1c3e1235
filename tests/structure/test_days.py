"""No request names a day or an instant that the database would keep as an infinity: nobody who reads it could read that as a date."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, get_args, get_origin

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.pages import Page
from shared.schemas import FIRST_DAY, KEPT_DAY, KEPT_INSTANT, LAST_DAY, NO_DAY, NO_INSTANT, Day, Instant, Request
from shared.translations import TRANSLATIONS
from tests.structure.test_platform import ROUTES

KEPT = {date: KEPT_DAY, datetime: KEPT_INSTANT}


def leaves(annotation: Any, marks: tuple[Any, ...], seen: set[type]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The types that an annotation is made of, with the marks that stand around each."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from leaves(inner, (*marks, *more), seen)
    elif get_args(annotation):
        for inner in get_args(annotation):
            yield from leaves(inner, marks if type(None) in get_args(annotation) else (), seen)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            for field in annotation.model_fields.values():
                yield from leaves(field.annotation, tuple(field.metadata), seen)
    else:
        yield annotation, marks


def subclasses(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for kind in base.__subclasses__():
        yield kind
        yield from subclasses(kind)


def asked(route: APIRoute) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    dependant = route.dependant
    for field in (*dependant.path_params, *dependant.query_params, *dependant.header_params, *dependant.body_params):
        yield f"{route.path} {field.name}", field.field_info.annotation, tuple(field.field_info.metadata)


def everything_asked() -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    for routes in ROUTES.values():
        for route in routes:
            yield from asked(route)
    for base in (Request, Page):
        for kind in subclasses(base):
            if kind.__module__.startswith(("shared.", "services.", "gateway.")):
                yield kind.__name__, kind, ()


def test_every_day_and_instant_that_is_asked_for_is_one_that_can_be_kept() -> None:
    looked_at, bare = 0, set()
    for where, annotation, marks in everything_asked():
        seen: set[type] = set()
        for leaf, around in leaves(annotation, marks, seen):
            if leaf in KEPT:
                looked_at += 1
                if KEPT[leaf] not in around:
                    bare.add(where)
    assert looked_at > 100
    assert bare == set(), "these take date or datetime as they are: use Day or Instant"


@pytest.mark.parametrize("out", [date.min, date.max], ids=str)
def test_the_days_at_the_ends_are_refused_in_every_language(out: date) -> None:
    with pytest.raises(ValidationError, match=NO_DAY):
        TypeAdapter(Day).validate_python(out)
    with pytest.raises(ValidationError, match=NO_INSTANT):
        TypeAdapter(Instant).validate_python(datetime.combine(out, datetime.min.time(), UTC))
    assert all({NO_DAY, NO_INSTANT} <= set(translation.sentences) for translation in TRANSLATIONS.values())


@pytest.mark.parametrize("kept", [FIRST_DAY, LAST_DAY], ids=str)
def test_the_days_beside_the_ends_are_taken(kept: date) -> None:
    assert TypeAdapter(Day).validate_json(f'"{kept}"') == kept
    assert TypeAdapter(Instant).validate_json(f'"{kept}T00:00:00Z"').date() == kept
