"""Reading the rulebooks that ship."""

from fastapi import Response

from services.agreements.errors import RulebookNotFound
from services.agreements.rulebooks.answers import RulebookBrief, brief, whole
from services.agreements.rulebooks.packs import RULEBOOKS
from services.agreements.rulebooks.routing import language_of
from shared.pages import PageOf
from shared.repository import answered
from shared.translations import Sentence
from shared.work import Work


async def listed(work: Work) -> Response:
    """Every rulebook; there are few, so that one page holds them all."""
    language = language_of(work)
    page = PageOf[RulebookBrief](items=[brief(rulebook, language) for rulebook in RULEBOOKS.values()], next=None)
    return answered(work, page.model_dump_json().encode())


async def read(work: Work, rulebook_id: str) -> Response:
    """One rulebook, whole; RulebookNotFound names those there are."""
    if rulebook_id not in RULEBOOKS:
        raise RulebookNotFound(Sentence("The rulebooks are: {known}.", known=", ".join(RULEBOOKS)))
    return answered(work, whole(RULEBOOKS[rulebook_id], language_of(work)).model_dump_json(by_alias=True).encode())
