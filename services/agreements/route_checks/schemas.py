"""Requests and answers of route checks."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from services.agreements.agreements.lifecycle import InstrumentKind
from services.agreements.rulebooks.answers import GateRuleRead, NoteRead
from services.agreements.rulebooks.routing import TraceEntry
from shared.predicates import Flip, Truth
from shared.schemas import CountryCode, Read, Request, SubdivisionCode

ActorKind = Literal[
    "nation",
    "state",
    "county",
    "county_subdivision",
    "municipality",
    "indigenous_government",
    "agency",
    "commission",
    "network",
    "office",
    "university",
    "organisation",
]


class RouteParty(Request):
    """An actor of the registry, or a description. What is left out is not known.

    `governmental` and `international` settle what a kind leaves open: a university may or may not be an organ of government.
    """

    actor_id: UUID | None = None
    country: CountryCode | None = None
    subdivision: SubdivisionCode | None = None
    kind: ActorKind | None = None
    governmental: bool | None = None
    international: bool | None = None

    @model_validator(mode="after")
    def _is_named_or_described(self) -> Self:
        described = self.model_fields_set - {"actor_id"}
        if self.actor_id is not None and described:
            raise ValueError("name an actor or describe a party, not both")
        return self


class RouteCheckCreate(Request):
    parties: Annotated[list[RouteParty], Field(min_length=2, max_length=20)]
    instrument_kind: InstrumentKind | None = None


class PartyChecked(Read):
    """The party as the rules were asked about it."""

    position: int
    actor_id: UUID | None
    name: str | None
    country: str | None
    subdivision: str | None
    kind: str | None


class RuleChecked(Read):
    """What one rulebook says about one party. Gates, duties and advice are those that come with `applies`; none when it is false."""

    rulebook_id: str
    version: str
    title: str
    citation: str
    applies: Truth
    facts: dict[str, JsonValue]
    sentences: list[str]
    trace: list[TraceEntry]
    flip: Flip | None = Field(description="The smallest change of facts that would change the answer.")
    gates: list[GateRuleRead] = Field(description="In the order in which they stand.")
    duties: list[NoteRead]
    advice: list[NoteRead]
    notice: str


class PartyRoute(Read):
    party: PartyChecked
    rulebooks: list[RuleChecked]


class RouteCheckRead(Read):
    instrument_kind: InstrumentKind | None
    routes: list[PartyRoute]
