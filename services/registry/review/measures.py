"""What the review counts: one table of measures, from which the statement, the answers and the drawings follow.

A measure of reports has SQL for what a report `r` adds above and below the line; below is null where the question was not answered.
A measure of records counts the governments of which the registry itself has something on record on the day, so that nobody is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from services.registry.ties.types import SYMMETRIC, TieType, listed


class MeasureName(StrEnum):
    has_senior_manager = "has_senior_manager"
    has_international_office = "has_international_office"
    dedicated_staff = "dedicated_staff"
    any_staff = "any_staff"
    staff_trained = "staff_trained"
    formal_training = "formal_training"
    has_budget = "has_budget"
    has_strategy = "has_strategy"
    in_networks = "in_networks"
    tracks_sdg = "tracks_sdg"
    has_council_rule_for_ties = "has_council_rule_for_ties"
    federal_contact_point = "federal_contact_point"
    recorded_ties = "recorded_ties"
    recorded_networks = "recorded_networks"
    recorded_delegations_out = "recorded_delegations_out"
    recorded_delegations_in = "recorded_delegations_in"
    recorded_agreements = "recorded_agreements"


Words = Mapping[str, str]


@dataclass(frozen=True)
class Reported:
    """A share of what governments answered. Of staff it is a share of persons, else of governments."""

    label: Words
    above: str
    below: str
    unit: Literal["governments", "staff"] = "governments"


@dataclass(frozen=True)
class Recorded:
    """A share of all governments; `found` is SQL for a set of pairs (day, actor_id) over the days `d` asked for,
    of which `d.seen` is the day on which records are looked at."""

    label: Words
    found: str
    unit: Literal["governments"] = "governments"


def _answer(column: str, en: str, es: str, fr: str) -> Reported:
    return Reported({"en": en, "es": es, "fr": fr}, f"CAST(r.{column} AS int)", f"CASE WHEN r.{column} IS NOT NULL THEN 1 END")


def _if(condition: str, en: str, es: str, fr: str) -> Reported:
    """Counts governments for which a condition holds; not answered where SQL cannot tell."""
    return Reported({"en": en, "es": es, "fr": fr}, f"CAST(({condition}) AS int)", f"CASE WHEN ({condition}) IS NOT NULL THEN 1 END")


REPORTED: Mapping[MeasureName, Reported] = {
    MeasureName.has_senior_manager: _answer(
        "has_senior_manager",
        "A senior manager is in charge of international relations",
        "Hay un directivo a cargo de las relaciones internacionales",
        "Un cadre supérieur est chargé des relations internationales",
    ),
    MeasureName.has_international_office: _answer(
        "has_international_office", "Has an international office", "Tiene una oficina internacional", "A un bureau international"
    ),
    MeasureName.dedicated_staff: _if(
        "r.fte_dedicated > 0", "Has staff that does nothing else", "Tiene personal de dedicación exclusiva", "A du personnel qui s'y consacre entièrement"
    ),
    MeasureName.any_staff: _if(
        "r.fte_dedicated > 0 OR r.fte_shared > 0",
        "Has staff with international affairs among its duties",
        "Tiene personal con asuntos internacionales entre sus funciones",
        "A du personnel chargé, entre autres, d'affaires internationales",
    ),
    MeasureName.staff_trained: Reported(
        {
            "en": "Staff responsible for international work who were trained for it",
            "es": "Personal encargado del trabajo internacional que recibió formación",
            "fr": "Personnel chargé du travail international qui y a été formé",
        },
        "CASE WHEN r.staff_trained IS NOT NULL THEN r.staff_trained END",
        "CASE WHEN r.staff_trained IS NOT NULL THEN r.staff_total_intl END",
        unit="staff",
    ),
    MeasureName.formal_training: _if("r.training_mode = 'formal'", "Training is formal", "La formación es formal", "La formation est formelle"),
    MeasureName.has_budget: _if("r.annual_budget > 0", "Has a budget for it", "Tiene presupuesto para ello", "A un budget pour cela"),
    MeasureName.has_strategy: _answer("has_strategy", "Has an international strategy", "Tiene una estrategia internacional", "A une stratégie internationale"),
    MeasureName.in_networks: _if(
        "cardinality(r.networks) > 0",
        "Is in an international network",
        "Pertenece a una red internacional",
        "Appartient à un réseau international",
    ),
    MeasureName.tracks_sdg: _answer("tracks_sdg", "Tracks the SDGs", "Da seguimiento a los ODS", "Suit les ODD"),
    MeasureName.has_council_rule_for_ties: _answer(
        "has_council_rule_for_ties",
        "A rule of its council says how ties are made",
        "Una norma de su cabildo o consejo regula los vínculos",
        "Une règle de son conseil encadre les liens",
    ),
    MeasureName.federal_contact_point: _answer(
        "federal_contact_point",
        "Knows whom to call in the national government",
        "Sabe a quién llamar en el gobierno nacional",
        "Sait qui appeler au gouvernement national",
    ),
}


def _ties(of_side: str, kinds: tuple[TieType, ...]) -> str:
    return f"""SELECT d.day, t.{of_side} AS actor_id FROM days AS d JOIN ties AS t ON t.type IN ({listed(kinds)}) AND t.status NOT IN ('proposed', 'withdrawn')
        AND (t.valid_from IS NULL OR t.valid_from <= d.seen) AND (t.valid_through IS NULL OR t.valid_through >= d.seen)"""  # noqa: S608 - constants


def _delegations(kinds: str) -> str:
    """Of the year that ends on the day, among the public engagements that were held."""
    held = f"""JOIN engagements AS e ON e.kind IN ({kinds}) AND e.status = 'held' AND e.visibility = 'public'
        AND e.ends_on <= d.seen AND e.ends_on > d.seen - interval '1 year' JOIN engagement_participants AS p ON p.engagement_id = e.id"""
    return f"SELECT d.day, p.actor_id FROM days AS d {held} UNION SELECT d.day, p.on_behalf_of_id FROM days AS d {held}"  # noqa: S608 - constants


RECORDED: Mapping[MeasureName, Recorded] = {
    MeasureName.recorded_ties: Recorded(
        {"en": "Has a partnership on record", "es": "Tiene una relación registrada", "fr": "A un partenariat enregistré"},
        f"{_ties('from_id', SYMMETRIC)} UNION {_ties('to_id', SYMMETRIC)}",
    ),
    MeasureName.recorded_networks: Recorded(
        {"en": "Is in a network on record", "es": "Está en una red registrada", "fr": "Est dans un réseau enregistré"},
        _ties("from_id", (TieType.network_membership, TieType.commission_membership)),
    ),
    MeasureName.recorded_delegations_out: Recorded(
        {
            "en": "Sent a delegation in the year",
            "es": "Envió una delegación en el año",
            "fr": "A envoyé une délégation dans l'année",
        },
        _delegations("'outgoing_delegation', 'mission'"),
    ),
    MeasureName.recorded_delegations_in: Recorded(
        {
            "en": "Received a delegation in the year",
            "es": "Recibió una delegación en el año",
            "fr": "A reçu une délégation dans l'année",
        },
        _delegations("'incoming_delegation'"),
    ),
    MeasureName.recorded_agreements: Recorded(
        {
            "en": "Is bound by an agreement of the public register",
            "es": "Está obligado por un acuerdo del registro público",
            "fr": "Est lié par un accord du registre public",
        },
        """SELECT d.day, p.actor_id FROM days AS d JOIN agreement_parties AS p ON p.in_force_on <= d.seen AND coalesce(p.ended_on > d.seen, true)""",
    ),
}
MEASURES: Mapping[MeasureName, Reported | Recorded] = {**REPORTED, **RECORDED}
