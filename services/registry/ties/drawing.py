"""Actors and ties as files that drawing programs read: GraphML for Gephi, yEd and networkx, DOT for Graphviz.

GraphML: http://graphml.graphdrawing.org/specification.html. A symmetric tie is an undirected edge, a directed one an arrow; DOT knows
arrows only in a digraph, where `dir=none` takes the head off.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

from services.registry.ties.types import TYPES, TieType

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
# What XML 1.0 cannot hold, escaped or not.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ACTOR_KEYS = {"name": "string", "kind": "string", "country": "string", "subdivision": "string", "lat": "double", "lon": "double"}
TIE_KEYS = {
    "type": "string",
    "label": "string",
    "status": "string",
    "role": "string",
    "valid_from": "string",
    "valid_through": "string",
    "last_activity_on": "string",
}


class Format(StrEnum):
    json = "json"
    graphml = "graphml"
    dot = "dot"


MEDIA_TYPES: Mapping[Format, str] = {Format.json: "application/json", Format.graphml: "application/graphml+xml", Format.dot: "text/vnd.graphviz"}


def wanted_format(asked: Format | None, accept: str | None) -> Format:
    """What `format=` names, else the first drawing format that Accept names before JSON or anything, else JSON."""
    if asked is not None:
        return asked
    for part in (accept or "").split(","):
        media_type = part.partition(";")[0].strip().lower()
        if media_type in ("application/json", "application/*", "*/*"):
            return Format.json
        for format_, known in MEDIA_TYPES.items():
            if media_type == known:
                return format_
    return Format.json


def drawn(format_: Format, actors: Sequence[Mapping[str, Any]], ties: Sequence[Mapping[str, Any]], language: str) -> bytes:
    """The file. Actors need the fields of ACTOR_KEYS and `id`; ties `id`, `from_id`, `to_id` and those of TIE_KEYS but the label."""
    labelled = [{**tie, "label": _said(TYPES[TieType(tie["type"])].label, language)} for tie in ties]
    return (_graphml if format_ is Format.graphml else _dot)(actors, labelled)


def _said(words: Mapping[str, str], language: str) -> str:
    return words.get(language.partition("-")[0], words["en"])


def _graphml(actors: Sequence[Mapping[str, Any]], ties: Sequence[Mapping[str, Any]]) -> bytes:
    root = ElementTree.Element("graphml", {"xmlns": NAMESPACE})
    for of, keys in (("node", ACTOR_KEYS), ("edge", TIE_KEYS)):
        for name, kind in keys.items():
            ElementTree.SubElement(root, "key", {"id": f"{of}_{name}", "for": of, "attr.name": name, "attr.type": kind})
    graph = ElementTree.SubElement(root, "graph", {"id": "ties", "edgedefault": "directed"})
    for actor in actors:
        node = ElementTree.SubElement(graph, "node", {"id": str(actor["id"])})
        _keep(node, "node", ACTOR_KEYS, actor)
    for tie in ties:
        directed = "false" if TYPES[TieType(tie["type"])].symmetric else "true"
        ends = {"id": str(tie["id"]), "source": str(tie["from_id"]), "target": str(tie["to_id"]), "directed": directed}
        _keep(ElementTree.SubElement(graph, "edge", ends), "edge", TIE_KEYS, tie)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _keep(element: ElementTree.Element, of: str, keys: Mapping[str, str], values: Mapping[str, Any]) -> None:
    for name in keys:
        if values.get(name) is not None:
            ElementTree.SubElement(element, "data", {"key": f"{of}_{name}"}).text = _NO_XML.sub("\ufffd", str(values[name]))


def _dot(actors: Sequence[Mapping[str, Any]], ties: Sequence[Mapping[str, Any]]) -> bytes:
    lines = ["digraph ties {"]
    lines += [f"  {_quoted(actor['id'])} [label={_quoted(actor['name'])}, kind={_quoted(actor['kind'])}];" for actor in actors]
    for tie in ties:
        arrow = ", dir=none" if TYPES[TieType(tie["type"])].symmetric else ""
        style = "" if tie["status"] == "active" else ", style=dashed"
        lines.append(f"  {_quoted(tie['from_id'])} -> {_quoted(tie['to_id'])} [label={_quoted(tie['label'])}, id={_quoted(tie['id'])}{arrow}{style}];")
    return "\n".join([*lines, "}", ""]).encode()


def _quoted(value: Any) -> str:
    """A DOT string. Inside quotes only the quote itself is escaped for the reader, and a backslash for the label's own escapes."""
    plain = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n").replace("\0", "")
    return f'"{plain}"'
