"""The facts that rulebooks ask about: one party, its counterparts, and the instrument between them.

The registry knows what kind of body an actor is. Where a kind does not settle whether a body is an organ of government, the
fact is unknown, and so is what depends on it: nobody's route is guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.predicates import Fact, FactType, Truth, Vocabulary

GOVERNMENTAL = frozenset({"nation", "state", "county", "county_subdivision", "municipality", "indigenous_government", "agency"})
PRIVATE = "organisation"
VOCABULARY = Vocabulary(
    {
        "party.country": Fact(FactType.text, names={"en": "the party's country", "es": "el país de la parte", "fr": "le pays de la partie"}),
        "party.subdivision": Fact(
            FactType.text,
            names={"en": "the party's state or province", "es": "el estado o provincia de la parte", "fr": "l'État ou la province de la partie"},
        ),
        "party.kind": Fact(FactType.text, names={"en": "the party's kind", "es": "el tipo de la parte", "fr": "le type de la partie"}),
        "party.governmental": Fact(
            FactType.boolean,
            names={
                "en": "whether the party is an organ of government",
                "es": "si la parte es un órgano gubernamental",
                "fr": "si la partie est un organe gouvernemental",
            },
        ),
        "counterpart.kinds": Fact(
            FactType.texts, names={"en": "the counterparts' kinds", "es": "los tipos de las contrapartes", "fr": "les types des contreparties"}
        ),
        "counterpart.countries": Fact(
            FactType.texts, names={"en": "the counterparts' countries", "es": "los países de las contrapartes", "fr": "les pays des contreparties"}
        ),
        "counterpart.foreign": Fact(
            FactType.boolean,
            names={
                "en": "whether a counterpart is of another country",
                "es": "si alguna contraparte es de otro país",
                "fr": "si une contrepartie est d'un autre pays",
            },
        ),
        "counterpart.foreign_governmental": Fact(
            FactType.boolean,
            names={
                "en": "whether a counterpart is a foreign organ of government",
                "es": "si alguna contraparte es un órgano gubernamental extranjero",
                "fr": "si une contrepartie est un organe gouvernemental étranger",
            },
        ),
        "counterpart.international": Fact(
            FactType.boolean,
            names={
                "en": "whether a counterpart is an international organisation",
                "es": "si alguna contraparte es un organismo internacional",
                "fr": "si une contrepartie est une organisation internationale",
            },
        ),
        "instrument.kind": Fact(FactType.text, names={"en": "the kind of instrument", "es": "el tipo de instrumento", "fr": "le type d'instrument"}),
    }
)


@dataclass(frozen=True, slots=True)
class Side:
    """One party as the rules see it. None is what nobody knows; the last two settle what a kind leaves open."""

    country: str | None = None
    subdivision: str | None = None
    kind: str | None = None
    governmental: bool | None = None
    international: bool | None = None

    def is_governmental(self) -> bool | None:
        """Universities, offices, commissions and networks may or may not be organs of government: their kind does not say."""
        if self.governmental is not None or self.kind is None:
            return self.governmental
        if self.kind in GOVERNMENTAL:
            return True
        return False if self._is_private() else None

    def is_international(self) -> bool | None:
        """A government and a country's own association are none; the kind of another body does not say."""
        if self.international is not None or self.kind is None:
            return self.international
        return False if self.kind in GOVERNMENTAL or self._is_private() else None

    def _is_private(self) -> bool:
        return self.kind == PRIVATE and self.country is not None

    def is_foreign_to(self, other: "Side") -> bool | None:
        return None if self.country is None or other.country is None else self.country != other.country


def facts_of(party: Side, counterparts: Sequence[Side], instrument_kind: str | None) -> dict[str, Any]:
    """The facts of one party against its counterparts; None is unknown."""
    return {
        "party.country": party.country,
        "party.subdivision": party.subdivision,
        "party.kind": party.kind,
        "party.governmental": party.is_governmental(),
        "counterpart.kinds": _all_known(side.kind for side in counterparts),
        "counterpart.countries": _all_known(side.country for side in counterparts),
        "counterpart.foreign": _any(side.is_foreign_to(party) for side in counterparts),
        "counterpart.foreign_governmental": _any(_both(side.is_foreign_to(party), side.is_governmental()) for side in counterparts),
        "counterpart.international": _any(side.is_international() for side in counterparts),
        "instrument.kind": instrument_kind,
    }


def _all_known(values: Iterable[str | None]) -> list[str] | None:
    found = list(values)
    known = sorted({value for value in found if value is not None})
    return known if None not in found else None


def _truth(value: bool | None) -> Truth:
    return Truth.unknown if value is None else Truth.of(value)


def _known(value: Truth) -> bool | None:
    return None if value is Truth.unknown else value is Truth.true


def _any(values: Iterable[bool | None]) -> bool | None:
    return _known(Truth.any_of(_truth(value) for value in values))


def _both(one: bool | None, other: bool | None) -> bool | None:
    return _known(Truth.all_of((_truth(one), _truth(other))))
