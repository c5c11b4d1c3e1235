"""Actors and ties as files that drawing programs read: GraphML for Gephi, yEd and networkx, DOT for Graphviz.

GraphML: http://graphml.graphdrawing.org/specification.html. It can hold edges of both kinds in one graph, and networkx refuses a file that
does. So where all ties are symmetric the graph is undirected, and otherwise every edge is an arrow that says whether its tie is `symmetric`.
DOT knows arrows only in a digraph, where `dir=none` takes the head off.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import orjson

from services.registry.ties.types import TYPES, TieType
from shared.exports import Written

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
# What XML 1.0 cannot hold, escaped or not.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ACTOR_KEYS = {"name": "string", "kind": "string", "country": "string", "subdivision": "string", "lat": "double", "lon": "double"}
TIE_KEYS = {
    "type": "string",
    "label": "string",
    "symmetric": "boolean",
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
    head, node, edge, last = _FORMS[format_]
    first = head(all(TYPES[TieType(tie["type"])].symmetric for tie in ties))
    return b"".join((first, *map(node, actors), *(edge(tie, _label(tie, language)) for tie in ties), last))


def streamed(format_: Format, language: str, types: Sequence[TieType] | None) -> Written:
    """How rows of ties of these types, each with its `from_actor` and `to_actor`, become a file. An actor stands before its first tie, once.

    Of the actors that were written the ids are remembered, sixteen bytes each: all that grows with the list.
    """
    head, node, edge, last = _FORMS[format_]
    written: set[bytes] = set()

    def batch(rows: Sequence[bytes]) -> bytes:
        pieces: list[bytes] = []
        for tie in map(orjson.loads, rows):
            for actor in (tie["from_actor"], tie["to_actor"]):
                if (known := UUID(actor["id"]).bytes) not in written:
                    written.add(known)
                    pieces.append(node(actor))
            pieces.append(edge(tie, _label(tie, language)))
        return b"".join(pieces)

    return Written(batch, first=head(all(TYPES[kind].symmetric for kind in types or TYPES)), last=last)


def _label(tie: Mapping[str, Any], language: str) -> str:
    words = TYPES[TieType(tie["type"])].label
    return words.get(language.partition("-")[0], words["en"])


def _graphml_head(undirected: bool) -> bytes:
    keys = [
        ElementTree.tostring(ElementTree.Element("key", {"id": f"{of}_{name}", "for": of, "attr.name": name, "attr.type": kind}))
        for of, named in (("node", ACTOR_KEYS), ("edge", TIE_KEYS))
        for name, kind in named.items()
    ]
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<graphml xmlns="{NAMESPACE}">'.encode()
    return head + b"".join(keys) + f'<graph id="ties" edgedefault="{"undirected" if undirected else "directed"}">'.encode()


def _graphml_node(actor: Mapping[str, Any]) -> bytes:
    return _element(ElementTree.Element("node", {"id": str(actor["id"])}), "node", ACTOR_KEYS, actor)


def _graphml_edge(tie: Mapping[str, Any], label: str) -> bytes:
    ends = {"id": str(tie["id"]), "source": str(tie["from_id"]), "target": str(tie["to_id"])}
    symmetric = str(TYPES[TieType(tie["type"])].symmetric).lower()
    return _element(ElementTree.Element("edge", ends), "edge", TIE_KEYS, {**tie, "label": label, "symmetric": symmetric})


def _element(element: ElementTree.Element, of: str, keys: Mapping[str, str], values: Mapping[str, Any]) -> bytes:
    for name in keys:
        if values.get(name) is not None:
            ElementTree.SubElement(element, "data", {"key": f"{of}_{name}"}).text = _NO_XML.sub("\ufffd", str(values[name]))
    written: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=False)
    return written


def _dot_head(undirected: bool) -> bytes:
    return b"digraph ties {\n"


def _dot_node(actor: Mapping[str, Any]) -> bytes:
    return f"  {_quoted(actor['id'])} [label={_quoted(actor['name'])}, kind={_quoted(actor['kind'])}];\n".encode()


def _dot_edge(tie: Mapping[str, Any], label: str) -> bytes:
    arrow = ", dir=none" if TYPES[TieType(tie["type"])].symmetric else ""
    style = "" if tie["status"] == "active" else ", style=dashed"
    ends = f"  {_quoted(tie['from_id'])} -> {_quoted(tie['to_id'])}"
    return f"{ends} [label={_quoted(label)}, id={_quoted(tie['id'])}{arrow}{style}];\n".encode()


def _quoted(value: Any) -> str:
    """A DOT string. Inside quotes only the quote itself is escaped for the reader, and a backslash for the label's own escapes."""
    plain = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n").replace("\0", "")
    return f'"{plain}"'


Head = Callable[[bool], bytes]
Node = Callable[[Mapping[str, Any]], bytes]
Edge = Callable[[Mapping[str, Any], str], bytes]
# What comes first, of symmetric ties alone or not; an actor; a tie with its label; what comes last.
_FORMS: Mapping[Format, tuple[Head, Node, Edge, bytes]] = {
    Format.graphml: (_graphml_head, _graphml_node, _graphml_edge, b"</graph></graphml>"),
    Format.dot: (_dot_head, _dot_node, _dot_edge, b"}\n"),
}
