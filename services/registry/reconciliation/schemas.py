"""What the protocol sends and takes. Its names are its own; what a client adds to a query that we do not know is refused by name.

Source: Reconciliation Service API v0.2, Final Community Group Report, 2023-04-10.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from services.registry.matches.schemas import MOST_EXAMPLES
from shared.schemas import Read, Request

LONGEST = 500_000  # characters of a JSON document in a parameter
Text = Annotated[str, StringConstraints(max_length=300)]
Named = dict[str, Any]


class PropertyValue(Request):
    pid: Text
    v: Any


class ReconciliationQuery(Request):
    query: Text = ""
    type: Text | list[Text] | None = None
    type_strict: Literal["any", "should", "all"] | None = None
    limit: int = Field(5, ge=1)
    properties: list[PropertyValue] = Field([], max_length=20)


Queries = Annotated[dict[Annotated[str, StringConstraints(max_length=100)], ReconciliationQuery], Field(min_length=1, max_length=MOST_EXAMPLES)]


class WantedProperty(Request):
    id: Text
    settings: dict[str, Any] = {}


class Extension(Request):
    ids: list[Text] = Field(max_length=1_000)
    properties: list[WantedProperty] = Field(max_length=20)


class Asked(Request):
    """Without a parameter the answer is the manifest."""

    queries: str | None = Field(None, max_length=LONGEST, description="JSON: an object from names to queries.")
    extend: str | None = Field(None, max_length=LONGEST, description="JSON: ids, and the properties that are wanted of them.")


class Suggested(Request):
    prefix: str = Field("", max_length=100)
    cursor: int = Field(0, ge=0, le=1_000, description="How many suggestions to leave out.")
    limit: int = Field(10, ge=1, le=50)
    type: Text | None = None
    type_strict: Literal["any", "should", "all"] | None = None


class Proposed(Request):
    type: Text | None = None
    limit: int = Field(50, ge=1, le=200)


class Entry(Read):
    id: str
    name: str


class DescribedEntry(Entry):
    description: str | None = None


class Suggestions(Read):
    result: list[DescribedEntry]


class Proposals(Read):
    properties: list[Entry]
