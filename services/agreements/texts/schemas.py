"""Requests and answers of texts."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.agreements.texts.canonical import LARGEST, canonical
from services.agreements.texts.models import MediaType
from shared.schemas import Instant, LanguageCode, Prose, Read, Request
from shared.translations import Sentence


def _canonical(body: str) -> str:
    body = canonical(body)
    if len(body.encode()) > LARGEST:
        raise ValueError(Sentence("is larger than {most} bytes", most=LARGEST))
    return body


# Tab, line feed and carriage return are the only control characters a text may hold.
Body = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LARGEST, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"),
    AfterValidator(_canonical),
    Field(description="At most 500,000 bytes of UTF-8. It is stored and hashed in Unicode NFC with LF line ends."),
]


class TextCreate(Request):
    """A version of the text in a language; the version number follows from what is there.

    When the text has been adopted by a party, or filed or decided on, `reason` is required: it takes all of that back.
    """

    language: LanguageCode
    authentic: bool = True
    media_type: MediaType = MediaType.markdown
    body: Body
    reason: Prose | None = None


class TextBrief(Read):
    """A text without its body; `standing` is false once a later version has replaced it."""

    id: UUID
    language: str
    version: int
    authentic: bool
    standing: bool
    media_type: MediaType
    sha256: str
    size_bytes: int
    attached_at: Instant
    attached_by_id: UUID | None


class TextAttached(TextBrief):
    agreement_id: UUID


class TextRead(TextAttached):
    body: str
