"""A flag needs a ground. Where an actor is from is none: a reason of nothing but that is refused.

A reason is read word by word, without case and accents. Words that only carry the sentence, words that speak of nationality, and words
that are or begin like the name of a country are left out; of what is left there must be something. The rule is generous to people who
say what was done, in any language, and cannot be talked around by spelling the country another way. It does not judge the ground.
"""

from collections.abc import Iterable

from sqlalchemy import select

from services.registry.actors.models import Actor, ActorKind, ActorName
from services.registry.actors.words import folded
from services.registry.diligence.errors import FlagOnNationality
from shared.work import Work


def _words(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


# By language: words that carry a sentence, words for an organisation or a place whoever it is, words that speak of nationality.
CARRYING = _words(
    "a an the and or of from in is it its are be was were this that they he she we by to for on with at as because who which one only just very "
    "comes come based located situated "
    "el la los las un una unos unas y o de del en es son ser fue por que porque esto esta este con se su sus solo le les viene vienen basada ubicada "
    "ubicado "
    "des du au aux et ou est sont etre car ce cette ces c l d avec pour dans il elle ils elles son sa ses seulement vient viennent base situe situee"
)
OF_ANYBODY = _words(
    "actor association body entity office institution city town state county company firm person people government organisation organization "
    "counterpart partner side "
    "asociacion entidad organizacion organismo oficina institucion ciudad empresa persona gobierno estado contraparte "
    "entite bureau ville entreprise personne gouvernement etat partie organisme"
)
OF_NATIONALITY = _words(
    "nation national nationals nationality nationalities citizen citizens citizenship country countries foreign foreigner foreigners origin origins "
    "passport ethnic ethnicity race born abroad overseas native "
    "nacion nacional nacionales nacionalidad ciudadano ciudadana ciudadania pais paises extranjero extranjera extranjeros origen pasaporte etnia raza "
    "nationale nationaux nationalite citoyen citoyenne citoyennete pays etranger etrangere etrangers origine passeport ethnie"
)
SAYS_NOTHING = CARRYING | OF_ANYBODY | OF_NATIONALITY
STEM = 4  # letters by which a word is taken for one made from a country's name: "mexi", as in Mexican and mexicano


def has_ground(reason: str, countries: Iterable[str]) -> bool:
    """Whether the reason says anything beyond where somebody is from. `countries` are folded names and codes of nations."""
    words = {word for name in countries for word in name.split()}
    stems = {word[:STEM] for word in words if len(word) >= STEM}
    left = [word for word in folded(reason).split() if word not in SAYS_NOTHING]
    return any(not word.isdigit() and word not in words and word[:STEM] not in stems for word in left)


async def require_ground(work: Work, reason: str) -> None:
    """FlagOnNationality for a reason that names nothing but nations and nationality."""
    if not has_ground(reason, await nations(work)):
        raise FlagOnNationality(errors=[{"in": "body", "pointer": "/reason", "detail": "names no ground but a nationality"}])


async def nations(work: Work) -> list[str]:
    """The folded names of the nations that the registry knows, in every language it has, and their codes."""
    named = select(ActorName.folded).join(Actor, Actor.id == ActorName.actor_id).where(Actor.kind == ActorKind.nation)
    codes = select(Actor.country).where(Actor.kind == ActorKind.nation, Actor.country.is_not(None))
    return [*(await work.execute(named)).scalars(), *(folded(code) for code in (await work.execute(codes)).scalars())]
