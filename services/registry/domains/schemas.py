"""What answers about official domains are made of."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from shared.pages import Page
from shared.schemas import Read

DomainName = Annotated[
    str,
    StringConstraints(
        to_lower=True, strip_whitespace=True, max_length=253, pattern=r"^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$"
    ),
]


class OfficialDomainRead(Read):
    domain: str
    actor_id: UUID
    actor_name: str = Field(description="In the language of the request where there is one.")
    type: str | None = Field(description="In the source's own word.")
    source: str
    licence: str | None
    read_on: date | None = Field(description="The day on which the source was read.")


class OfficialDomainChoice(BaseModel):
    """Which of them are meant."""

    domain: list[DomainName] | None = Field(None, max_length=200)
    actor: list[UUID] | None = Field(None, max_length=200)


class OfficialDomainFilters(OfficialDomainChoice, Page):
    pass
