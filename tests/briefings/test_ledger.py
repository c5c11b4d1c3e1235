"""What keeps the ledger true without foreign keys: one place that writes it, and releases that stay."""

import ast

from services.briefings.deliveries.models import Delivery, Omission
from services.briefings.models import metadata
from tests.structure.tree import calls, trees

WRITTEN = {Delivery.__name__, Omission.__name__}


def writes(tree: ast.Module) -> bool:
    """Whether a module makes rows of the ledger: entities of it, or an INSERT beside its name."""
    called = {name for name, _ in calls(tree)}
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return bool(WRITTEN & called) or ("insert" in called and bool(WRITTEN & named))


def test_one_place_writes_the_ledger() -> None:
    assert [path for path, tree in trees("services").items() if writes(tree)] == ["services/briefings/releases/fanout.py"]


def test_the_ledger_has_no_key_that_is_checked_row_by_row() -> None:
    tables = [table for table in metadata.tables.values() if "release_id" in table.columns]
    assert {table.name for table in tables} == {"deliveries", "omissions"}
    assert [key for table in tables for key in table.foreign_keys] == []
