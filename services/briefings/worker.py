"""What this service does without being asked: relay, and follow the registry into the local directory."""

from shared import directory
from shared.clients import MachineClient
from shared.database import Database
from shared.follower import Follower
from shared.worker import Loop, standing_loops


def loops(database: Database, client: MachineClient) -> dict[str, Loop]:
    """The loops of one worker process."""
    follower = Follower(database, client, "registry", directory.project, directory.clear)
    return {**standing_loops(database), "follow registry": follower.forever}
