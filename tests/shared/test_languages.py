"""Which language a reader gets."""

import pytest

from shared.languages import languages, languages_of, spoken


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, ("en",)),
        ("", ("en",)),
        ("es-MX, en;q=0.5", ("es", "en")),
        ("en;q=0.4,fr-CA;q=0.9 , es;q=0.8", ("fr", "es", "en")),
        ("de, fr ; q=0.5", ("de", "fr", "en")),
        ("ES;Q=1.0", ("es", "en")),
        ("es;q=0, fr;q=0.001", ("fr", "en")),
        ("es;q=high, *, fr", ("fr", "en")),
        ("en, es", ("en", "es")),
        (",;q=1,;,-,\u00e9\u00e9;q=nan", ("en",)),
        (", ".join(["de"] * 20 + ["es"]), ("de", "en")),
    ],
)
def test_the_languages_of_a_header(header: str | None, found: tuple[str, ...]) -> None:
    assert languages(header) == found


def test_a_header_in_several_lines_is_one_list() -> None:
    assert languages_of([(b"accept-language", b"fr;q=0.2"), (b"accept", b"*/*"), (b"accept-language", b"es")]) == ("es", "fr", "en")
    assert languages_of([]) == ("en",)


def test_the_best_spoken_language_is_taken() -> None:
    assert [spoken(wanted) for wanted in (("nah", "es", "en"), ("fr",), ("de", "en"), ("de",), ())] == ["es", "fr", "en", "en", "en"]
