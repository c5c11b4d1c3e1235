"""What the registry does without being asked."""

from shared.database import Database
from shared.worker import Loop, standing_loops


def loops(database: Database) -> dict[str, Loop]:
    """The loops of one worker process."""
    return standing_loops(database)
