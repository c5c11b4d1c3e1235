"""What requests and answers about audiences are made of."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.pages import Page
from shared.schemas import Read, Request

MOST_SEATS = 500


def _distinct(seats: list[UUID]) -> list[UUID]:
    if len(set(seats)) != len(seats):
        raise ValueError("names a seat twice")
    return seats


class AudienceWrite(Request):
    """Whom a briefing is for: a predicate, named seats, or both."""

    predicate: dict[str, Any] | None = Field(
        None,
        description="A predicate over role, kind, country, subdivision, population, border_m.<country>, actor_id and seat_id of active seats.",
        examples=[
            {
                "op": "all",
                "of": [
                    {"op": "compare", "fact": "role", "is": "eq", "value": "chief_executive"},
                    {"op": "one_of", "fact": "kind", "values": ["county", "municipality"]},
                    {"op": "within", "place": "US"},
                    {"op": "near", "country": "MX", "within_m": 100_000},
                ],
            }
        ],
    )
    seats: Annotated[list[UUID], AfterValidator(_distinct)] = Field([], max_length=MOST_SEATS, description="Seats named one by one.")


class AudienceRead(Read):
    predicate: dict[str, Any] | None
    seats: list[UUID]


class PreviewOutcome(StrEnum):
    """A seat that belongs to the audience, or of which a fact that decides is not recorded."""

    included = "included"
    unknown = "unknown"


class PreviewFilters(Page):
    """Which part of a preview. `count` is not needed: the counts are always exact."""

    outcome: PreviewOutcome | None = None


class PreviewRequest(Request):
    """An audience that is not saved yet."""

    audience: AudienceWrite
    outcome: PreviewOutcome | None = None
    limit: int = Field(50, ge=1, le=200, description="How many seats at most.")
    cursor: str | None = Field(None, max_length=2_000, description="The `next` of the page before.")


class PreviewCounts(Read):
    """Active seats of the directory by outcome."""

    included: int
    unknown: int
    excluded: int


class PreviewSeat(Read):
    seat_id: UUID
    actor_id: UUID
    actor_name: str
    kind: str
    role: str
    title: str
    country: str | None
    subdivision: str | None
    outcome: PreviewOutcome
    named: bool = Field(description="Whether the audience names this seat one by one.")
    reasons: list[str] = Field(description="The clauses that decided, as sentences.")


class ExpectedDigests(Read):
    """The recipients of a release as the directory stands now, for each choice about unknown seats."""

    leave_out: str = Field(description="Of the included seats.")
    include: str = Field(description="Of the included and the unknown seats.")


class AudiencePreview(Read):
    """Who would receive a briefing as the directory stands now: included seats first, then unknown ones, each by name."""

    audience_digest: str = Field(description="SHA-256 of the audience's canonical JSON.")
    counts: PreviewCounts
    expected_digests: ExpectedDigests = Field(
        description="Send the one of your choice as expected_digest of the release: it is refused when anybody has joined or left since. "
        "It begins with the recipients_digest that the release would have."
    )
    missing_seats: list[UUID] = Field(description="Named seats that are not active in the directory; a release refuses them.")
    items: list[PreviewSeat]
    next: str | None = Field(description="Cursor of the next page; null at the end.")
