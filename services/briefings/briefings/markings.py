"""TLP 2.0 (FIRST, https://www.first.org/tlp/): the labels, their order, and what each lets a recipient do.

Labels are written in capitals without spaces and never translated. GREEN leaves "community" to be defined by whoever uses
it; here it is the organisations registered on the platform.
"""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, SQLColumnExpression, Text, case, cast, func, literal_column, null
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.reading import CALLER_CLEARANCE


class Marking(StrEnum):
    """The five labels, lowest first."""

    clear = "TLP:CLEAR"
    green = "TLP:GREEN"
    amber = "TLP:AMBER"
    amber_strict = "TLP:AMBER+STRICT"
    red = "TLP:RED"

    @property
    def rank(self) -> int:
        """0 for CLEAR to 4 for RED."""
        return _ORDER.index(self)

    @property
    def needs_second_person(self) -> bool:
        """Author and releaser are different people for AMBER and above."""
        return self.rank >= Marking.amber.rank


_ORDER = list(Marking)

SHARING: dict[Marking, dict[str, str]] = {
    Marking.clear: {
        "en": "There is no limit on disclosure, subject to copyright.",
        "es": "Puede divulgarse sin límite, con sujeción a los derechos de autor.",
        "fr": "La diffusion n'est pas limitée, sous réserve du droit d'auteur.",
    },
    Marking.green: {
        "en": "Share within your community, the organisations registered on this platform, but not over publicly accessible channels.",
        "es": "Compártalo dentro de su comunidad, las organizaciones registradas en esta plataforma, pero no por canales de acceso público.",
        "fr": "Partagez au sein de votre communauté, les organisations inscrites sur cette plateforme, mais pas par des canaux accessibles au public.",
    },
    Marking.amber: {
        "en": "Share only on a need-to-know basis within your organisation and with its clients.",
        "es": "Compártalo únicamente según la necesidad de conocer, dentro de su organización y con los clientes de esta.",
        "fr": "Ne partagez que selon le besoin d'en connaître, au sein de votre organisation et avec ses clients.",
    },
    Marking.amber_strict: {
        "en": "Share only on a need-to-know basis within your organisation.",
        "es": "Compártalo únicamente según la necesidad de conocer, dentro de su organización.",
        "fr": "Ne partagez que selon le besoin d'en connaître, au sein de votre organisation.",
    },
    Marking.red: {
        "en": "For you alone: no further disclosure.",
        "es": "Solo para usted: no puede divulgarse.",
        "fr": "Pour vous seul : aucune divulgation.",
    },
}
"""What each label lets its reader do, in the wording of FIRST; wider sharing needs the source's explicit permission."""


def highest(markings: Iterable[Marking | None]) -> Marking | None:
    """The marking of a whole: the highest of its parts; None without parts, or while one of them is unmarked."""
    found = list(markings)
    marked = [marking for marking in found if marking is not None]
    return max(marked, key=lambda marking: marking.rank) if marked and len(marked) == len(found) else None


def _labels() -> ColumnElement[Any]:
    return literal_column("(ARRAY[" + ", ".join(f"'{label.value}'" for label in _ORDER) + "])", ARRAY(Text))


def cleared_sql(marking: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether the caller's clearance reaches a marking; null for what is not marked."""
    return func.array_position(_labels(), cast(marking, Text), type_=Integer) <= CALLER_CLEARANCE + 1


def highest_sql(marking: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """`highest` as an aggregate over a column of markings."""
    labels = _labels()
    top = func.max(func.array_position(labels, cast(marking, Text)), type_=Integer)
    return case((func.count() == func.count(marking), labels[top]), else_=null())


def sharing_sql() -> ColumnElement[Any]:
    """The rules of `SHARING` as a JSON constant: label to language to text."""
    document = json.dumps({label.value: texts for label, texts in SHARING.items()}, ensure_ascii=False).replace("'", "''")
    return literal_column(f"'{document}'::jsonb", JSONB)
