"""Scores candidates and decides: a pure function of the example and what the registry has, with its reasons.

What the example says is compared, and a fact that the registry lacks is worth less than one that agrees. A name may have its place behind
it ("El Paso, TX"): where that is the candidate's, the name before it is compared and the place confirms it. What stands behind a comma is
read as nothing else where it leads to somebody in that subdivision: "Denver, CO" is not Denver County, and nobody outside of Colorado. An
unlike name is not made up for by a country that agrees; an equal identifier outweighs all else, and another value in the same scheme
speaks against. One candidate is a match when it reaches the threshold, no other comes near it, and it was not found by a former or
alternative name alone, which two places may share.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from services.registry.actors.models import ActorKind, NameKind
from services.registry.actors.phrases import in_parts, readings
from services.registry.actors.places import EARTH_M
from services.registry.matches.candidates import Candidate
from services.registry.matches.likeness import Name, likeness, name_of, of_kind
from services.registry.matches.schemas import Decision, Example, Feature

THRESHOLD = 0.85
MARGIN = 0.08
WEIGHTS = {
    Feature.identifier: 4.0,
    Feature.name: 1.0,
    Feature.country: 0.25,
    Feature.subdivision: 0.25,
    Feature.kind: 0.2,
    Feature.distance: 0.3,
    Feature.population: 0.1,
}
OTHER_IDENTIFIER = 1.0  # what another value in the same scheme weighs: records have several, and mistakes
# What a fact is worth that the example says and the registry lacks: by a margin less than one that agrees, of those that tell places apart.
ABSENT = 0.6
ITSELF = 0.5  # what a state is worth that is itself the place behind a name: "Puebla, Pue." is the city
HERE_KM, ELSEWHERE_KM = 5.0, 100.0
CONFIRMING = (Feature.identifier, Feature.subdivision, Feature.distance)


class Compared(NamedTuple):
    """One feature of both sides; see `schemas.FeatureRead`."""

    feature: Feature
    value: float
    weight: float
    asked: str
    found: str | None
    language: str | None = None
    name_kind: NameKind | None = None


class Scored(NamedTuple):
    candidate: Candidate
    score: float
    features: list[Compared]

    @property
    def by_another_name(self) -> bool:
        """It was found by a name that is not its preferred one, and nothing that tells places apart confirms it."""
        name = next((item for item in self.features if item.feature is Feature.name), None)
        if name is None or name.name_kind is NameKind.preferred:
            return False
        return not any(item.feature in CONFIRMING and item.value >= 0.5 for item in self.features)


class Way(NamedTuple):
    """One reading of a name: what is compared, the places behind it as words and as a code, and whether a comma stands before them.
    `meant` says that the first of these is the subdivision which is meant, and that whoever is elsewhere is not."""

    asked: Name
    behind: tuple[tuple[str, str], ...]
    told: bool
    meant: bool = False


def score(example: Example, candidate: Candidate, ways: Sequence[Way]) -> Scored:
    """The weighted mean of what could be compared. A place that is said twice counts once, but where the two disagree."""
    named = _name(example, candidate, ways)
    facts = _facts(example, candidate)
    said = {fact.feature for fact in facts}
    named = [feature for nth, feature in enumerate(named) if nth == 0 or feature.value == 0 or feature.feature not in said]
    features = [feature for feature in (_identifier(example, candidate), *named, *facts) if feature]
    mean = sum(feature.value * feature.weight for feature in features) / sum(feature.weight for feature in features)
    by_key = any(feature.feature is Feature.identifier and feature.value == 1 for feature in features)
    return Scored(candidate, round(mean if by_key or not named else min(mean, named[0].value), 4), features)


def ranked(example: Example, found: Sequence[Candidate]) -> list[Scored]:
    """The best first; of equals the more populous."""
    ways = _meant(example, found)
    return sorted((score(example, candidate, ways) for candidate in found), key=lambda one: (-one.score, -(one.candidate.population or -1), one.candidate.id))


def decide(scored: Sequence[Scored]) -> Decision:
    """Whether the first one is meant."""
    if not scored:
        return Decision.nothing_found
    if scored[0].score < THRESHOLD:
        return Decision.not_alike_enough
    if len(scored) > 1 and round(scored[0].score - scored[1].score, 4) < MARGIN:
        return Decision.several_alike
    return Decision.only_another_name if scored[0].by_another_name else Decision.clear


def _identifier(example: Example, candidate: Candidate) -> Compared | None:
    if not candidate.keys:
        return None
    asked = [f"{item.scheme}:{item.value}" for item in example.identifiers]
    equal = [key for key in asked if key in candidate.keys]
    weight = WEIGHTS[Feature.identifier] if equal else OTHER_IDENTIFIER
    said = equal[0] if equal else ", ".join(asked)
    return Compared(Feature.identifier, float(bool(equal)), weight, said, equal[0] if equal else ", ".join(candidate.keys))


@lru_cache(maxsize=4_096)
def _ways(name: str) -> tuple[Way, ...]:
    """Each reading of a name, the plain one first."""
    told = set(in_parts(name))
    found = []
    for reading in readings(name):
        behind = tuple((place, place.upper().replace(" ", "-")) for place in (reading.place, reading.land) if place is not None)
        found.append(Way(name_of(" ".join(reading.words)), behind, reading in told))
    return tuple(found)


def _meant(example: Example, found: Sequence[Candidate]) -> tuple[Way, ...]:
    """The readings whose commas lead to somebody in the subdivision they name, and the plain one if somebody is called so; without these every reading."""
    every = _ways(example.name) if example.name is not None else ()
    leading = tuple(way._replace(meant=True) for way in every if way.told and any(_leads(way, candidate) for candidate in found))
    whole = tuple(way for way in every[:1] if any(way.asked.folded in candidate.folded for candidate in found))
    return leading + whole if leading else every


def _leads(way: Way, candidate: Candidate) -> bool:
    return _in_subdivision(way, candidate) and _most_alike(way.asked, candidate)[0] >= THRESHOLD


def _in_subdivision(way: Way, candidate: Candidate) -> bool:
    places = _places(way.behind, candidate)
    return bool(places and places[0].feature is Feature.subdivision)


def _name(example: Example, candidate: Candidate, ways: Sequence[Way]) -> list[Compared]:
    """The name in the reading that fits best, and behind it the places of that reading; nothing without a name."""
    found: list[Compared] = []
    for way in ways:
        places = _places(way.behind, candidate)
        if way.meant and not _in_subdivision(way, candidate):
            places = [Compared(Feature.subdivision, 0.0, WEIGHTS[Feature.subdivision], way.behind[0][0], candidate.subdivision)]
        if places is None:
            continue
        value, at = _most_alike(way.asked, candidate)
        if not found or (value, len(places)) > (found[0].value, len(found) - 1):
            told = (candidate.said[at], candidate.languages[at], NameKind(candidate.kinds[at]))
            found = [Compared(Feature.name, value, WEIGHTS[Feature.name], str(example.name), *told), *places]
    return found


def _most_alike(asked: Name, candidate: Candidate) -> tuple[float, int]:
    """How alike the candidate's name is that is most so, and which; of equals the preferred one."""
    best, at = -1.0, 0
    for place, folded in enumerate(candidate.folded):
        name = name_of(folded)
        alike = likeness(asked, name) * of_kind(asked, name, candidate.kind)
        if alike > best or (alike == best and candidate.kinds[place] == NameKind.preferred.value != candidate.kinds[at]):
            best, at = alike, place
    return round(best, 4), at


def _places(behind: Sequence[tuple[str, str]], candidate: Candidate) -> list[Compared] | None:
    """What the places behind a name say, which must be the candidate's; None when it is elsewhere, and nothing when there are none."""
    found: dict[Feature, Compared] = {}
    for place, code in behind:
        feature = _placed(place, code, candidate)
        if feature is None:
            return None
        itself = feature is Feature.subdivision and candidate.kind == ActorKind.state.value
        has = candidate.subdivision if feature is Feature.subdivision else candidate.country
        found[feature] = Compared(feature, ITSELF if itself else 1.0, WEIGHTS[feature], place, has)
    return list(found.values())


def _placed(place: str, code: str, candidate: Candidate) -> Feature | None:
    """By what the candidate is in the place: the code, abbreviation or name of its subdivision, or else of its country."""
    subdivision = candidate.subdivision or ""
    if code in (subdivision, subdivision[3:]) or f"{place}|subdivision" in candidate.places:
        return Feature.subdivision
    return Feature.country if code == candidate.country or f"{place}|country" in candidate.places else None


def _facts(example: Example, candidate: Candidate) -> list[Compared]:
    found: list[Compared] = []
    for feature in (Feature.country, Feature.subdivision, Feature.kind):
        asked, has = getattr(example, feature.value), getattr(candidate, feature.value)
        if asked is not None:
            found.append(_absent(feature, str(asked)) if has is None else Compared(feature, float(asked == has), WEIGHTS[feature], str(asked), str(has)))
    if example.lat is not None and example.lon is not None:
        found.append(_distance(example.lat, example.lon, candidate))
    if example.population is not None:
        found.append(_population(example.population, candidate))
    return found


def _absent(feature: Feature, asked: str) -> Compared:
    return Compared(feature, ABSENT, WEIGHTS[feature], asked, None)


def _distance(lat: float, lon: float, candidate: Candidate) -> Compared:
    if candidate.lat is None or candidate.lon is None:
        return _absent(Feature.distance, f"{lat},{lon}")
    km = _km(lat, lon, candidate.lat, candidate.lon)
    value = min(1.0, max(0.0, 1 - (km - HERE_KM) / (ELSEWHERE_KM - HERE_KM)))
    return Compared(Feature.distance, round(value, 4), WEIGHTS[Feature.distance], f"{lat},{lon}", f"{candidate.lat},{candidate.lon} ({km:.1f} km away)")


def _population(people: int, candidate: Candidate) -> Compared:
    if candidate.population is None:
        return _absent(Feature.population, str(people))
    fewer, more = sorted((people, candidate.population))
    value = 1.0 if more == 0 else fewer / more
    return Compared(Feature.population, round(value, 4), WEIGHTS[Feature.population], str(people), str(candidate.population))


def _km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    half_lat, half_lon = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(half_lon) ** 2
    return 2 * EARTH_M / 1000 * math.asin(min(1.0, math.sqrt(chord)))
