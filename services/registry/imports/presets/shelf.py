"""The presets there are: the files of this folder, read once when the module is."""

import tomllib
from pathlib import Path

from services.registry.imports.cells import OFFERED
from services.registry.imports.presets.language import Preset
from services.registry.imports.presets.layouts import NATIVE

SHELF: dict[str, Preset] = {path.stem: Preset.model_validate(tomllib.loads(path.read_text("utf-8"))) for path in sorted(Path(__file__).parent.glob("*.toml"))}
NAMES = (NATIVE, *SHELF)

# What people may know of each: name, title, about, source, licence, the columns it needs and those it fills.
DOCUMENTED: list[dict[str, object]] = [
    {
        "name": NATIVE,
        "title": "Actors in our own columns",
        "about": "The cells are taken as they stand. This is the form of an export, too.",
        "source": None,
        "licence": None,
        "columns": ["key_scheme", "key_value"],
        "fills": OFFERED.split(", "),
    },
    *(
        {**preset.model_dump(include={"title", "about", "source", "licence"}), "name": name, "columns": preset.columns(), "fills": list(preset.fields)}
        for name, preset in SHELF.items()
    ),
]


def shared_schemes(name: str) -> list[str]:
    """Schemes of which a preset leaves out what two actors claim."""
    return SHELF[name].shared if name in SHELF else []
