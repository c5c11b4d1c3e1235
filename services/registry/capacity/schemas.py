"""What requests and answers about capacity reports are made of."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.registry.actors.bands import PopulationBand
from services.registry.actors.models import ActorKind
from services.registry.capacity.models import RespondentRole, TrainingMode
from shared.pages import Page
from shared.schemas import CountryCode, CurrencyCode, Day, Instant, Line, Prose, Read, Request, SubdivisionCode

EARLIEST = date(1990, 1, 1)
Fte = Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=2)]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)]
Persons = Annotated[int, Field(ge=0, le=1_000_000)]
Networks = Annotated[list[Line], Field(max_length=50)]


class CapacityReportCreate(Request):
    """The whole report. What is absent or null was not answered. Shares are never sent: they are computed."""

    as_of: Day = Field(ge=EARLIEST, description="The day on which it is true, today at the latest.")
    has_senior_manager: bool | None = Field(None, description="Somebody senior is in charge of international relations.")
    has_international_office: bool | None = None
    office_name: Line | None = Field(None, description="Of the office; never of a person.")
    fte_dedicated: Fte | None = Field(None, description="Full-time equivalents that do nothing else, as decimal text.")
    fte_shared: Fte | None = Field(None, description="Full-time equivalents of those with other duties as well, as decimal text.")
    annual_budget: Money | None = Field(None, description="Of the fiscal year that holds as_of, as decimal text; needs budget_currency.")
    budget_currency: CurrencyCode | None = None
    has_strategy: bool | None = None
    strategy_year: int | None = Field(None, ge=1950, le=2100)
    staff_total_intl: Persons | None = Field(None, description="Persons with international work among their duties.")
    staff_trained: Persons | None = Field(None, description="Of those, the ones who were trained for it; needs staff_total_intl.")
    training_mode: TrainingMode | None = None
    networks: Networks | None = Field(None, description="International networks it belongs to, as it names them; empty: none; null: not answered.")
    tracks_sdg: bool | None = Field(None, description="Tracks its performance against the Sustainable Development Goals.")
    has_council_rule_for_ties: bool | None = Field(None, description="A rule of its council says how ties are made.")
    federal_contact_point: bool | None = Field(None, description="It knows whom to call in the national government.")
    respondent_role: RespondentRole = Field(description="Which office answered; never who.")
    respondent_seat_id: UUID | None = Field(None, description="The seat that answered: one of the government's own.")
    reason: Line | None = Field(None, description="Becomes part of the record.")

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        if (self.annual_budget is None) != (self.budget_currency is None):
            raise ValueError("annual_budget and budget_currency go together")
        if self.staff_trained is not None and (self.staff_total_intl is None or self.staff_trained > self.staff_total_intl):
            raise ValueError("staff_trained needs a staff_total_intl that is not smaller")
        if self.office_name is not None and not self.has_international_office:
            raise ValueError("office_name needs has_international_office")
        if self.strategy_year is not None and not self.has_strategy:
            raise ValueError("strategy_year needs has_strategy")
        if self.training_mode is TrainingMode.none and self.staff_trained:
            raise ValueError("training_mode is none, but staff_trained is not 0")
        return self


class CapacityVerification(Request):
    """What the verifying organisation says. Who and when are taken from the request itself."""

    note: Prose | None = Field(None, description="What was looked at; never about a person.")
    reason: Line | None = Field(None, description="Becomes part of the record.")


class CapacityReporterRead(Read):
    id: UUID
    kind: ActorKind
    name: str = Field(description="In the language of the request where there is one.")
    country: str | None
    subdivision: str | None
    population: int | None


class CapacityReportRead(Read):
    id: UUID
    actor_id: UUID
    actor: CapacityReporterRead
    as_of: date
    has_senior_manager: bool | None
    has_international_office: bool | None
    office_name: str | None
    fte_dedicated: Decimal | None
    fte_shared: Decimal | None
    annual_budget: Decimal | None
    budget_currency: str | None
    has_strategy: bool | None
    strategy_year: int | None
    staff_total_intl: int | None
    staff_trained: int | None
    trained_share: float | None = Field(description="staff_trained over staff_total_intl, computed.")
    training_mode: TrainingMode | None
    networks: list[str] | None
    tracks_sdg: bool | None
    has_council_rule_for_ties: bool | None
    federal_contact_point: bool | None
    respondent_role: RespondentRole
    respondent_seat_id: UUID | None
    supersedes_id: UUID | None = Field(description="The report whose place it took.")
    superseded_at: Instant | None
    verified: bool
    verified_at: Instant | None
    verified_by_id: UUID | None
    verification_note: str | None
    created_at: Instant
    updated_at: Instant


class CapacityReportDetail(CapacityReportRead):
    """With what the registry itself has on record, so that nobody is asked for it again: on as_of, or in the year that ended then."""

    ties_recorded: int = Field(description="Partnerships and counterparts on that day.")
    networks_recorded: int = Field(description="Memberships of networks and commissions on that day.")
    delegations_out: int = Field(description="Outgoing delegations and missions that it took part in, of the public engagements held in that year.")
    delegations_in: int = Field(description="Incoming delegations that it took part in, likewise.")
    agreements_in_force: int | None = Field(
        description="Agreements of the public register that bound it on that day. Null: nothing is known here, because the agreements' feed was never read."
    )


class ReportSort(StrEnum):
    latest = "latest"
    earliest = "earliest"


class CapacityReportFilters(Page):
    actor: UUID | None = None
    country: CountryCode | None = None
    from_: Day | None = Field(None, alias="from", description="Of that day or later.")
    to: Day | None = Field(None, description="Of that day or earlier.")
    verified: bool | None = None
    superseded: bool = Field(False, description="true lists those whose place a correction has taken, false the current ones.")
    sort: ReportSort = ReportSort.latest


class CapacityMissingRead(CapacityReporterRead):
    last_as_of: date | None = Field(description="Of its latest report, of whatever day; null: it never reported.")


class MissingFilters(Page):
    kind: list[ActorKind] | None = Field(None, max_length=20, description="Governments below the nation unless said.")
    subdivision: SubdivisionCode | None = None
    population_band: list[PopulationBand] | None = Field(None, max_length=10)
    from_: Day | None = Field(None, alias="from", description="Counts only reports of this day or later: who has not reported since. Absent: who never did.")
    sort: Literal["population"] = "population"
