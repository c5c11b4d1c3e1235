"""What an evaluation answers: an outcome, a trace of every clause, and the smallest change that flips it."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shared.predicates.terms import Relation, Truth


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)


class Step(_Answer):
    """One clause of the trace. Groups have `of`; leaves have `fact`, `is`, `wanted` and `value` (null: not known)."""

    op: str
    outcome: Truth
    sentence: str = ""
    label: str | None = None
    citation: str | None = None
    fact: str | None = None
    is_: Relation | None = Field(default=None, alias="is")
    wanted: JsonValue = None
    value: JsonValue = None
    of: tuple["Step", ...] = ()


class Condition(_Answer):
    """What a fact has to satisfy: `{"is": "le", "value": 100000}`; a list for `one_of` and `none_of`."""

    is_: Relation = Field(alias="is")
    value: JsonValue


class Change(_Answer):
    """One fact that has to change or become known.

    `now` is its value (null: not known), `needs` a short notation such as `<= 100000`, `conditions` the same as data, and
    `example` a value that would do (null where any text but the excluded ones does).
    """

    fact: str
    now: JsonValue
    needs: str
    conditions: tuple[Condition, ...]
    example: JsonValue


class Flip(_Answer):
    """The fewest facts whose change makes the outcome `to`.

    `smallest` is false in the one case where clauses share so many facts that not all ways were compared; the changes
    still flip the outcome.
    """

    to: Truth
    changes: tuple[Change, ...]
    smallest: bool
    sentence: str = ""


class Verdict(_Answer):
    """`flip` is null if no change of facts leads to the other outcome, or if none was asked for."""

    outcome: Truth
    trace: Step
    flip: Flip | None
