"""What may be wrong with a file has a code, and for each code two sentences in every language; codes and values are those of the code base."""

import ast
import re
import string
from collections.abc import Iterator
from typing import get_args

import pytest

from services.registry.imports.applying import CROSSED, ONE_PROBLEM, PROBLEMS
from services.registry.imports.faults import KINDS, Fault
from services.registry.people.files import FAILURE
from shared.languages import Language
from shared.translations import TRANSLATIONS
from tests.structure.tree import calls, sources, trees

FOLDER = "services/registry/imports/"
CODE_OF_FAULT = {"BadCell": 0, "of_line": 1, "Fault": 3}  # the argument that is the code
LANGUAGES = get_args(Language)
IN_SQL = re.compile(r"'([a-z0-9_]+)', (?:CAST\('\{\}' AS jsonb\)|'\{\}'|jsonb_build_object\('(\w+)', )")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def wanted(code: str) -> set[str]:
    """The values that the sentences of a code need."""
    return {name for text in KINDS[code] for name in placeholders(text)}


def made_in_python() -> Iterator[tuple[str, set[str]]]:
    """The codes that calls name, each with the values beside it."""
    for path, tree in trees("services").items():
        for called, call in calls(tree) if path.startswith(FOLDER) else ():
            place = CODE_OF_FAULT.get(called)
            code = call.args[place] if place is not None and len(call.args) > place else None
            if isinstance(code, ast.Constant):
                keys = call.args[4].keys if called == "Fault" and len(call.args) > 4 and isinstance(call.args[4], ast.Dict) else []
                given = {key.value for key in keys if isinstance(key, ast.Constant)}
                yield str(code.value), {str(name) for name in given} | {item.arg for item in call.keywords if item.arg}


def made_in_sql() -> Iterator[tuple[str, set[str]]]:
    for path, text in sources("services").items():
        if path.startswith(FOLDER) and "INSERT INTO faults" in text:
            for code, name in IN_SQL.findall(text):
                yield code, {name} if name else set()


def test_every_fault_that_is_made_has_its_sentences_and_their_values() -> None:
    in_python, in_sql = list(made_in_python()), list(made_in_sql())
    assert len(in_python) > 25
    assert len(in_sql) > 7
    blocks = [block for text in sources("services").values() for block in text.split("INSERT INTO faults\n")[1:]]
    assert len(blocks) > 4
    assert [block for block in blocks if not IN_SQL.search(block.partition('"""')[0])] == []
    for code, given in (*in_python, *in_sql):
        assert code in KINDS, code
        assert given == wanted(code), code


def test_no_code_is_left_over() -> None:
    text = "".join(text for path, text in sources("services").items() if path.startswith(FOLDER) and not path.endswith("/faults.py"))
    assert len(KINDS) > 40
    assert [code for code in KINDS if f'"{code}"' not in text and f"'{code}'" not in text] == []


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_code_says_what_is_wrong_and_how_to_mend_it_in_three_languages(code: str) -> None:
    assert set(LANGUAGES) == {"en", "es", "fr"}
    values = {name: f"<{name}>" for name in wanted(code)}
    told = [Fault(1, None, None, code, values).sentences(language) for language in LANGUAGES]
    for name in ("message", "remedy"):
        texts = [sentences[name] for sentences in told]
        assert len({*texts}) == 3, "a language lacks it"
        assert all({*re.findall(r"<\w+>", text)} == {*re.findall(r"<\w+>", texts[0])} for text in texts)
        assert all(text.strip() and "{" not in text for text in texts)
    for sentences in told:
        assert sentences["remedy"][0].isupper() and sentences["remedy"].endswith(".")
        assert not sentences["message"][0].isupper() and not sentences["message"].endswith(".")


def test_why_an_import_failed_is_said_in_three_languages() -> None:
    stored = [call.args[0] for tree in trees("services").values() for called, call in calls(tree) if called == "in_each_language"]
    whys = {CROSSED, ONE_PROBLEM, PROBLEMS, FAILURE} | {text.value for text in stored if isinstance(text, ast.Constant)}
    assert len(whys) > 4
    for translation in TRANSLATIONS.values():
        assert whys <= set(translation.sentences)
