"""A flag needs a ground. Where an actor is from is none: a reason of nothing but that is refused.

A reason is read word by word, without case and accents. Words that only carry the sentence, words that speak of nationality, and words
that name a nation or its people are left out; of what is left there must be something. They are whole words: `nations.txt` has them, and
the registry's own nations add their names. The rule is generous to people who say what was done, in any language, and cannot be talked
around by naming the country another way. It does not judge the ground.
"""

from collections.abc import Iterable, Iterator
from importlib import resources

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
    "their theirs his her hers him them our us your my me i you has have had having do does did been being am not no there here these those such so if than "
    "then also even since due all both some any other same simply merely mere purely alone "
    "comes come coming came hails based located situated registered incorporated headquartered domiciled established lives live living resides "
    "el la los las un una unos unas y o de del en es son ser fue por que porque esto esta este con se su sus solo le les viene vienen basada ubicada "
    "ubicado suyo suya suyos suyas nuestro nuestra nuestros nuestras mi mis tiene tienen tener tenia ha han he hay siendo era eran fueron al a e no ni muy "
    "eso esa ese esas esos estas estos ella ellos ellas cual quien quienes que lo todo toda todos todas debido causa simplemente unicamente meramente "
    "radicada radicado domiciliada domiciliado registrada registrado procede proceden "
    "des du au aux et ou est sont etre car ce cette ces c l d avec pour dans il elle ils elles son sa ses seulement vient viennent base situe situee "
    "le un une leur leurs notre nos votre vos mon ma mes a ont avoir avait avaient etait etaient etant par sur en ne pas n qu que qui dont lequel laquelle "
    "tout toute tous toutes tres simplement uniquement purement juste raison cause parce y meme s j nous vous je ceci cela domicilie domiciliee enregistree"
)
OF_ANYBODY = _words(
    "actor association body entity office institution city town state county company firm person people government organisation organization "
    "counterpart partner side associations bodies entities offices institutions cities towns companies firms persons governments organisations organizations "
    "group groups man men woman women business businesses university embassy consulate delegation "
    "asociacion entidad organizacion organismo oficina institucion ciudad empresa persona gobierno estado contraparte "
    "asociaciones entidades organizaciones organismos oficinas instituciones ciudades empresas personas gobiernos compania grupo "
    "municipio universidad embajada "
    "entite bureau ville entreprise personne gouvernement etat partie organisme "
    "entites bureaux villes municipalite entreprises personnes gouvernements societe groupe universite ambassade gens homme femme"
)
OF_NATIONALITY = _words(
    "nation national nationals nationality nationalities citizen citizens citizenship country countries foreign foreigner foreigners origin origins "
    "passport passports ethnic ethnicity ethnically race racial born abroad overseas native natives descent heritage ancestry homeland roots "
    "immigrant immigrants migrant migrants expatriate expatriates alien aliens non outsider outsiders speaking "
    "nacion nacional nacionales nacionalidad ciudadano ciudadana ciudadania pais paises extranjero extranjera extranjeros origen pasaporte etnia raza "
    "estados ciudadanos ciudadanas nacionalidades oriundo oriunda natural ascendencia inmigrante inmigrantes migrantes nacido nacida "
    "nationale nationaux nationalite citoyen citoyenne citoyennete pays etranger etrangere etrangers origine passeport ethnie "
    "nationalites ressortissant ressortissante ressortissants originaire originaires race ascendance immigre immigres immigree ne nee nes"
)


def _named(text: str) -> Iterator[str]:
    """The words of the file of nations, each folded."""
    for line in text.splitlines():
        if not line.startswith("#"):
            for entry in line.split():
                stem, *endings = entry.split("|")
                yield from folded(" ".join([stem, *(stem + ending for ending in endings)])).split()


OF_NATIONS = frozenset(_named((resources.files("services.registry.diligence") / "nations.txt").read_text("utf-8")))
SAYS_NOTHING = CARRYING | OF_ANYBODY | OF_NATIONALITY | OF_NATIONS


def has_ground(reason: str, countries: Iterable[str] = ()) -> bool:
    """Whether the reason says anything beyond where somebody is from. `countries` are more folded names and codes of nations."""
    words = {word for name in countries for word in name.split()}
    return any(not word.isdigit() and word not in SAYS_NOTHING and word not in words for word in folded(reason).split())


async def require_ground(work: Work, reason: str) -> None:
    """FlagOnNationality for a reason that names nothing but nations and nationality."""
    if not has_ground(reason, await nations(work)):
        raise FlagOnNationality(errors=[{"in": "body", "pointer": "/reason", "detail": "names no ground but a nationality"}])


async def nations(work: Work) -> list[str]:
    """The folded names of the nations that the registry knows, in every language it has, and their codes."""
    named = select(ActorName.folded).join(Actor, Actor.id == ActorName.actor_id).where(Actor.kind == ActorKind.nation)
    codes = select(Actor.country).where(Actor.kind == ActorKind.nation, Actor.country.is_not(None))
    return [*(await work.execute(named)).scalars(), *(folded(code) for code in (await work.execute(codes)).scalars())]
