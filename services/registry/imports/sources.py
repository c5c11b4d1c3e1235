"""Whom a source has brought. A following file of the same source reports whom it no longer lists, and may dissolve them.

Nobody is dissolved whom the source did not bring itself, or whom another source lists as well. The day of the import is the last on which
the source is known to have meant them, so that they are part of every review of the years before.
"""

from sqlalchemy import TextClause, select
from sqlalchemy.dialects.postgresql import insert

from services.registry.errors import ActorOfAnother, ImportSourceOfAnother
from services.registry.imports.models import ImportSource
from services.registry.imports.schemas import ImportStart
from services.registry.imports.sql import statement
from shared.translations import Sentence
from shared.work import Work

FREELY = 10  # whom a file may dissolve without saying how many
SHARE = 5  # or one for each so many rows


async def require_own(work: Work, start: ImportStart) -> None:
    """ActorOfAnother for who writes nobody's actors; ImportSourceOfAnother unless the source is the caller's organisation's.

    It is that of who first sends a file of it; operators may use any.

    Of two that are first at once, one waits for the other at the key.
    """
    source, organization = start.of_source(), work.caller.organization
    if work.caller.country is None and organization is not None:
        raise ActorOfAnother("Your organisation has no country whose actors you could write.")
    if source is None:
        return
    if not start.validate_only:
        first = {"source": source, "organization": organization, "created_at": work.now}
        await work.execute(insert(ImportSource).values(first).on_conflict_do_nothing())
    found = (await work.execute(select(ImportSource).where(ImportSource.source == source))).scalar_one_or_none()
    if found is not None and organization is not None and found.organization != organization:
        raise ImportSourceOfAnother(source=source)


def too_many(retired: int, rows: int, at_most: int | None) -> Sentence | str | None:
    """Why a file may not dissolve so many: half a file must not be taken for the end of whom it does not name."""
    if rows == 0:
        return "The file lists nothing, and retire would dissolve all that its source brought. Send the whole list."
    if retired <= (max(FREELY, rows // SHARE) if at_most is None else at_most):
        return None
    said = "The file no longer lists {retired} that its source brought. Send the whole list, or, if that is meant, the same with retire_at_most={retired}."
    return Sentence(said, retired=retired)


PREPARE: tuple[TextClause, ...] = (
    statement("CREATE TEMPORARY TABLE orphans (actor_id uuid NOT NULL, kept_by text[] NOT NULL, retired boolean NOT NULL, nth bigint) ON COMMIT DROP"),
    statement(
        """
        INSERT INTO orphans
        SELECT found.actor_id, found.kept_by,
               CAST(:retire AS boolean) AND found.kept_by = '{}'
                   AND (CAST(:country AS text) IS NULL OR @keeping(found.actor_id) IS NOT DISTINCT FROM CAST(:country AS text)),
               (SELECT count(*) FROM pending) + row_number() OVER (ORDER BY found.actor_id)
        FROM (
            SELECT s.actor_id, ARRAY(SELECT o.source FROM actor_sources AS o WHERE o.actor_id = s.actor_id AND o.source <> s.source ORDER BY 1) AS kept_by
            FROM actor_sources AS s JOIN actors AS a ON a.id = s.actor_id
            WHERE s.source = :source AND s.brought AND NOT s.retired AND @ofday(a) = 'active'
                  AND s.actor_id NOT IN (SELECT found_id FROM pending WHERE found_id IS NOT NULL)
            ORDER BY a.id FOR NO KEY UPDATE OF a
        ) AS found
        """
    ),
)

RETIRE: tuple[TextClause, ...] = (
    statement(
        """
        UPDATE actors SET status = 'dissolved', dissolved_on = @today, updated_at = @now, version = version + 1
        WHERE id IN (SELECT actor_id FROM orphans WHERE retired)
        """
    ),
    statement("UPDATE actor_sources SET retired = true WHERE source = :source AND actor_id IN (SELECT actor_id FROM orphans WHERE retired)"),
)

# What is known already is not written again, so that a file that says nothing new writes nothing.
REMEMBER = statement(
    """
    INSERT INTO actor_sources AS s (source, actor_id, import_id, brought, retired, fields)
    SELECT :source, actor_id, :id, fresh, false, fields FROM pending WHERE CAST(:source AS text) IS NOT NULL ORDER BY nth
    ON CONFLICT (source, actor_id) DO UPDATE
    SET import_id = excluded.import_id, retired = false, fields = ARRAY(SELECT DISTINCT unnest(s.fields || excluded.fields) ORDER BY 1)
    WHERE s.retired OR NOT excluded.fields <@ s.fields
    """
)
READ_ORPHANS = statement("SELECT actor_id, CAST(NULL AS uuid), CAST(NULL AS text), kept_by, retired FROM orphans ORDER BY nth")
"""Rows of (actor, no tie, no domain, other sources, whether it was dissolved)."""
KEEP_ORPHANS = statement("INSERT INTO import_orphans (import_id, actor_id, kept_by, retired) SELECT :id, actor_id, kept_by, retired FROM orphans ORDER BY nth")
COUNT_ORPHANS = statement("SELECT count(*) AS orphans, count(*) FILTER (WHERE retired) AS retired FROM orphans")
