"""Schemas of several documents under one roof: equal ones become one, different ones of the same name are told apart."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.problems import ProblemDocument, ProblemItem

Document = dict[str, Any]
PREFIX = "#/components/schemas/"
FRAMEWORK = {"HTTPValidationError", "ValidationError"}
RENAMED = {ProblemDocument.__name__: "Problem", ProblemItem.__name__: "ProblemItem"}


def without_collisions(parts: Mapping[str, Document]) -> dict[str, Document]:
    """The documents with schemas renamed so that one name means one thing. A schema that refers to a renamed one is another thing too."""
    for part in parts.values():
        _rename(part, {old: new for old, new in RENAMED.items() if old in _schemas(part)})
        for name in FRAMEWORK:
            _schemas(part).pop(name, None)
    colliding: set[str] = set()
    while True:
        found = {name for name in _names(parts) if name not in colliding and _differs(parts, name, colliding)}
        if not found:
            break
        colliding |= found
    for service, part in parts.items():
        _rename(part, {name: f"{service.capitalize()}{name}" for name in _schemas(part).keys() & colliding})
    return dict(parts)


def in_use(document: Document) -> Document:
    """The schemas that anything refers to, by name, with those of problems."""
    schemas: Document = dict(document["components"]["schemas"])
    schemas |= {"Problem": _schema_of_problem(), "ProblemItem": ProblemItem.model_json_schema()}
    waiting = [*_references(document["paths"]), *_references(document["components"]["responses"])]
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting += _references(schemas[name])
    return {name: schemas[name] for name in sorted(used)}


def _schema_of_problem() -> Document:
    schema = ProblemDocument.model_json_schema(ref_template=PREFIX + "{model}")
    schema.pop("$defs", None)
    return {**schema, "title": "Problem"}


def _schemas(part: Document) -> Document:
    found: Document = part.setdefault("components", {}).setdefault("schemas", {})
    return found


def _names(parts: Mapping[str, Document]) -> set[str]:
    return {name for part in parts.values() for name in _schemas(part)}


def _differs(parts: Mapping[str, Document], name: str, colliding: set[str]) -> bool:
    owners = [_schemas(part)[name] for part in parts.values() if name in _schemas(part)]
    return len(owners) > 1 and (any(owner != owners[0] for owner in owners) or bool(colliding.intersection(_references(owners[0]))))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(PREFIX):
            yield reference.removeprefix(PREFIX)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _rename(part: Document, names: Mapping[str, str]) -> None:
    """Rename schemas and everything that refers to them, in place."""
    if not names:
        return
    schemas = _schemas(part)
    part["components"]["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
    _redirect(part, names)


def _redirect(node: Any, names: Mapping[str, str]) -> None:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.removeprefix(PREFIX) in names:
            node["$ref"] = PREFIX + names[reference.removeprefix(PREFIX)]
        if "propertyName" in node and isinstance(node.get("mapping"), dict):  # a discriminator
            targets = {key: str(value).removeprefix(PREFIX) for key, value in node["mapping"].items()}
            node["mapping"] = {key: PREFIX + names.get(target, target) for key, target in targets.items()}
        for value in node.values():
            _redirect(value, names)
    elif isinstance(node, list):
        for value in node:
            _redirect(value, names)
