"""What may be wrong with a file: a code for each thing, a sentence that says it, and one that says how to mend it.

Reading an answer writes it in one statement (decision 0001), so the sentences are stored in every language when the fault is found.

The sentences are English here and in `shared/translations` for the other languages. What a cell holds is never one of a sentence's
values: it is kept beside them as it was typed, so that no language changes it and whoever erases a person finds it in one place.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from services.registry.imports.models import ImportState
from shared.languages import SPOKEN, Language
from shared.translations import said

Values = Mapping[str, Any]


class Kind(NamedTuple):
    """The message follows the name of a column or what the cell holds; the remedy stands by itself."""

    message: str
    remedy: str


KINDS: dict[str, Kind] = {
    # The file as a whole, and its header.
    "not_utf8": Kind("is not UTF-8 text", "Save the file as CSV in UTF-8."),
    "semicolons": Kind("separates its cells by semicolons", "Save the file as CSV with commas."),
    "tabs": Kind("separates its cells by tabs", "Save the file as CSV with commas."),
    "columns_too_many": Kind("the file has more than {most} columns", "Remove the columns that are not needed."),
    "column_unknown": Kind("is not a column of this import", "Remove it, or use one of: {offered}."),
    "column_untitled": Kind("column {number} has no title", "Remove the column, or use one of: {offered}."),
    "column_twice": Kind("is there twice", "Keep one of the two columns."),
    "column_missing": Kind("is missing", "Add the column; each row needs it."),
    "column_of_preset_missing": Kind("is missing", "The preset reads this column; send the file as its source gives it."),
    # A line that cannot be read.
    "quote_open": Kind("opens a quote that is never closed", "Close the quote, or double it where it belongs to the text."),
    "quote_stray": Kind("has text after the closing quote of a cell", "Double a quote that belongs to the text, or put a comma after one that closes a cell."),
    "quote_inside": Kind("has a quote inside a cell that does not begin with one", "Put the whole cell in quotes, and double each quote inside it."),
    "cell_too_large": Kind("holds a cell of more than {most} characters", "Shorten the cell, or close the quote that opens it."),
    "not_csv": Kind("cannot be read as CSV", "Close every quote, and double a quote inside a quoted cell."),
    "cells_miscounted": Kind(
        "has another number of cells than the header: {found} instead of {expected}",
        "Give every line as many cells as the header; quote a cell that holds a comma.",
    ),
    "not_json": Kind("is not JSON", "Write one object on each line, in UTF-8."),
    "not_an_object": Kind("is not an object", "Write one object on each line, such as {example}."),
    "not_a_cell": Kind("is neither text nor a number", "Write the cell as text, a number, or null."),
    # A cell by itself.
    "too_long": Kind("is longer than {longest} characters", "Shorten it."),
    "formula_failed": Kind("is what a formula shows that failed", "Mend the formula, write its value instead, or empty the cell."),
    "control_character": Kind("holds a control character", "Remove the character; it is often left by a copy from another program."),
    "not_offered": Kind("is not one of the values of this column", "Use one of: {offered}."),
    "not_known_to_preset": Kind("is not one of the values that this preset knows", "Use one of: {offered}."),
    "not_a_name": Kind("has no letter and no digit", "Write the name in letters of any script; without them nobody finds it."),
    "not_a_scheme": Kind("is not the name of a scheme", "Use lower-case letters, digits, dots and hyphens, such as iso3166-2."),
    "not_a_country": Kind("is not a country code", "Use two capital letters of ISO 3166-1, such as MX."),
    "not_a_subdivision": Kind("is not a subdivision code", "Use ISO 3166-2, such as MX-BCN."),
    "not_a_language": Kind("is not a language", "Use a tag of BCP 47, such as es."),
    "not_a_web_address": Kind("is not a web address", "Begin it with https:// or http://."),
    "not_an_email": Kind("is not an e-mail address", "Write one address, without a name and without brackets."),
    "not_a_domain": Kind("is not an internet domain", "Write it as example.gov, without https:// and without a path."),
    "not_a_whole_number": Kind("is not a whole number from 0 to {most}", "Write digits only, without separators or units."),
    "not_degrees": Kind("is not a number of degrees from -{most} to {most}", "Write decimal degrees with a point, such as -117.0382."),
    "not_a_date": Kind("is not a date", "Write it as YYYY-MM-DD."),
    "day_beyond_all": Kind("is not between 0001-01-02 and 9999-12-30", "Leave it empty where there is no first or no last day."),
    # Cells of one row.
    "cell_missing": Kind("is missing", "Fill the cell."),
    "key_missing": Kind("is missing", "Fill the cell: each row is found again by key_scheme and key_value."),
    "pair_missing": Kind("is missing beside {present}", "Fill both cells, or neither."),
    "seat_missing": Kind("is missing beside seat_email", "Say which seat the address belongs to."),
    "actor_missing": Kind("is missing", "Name the actor, or give one of its identifiers."),
    "identifier_missing": Kind("gives the actor no identifier", "Fill a column id:<scheme>."),
    "subdivision_elsewhere": Kind("is not in {country}", "Correct the country or the subdivision."),
    "key_contradicted": Kind("is not the key's value", "Empty the cell, or correct it."),
    "days_reversed": Kind("is before valid_from", "Correct one of the two dates."),
    "last_day_missing": Kind("is missing beside the status ended", "Give the last day of the tie."),
    "reason_while_open": Kind("is given for a tie that has not ended", "Give the status ended with it, or leave it empty."),
    "never_dormant": Kind("is no status of this type of tie", "Ties of this type do not sleep; give another status, or leave the cell empty."),
    # A row beside the other rows and the registry.
    "actor_of_another": Kind("is not kept by your country", "Leave the row as the registry has it, without an address: whoever keeps the record changes it."),
    "moved_abroad": Kind("would give the actor to another country", "Leave it as it is: only whoever keeps this registry moves an actor to another country."),
    "identifier_twice": Kind("is the identifier of line {first} already", "Keep one row for each actor."),
    "actor_twice": Kind("means the actor of line {first}, which has this identifier as well", "Keep one row for each actor."),
    "identifier_held": Kind("belongs to the actor {actor} already", "Use that actor's key, or correct the identifier."),
    "parent_unknown": Kind("is neither in this file nor in the registry", "Add a row for the parent, or correct its scheme and value."),
    "kind_missing": Kind("is missing for a new actor", "Say what it is; only rows of known actors may leave it out."),
    "language_missing": Kind("is missing for a new actor", "Say in which language its name is preferred."),
    "name_missing": Kind("is missing, and it is the preferred language", "Give the name in that language, or prefer another."),
    "dissolved_while_active": Kind("is given for an actor that is active", "Give the status dissolved with it, or leave it empty."),
    "actor_unfound": Kind(
        "means no actor exactly", "Give an identifier that the registry knows, or the name that one active actor has in the country or subdivision you give."
    ),
    "begins_after_end": Kind("is after {last}, the last day that is known", "Correct the day, or give the last day as well."),
    "name_repeated": Kind("is the name of line {first} already", "Keep one row for each name of an actor in a language."),
    "preferred_twice": Kind("is the kind of another name in line {first} already", "Prefer one name in each language; call the other former or alternative."),
    "preferred_lost": Kind("leaves the actor's preferred language without a preferred name", "Prefer another name in that language in a row of its own."),
    "parents_overlap": Kind("shares days with another parent", "Give each parent its days: in a row of its own, until when the other one was the parent."),
    "identifier_overlaps": Kind("belongs to the actor {actor} on some of these days", "Correct the days, or the identifier."),
    "chief_twice": Kind("is the role of line {first} already", "An actor has one chief executive: keep one row, or give another role."),
    "parent_itself": Kind("puts the actor inside itself", "Correct the parent."),
    "parents_in_a_ring": Kind("puts the actor inside itself", "Correct the parent of one of the actors between."),
}


class BadCell(ValueError):
    """What a cell holds is not what its column takes; `value` where the cell is not at hand."""

    def __init__(self, code: str, value: str = "", **values: Any) -> None:
        super().__init__(code)
        self.code, self.value, self.values = code, value, values


class Fault(NamedTuple):
    """What is wrong in a line, in which column, and what the cell holds; the values are those of the sentences of its code."""

    line: int
    column: str | None
    value: str | None
    code: str
    values: Values = {}

    @property
    def message(self) -> str:
        return self.sentences("en")["message"]

    @property
    def remedy(self) -> str:
        return self.sentences("en")["remedy"]

    def sentences(self, language: Language) -> dict[str, str]:
        """The message and the remedy in this language."""
        return {name: said(template, language).format_map(self.values) for name, template in KINDS[self.code]._asdict().items()}

    def record(self) -> tuple[Any, ...]:
        """What is stored: line, column, value and code, message and remedy in English, and both of them by language, as JSON text."""
        spoken = {language: self.sentences(language) for language in SPOKEN.values()}
        said_of = {name: {language: texts[name] for language, texts in spoken.items()} for name in Kind._fields}
        return (*self[:4], self.message, self.remedy, orjson.dumps(said_of).decode())


def failed(why: Mapping[Language, str]) -> dict[str, Any]:
    """What an import is that failed, and why."""
    return {"state": ImportState.failed, "failure": why["en"], "failures": why}


def of_bad(line: int, column: str | None, value: str | None, bad: BadCell) -> Fault:
    """The fault that a bad cell is, in its place."""
    return Fault(line, column, value, bad.code, bad.values)


def of_line(line: int, code: str, **values: Any) -> Fault:
    """A fault of a whole line."""
    return Fault(line, None, None, code, values)
