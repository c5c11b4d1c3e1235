"""The rulebooks that ship, read and checked once when the application starts."""

from importlib import resources

from services.agreements.rulebooks.schemas import Rulebook


def load() -> dict[str, Rulebook]:
    """Every file under packs/, by id. A file that does not say what the schema demands raises here."""
    folder = resources.files("services.agreements.rulebooks") / "packs"
    found = [Rulebook.model_validate_json(item.read_bytes()) for item in folder.iterdir() if item.name.endswith(".json")]
    return {pack.id: pack for pack in sorted(found, key=lambda pack: pack.id)}


RULEBOOKS = load()
