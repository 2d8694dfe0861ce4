"""When two answers say the same: numbers, dates and names in different forms are made equal; and when they contradict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum, auto
from typing import NamedTuple

from embeddings.dates import MONTHS, any_date
from qa_bot.answering.normalize import normalize_answer

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SMALL = {word: number for number, word in enumerate(_ONES)} | {word: 20 + 10 * at for at, word in enumerate(_TENS)}
_SIGNS = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "%": "percent"}
_TOKEN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+(?:['’.][^\W\d_]+)*|[$€£¥%]")
_DAY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\b")
_MONTH_NUMBERS = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}


class Kind(Enum):
    """What kind of thing an answer is."""

    DATE = auto()
    NUMBER = auto()
    NAME = auto()
    OTHER = auto()


class Meaning(NamedTuple):
    """What an answer says, in a form that can be compared.

    Attributes:
        kind: of thing.
        words: normalised, without the numbers.
        numbers: the values in it; of a date, year, month and day, 0 for what is not said.
    """

    kind: Kind
    words: tuple[str, ...]
    numbers: tuple[float, ...] = ()

    def same_as(self, other: Meaning) -> bool:
        """Whether both say the same, one of them perhaps in fewer words."""
        if self.kind is not other.kind:
            values = {meaning.numbers for meaning in (self, other)}
            if values == {()}:
                return self.words == other.words  # "Thousands" looks like a name
            return values in [{(value,), (value, 0.0, 0.0)} for value in self.numbers[:1]]
        if self.kind is Kind.DATE:
            return all(a == b or not (a and b) for a, b in zip(self.numbers, other.numbers, strict=True)) and any(
                a and a == b for a, b in zip(self.numbers[:2], other.numbers[:2], strict=True)
            )
        shorter, longer = sorted((self.words, other.words), key=len)
        if self.kind is Kind.NUMBER:
            return self.numbers == other.numbers and set(shorter) <= set(longer)
        if self.kind is Kind.NAME:
            if set(shorter) <= set(longer):
                return shorter[-1] == longer[-1] or shorter[0] == longer[0]
            return len(shorter) == 1 and shorter[0] == self.initials(longer)
        return shorter == longer

    def contradicts(self, other: Meaning) -> bool:
        """Whether both cannot be right: two dates, two amounts of the same thing, or two names that end differently."""
        if self.kind is not other.kind or self.kind is Kind.OTHER or self.same_as(other):
            return False
        if self.kind is Kind.DATE:
            return True
        if self.kind is Kind.NUMBER:
            return len(self.numbers) == len(other.numbers) == 1 and _compatible(self.words, other.words)
        return "and" not in self.words + other.words and self.words[-1] != other.words[-1]

    @staticmethod
    def initials(words: Sequence[str]) -> str:
        """What a name is shortened to: its initials without those of short words, such as "of" and "and"."""
        return "".join(word[0] for word in words if len(word) > 3)


def meaning_of(text: str) -> Meaning:
    """What an answer says.

    Example:
        >>> meaning_of("thirty-nine people").same_as(meaning_of("39"))
        True
        >>> meaning_of("8 May 1945").same_as(meaning_of("May 8, 1945"))
        True
        >>> meaning_of("Secretary Mattis").same_as(meaning_of("James Mattis"))
        False
        >>> meaning_of("Mattis").same_as(meaning_of("James Mattis"))
        True
    """
    if day := _day(text):
        return Meaning(Kind.DATE, (), day)
    words, numbers = _with_values(_TOKEN.findall(text))
    if numbers:
        kind = Kind.NUMBER if len(words) <= 4 else Kind.OTHER
        return Meaning(kind, tuple(normalize_answer(" ".join(words)).split()), tuple(numbers))
    normal = tuple(normalize_answer(text).split())
    tokens = [token for token in text.split() if any(letter.isalpha() for letter in token)]
    capital = [token for token in tokens if next(letter for letter in token if letter.isalpha()).isupper()]
    is_name = bool(normal) and bool(tokens) and tokens[-1] in capital and 2 * len(capital) > len(tokens)
    return Meaning(Kind.NAME if is_name and len(tokens) <= 8 else Kind.OTHER, normal)


def groups(texts: Sequence[str]) -> list[int]:
    """For each answer the place of the first one that says the same, best first."""
    meanings = [meaning_of(text) for text in texts]
    firsts: list[int] = []
    labels = []
    for at, meaning in enumerate(meanings):
        label = next((first for first in firsts if meaning.same_as(meanings[first])), at)
        firsts += [at] if label == at else []
        labels.append(label)
    return labels


def _compatible(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two amounts may be of the same thing: one names no other unit than the other."""
    return not words or not others or words[-1] == others[-1]


def _day(text: str) -> tuple[float, float, float] | None:
    """Year, month and day of a date, 0 for what is not said; None if the text is something else."""
    plain = " ".join(text.split())
    numerals = re.findall(r"\d+", plain)
    letters = [word.lower() for word in re.findall(r"[^\W\d_]{3,}", plain)]
    months = [_MONTH_NUMBERS[word[:3]] for word in letters if word[:3] in _MONTH_NUMBERS and _is_month(word)]
    if len(plain) > 40 or len(months) > 1 or not numerals:
        return None
    moment = any_date(plain)
    if isinstance(moment, date):
        day = moment.date() if isinstance(moment, datetime) else moment
        return float(day.year), float(day.month), float(day.day)
    years = [int(numeral) for numeral in numerals if len(numeral) == 4 and 1000 <= int(numeral) < 2200]
    if months:
        days = [int(match[1]) for match in _DAY.finditer(plain) if 1 <= int(match[1]) <= 31]
        return float(years[0] if years else 0), float(months[0]), float(days[0] if days else 0)
    alone = len(numerals) == 1 and bool(years) and len(letters) <= 1 and plain.rstrip(" .,")[-1].isdigit()
    return (float(years[0]), 0.0, 0.0) if alone and not any(sign in plain for sign in _SIGNS) else None


def _is_month(word: str) -> bool:
    return any(name.lower().startswith(word) for name in MONTHS) or word == "sept"


def _with_values(tokens: Sequence[str]) -> tuple[list[str], list[float]]:
    """The tokens that are not numbers, and the values of those that are, in digits or in words."""
    words: list[str] = []
    values: list[float] = []
    total: float | None = None
    part: float = 0

    def finish() -> None:
        nonlocal total, part
        if total is not None:
            values.append(round(total + part, 6))
        total, part = None, 0

    for token in tokens:
        word = token.lower()
        if token[0].isdecimal():
            finish()
            total, part = 0, float(token.replace(",", ""))
        elif word in _SMALL:
            if total is None or (part % 10 and part < 20) or (part and part % 100 and _SMALL[word] >= 10):
                finish()
                total = 0
            part += _SMALL[word]
        elif word in _SCALES and (total is not None or word != "hundred"):
            total = total or 0
            part = (part or 1) * _SCALES[word]
            if _SCALES[word] > 100:
                total, part = total + part, 0
        elif word == "and" and total is not None and part and part % 100 == 0:
            continue
        else:
            finish()
            words.append(_SIGNS.get(token, word))
    finish()
    return words, values
