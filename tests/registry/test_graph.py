"""The graph of ties: neighbours and shortest paths, as JSON and as files that real readers of GraphML and DOT take."""

import random
import re
from collections import defaultdict
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from services.registry import errors
from services.registry.ties import neighbours
from services.registry.ties.drawing import NAMESPACE, Format, drawn, wanted_format
from services.registry.ties.schemas import NeighbourRead, Paths
from shared.errors import Invalid
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries

NOBODY = "01890000-0000-7000-8000-000000000000"
GRAPHML = "{" + NAMESPACE + "}"
NASTY = "Łódź \"<&>\" \\N 'x'"


async def cities(client: httpx.AsyncClient, *names: str) -> dict[str, str]:
    return {name: (await make.actor(client, name))["id"] for name in names}


async def paths(client: httpx.AsyncClient, start: str, goal: str, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/v1/actors/{start}/paths?to={goal}&{query}")
    assert answer.status_code == 200, answer.text
    Paths.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def test_neighbours_are_seen_from_the_actor(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    of = await cities(registry, "A", "B", "Network", "Office", "Old", "Hoped")
    osaka = (await make.actor(registry, "Osaka", country="JP", subdivision=None, lat=34.7, lon=135.5))["id"]
    made = {
        "B": await make.tie(registry, of["A"], of["B"]),
        "Network": await make.tie(registry, of["A"], of["Network"], type="network_membership", role="Innovator"),
        "Office": await make.tie(registry, of["Office"], of["A"], type="office_of"),
        "Old": await make.tie(registry, of["A"], of["Old"], valid_from="1990-01-01", valid_through="1999-12-31"),
        "Hoped": await make.tie(registry, of["A"], of["Hoped"], status="proposed"),
        "Osaka": await make.tie(registry, of["A"], osaka, type="friendship_city"),
    }
    await make.tie(registry, of["B"], osaka)
    now = [("B", "mutual"), ("Network", "out"), ("Office", "in"), ("Osaka", "mutual")]
    wanted: dict[str, list[tuple[str, str]]] = {
        "": now,
        "type=office_of&type=network_membership": now[1:3],
        "country=JP": now[3:],
        "status=proposed": [("Hoped", "mutual")],
        "status=ended": [],
        "as_of=1995-06-01": [("B", "mutual"), ("Network", "out"), ("Office", "in"), ("Old", "mutual"), ("Osaka", "mutual")],
        "as_of=1995-06-01&status=ended": [],
    }
    for query, expected in wanted.items():
        with queries(registry_app.state.database, at_most=1 if expected else 2):
            answer = await registry.get(f"/v1/actors/{of['A']}/neighbours?{query}")
        items = answer.json()["items"]
        assert [(item["actor"]["name"], item["direction"]) for item in items] == expected, query
        for item in items:
            NeighbourRead.model_validate(item)
            assert item["tie_id"] == made[item["actor"]["name"]]["id"]
    first = (await registry.get(f"/v1/actors/{of['A']}/neighbours?limit=3&count=exact")).json()
    rest = (await registry.get(f"/v1/actors/{of['A']}/neighbours?limit=3&cursor={first['next']}")).json()
    assert (first["total"], [item["actor"]["name"] for item in rest["items"]]) == (4, ["Osaka"])
    assert (rest["items"][0]["actor"]["lat"], rest["items"][0]["actor"]["lon"]) == (34.7, 135.5)
    assert (await registry.get(f"/v1/actors/{of['Old']}/neighbours")).json()["items"] == []
    assert_problem(await registry.get(f"/v1/actors/{NOBODY}/neighbours"), errors.ActorNotFound)


async def test_shortest_paths_are_found_up_to_three_ties(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    of = await cities(registry, "A", "B", "C", "D", "E", "F")
    ab = await make.tie(registry, of["A"], of["B"])
    bc = await make.tie(registry, of["B"], of["C"], type="network_membership")
    cd = await make.tie(registry, of["C"], of["D"])
    de = await make.tie(registry, of["D"], of["E"])
    with queries(registry_app.state.database, at_most=1):
        found = await paths(registry, of["A"], of["D"])
    assert (found["length"], found["complete"], found["more"]) == (3, True, False)
    assert found["paths"] == [{"actors": [of[name] for name in "ABCD"], "ties": [ab["id"], bc["id"], cd["id"]]}]
    assert {actor["name"] for actor in found["actors"]} == set("ABCD")
    assert {tie["id"] for tie in found["ties"]} == {ab["id"], bc["id"], cd["id"]}
    back = await paths(registry, of["D"], of["A"])
    assert back["paths"] == [{"actors": [of[name] for name in "DCBA"], "ties": [cd["id"], bc["id"], ab["id"]]}]
    assert (await paths(registry, of["A"], of["D"], "max_depth=2"))["length"] is None
    far = await paths(registry, of["A"], of["E"])
    assert (far["length"], far["paths"], far["complete"], {actor["name"] for actor in far["actors"]}) == (None, [], True, {"A", "E"})
    assert (await paths(registry, of["A"], of["F"]))["length"] is None
    shortcut = await make.tie(registry, of["A"], of["D"], type="cooperation", status="proposed")
    assert (await paths(registry, of["A"], of["D"]))["length"] == 3, "what is only proposed is no way"
    proposed = await paths(registry, of["A"], of["D"], "status=proposed&status=active")
    assert [path["ties"] for path in proposed["paths"]] == [[shortcut["id"]]]
    assert (await paths(registry, of["A"], of["D"], "type=sister_city"))["length"] is None
    assert (await paths(registry, of["C"], of["E"]))["paths"] == [{"actors": [of["C"], of["D"], of["E"]], "ties": [cd["id"], de["id"]]}]


async def test_a_path_is_of_its_day(registry: httpx.AsyncClient) -> None:
    of = await cities(registry, "A", "B")
    await make.tie(registry, of["A"], of["B"], valid_from="1990-01-01", valid_through="1999-12-31")
    assert (await paths(registry, of["A"], of["B"]))["length"] is None
    assert (await paths(registry, of["A"], of["B"], "as_of=1999-12-31"))["length"] == 1


async def test_several_paths_of_one_length_are_counted_out(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    of = await cities(registry, "A", "Z", "One", "Two", "Three")
    for name in ("One", "Two", "Three"):
        await make.tie(registry, of["A"], of[name])
        await make.tie(registry, of[name], of["Z"])
    assert {path["actors"][1] for path in (await paths(registry, of["A"], of["Z"]))["paths"]} == {of["One"], of["Two"], of["Three"]}
    some = await paths(registry, of["A"], of["Z"], "limit=2")
    assert (len(some["paths"]), some["more"], len(some["actors"]), len(some["ties"])) == (2, True, 4, 4)


async def test_a_search_that_ends_at_its_bound_says_so(registry: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    of = await cities(registry, "A", "B", "C", "D", "X", "Y")
    for one, two in ("AB", "AX", "AY", "BC", "CD", "DX"):
        await make.tie(registry, of[one], of[two])
    whole = await paths(registry, of["A"], of["C"])
    monkeypatch.setattr(neighbours, "MOST_STEPS", 1)
    bounded = await paths(registry, of["A"], of["C"])
    assert (whole["length"], whole["complete"], bounded["length"], bounded["complete"]) == (2, True, None, False)
    monkeypatch.setattr(neighbours, "MOST_STEPS", 5)
    assert (await paths(registry, of["A"], of["B"]))["complete"], "nothing shorter was left out"


async def test_the_paths_are_those_of_a_plain_search(registry: httpx.AsyncClient) -> None:
    chance = random.Random(8)
    ids = list((await cities(registry, *(f"City {number}" for number in range(14)))).values())
    ties: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one, two in {tuple(sorted(chance.sample(ids, 2))) for _ in range(20)}:
        tie = await make.tie(registry, one, two, type=chance.choice(["sister_city", "network_membership"]))
        ties[one].append((two, tie["id"]))
        ties[two].append((one, tie["id"]))

    def plain(start: str, goal: str) -> set[tuple[str, ...]]:
        walks: list[tuple[list[str], tuple[str, ...]]] = [([start], ())]
        for _ in range(3):
            walks = [([*seen, other], (*done, tie)) for seen, done in walks for other, tie in ties[seen[-1]] if other not in seen]
            if found := {done for seen, done in walks if seen[-1] == goal}:
                return found
        return set()

    for start in ids[:7]:
        for goal in ids[7:]:
            found = await paths(registry, start, goal, "limit=50")
            assert {tuple(path["ties"]) for path in found["paths"]} == plain(start, goal)


async def test_a_path_needs_two_actors(registry: httpx.AsyncClient) -> None:
    of = await cities(registry, "A", "B")
    assert_problem(await registry.get(f"/v1/actors/{of['A']}/paths?to={of['A']}"), Invalid)
    assert_problem(await registry.get(f"/v1/actors/{of['A']}/paths"), Invalid)
    assert_problem(await registry.get(f"/v1/actors/{of['A']}/paths?to={of['B']}&max_depth=4"), Invalid)
    assert_problem(await registry.get(f"/v1/actors/{of['A']}/paths?to={NOBODY}"), errors.ActorNotFound)
    assert_problem(await registry.get(f"/v1/actors/{NOBODY}/paths?to={of['A']}"), errors.ActorNotFound)


def read_graphml(content: bytes) -> tuple[dict[str, dict[str, str]], list[tuple[dict[str, str], dict[str, str]]]]:
    """Nodes by id and edges, each with its data under the names that the file declares."""
    root = ElementTree.fromstring(content)
    (graph,) = root.iter(f"{GRAPHML}graph")
    assert root.tag == f"{GRAPHML}graphml"
    names = {key.get("id"): str(key.get("attr.name")) for key in root.iter(f"{GRAPHML}key")}

    def told(element: ElementTree.Element) -> dict[str, str]:
        return {names[item.get("key")]: str(item.text) for item in element.iter(f"{GRAPHML}data")}

    nodes = {str(node.get("id")): told(node) for node in root.iter(f"{GRAPHML}node")}
    edges = [(dict(edge.attrib), told(edge)) for edge in root.iter(f"{GRAPHML}edge")]
    for ends, more in edges:
        assert {ends["source"], ends["target"]} <= set(nodes)
        assert "directed" not in ends, "networkx reads no graph with edges of both kinds"
        assert graph.get("edgedefault") == "directed" or more["symmetric"] == "true"
    return nodes, edges


QUOTED = r'"((?:[^"\\]|\\.)*)"'
DOT_NODE = re.compile(rf"  {QUOTED} \[label={QUOTED}, kind={QUOTED}\];")
DOT_EDGE = re.compile(rf"  {QUOTED} -> {QUOTED} \[label={QUOTED}, id={QUOTED}(, dir=none)?(, style=dashed)?\];")


def read_dot(content: bytes) -> tuple[dict[str, str], list[tuple[str, str, str, bool]]]:
    """Labels of nodes by id, and edges with their direction; every line is one of the two."""
    first, *lines, last, end = content.decode().split("\n")
    assert (first, last, end) == ("digraph ties {", "}", "")
    nodes, edges = {}, []
    for line in lines:
        if found := DOT_NODE.fullmatch(line):
            nodes[found[1]] = re.sub(r"\\(.)", r"\1", found[2])
        else:
            edge = DOT_EDGE.fullmatch(line)
            assert edge, line
            edges.append((edge[1], edge[2], edge[3], edge[5] is None))
    return nodes, edges


async def test_neighbours_are_drawn(registry: httpx.AsyncClient) -> None:
    of = await cities(registry, "A", NASTY, "Network")
    made = await make.tie(registry, of["A"], of[NASTY], valid_from="2001-02-03")
    await make.tie(registry, of["A"], of["Network"], type="network_membership", role="a <role> & more")
    path = f"/v1/actors/{of['A']}/neighbours"
    answer = await registry.get(path, headers={"Accept": "application/graphml+xml", "Accept-Language": "es"})
    assert answer.headers["content-type"] == "application/graphml+xml; charset=utf-8"
    nodes, edges = read_graphml(answer.content)
    assert {key: node["name"] for key, node in nodes.items()} == {actor: name for name, actor in of.items()}
    (sisters, told), (member, more) = edges
    assert ({sisters["source"], sisters["target"]}, sisters["id"]) == ({of["A"], of[NASTY]}, made["id"])
    assert told == {"type": "sister_city", "label": "Ciudad hermana", "symmetric": "true", "status": "active", "valid_from": "2001-02-03"}
    assert (member["source"], member["target"], more["symmetric"], more["role"]) == (of["A"], of["Network"], "false", "a <role> & more")
    dot = await registry.get(f"{path}?format=dot", headers={"Accept": "application/graphml+xml"})
    assert dot.headers["content-type"] == "text/vnd.graphviz; charset=utf-8"
    labels, arrows = read_dot(dot.content)
    assert labels == {actor: name for name, actor in of.items()}
    assert arrows[1] == (of["A"], of["Network"], "Network membership", True)
    assert (arrows[0][2], arrows[0][3]) == ("Sister city", False)
    page = await registry.get(f"{path}?format=dot&limit=1")
    assert len(read_dot(page.content)[1]) == 1
    assert 'rel="next"' in page.headers["link"]
    alone = await registry.get(f"/v1/actors/{(await make.actor(registry, 'Alone'))['id']}/neighbours?format=graphml")
    assert (len(read_graphml(alone.content)[0]), read_graphml(alone.content)[1]) == (1, [])
    assert_problem(await registry.get(f"/v1/actors/{NOBODY}/neighbours?format=dot"), errors.ActorNotFound)
    again = await registry.get(f"{path}?format=dot", headers={"If-None-Match": dot.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_paths_are_drawn(registry: httpx.AsyncClient) -> None:
    of = await cities(registry, "A", "B", "C", "Aside")
    for pair in (("A", "B"), ("B", "C"), ("A", "Aside")):
        await make.tie(registry, of[pair[0]], of[pair[1]])
    path = f"/v1/actors/{of['A']}/paths?to={of['C']}"
    nodes, edges = read_graphml((await registry.get(path, headers={"Accept": "application/graphml+xml"})).content)
    assert ({node["name"] for node in nodes.values()}, len(edges)) == ({"A", "B", "C"}, 2)
    labels, arrows = read_dot((await registry.get(f"{path}&format=dot")).content)
    assert (set(labels.values()), len(arrows)) == ({"A", "B", "C"}, 2)


async def test_a_whole_list_of_ties_is_drawn(registry: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    of = await cities(registry, "A", "B", NASTY, "Network")
    osaka = (await make.actor(registry, "Osaka", country="JP", subdivision=None, lat=34.7, lon=135.5))["id"]
    made = [(await make.tie(registry, of["A"], other))["id"] for other in (of["B"], of[NASTY], osaka)]
    await make.tie(registry, of["A"], of["Network"], type="network_membership")
    gone = await make.tie(registry, of["B"], osaka)
    await make.with_match(registry, "POST", f"/v1/ties/{gone['id']}/withdrawal", make.TIER, f"/v1/ties/{gone['id']}", reason="A mistake.")
    monkeypatch.setattr("shared.exports.ROWS", 2)
    path, graphml = "/v1/ties?type=sister_city", {"Accept": "application/graphml+xml", "Accept-Language": "es"}
    answer = await registry.get(path, headers=graphml)
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == ("application/graphml+xml", 'attachment; filename="ties.graphml"')
    assert answer.content.count(b"<node ") == 4, "each actor stands there once, also where its ties come in several pieces"
    nodes, edges = read_graphml(answer.content)
    assert {key: node["name"] for key, node in nodes.items()} == {of["A"]: "A", of["B"]: "B", of[NASTY]: NASTY, osaka: "Osaka"}
    assert (nodes[osaka]["lat"], nodes[osaka]["lon"]) == ("34.7", "135.5")
    assert [(ends["id"], told["symmetric"], told["label"]) for ends, told in edges] == [(tie, "true", "Ciudad hermana") for tie in made]
    assert b'edgedefault="undirected"' in answer.content
    assert len(read_graphml((await registry.get("/v1/ties", headers=graphml)).content)[1]) == 4
    dot = await registry.get("/v1/ties", headers={"Accept": "text/vnd.graphviz"})
    assert dot.headers["content-disposition"] == 'attachment; filename="ties.gv"'
    labels, arrows = read_dot(dot.content)
    assert (len(labels), arrows[3]) == (5, (of["A"], of["Network"], "Network membership", True))
    empty = await registry.get("/v1/ties?country=NZ", headers=graphml)
    assert read_graphml(empty.content) == ({}, [])
    assert_problem(await registry.get("/v1/ties?limit=1", headers=graphml), Invalid)


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        (None, Format.json),
        ("text/html, */*;q=0.8", Format.json),
        ("Application/GraphML+XML;q=0.9, application/json", Format.graphml),
        ("application/json, text/vnd.graphviz", Format.json),
        ("text/vnd.graphviz", Format.dot),
    ],
    ids=["none", "browser", "graphml", "json", "dot"],
)
def test_the_format_is_what_accept_names_first(accept: str | None, format_: Format) -> None:
    assert wanted_format(None, accept) is format_
    assert wanted_format(Format.dot, accept) is Format.dot


def test_no_name_breaks_a_drawing() -> None:
    names = ["\ufffe\uffff", "]]>", "a\nb", "\\", '\\"', '"];\n}', "<b>", "𝔸\t"]
    actors = [{"id": str(number), "name": name, "kind": "county"} for number, name in enumerate(names)]
    ties = [{"id": "t", "from_id": "0", "to_id": "1", "type": "office_of", "status": "dormant", "role": "&"}]
    nodes, edges = read_graphml(drawn(Format.graphml, actors, ties, "fr-CA"))
    assert [nodes[str(number)]["name"] for number in range(len(names))] == ["\ufffd\ufffd", *names[1:]]
    assert edges[0][1] == {"type": "office_of", "label": "Bureau", "symmetric": "false", "status": "dormant", "role": "&"}
    labels, arrows = read_dot(drawn(Format.dot, actors, ties, "de"))
    assert list(labels.values())[:2] == ["\ufffe\uffff", "]]>"]
    assert (labels["3"], labels["4"], len(labels), arrows) == ("\\", '\\"', len(names), [("0", "1", "Office", True)])
