"""One line of the table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`ratio` is measured rate over the rate of `against`, in the same run; `reach` is what it must not fall below."""

    what: str
    against: str
    ratio: float
    reach: float | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        return self.reach is not None and self.ratio < self.reach
