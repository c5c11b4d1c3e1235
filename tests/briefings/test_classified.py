"""The detector of classification markings: what it refuses, what it lets pass, and that it tells nobody the text."""

from typing import Any

import pytest

from services.briefings.briefings.classified import Mark, mark_in, refuse_classified
from services.briefings.errors import ClassifiedTextRefused

REFUSED = [
    ("TOP SECRET//SI//NOFORN", Mark.banner),
    ("TOP SECRET//", Mark.banner),
    ("Header\nSECRET//NOFORN\nText", Mark.banner),
    ("secret // noforn", Mark.banner),
    ("CONFIDENTIAL//REL TO USA, MEX", Mark.banner),
    ("before\n  SECRET  \nafter", Mark.banner),
    ("before\r\nSECRET\r\nafter", Mark.banner),
    ("*** TOP SECRET ***", Mark.banner),
    ("TOP-SECRET//X", Mark.banner),
    ("NATO SECRET", Mark.banner),
    ("COSMIC TOP SECRET", Mark.banner),
    ("(S//NF) The delegation will", Mark.portion),
    ("It is known (TS//SI//NF) that", Mark.portion),
    ("(c//rel to usa, mex) text", Mark.portion),
    ("[S//NF] text", Mark.portion),
    ("(TS) text", Mark.portion),
    ("1. (S) The mayor was told", Mark.portion),
    ("(U) Open.\n(C) Closed.", Mark.portion),
    ("(U//FOUO) Open.\n- (C) Closed.", Mark.portion),
    ("Classified By: J. Doe\nDeclassify On: 20501231", Mark.authority),
    ("\uff33\uff25\uff23\uff32\uff25\uff34//NOFORN", Mark.banner),  # full-width letters
    ("SEC\u200bRET//NOFORN", Mark.banner),  # a zero-width space inside
    ("SECRET\u2215\u2215NOFORN", Mark.banner),  # division slashes
    ("(S\u00a0//\u00a0NF) text", Mark.portion),
]
PASSED = [
    "",
    "The secret of good cooperation is patience.",
    "A top secret recipe for mole, and a confidential line for whistle-blowers.",
    "(U) Unclassified.\n(U//FOUO) For official use.",
    "UNCLASSIFIED//FOUO",
    "CUI//SP-PRVCY",
    "(C) 2026 City of San Diego",
    "(A) first\n(B) second\n(C) third",
    "The mayor(s) and councillor(S) attended.",
    "(s) and (c) are list items",
    "CONFIDENTIAL",
    "The Secretary//Undersecretary line",
    "https://example.org//secret",
    "See section (S-2) and (TS-1).",
    "Declassified in 1998; classified by size.",
    "TLP:AMBER+STRICT",
]


@pytest.mark.parametrize(("text", "mark"), REFUSED)
def test_marks_are_found(text: str, mark: Mark) -> None:
    assert mark_in(text) is mark


@pytest.mark.parametrize("text", PASSED)
def test_plain_and_unclassified_text_passes(text: str) -> None:
    assert mark_in(text) is None


def test_the_refusal_points_and_does_not_quote() -> None:
    document: Any = {"title": "Fine", "parts": [{"heading": "Fine", "body": "(S//NF) Xochimilco"}], "handling": None, "audience": {"of": ["TOP SECRET//Y"]}}
    with pytest.raises(ClassifiedTextRefused) as refused:
        refuse_classified(document)
    assert [item["pointer"] for item in refused.value.members["errors"]] == ["/parts/0/body", "/audience/of/0"]
    assert "Xochimilco" not in repr(refused.value.members) + str(refused.value)


@pytest.mark.parametrize("text", ["(" * 20_000, "SECRET /" * 2_500, "(S//" * 5_000, " " * 20_000 + "x", "*" * 20_000, "(U) " * 5_000, "\n" * 20_000 + "("])
def test_no_text_holds_the_search_up(text: str) -> None:
    """Twenty thousand characters, the longest a part may have, built to make a pattern go back on itself."""
    assert mark_in(text) in {None, Mark.banner, Mark.portion}
