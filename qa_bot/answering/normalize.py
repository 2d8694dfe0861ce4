"""When two answers say the same, by the definition of the official SQuAD scripts."""

from __future__ import annotations

import re
import string

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def normalize_answer(text: str) -> str:
    """Lower-cases, drops ASCII punctuation and English articles, and squeezes white space.

    Example:
        >>> normalize_answer("The  U.S. Senate")
        'us senate'
    """
    letters = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", letters).split())
