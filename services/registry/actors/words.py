"""Names as search sees them: without case and accents, cut into words."""

import unicodedata

# Letters that have no decomposition, as a reader without them on the keyboard types them.
_TYPED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"})


LONGEST_WORD = 100  # characters; a longer one would be more than a tsvector takes


def folded(name: str) -> str:
    """The words of a name, lower case, without accents and marks, one blank between: "Cd. Juárez" becomes "cd juarez"."""
    plain = name.casefold()
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFKD", plain.translate(_TYPED)) if not unicodedata.combining(char))
    return " ".join(word[:LONGEST_WORD] for word in "".join(char if char.isalnum() else " " for char in plain).split())


def trigrams(name: str) -> list[str]:
    """The trigrams of each word of a folded name, with two blanks before the word and one behind it, each once: "cd" has "  c", " cd", "cd ".

    The function `word_trigrams` of the database gives the same; names are compared by what they have in common of these.
    """
    padded = [f"  {word} " for word in name.split()]
    return list(dict.fromkeys(word[at : at + 3] for word in padded for at in range(len(word) - 2)))


def searchable(name: str) -> str:
    """The name as it was given; ValueError for one without a letter or a digit of any script, which nobody could find."""
    if not folded(name):
        raise ValueError("needs a letter or a digit")
    return name
