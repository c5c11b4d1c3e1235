"""Reading a text from the register."""

from uuid import UUID

from fastapi import Response

from services.agreements.register.repository import RegisterTexts
from services.agreements.register.schemas import RegisterText
from shared.work import Work


async def read_text(work: Work, agreement_id: UUID, language: str) -> Response:
    """The text of an entry in a language, unless it is withheld."""
    texts = RegisterTexts(work)
    return await texts.read(RegisterText, await texts.named(agreement_id, language))
