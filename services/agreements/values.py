"""Values that several resources of this service carry."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.schemas import Line

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Field(description="SHA-256 in hex over the canonical text (UTF-8, NFC, LF).")]


class Authority(BaseModel):
    """Under what a party acts: the instrument that gives it the power, and where in it."""

    model_config = ConfigDict(extra="forbid")

    instrument: Line = Field(examples=["California Government Code"])
    citation: Line = Field(examples=["§ 23004"])
