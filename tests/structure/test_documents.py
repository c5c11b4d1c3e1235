"""What docs/ promises is what the code does: errors, events, roles, settings and the API's contract."""

import pytest

from deploy import documents
from deploy.options import CHECKOUT

PAGES = documents.pages()


@pytest.mark.parametrize("path", sorted(PAGES), ids=lambda path: path.name)
def test_the_page_follows_the_code(path) -> None:  # type: ignore[no-untyped-def]
    assert path.exists(), "run: make documents"
    assert path.read_text(encoding="utf-8") == PAGES[path], f"{path.relative_to(CHECKOUT)} is behind the code; run: make documents, and read the diff"
