"""Spanish and French say what the code says in English: every problem, every advice, every sentence, and nothing that is gone."""

import ast
import string
from collections.abc import Iterator
from importlib import import_module
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

import gateway.models
import gateway.resources
from deploy.platform import SERVICES
from shared.columns import platform
from shared.errors import Problem, catalogue
from shared.languages import SPOKEN, Language
from shared.refusals import CONSTRAINT_ERRORS, learn_constraints
from shared.translations import TRANSLATIONS, mend, title
from tests.structure.tree import calls, trees

PACKAGES = ("shared", "services", "gateway")
assert gateway.resources.ROUTERS, "imported for its errors"
assert all(import_module(f"services.{name}.app").ROUTERS for name in SERVICES), "likewise"
PROBLEMS = {code: error for code, error in catalogue().items() if error.__module__.split(".")[0] in PACKAGES}
FOREIGN: tuple[Language, ...] = ("es", "fr")
# Commonest among what Pydantic says to those who send requests.
COMMON = {
    "missing", "extra_forbidden", "string_type", "string_too_short", "string_too_long", "string_pattern_mismatch", "uuid_parsing", "greater_than_equal",
    "less_than_equal", "enum", "literal_error", "int_parsing", "bool_parsing", "json_invalid", "datetime_parsing", "datetime_from_date_parsing",
    "date_from_datetime_parsing", "too_long", "too_short", "value_error", "list_type", "dict_type", "decimal_parsing",
}  # fmt: skip


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# Functions of ours that make an entry of `errors`, with its detail as the last argument, and the one that words a pattern.
WORDING = {"wrong", "_wrong", "wrong_at", "wrong_ties", "code"}
# Read when something starts, or at the boundary between two parts of the platform: nobody's request is answered with them.
NEVER_ANSWERED = ("services/agreements/rulebooks/schemas.py", "services/registry/imports/presets/", "shared/predicates/")
SECRETIVE = {"Unavailable"}  # of which part of the platform fails and how, is for the log


def arms(said: ast.expr) -> Iterator[ast.expr]:
    """What an expression may come to."""
    if isinstance(said, ast.IfExp):
        yield from (*arms(said.body), *arms(said.orelse))
    elif isinstance(said, ast.BoolOp):
        for value in said.values:
            yield from arms(value)
    else:
        yield said


def told(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """What a module tells who sent a request: details of problems, of their errors, and of what validation refuses."""
    answered = {error.__name__ for error in PROBLEMS.values()} - SECRETIVE | ({"ValueError"} if name.endswith("schemas.py") else set())
    for called, call in calls(tree):
        if called in answered and call.args:
            yield from arms(call.args[0])
        elif called in WORDING and len(call.args) > 1:
            yield from arms(call.args[-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "detail":
                    yield from arms(value)


def own_mend(problem: type[Problem]) -> str | None:
    return vars(problem).get("mend")


def bare(tree: ast.Module) -> Iterator[str]:
    """Names of error classes that are raised or made without a detail."""
    ours = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".errors")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id in ours:
            yield ours[node.exc.id]
    for called, call in calls(tree):
        if isinstance(call.func, ast.Name) and called in ours and not call.args and not any(item.arg in (None, "detail") for item in call.keywords):
            yield ours[called]


def test_every_problem_without_a_detail_says_how_to_mend_it() -> None:
    metadatas = [platform, gateway.models.metadata, *(import_module(f"services.{name}.base").Base.metadata for name in SERVICES)]
    for metadata in metadatas:
        learn_constraints(metadata)
    of_constraints = {error for error in CONSTRAINT_ERRORS.values() if error in PROBLEMS.values()}
    by_name = {error.__name__: error for error in PROBLEMS.values()}
    raised = {by_name[name] for tree in trees(*PACKAGES).values() for name in bare(tree) if name in by_name}
    assert len(of_constraints) > 15
    assert len(raised) > 5
    assert sorted(error.__qualname__ for error in of_constraints | raised if not error.mend) == []
    # One that a constraint raises has advice of its own: that of its kind knows nothing of the rule.
    assert sorted(error.__qualname__ for error in of_constraints if not own_mend(error)) == []


def test_advice_is_one_or_two_sentences() -> None:
    for error in PROBLEMS.values():
        if error.mend:
            assert error.mend[0].isupper() and error.mend.endswith("."), error


@pytest.mark.parametrize("language", FOREIGN)
def test_every_code_is_translated_and_none_that_is_gone(language: Language) -> None:
    problems = TRANSLATIONS[language].problems
    assert set(problems) == set(PROBLEMS)
    for code, error in PROBLEMS.items():
        given = problems[code]
        assert set(given) == ({"title", "mend"} if own_mend(error) else {"title"}), code
        assert title(error, language).endswith(".") and title(error, language) != error.title, code
        assert (mend(error, language) is None) == (error.mend is None), code
        if error.mend:
            assert mend(error, language) not in (None, error.mend), code


@pytest.mark.parametrize("language", FOREIGN)
def test_labels_and_codes_are_never_translated(language: Language) -> None:
    for code, error in PROBLEMS.items():
        for english, foreign in ((error.title, title(error, language)), (error.mend or "", mend(error, language) or "")):
            kept = {word.strip(".,;:()") for word in english.split() if "_" in word or "/" in word or word.startswith(("TLP:", "If-", "Idempotency-"))}
            assert not [word for word in kept if word not in foreign], (code, kept)


@pytest.mark.parametrize("language", FOREIGN)
def test_every_sentence_is_in_the_code_and_has_its_values(language: Language) -> None:
    known = trees(*PACKAGES).values()
    constants = {node.value for tree in known for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    templates = {call.args[0].value for tree in known for called, call in calls(tree) if called == "Sentence" and isinstance(call.args[0], ast.Constant)}
    sentences = TRANSLATIONS[language].sentences
    assert set(sentences) - constants == set(), "these are gone from the code"
    assert templates - set(sentences) == set(), "these are not translated"
    for english, foreign in sentences.items():
        assert placeholders(foreign) == placeholders(english), english
        assert english.endswith(".") == foreign.endswith("."), english


def untranslated(name: str, tree: ast.Module) -> Iterator[str]:
    """Sentences that nobody translated, and those made of pieces, which nobody could: a `Sentence` has a template."""
    for said in told(name, tree):
        if isinstance(said, ast.BinOp | ast.JoinedStr):
            yield f"{name}:{said.lineno} {ast.unparse(said)}"
        elif isinstance(said, ast.Constant) and isinstance(said.value, str) and any(said.value not in TRANSLATIONS[one].sentences for one in FOREIGN):
            yield f"{name}:{said.lineno} {said.value}"


def test_every_sentence_that_answers_a_request_is_translated() -> None:
    answering = {name: tree for name, tree in trees(*PACKAGES).items() if not name.startswith(NEVER_ANSWERED)}
    assert [found for name, tree in answering.items() for found in untranslated(name, tree)] == []
    assert sum(1 for name, tree in answering.items() for _ in told(name, tree)) > 250


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("raise Invalid('no ' + name)", 1),
        ("raise Invalid(f'no {name}')", 1),
        ("raise Invalid('of nobody' if found else 'of no one', errors=[{'detail': 'is none of ours'}])", 3),
        ("raise ValueError(given or 'is none of ours')", 1),
        ("_wrong(place, 'is none of ours')", 1),
        ("raise Invalid(Sentence('no {name}', name=name), errors=[{'detail': 'was withdrawn'}])", 0),
    ],
)
def test_a_sentence_in_pieces_is_found(code: str, found: int) -> None:
    assert len(list(untranslated("schemas.py", ast.parse(code)))) == found


def test_validation_says_the_same_in_each_language() -> None:
    assert set(TRANSLATIONS) == set(SPOKEN) - {"en"}
    spanish, french = (TRANSLATIONS[language].validation for language in FOREIGN)
    assert set(spanish) == set(french)
    assert set(spanish) >= COMMON
    assert set(spanish) <= set(get_args(ErrorType)), "Pydantic has no such errors"
    for kind, text in spanish.items():
        assert placeholders(text) == placeholders(french[kind]), kind
