"""The types of ties: one table of data, from which the database's constraint, the answers and the sleep of ties follow.

The first four are partnerships of two equals and fall asleep when nobody meets any more. A membership and an office are facts of a list
or of a statute: they last until somebody says otherwise. Sources: sistercities.org and city councils' papers on sister and friendship
cities; Wikidata P190 on twinning; the lists of C40, ICLEI and of border commissions on memberships and counterparts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class TieType(StrEnum):
    sister_city = "sister_city"
    friendship_city = "friendship_city"
    twinning = "twinning"
    cooperation = "cooperation"
    counterpart = "counterpart"
    network_membership = "network_membership"
    commission_membership = "commission_membership"
    office_of = "office_of"


Words = Mapping[str, str]


@dataclass(frozen=True)
class TypeOfTie:
    """What a type means. `forward` is said of the actor at `from` about the one at `to`, `backward` the other way round."""

    label: Words
    forward: Words
    backward: Words
    symmetric: bool
    sleeps: bool


def _mutual(label: Words, said: Words, *, sleeps: bool = True) -> TypeOfTie:
    return TypeOfTie(label, said, said, symmetric=True, sleeps=sleeps)


TYPES: Mapping[TieType, TypeOfTie] = {
    TieType.sister_city: _mutual(
        {"en": "Sister city", "es": "Ciudad hermana", "fr": "Ville sœur"},
        {"en": "is a sister city of", "es": "es ciudad hermana de", "fr": "est ville sœur de"},
    ),
    TieType.friendship_city: _mutual(
        {"en": "Friendship city", "es": "Ciudad amiga", "fr": "Ville amie"},
        {"en": "is a friendship city of", "es": "es ciudad amiga de", "fr": "est ville amie de"},
    ),
    TieType.twinning: _mutual(
        {"en": "Twinning", "es": "Hermanamiento", "fr": "Jumelage"},
        {"en": "is twinned with", "es": "está hermanada con", "fr": "est jumelée avec"},
    ),
    TieType.cooperation: _mutual(
        {"en": "Cooperation", "es": "Cooperación", "fr": "Coopération"},
        {"en": "cooperates with", "es": "coopera con", "fr": "coopère avec"},
    ),
    TieType.counterpart: _mutual(
        {"en": "Counterpart", "es": "Contraparte", "fr": "Homologue"},
        {"en": "is the counterpart of", "es": "es contraparte de", "fr": "est l'homologue de"},
        sleeps=False,
    ),
    TieType.network_membership: TypeOfTie(
        {"en": "Network membership", "es": "Pertenencia a una red", "fr": "Adhésion à un réseau"},
        {"en": "is a member of", "es": "es miembro de", "fr": "est membre de"},
        {"en": "has the member", "es": "tiene como miembro a", "fr": "a pour membre"},
        symmetric=False,
        sleeps=False,
    ),
    TieType.commission_membership: TypeOfTie(
        {"en": "Commission membership", "es": "Pertenencia a una comisión", "fr": "Participation à une commission"},
        {"en": "sits on", "es": "forma parte de", "fr": "siège à"},
        {"en": "has the member", "es": "tiene como miembro a", "fr": "a pour membre"},
        symmetric=False,
        sleeps=False,
    ),
    TieType.office_of: TypeOfTie(
        {"en": "Office", "es": "Oficina", "fr": "Bureau"},
        {"en": "is an office of", "es": "es una oficina de", "fr": "est un bureau de"},
        {"en": "has the office", "es": "tiene la oficina", "fr": "a pour bureau"},
        symmetric=False,
        sleeps=False,
    ),
}
SYMMETRIC = tuple(kind for kind, meaning in TYPES.items() if meaning.symmetric)
SLEEPING = tuple(kind for kind, meaning in TYPES.items() if meaning.sleeps)


def listed(kinds: tuple[TieType, ...]) -> str:
    """The types as a list of SQL texts, for constraints and statements that are written once."""
    return ", ".join(f"'{kind.value}'" for kind in kinds)
