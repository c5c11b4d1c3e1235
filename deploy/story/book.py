"""All chapters in order."""

from deploy.story import agreement, briefing, engagement, feed, partners, registry
from deploy.story.teller import Teller


async def tell(teller: Teller) -> None:
    """The whole story; StoryBroken where the platform does not keep its word."""
    actors = await registry.tell(teller)
    tie = await partners.tell(teller)
    made = await agreement.tell(teller, actors)
    await engagement.tell(teller, tie, made)
    released = await briefing.tell(teller)
    await feed.tell(teller, made, released)
