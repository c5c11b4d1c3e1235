"""The presets there are: the files of this folder, read once when the module is."""

import tomllib
from pathlib import Path
from typing import Any

from services.registry.imports.presets.language import Preset
from services.registry.imports.shapes import SHAPES, Makes

NATIVE = {makes.value: makes for makes in Makes}  # files in our own columns
SHELF: dict[str, Preset] = {path.stem: Preset.model_validate(tomllib.loads(path.read_text("utf-8"))) for path in sorted(Path(__file__).parent.glob("*.toml"))}
NAMES = (*NATIVE, *SHELF)
ABOUT = {
    Makes.actors: ("Actors in our own columns", "The cells are taken as they stand. This is the form of an export, too."),
    Makes.ties: ("Ties in our own columns", "Each side is an identifier (scheme and value) or a name with its country, subdivision and kind."),
    Makes.domains: ("Official domains in our own columns", "A domain, and whose it is: an identifier, or a name with its country, subdivision and kind."),
    Makes.identifiers: (
        "Identifiers in our own columns",
        "Further identifiers of known actors, with their days; a row that fits no one exactly is left aside.",
    ),
    Makes.names: ("Names in our own columns", "Preferred, former and alternative names of known actors, with their days and sources."),
    Makes.parents: ("Parents in our own columns", "Inside whom known actors are, were or are to be, each time with its days."),
    Makes.seats: ("Seats in our own columns", "Further seats of known actors, and the addresses of their offices."),
}

# What people may know of each: name, what it makes, title, about, source, licence, the columns it needs and those it fills.
DOCUMENTED: list[dict[str, Any]] = [
    *(
        {
            "name": name,
            "makes": makes.value,
            "title": ABOUT[makes][0],
            "about": ABOUT[makes][1],
            "source": None,
            "licence": None,
            "columns": list(SHAPES[makes].needed),
            "fills": list(SHAPES[makes].offered),
        }
        for name, makes in NATIVE.items()
    ),
    *(
        {**preset.model_dump(include={"makes", "title", "about", "source", "licence"}), "name": name, "columns": preset.columns(), "fills": list(preset.fields)}
        for name, preset in SHELF.items()
    ),
]


def makes_of(name: str) -> Makes:
    """What the files of a preset make."""
    return SHELF[name].makes if name in SHELF else NATIVE[name]


def shared_schemes(name: str) -> list[str]:
    """Schemes of which a preset leaves out what two actors claim."""
    return SHELF[name].shared if name in SHELF else []


def keeps_first(name: str) -> bool:
    """Whether a row whose key an earlier row has is left aside."""
    return name in SHELF and SHELF[name].once
