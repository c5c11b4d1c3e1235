"""Files on their way: one that would bring somebody back who is erased meanwhile is stopped.

It is read as the import reads it, so that what counts is what it would bring: a whole field of a row, never a part of one. Otherwise
whoever erases ana@x.mx would stop a file with joana@x.mx.
"""

import asyncio
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, cast, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from services.registry.actors.models import Actor, ActorIdentifier, ActorName
from services.registry.actors.words import folded
from services.registry.imports import objects, presets, rows
from services.registry.imports.faults import failed
from services.registry.imports.formats import NDJSON
from services.registry.imports.models import ENDED, Import, ImportProblem
from services.registry.imports.shapes import SHAPES
from services.registry.imports.statements import CLEAN
from services.registry.people.naming import ERASED, is_name, names, plain, sought
from services.registry.people.reach import Reach
from services.registry.periods import is_current
from shared.translations import in_each_language
from shared.work import Work

FAILURE = "The file named somebody who was erased meanwhile. Take the person out of it and send it again."
_CHUNKS = text(
    """
    SELECT c.import_id, c.number, c.first_line, c.content, i.preset, i.format, i.columns, head.content AS head
    FROM import_chunks AS c JOIN imports AS i ON i.id = c.import_id
    LEFT JOIN import_chunks AS head ON i.columns IS NULL AND head.import_id = c.import_id AND head.number = 0
    WHERE i.readable AND EXISTS (SELECT FROM unnest(:needles) AS needle WHERE position(needle IN c.content) > 0)
    """
).bindparams(bindparam("needles", type_=ARRAY(BYTEA)))
Key = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """What a row that names the person is about: actors by their identifiers, or by a folded name."""

    import_id: UUID
    keys: frozenset[Key]
    names: frozenset[str]


def needles(words: Iterable[str]) -> list[bytes]:
    """The words as they stand in files and in JSON, which may write what is not ASCII in two ways."""
    spelt = {form for word in words for form in (word, word.lower(), word.upper(), plain(word), plain(word).lower(), plain(word).upper())}
    forms = {form for word in spelt for form in (word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])}
    return sorted(form.encode() for form in forms)


async def stop(work: Work, words: Sequence[str], reach: Reach) -> None:
    """Files within reach with the person in a field, and any other in which a row about an actor within reach has: they fail, and what was kept goes."""
    chunks = (await work.execute(_CHUNKS, {"needles": needles(words)})).all()
    found = await asyncio.to_thread(lambda: [row for chunk in chunks for row in _naming(chunk, words)])
    for import_id in sorted(await _within(work, found, reach)):
        ended = {**failed(in_each_language(FAILURE)), "finished_at": work.now, "updated_at": work.now}
        await work.execute(update(Import).where(Import.id == import_id, Import.state.not_in(ENDED)).values(**ended))
        for statement in CLEAN:
            await work.execute(statement, {"id": import_id})


async def forget_problems(work: Work, words: Sequence[str], reach: Reach) -> None:
    """What was wrong with a file within reach says the words no more."""
    pattern = sought(words)
    if pattern is None:
        return
    theirs = ImportProblem.import_id.in_(select(Import.id).where(reach.sent(Import)))
    for problem in (await work.execute(select(ImportProblem).where(ImportProblem.value.regexp_match(pattern), theirs))).scalars():
        if names(problem.value, words):
            problem.value = ERASED


async def _within(work: Work, found: Collection[Row], reach: Reach) -> set[UUID]:
    """The imports of these rows that are within reach, or whose row is."""
    theirs = select(Import.id).where(Import.id.in_({row.import_id for row in found}), reach.sent(Import))
    within = set((await work.execute(theirs)).scalars())
    keys, called = {key for row in found for key in row.keys}, {name for row in found for name in row.names}
    of_keys = select(ActorIdentifier.scheme, ActorIdentifier.value).where(
        tuple_(ActorIdentifier.scheme, ActorIdentifier.value).in_(keys), reach.of(ActorIdentifier.actor_id), is_current(ActorIdentifier)
    )
    known = {(scheme, value) for scheme, value in await work.execute(of_keys, {"now": work.now})}
    own_ids = [value for scheme, value in keys if scheme == "comity"]  # what has no identifier is named by its id
    known |= {
        ("comity", str(found_id)) for found_id in (await work.execute(select(Actor.id).where(cast(Actor.id, Text).in_(own_ids), reach.of(Actor.id)))).scalars()
    }
    of_names = select(ActorName.folded).where(ActorName.folded.in_(called), reach.of(ActorName.actor_id))
    named = set((await work.execute(of_names)).scalars())
    return within | {row.import_id for row in found if row.keys & known or row.names & named}


def _naming(chunk: Any, words: Sequence[str]) -> Iterator[Row]:
    """The rows of a chunk in which a field is one of the words, however it is spelt."""
    sought_for = {_alike(word) for word in words} - {""}
    preset, makes = presets.SHELF.get(chunk.preset), presets.makes_of(chunk.preset)
    if chunk.format == NDJSON:
        found = objects.read(chunk.content, chunk.first_line, preset, makes)
    else:
        titles, faults = (chunk.columns, []) if chunk.columns else rows.header(chunk.head or b"", preset, makes)
        if faults:  # nothing of the file is ever taken
            return
        found = rows.read(chunk.content, chunk.first_line, titles, skip_header=chunk.number == 0, preset=preset, makes=makes)
    for values in found.rows:
        row = dict(zip(SHAPES[makes].fields, values, strict=True))
        if any(isinstance(value, str) and _alike(value) in sought_for for value in values):
            yield _row(chunk.import_id, row)


def _row(import_id: UUID, row: Mapping[str, Any]) -> Row:
    """A row of actors has a key, any other one side or two, each an identifier or a name."""
    if "key_scheme" in row:
        return Row(import_id, frozenset({(row["key_scheme"], row["key_value"])}), frozenset())
    sides = [json.loads(row[side]) for side in ("from_side", "to_side") if row[side]]
    keys = {(side["scheme"], side["value"]) for side in sides if {"scheme", "value"} <= side.keys()}
    return Row(import_id, frozenset(keys), frozenset(side["folded"] for side in sides if "folded" in side))


def _alike(word: str) -> str:
    return folded(word) if is_name(word) else word.strip().lower()
