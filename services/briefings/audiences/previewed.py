"""What somebody saw in a preview, in a few characters: enough to tell whether the recipients are still the same, and how far off they are."""

from dataclasses import dataclass

from sqlalchemy import Select, and_, func, select, true

from services.briefings.audiences.audience import Audience
from services.briefings.audiences.selection import ACTIVE, member_of
from shared.directory import directory_actors as actors
from shared.directory import directory_seats as seats
from shared.directory import directory_ties
from shared.translations import Sentence
from shared.work import Work

PATTERN = r"^[0-9a-f]{64}-[0-9]{1,9}-[0-9]{1,18}$"


@dataclass(frozen=True, slots=True)
class Previewed:
    """The SHA-256 of the recipients, how many they were, and the directory's position at that time; written as `digest-number-position`."""

    digest: str
    recipients: int
    position: int

    def __str__(self) -> str:
        return f"{self.digest}-{self.recipients}-{self.position}"

    @classmethod
    def read(cls, written: str) -> "Previewed":
        """From a string that fits PATTERN."""
        digest, recipients, position = written.split("-")
        return cls(digest, int(recipients), int(position))


@dataclass(frozen=True, slots=True)
class Difference:
    """How many seats were added to and removed from an audience: exactly, or at least."""

    added: int
    removed: int
    exact: bool

    def said(self) -> Sentence:
        counted = {"added": self.added, "removed": self.removed}
        if self.exact and self.added == 1:
            return Sentence("{added} seat was added and {removed} removed", **counted)
        if self.exact:
            return Sentence("{added} seats were added and {removed} removed", **counted)
        if self.added == 1:
            return Sentence("at least {added} seat was added and {removed} removed", **counted)
        return Sentence("at least {added} seats were added and {removed} removed", **counted)


def difference(*, net: int, inside: int, outside: int, ties: int = 0) -> Difference:
    """Of two unequal audiences: the later is larger by `net`, and of the seats that changed between them `inside` belong to it and `outside` do not.

    A tie that changed may move any seat of either side, so that only the least is known.
    """
    added = net if net > 0 else int(net == 0)
    return Difference(added, added - net, exact=not ties and min(inside, outside + net) == added)


async def difference_since(work: Work, audience: Audience, previewed: Previewed, *, recipients: int, let_in: bool) -> Difference:
    """What became of the audience since the preview, from the seats that the directory has changed since."""
    row = (await work.execute(_changed(audience, previewed.position, let_in=let_in))).one()
    return difference(net=recipients - previewed.recipients, inside=row.inside, outside=row.outside, ties=row.ties)


def _changed(audience: Audience, since: int, *, let_in: bool) -> Select[int, int, int]:
    member = member_of(audience)
    belongs = and_(seats.c.status == ACTIVE, actors.c.status == ACTIVE, func.coalesce(member, let_in))
    inside = func.count().filter(belongs.is_(true()))
    ties = select(func.count()).select_from(directory_ties).where(directory_ties.c.position > since).scalar_subquery()
    counted = select(inside.label("inside"), (func.count() - inside).label("outside"), ties.label("ties"))
    return counted.join_from(seats, actors, actors.c.id == seats.c.actor_id).where(func.greatest(seats.c.position, actors.c.position) > since)
