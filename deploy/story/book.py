"""All chapters in order."""

from deploy.story import agreement, briefing, feed, registry
from deploy.story.teller import Teller


async def tell(teller: Teller) -> None:
    """The whole story; StoryBroken where the platform does not keep its word."""
    actors = await registry.tell(teller)
    made = await agreement.tell(teller, actors)
    released = await briefing.tell(teller)
    await feed.tell(teller, made, released)
