"""What a file of the registry is made of, and the SQL that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.registry.imports.cells import COUNTRY, GUARDED_TEXT, LANGUAGE, OWN_SCHEME, SCHEME
from services.registry.imports.sql import statement
from shared.pages import Page
from shared.repository import Repository

# What a spreadsheet would take for a formula gets an apostrophe before it, and what has apostrophes before that one more: see `cells.plain`.
GUARDED = rf"CASE WHEN ({{0}}) ~ '^''*{GUARDED_TEXT}' THEN '''' || ({{0}}) ELSE {{0}} END"
AS_IT_IS = "{0}"
ORIGIN = ("source", "licence")

# The families of columns: of which form a key is, so that it needs no quoting, and the keys there are among the actors meant.
FAMILIES: dict[str, tuple[Callable[[str], object], str]] = {
    "name": (LANGUAGE.fullmatch, "SELECT DISTINCT key FROM actors AS a, jsonb_object_keys(a.names) AS key WHERE a.id IN (<meant>)"),
    "id": (
        SCHEME.fullmatch,
        str(
            statement(
                f"SELECT DISTINCT i.scheme AS key FROM actor_identifiers AS i WHERE i.scheme <> '{OWN_SCHEME}' AND @current(i) AND i.actor_id IN (<meant>)"  # noqa: S608 - a constant
            )
        ),
    ),
    "identifier": (
        SCHEME.fullmatch,
        f"SELECT DISTINCT i.scheme AS key FROM actor_identifiers AS i WHERE i.scheme <> '{OWN_SCHEME}' AND i.actor_id IN (<meant>)",  # noqa: S608 - a constant
    ),
    "border_m": (COUNTRY.fullmatch, "SELECT DISTINCT key FROM actors AS a, jsonb_object_keys(a.border_m) AS key WHERE a.id IN (<meant>)"),
}

# By which identifier an actor is found again; without one, by its id.
KEY = f"""coalesce(
    min(ARRAY[i.scheme COLLATE "C", i.value COLLATE "C"]) FILTER (WHERE i.scheme <> '{OWN_SCHEME}'), min(ARRAY[i.scheme, i.value COLLATE "C"])
)"""
# The actors whose ids are `named`, each with its key.
KNOWN = f"""
    known AS MATERIALIZED (
        SELECT a.id, a.name, a.kind, a.country, a.subdivision, coalesce(held.key, ARRAY['{OWN_SCHEME}', CAST(a.id AS text)]) COLLATE "C" AS key
        FROM actors AS a
        LEFT JOIN (
            SELECT i.actor_id, {KEY} AS key FROM actor_identifiers AS i WHERE i.actor_id IN (SELECT id FROM named) AND @current(i) GROUP BY i.actor_id
        ) AS held ON held.actor_id = a.id
        WHERE a.id IN (SELECT id FROM named)
    )
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class How:
    """What the columns depend on: how a text is shown, the keys of each family, and the addresses of seats that are for the caller."""

    shown: str
    keys: dict[str, list[str]]
    email: str | None


@dataclass(frozen=True)
class File:
    """`rows` is SQL in which `<columns>` stands for what `columns` makes, and `<meant>` for the ids that may be seen and pass the filters."""

    name: str
    repository: type[Repository[Any]]
    filters: type[Page]
    columns: Callable[[How], dict[str, str]]
    rows: str
    families: tuple[str, ...] = ()


def side(title: str, row: str, how: How) -> dict[str, str]:
    """The columns by which an import finds an actor: its key, and what a reader knows it by."""
    told = {"scheme": f"{row}.key[1]", "value": how.shown.format(f"{row}.key[2]"), "name": how.shown.format(f"{row}.name")}
    told |= {name: f"{row}.{name}" for name in ("kind", "country", "subdivision")}
    return {f"{title}_{name}": made for name, made in told.items()}


def days(row: str) -> dict[str, str]:
    return {name: f"{row}.{name}" for name in ("valid_from", "valid_through")}


def origin(row: str, how: How) -> dict[str, str]:
    return {**{name: how.shown.format(f"{row}.{name}") for name in ORIGIN}, "read_on": f"{row}.read_on"}
