"""The rules of the code as tests over the tree. Each says which rule it holds; the reasons stand in CONTRIBUTING.md."""

import ast
from pathlib import Path

from tests.structure.tree import ROOT, calls, functions, sources, trees

# Who ends a transaction: the edge, and the loops that have no request. Each owns one statement of intent in its docstring.
COMMITS = {"shared/work.py", "shared/migrate.py"}
BEGINS = {
    "shared/relay.py",  # positions
    "shared/follower.py",  # projection and cursor
    "shared/idempotency.py",  # forgets answers of yesterday
    "shared/secrets.py",  # a key made once
}
LONGEST_FILE = 340
LONGEST_FUNCTION = 45
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "base_service", "data", "info", "misc", "tools"}
HTTP_CLIENTS = {"httpx", "aiohttp", "requests", "urllib3"}
MAY_SPEAK_HTTP = ("shared/clients.py", "gateway/", "deploy/")


def test_only_the_edge_commits() -> None:
    found = {name for name, tree in trees("shared", "services", "gateway").items() for called, _ in calls(tree) if called == "commit"}
    assert found == COMMITS


def test_only_the_loops_begin_transactions_of_their_own() -> None:
    found = {name for name, tree in trees("shared", "services", "gateway").items() for called, _ in calls(tree) if called == "begin"}
    assert found - MAY_BEGIN == BEGINS


# Loops and bootstraps of services, which run without a request.
MAY_BEGIN = {name for name in sources("services", "gateway") if Path(name).name in {"worker.py", "applying.py", "keys.py"}}


def test_dependencies_are_declared_in_one_place() -> None:
    found = {name for name, tree in trees("shared", "services", "gateway").items() for called, _ in calls(tree) if called == "Depends"}
    assert found == {"shared/access.py"}
    for called, node in calls(trees("shared")["shared/access.py"]):
        if called == "Depends":
            assert any(keyword.arg == "scope" and ast.literal_eval(keyword.value) == "function" for keyword in node.keywords)


def test_files_and_functions_stay_small() -> None:
    long = [f"{name}: {text.count(chr(10))} lines" for name, text in sources().items() if text.count("\n") > LONGEST_FILE]
    for name, tree in trees().items():
        for function in functions(tree):
            length = (function.end_lineno or 0) - function.lineno + 1
            if length > LONGEST_FUNCTION:
                long.append(f"{name}:{function.lineno} {function.name}: {length} lines")
    assert not long, "\n".join(long)


def test_imports_stand_at_the_top() -> None:
    inside = [
        f"{name}:{node.lineno}"
        for name, tree in trees().items()
        for function in functions(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not inside, inside


def test_names_say_what() -> None:
    parts = {(name, Path(part).stem) for name in sources() for part in name.split("/")}
    assert not [name for name, part in parts if part in FORBIDDEN_NAMES]


def test_http_is_spoken_only_at_the_borders() -> None:
    found = []
    for name, tree in trees("shared", "services", "gateway").items():
        for node in ast.walk(tree):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if {module.partition(".")[0] for module in modules} & HTTP_CLIENTS and not name.startswith(MAY_SPEAK_HTTP):
                found.append(name)
    # Followers are handed their client; the worker of a service names its type only.
    assert not found, found


def test_routes_are_one_statement() -> None:
    long = []
    looked_at = 0
    for name, tree in trees("services", "gateway").items():
        if not name.endswith("/routes.py"):
            continue
        for function in tree.body:
            if not isinstance(function, ast.AsyncFunctionDef):
                continue
            looked_at += 1
            # Docstrings and typed names for a part of the application's state are no logic.
            told = [node for node in function.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
            body = [node for node in function.body if node not in told and not isinstance(node, ast.AnnAssign)]
            if len(body) != 1:
                long.append(f"{name}:{function.lineno} {function.name}")
            if ast.get_docstring(function) is None:
                long.append(f"{name}:{function.lineno} {function.name} has no docstring")
    assert looked_at > 20
    assert not long, long


def test_no_clock_but_the_works() -> None:
    found = [
        name
        for name, tree in trees("services").items()
        for called, node in calls(tree)
        if called in {"now", "today", "utcnow"} and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in {"datetime", "date"}
    ]
    assert {Path(name).name for name in found} <= {"worker.py"}, found


def test_the_sources_name_no_place_of_a_machine() -> None:
    assert not [name for name, text in sources().items() if "/home/" in text or "/root/" in text]
    assert (ROOT / "pyproject.toml").is_file()
