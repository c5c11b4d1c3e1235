"""The facts an audience may ask about: those of a seat and of the government it belongs to, as the directory has them."""

from typing import Any

from sqlalchemy import SQLColumnExpression, Text, cast

from shared.directory import directory_actors as actors
from shared.directory import directory_seats as seats
from shared.predicates import Fact, FactType, Vocabulary


def _border(country: str) -> SQLColumnExpression[Any]:
    metres: SQLColumnExpression[Any] = actors.c.border_m[country].as_float()
    return metres


VOCABULARY = Vocabulary(
    {
        "role": Fact(FactType.text, lambda _: seats.c.role, names={"en": "the role of the seat", "es": "la función del cargo", "fr": "la fonction du poste"}),
        "kind": Fact(
            FactType.text,
            lambda _: actors.c.kind,
            names={"en": "the kind of government", "es": "el tipo de gobierno", "fr": "le type de gouvernement"},
        ),
        "country": Fact(FactType.text, lambda _: actors.c.country),
        "subdivision": Fact(FactType.text, lambda _: actors.c.subdivision),
        "population": Fact(FactType.number, lambda _: actors.c.population, names={"en": "the population", "es": "la población", "fr": "la population"}),
        "border_m.*": Fact(FactType.number, _border, members="[A-Z]{2}"),
        "actor_id": Fact(
            FactType.text,
            lambda _: cast(seats.c.actor_id, Text),
            names={"en": "the government's id", "es": "el identificador del gobierno", "fr": "l'identifiant du gouvernement"},
        ),
        "seat_id": Fact(
            FactType.text,
            lambda _: cast(seats.c.id, Text),
            names={"en": "the seat's id", "es": "el identificador del cargo", "fr": "l'identifiant du poste"},
        ),
    }
)
