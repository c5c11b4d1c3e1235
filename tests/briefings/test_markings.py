"""TLP 2.0: the order of the labels and the marking of a whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.briefings.briefings.markings import SHARING, Marking, highest

IN_ORDER = ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]


def test_the_labels_are_those_of_first_in_their_order() -> None:
    assert [label.value for label in sorted(Marking, key=lambda label: label.rank)] == IN_ORDER
    assert [label.needs_second_person for label in Marking] == [False, False, True, True, True]
    with pytest.raises(ValueError, match="TLP:WHITE"):
        Marking("TLP:WHITE")


def test_every_label_says_what_it_lets_do_in_three_languages() -> None:
    assert set(SHARING) == set(Marking)
    assert all(set(texts) == {"en", "es", "fr"} for texts in SHARING.values())


@given(st.lists(st.none() | st.sampled_from(Marking)))
def test_a_whole_has_the_highest_marking_of_its_parts(parts: list[Marking | None]) -> None:
    whole = highest(parts)
    if not parts or None in parts:
        assert whole is None
    else:
        assert whole is not None
        assert whole in parts
        assert all(part is not None and part.rank <= whole.rank for part in parts)
