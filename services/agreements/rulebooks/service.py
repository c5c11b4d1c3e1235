"""Reading the rulebooks that ship."""

from services.agreements.errors import RulebookNotFound
from services.agreements.rulebooks.answers import RulebookBrief, RulebookRead, brief, whole
from services.agreements.rulebooks.packs import RULEBOOKS
from services.agreements.rulebooks.routing import language_of
from shared.pages import PageOf
from shared.work import Work


async def listed(work: Work) -> PageOf[RulebookBrief]:
    """Every rulebook; there are few, so that one page holds them all."""
    language = language_of(work)
    return PageOf(items=[brief(rulebook, language) for rulebook in RULEBOOKS.values()], next=None)


async def read(work: Work, rulebook_id: str) -> RulebookRead:
    """One rulebook, whole; RulebookNotFound names those there are."""
    if rulebook_id not in RULEBOOKS:
        raise RulebookNotFound(f"The rulebooks are: {', '.join(RULEBOOKS)}.")
    return whole(RULEBOOKS[rulebook_id], language_of(work))
