"""Scores candidates and decides: a pure function of the example and what the registry has, with its reasons.

Only what both sides say is compared. An unlike name is not made up for by a country that agrees; an equal identifier outweighs all else,
and another value in the same scheme speaks against. One candidate is a match when it reaches the threshold, no other comes near it, and
it was not found by a former or alternative name alone, which two places may share.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from services.registry.actors.models import NameKind
from services.registry.actors.places import EARTH_M
from services.registry.actors.words import folded
from services.registry.matches.candidates import Candidate
from services.registry.matches.likeness import likeness, name_of
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
HERE_KM, ELSEWHERE_KM = 5.0, 100.0
CONFIRMING = (Feature.identifier, Feature.subdivision, Feature.distance)


class Compared(NamedTuple):
    """One feature of both sides; see `schemas.FeatureRead`."""

    feature: Feature
    value: float
    weight: float
    asked: str
    found: str
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


def score(example: Example, candidate: Candidate) -> Scored:
    """The weighted mean of what could be compared."""
    features = [feature for feature in (_identifier(example, candidate), _name(example, candidate), *_facts(example, candidate)) if feature]
    mean = sum(feature.value * feature.weight for feature in features) / sum(feature.weight for feature in features)
    by_key = any(feature.feature is Feature.identifier and feature.value == 1 for feature in features)
    alike = next((feature.value for feature in features if feature.feature is Feature.name), None)
    return Scored(candidate, round(mean if by_key or alike is None else min(mean, alike), 4), features)


def ranked(example: Example, found: Sequence[Candidate]) -> list[Scored]:
    """The best first; of equals the more populous."""
    return sorted((score(example, candidate) for candidate in found), key=lambda one: (-one.score, -(one.candidate.population or -1), one.candidate.id))


def decide(scored: Sequence[Scored]) -> Decision:
    """Whether the first one is meant."""
    if not scored:
        return Decision.nothing_found
    if scored[0].score < THRESHOLD:
        return Decision.not_alike_enough
    if len(scored) > 1 and scored[1].score > scored[0].score - MARGIN:
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


def _name(example: Example, candidate: Candidate) -> Compared | None:
    if example.name is None:
        return None
    asked = name_of(folded(example.name))
    value, at = -1.0, 0
    for place, name in enumerate(candidate.folded):
        alike = likeness(asked, name_of(name))
        # Of equally alike names the preferred one is told.
        if alike > value or (alike == value and candidate.kinds[place] == NameKind.preferred.value != candidate.kinds[at]):
            value, at = alike, place
    told = (candidate.said[at], candidate.languages[at], NameKind(candidate.kinds[at]))
    return Compared(Feature.name, round(value, 4), WEIGHTS[Feature.name], example.name, *told)


def _facts(example: Example, candidate: Candidate) -> list[Compared]:
    found: list[Compared] = []
    for feature in (Feature.country, Feature.subdivision, Feature.kind):
        asked, has = getattr(example, feature.value), getattr(candidate, feature.value)
        if asked is not None and has is not None:
            found.append(Compared(feature, float(asked == has), WEIGHTS[feature], str(asked), str(has)))
    if example.lat is not None and example.lon is not None and candidate.lat is not None and candidate.lon is not None:
        km = _km(example.lat, example.lon, candidate.lat, candidate.lon)
        value = min(1.0, max(0.0, 1 - (km - HERE_KM) / (ELSEWHERE_KM - HERE_KM)))
        place = (f"{example.lat},{example.lon}", f"{candidate.lat},{candidate.lon} ({km:.1f} km away)")
        found.append(Compared(Feature.distance, round(value, 4), WEIGHTS[Feature.distance], *place))
    if example.population is not None and candidate.population is not None:
        fewer, more = sorted((example.population, candidate.population))
        people = (str(example.population), str(candidate.population))
        value = 1.0 if more == 0 else fewer / more
        found.append(Compared(Feature.population, round(value, 4), WEIGHTS[Feature.population], *people))
    return found


def _km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    half_lat, half_lon = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(half_lon) ** 2
    return 2 * EARTH_M / 1000 * math.asin(min(1.0, math.sqrt(chord)))
