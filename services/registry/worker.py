"""What the registry does without being asked: it relays its events, works off imports, looks which ties have gone quiet and which
days have come, and follows agreements.
"""

from uuid import UUID

from services.registry.actors.turning import turn_forever
from services.registry.agreements import following
from services.registry.imports.applying import apply, fail
from services.registry.imports.models import Import, ImportState
from services.registry.imports.uploads import IMPORTS_SIGNAL, try_lock, waiting
from services.registry.imports.validating import WORKER, read_next
from services.registry.ties.sweeping import sweep_forever
from shared import logs
from shared.clients import MachineClient
from shared.database import Database
from shared.errors import Unavailable
from shared.follower import Follower
from shared.translations import Sentence, in_each_language
from shared.work import open_work
from shared.worker import Loop, standing_loops

log = logs.get(__name__)
POLL = 1.0


def loops(database: Database, client: MachineClient) -> dict[str, Loop]:
    """The loops of one worker process."""

    async def imports() -> None:
        await import_forever(database)

    async def ties() -> None:
        await sweep_forever(database)

    async def days() -> None:
        await turn_forever(database)

    follower = Follower(database, client, following.SOURCE, following.project, following.clear)
    return {**standing_loops(database), "imports": imports, "ties": ties, "days": days, "follow agreements": follower.forever}


async def import_forever(database: Database) -> None:
    """Work off imports whenever one has arrived, and look every second besides."""
    while True:
        due = database.signals.watch(IMPORTS_SIGNAL)
        if not await import_once(database):
            await database.signals.wait(due, POLL)


async def import_once(database: Database) -> bool:
    """Take one import to its end; False when there is none that nobody else is at.

    Whoever is at an import holds its advisory lock, which goes with its connection: an import whose worker died is free at once.
    """
    ids = await waiting(database)
    if not ids:
        return False
    connection = await database.connect()
    try:
        for import_id in ids:
            if await try_lock(connection, import_id):
                await _work_off(database, import_id)
                await connection.close()
                return True
        return False
    finally:
        connection.terminate()


async def _work_off(database: Database, import_id: UUID) -> None:
    async with open_work(database, WORKER, read_only=True) as work:
        job: Import | None = await work.session.get(Import, import_id)
    if job is not None and job.state is ImportState.uploading:
        await fail(database, import_id, in_each_language("The upload broke off before the file was complete. Send it again."))
        return
    try:
        while await read_next(database, import_id):
            pass
        await apply(database, import_id)
    except Unavailable:
        raise  # the database is away: the import waits where it stands
    except Exception as error:
        log.error("import.failed", import_id=str(import_id), exc_info=error)
        await fail(database, import_id, in_each_language(Sentence("The service failed to import the file. The failure is logged under {id}.", id=import_id)))
        raise
