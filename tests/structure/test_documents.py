"""What docs/ promises is what the code does: errors, events, roles, settings and the API's contract."""

import json

import pytest

from deploy import documents
from deploy.options import CHECKOUT
from gateway.documents.openapi import operations
from gateway.documents.tags import TAGS

PAGES = documents.pages()


@pytest.mark.parametrize("path", sorted(PAGES), ids=lambda path: path.name)
def test_the_page_follows_the_code(path) -> None:  # type: ignore[no-untyped-def]
    assert path.exists(), "run: make documents"
    assert path.read_text(encoding="utf-8") == PAGES[path], f"{path.relative_to(CHECKOUT)} is behind the code; run: make documents, and read the diff"


def test_every_chapter_of_the_api_is_described_in_a_sentence_and_none_that_is_gone() -> None:
    contracts = [json.loads(text) for path, text in PAGES.items() if path.parent.name == "openapi"]
    used = {tag for contract in contracts for _, _, operation in operations(contract) for tag in operation["tags"]}
    assert len(contracts) > 3
    assert used == set(TAGS)
    assert next(iter(TAGS)) == "actors", "who is who comes before all else"
    for said in TAGS.values():
        assert said[0].isupper() and said.endswith(".")
