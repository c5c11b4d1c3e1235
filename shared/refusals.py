"""What the database refuses, as problems: a broken constraint becomes the error it names, a lost connection 503."""

import contextlib
from collections.abc import Iterator
from typing import Any

import asyncpg
from sqlalchemy import Index, MetaData
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from shared.errors import Conflict, Invalid, PreconditionFailed, Problem, TookTooLong, Unavailable

LOST = "The database cannot be reached; nothing of this request is half done. Send it again with the same Idempotency-Key."
# Everything that a database that is not there, or that went away in the middle, has been seen to raise.
LOSSES = (
    OSError,
    TimeoutError,
    PoolTimeout,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
# What PostgreSQL cannot hold though it has the right type: U+0000 in a text, a number or an instant beyond its range.
UNSTORABLE = (
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
    asyncpg.NumericValueOutOfRangeError,
    asyncpg.DatetimeFieldOverflowError,
)
REFUSALS: tuple[type[Exception], ...] = (DBAPIError, StaleDataError, *LOSSES, *UNSTORABLE)
CONSTRAINT_ERRORS: dict[str, type[Problem]] = {}


@contextlib.contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the problem instead of what the database raised; what is none is raised as it was."""
    try:
        yield
    except REFUSALS as error:
        problem = problem_of(error)
        if problem is None:
            raise
        raise problem from error


def problem_of(error: Exception) -> Problem | None:
    """The problem that an exception of the database means; None for a mistake of ours."""
    if isinstance(error, IntegrityError):
        return _broken(error)
    if isinstance(error, StaleDataError):
        return PreconditionFailed("Somebody else changed the record at the same moment. Read it again and repeat your change.")
    if isinstance(error, asyncpg.QueryCanceledError):
        return TookTooLong()
    if isinstance(error, LOSSES):
        return Unavailable(LOST)
    if isinstance(error, UNSTORABLE):
        return Invalid("A text holds the character U+0000, or a number or an instant lies beyond what can be kept.")
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(cause := getattr(error.orig, "__cause__", None), UNSTORABLE):
        return problem_of(cause)
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in {"40001", "40P01"}:
        return Conflict("Two changes crossed; nothing of yours was applied. Send the request again.", retry=True)
    if error.connection_invalidated or state[:2] in {"08", "53", "57"} or state == "55P03" or isinstance(getattr(error.orig, "__cause__", None), LOSSES):
        return Unavailable(LOST)
    return None


def _broken(error: IntegrityError) -> Problem:
    name = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    problem = CONSTRAINT_ERRORS.get(name or "")
    if problem is None:
        return Conflict("The change breaks a rule of the database.", constraint=name)
    return problem()


def learn_constraints(metadata: MetaData) -> None:
    """Collect `info={"error": …}` of every constraint and index of a metadata. Names must be those of the database."""
    for table in metadata.tables.values():
        for item in (*table.constraints, *table.indexes):
            problem = item.info.get("error")
            if problem is not None:
                CONSTRAINT_ERRORS[_database_name(item)] = problem


def _database_name(item: Any) -> str:
    preparer = dialect().identifier_preparer  # type: ignore[no-untyped-call]  # SQLAlchemy leaves the constructor untyped
    name = preparer.format_index(item) if isinstance(item, Index) else preparer.format_constraint(item)
    return str(name).strip('"')
