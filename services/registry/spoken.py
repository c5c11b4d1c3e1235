"""Reasons that the registry itself gives, said in the reader's language.

What people write is kept as they wrote it. What the registry writes in its place is one of a few sentences: the record keeps the English
one, which says the same in every export and history, and a reading says it in the language of the request.
"""

from typing import Any

import orjson
from sqlalchemy import ColumnElement, func, literal_column
from sqlalchemy.dialects.postgresql import JSONB

from shared.languages import SPOKEN
from shared.reading import in_language
from shared.translations import said


def spoken(column: ColumnElement[Any], *sentences: str) -> ColumnElement[Any]:
    """The column's text, or where it is one of these sentences, what that is in the reader's language."""
    texts = {sentence: {language: said(sentence, language) for language in SPOKEN.values()} for sentence in sentences}
    written = orjson.dumps(texts).decode().replace("'", "''")
    known: ColumnElement[Any] = literal_column(f"CAST('{written}' AS jsonb)", JSONB)
    return in_language(func.jsonb_extract_path(known, column, type_=JSONB), column)
