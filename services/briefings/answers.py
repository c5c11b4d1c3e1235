"""Answers that the evaluator has a part in, and PostgreSQL therefore cannot write alone."""

from pydantic import BaseModel

from shared.repository import Answer


def answered(model: BaseModel) -> Answer:
    """The model as JSON, for this caller and these languages only."""
    headers = {"Vary": "Accept, Accept-Language, Authorization", "Cache-Control": "private, no-cache"}
    return Answer(model.model_dump_json(by_alias=True).encode(), headers=headers)
