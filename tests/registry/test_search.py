"""Search: what a name is found by, and in which order."""

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry.actors.words import folded, trigrams

NAMES = ("Cd. Juárez", "San Juan", "東京都", "aaaa", "St. John's", "", "Łódź", "x" * 120)


@pytest.mark.parametrize(
    ("name", "found"),
    [("cd", ["  c", " cd", "cd "]), ("san a", ["  s", " sa", "san", "an ", "  a", " a "]), ("aaaa", ["  a", " aa", "aaa", "aa "]), ("", [])],
    ids=["one word", "two words", "each once", "nothing"],
)
def test_a_name_has_the_trigrams_of_its_words(name: str, found: list[str]) -> None:
    assert trigrams(name) == found


async def test_the_database_computes_the_same_trigrams(registry_app: FastAPI) -> None:
    async with registry_app.state.database.session(read_only=True) as session:
        for name in map(folded, NAMES):
            assert (await session.execute(text("SELECT word_trigrams(:name)"), {"name": name})).scalar_one() == trigrams(name)
