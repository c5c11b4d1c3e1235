"""What requests and answers are made of."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, ValidationError
from pydantic_core import InitErrorDetails

from shared.translations import PATTERNS

# The first and the last day there is are kept by nobody: the driver writes them as the infinities of PostgreSQL, which are no dates to readers.
FIRST_DAY, LAST_DAY = date(1, 1, 2), date(9999, 12, 30)
NO_DAY = "is not between 0001-01-02 and 9999-12-30; where there is no first or no last day, leave it out"
NO_INSTANT = "is not between 0001-01-02 and 9999-12-30 in UTC; where there is no beginning or no end, leave it out"


def _kept_day(value: date) -> date:
    if not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError(NO_DAY)
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs an offset, such as 2026-01-31T09:00:00Z")
    try:
        inside = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(NO_INSTANT) from error
    if not FIRST_DAY <= inside.date() <= LAST_DAY:
        raise ValueError(NO_INSTANT)
    return inside


def _six_digits(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


KEPT_DAY, KEPT_INSTANT = AfterValidator(_kept_day), AfterValidator(_aware)
Day = Annotated[date, KEPT_DAY]
# RFC 3339 in UTC with six digits, as the compiled reads write it.
Instant = Annotated[datetime, KEPT_INSTANT, PlainSerializer(_six_digits, return_type=str, when_used="json")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]


def code(pattern: str, otherwise: str) -> StringConstraints:
    """A pattern of a code, and what is said of a value that does not fit it: people read no patterns."""
    PATTERNS[pattern] = otherwise
    return StringConstraints(pattern=pattern)


CountryCode = Annotated[str, code(r"^[A-Z]{2}$", "is not two capital letters, such as MX"), Field(description="ISO 3166-1 alpha-2")]
SubdivisionCode = Annotated[
    str, code(r"^[A-Z]{2}-[A-Z0-9]{1,3}$", "is not a country and its subdivision in capital letters, such as MX-BCN"), Field(description="ISO 3166-2")
]
LanguageCode = Annotated[str, code(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$", "is not a language in small letters, such as es or es-MX"), Field(description="BCP 47")]
CurrencyCode = Annotated[str, code(r"^[A-Z]{3}$", "is not three capital letters, such as MXN"), Field(description="ISO 4217")]


def wrong_at(what: str, *places: Sequence[str | int]) -> ValidationError:
    """What a validator raises that looks at a whole, and knows which parts of it are wrong: each is named by its own pointer."""
    details = [InitErrorDetails(type="value_error", loc=tuple(place), input=None, ctx={"error": ValueError(what)}) for place in places]
    return ValidationError.from_exception_data("Request", details)


class Request(BaseModel):
    """A request body: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class Read(BaseModel):
    """An answer. Compiled reads write exactly its fields, in its order; null is always written."""

    model_config = ConfigDict(extra="forbid")


class OnRequest:
    """Marks an answer's field that is absent unless `include=` names it: `parts: Annotated[list[PartRead] | None, OnRequest()] = None`."""


def split(given: Any) -> Any:
    """Several in one parameter, with commas between, are as many in several parameters."""
    return [part for item in given for part in (item.split(",") if isinstance(item, str) else [item])] if isinstance(given, list) else given


Split = BeforeValidator(split)  # of lists in queries whose values have no commas
