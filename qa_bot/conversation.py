"""Follow-up questions in the light of the turns before.

A reader takes one question.  What "she", "there" or "and when?" refer to stands in the turn before; here such words are
replaced, or completed, by rules.  A question that refers to nothing stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Turn(NamedTuple):
    """A question of the conversation, and what answered it.

    Attributes:
        question: as it was understood.
        answer: the words that answered it, if anything did.
        title: of the article that they came from.
    """

    question: str
    answer: str | None = None
    title: str | None = None


_OPENER = re.compile(r"^(?:(?:and|but|so|ok|okay|also|then|und|aber|also|dann)\b[\s,]*)+", re.I)
_WH = r"(?:who|whom|whose|what|which|when|where|why|how(?:\s+(?:many|much|long|far|old|often|big|high|deep|tall))?)"
_BARE_WH = re.compile(rf"^({_WH}(?:\s+(?:else|exactly))?)\s*\??$", re.I)
_WHAT_ABOUT = re.compile(r"^(?:what|how)\s+about\s+(.+?)\s*\??$", re.I)
_ONLY_A_NAME = re.compile(
    r"^(?:the\s+)?[A-ZÄÖÜÉ\d][\w'’.-]*(?:\s+(?:of|the|de|van|von|[A-ZÄÖÜÉ\d][\w'’.-]*)){0,5}\s*\?$"
)
_PREPOSITION = re.compile(r"^(?:(?:in|on|at|by|for|from|to|with|during|after|before|since|until)\s+.+?)\s*\??$", re.I)
_LEADING_WH = re.compile(rf"^{_WH}\b\s*", re.I)
_AUXILIARY = re.compile(r"^(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should)\b\s*", re.I)

_PERSON = re.compile(r"\b(he|she|him|himself|herself)\b|\b(his|her|hers)\b", re.I)
_THING = re.compile(r"\b(it|itself|this|that one)\b(?!\s+(?:true|possible|known|clear|said|raining))|\b(its)\b", re.I)
_PEOPLE = re.compile(r"\b(they|them|themselves|these|those)\b|\b(their|theirs)\b", re.I)
_PLACE = re.compile(r"(?<!^)\b(there)\b(?!\s+(?:is|are|was|were|be|been))|\b(that place)\b", re.I)
_TIME = re.compile(r"\b(then|that (?:year|day|time|date))\b", re.I)
_IS_THERE = re.compile(r"\b(?:is|are|was|were|will|be|been)\s+there\b", re.I)

_NAME = re.compile(
    r"(?<![\w'’])(?:[A-ZÄÖÜÉ][\w'’&.-]*|\d{4})(?:\s+(?:(?:of|the|de|van|von|der|la|du|and|for)\s+){0,2}[A-ZÄÖÜÉ\d][\w'’&.-]*)*"
)
_DATE = re.compile(
    r"\b(?:\d{1,2}\s+)?(?:January|February|March|April|May|June|July|August|September|October|November|December)\b[\w\s,]*\d*"
    r"|\b1\d{3}\b|\b20\d{2}\b"
)
_NOT_NAMES = (
    "who whom whose what which when where why how is are was were do does did has have had can could will would should "
    "the a an in on at by of and it he she they there this that i we you"
)
_ASKS_FOR = (
    ("person", re.compile(r"^(?:who|whom|whose)\b", re.I)),
    ("time", re.compile(r"^(?:when|(?:in\s+)?(?:what|which)\s+(?:year|day|month|date|century))\b", re.I)),
    ("place", re.compile(r"^(?:where|(?:in\s+)?(?:what|which)\s+(?:city|country|place|town|state))\b", re.I)),
    ("number", re.compile(r"^how\s+(?:many|much|long|far|old|often|big|high|deep|tall)\b", re.I)),
)
LONGEST = 80
"""Characters of an answer that may stand in for a word of the next question."""


def in_light_of(question: str, turns: Sequence[Turn]) -> str:
    """A question that can be understood without the conversation.

    Args:
        question: as it was typed.
        turns: before it, the oldest first.

    Example:
        >>> turns = [Turn("Who discovered penicillin?", "Alexander Fleming", "Penicillin")]
        >>> in_light_of("Where did he work?", turns)
        'Where did Alexander Fleming work?'
        >>> in_light_of("And when?", turns)
        'When did Alexander Fleming discovered penicillin?'
    """
    if not turns:
        return question
    last = turns[-1]
    bare = _OPENER.sub("", question.strip())
    completed = _completed(bare, last)
    if completed is not None:
        return completed
    replaced = bare
    for pattern, kind in (
        (_PERSON, "person"),
        (_PLACE, "place"),
        (_TIME, "time"),
        (_THING, "thing"),
        (_PEOPLE, "people"),
    ):
        if pattern.search(_IS_THERE.sub("", replaced)) and (name := _referent(kind, turns)):
            replaced = _replace(pattern, replaced, name)
    return replaced if replaced != bare else question


def _completed(bare: str, last: Turn) -> str | None:
    """A question that is only the beginning of one, completed by the one before."""
    rest = _rest(last)
    if found := _BARE_WH.match(bare):
        return _capital(f"{found.group(1)} {rest}?")
    if found := _WHAT_ABOUT.match(bare):
        topic = found.group(1)
        if _PERSON.fullmatch(topic) or _THING.fullmatch(topic) or _PEOPLE.fullmatch(topic):
            return None
        return _swapped(last.question, topic)
    if _ONLY_A_NAME.match(bare) and bare != last.question:
        return _swapped(last.question, bare.rstrip(" ?"))
    if _PREPOSITION.match(bare) and len(bare.split()) <= 6:
        return f"{last.question.rstrip(' ?')} {bare.rstrip(' ?')}?"
    return None


def _rest(last: Turn) -> str:
    """What a question is about, without what it asks for: its own words, with the answer where that was a person."""
    question = last.question.strip().rstrip("?").strip()
    without = _LEADING_WH.sub("", question)
    asked_for_person = _kind(question) == "person"
    if asked_for_person and last.answer and len(last.answer) <= LONGEST:
        return f"did {last.answer} {without}" if not _AUXILIARY.match(without) else f"{without} {last.answer}"
    return without


def _swapped(question: str, topic: str) -> str:
    """A question with another topic in the place of its own: its last name, or else at its end."""
    names = [
        found
        for found in _NAME.finditer(question)
        if found.group().lower() not in _NOT_NAMES.split() and found.start() > 0
    ]
    if not names:
        return f"{question.rstrip(' ?')} {topic}?"
    own = names[-1]
    return question[: own.start()] + topic + question[own.end() :]


def _referent(kind: str, turns: Sequence[Turn]) -> str | None:
    """What a word of some kind refers to: the latest answer that is of this kind, else the latest name."""
    for turn in reversed(turns[-4:]):
        answer = turn.answer if turn.answer and len(turn.answer) <= LONGEST else None
        asked = _kind(turn.question)
        names = [name for name in _names(turn.question) if not _DATE.fullmatch(name)]
        if kind == "person":
            names = [name for name in names if not name.isupper() and not any(c.isdigit() for c in name)]
        if kind == "time":
            dates = _DATE.findall(f"{turn.question} {answer or ''}")
            if dates:
                return str(dates[-1]).strip(" ,")
            continue
        if answer and asked == kind:
            return answer
        if answer and kind == "people" and asked in ("person", None) and _names(answer):
            return answer
        if names and not (kind == "place" and asked == "person"):
            return names[-1]
        other_kinds = ("time", "number") if kind == "person" else ("time", "number", "person")
        if answer and asked not in other_kinds and _names(answer) == [answer]:
            return answer
        if kind in ("thing", "people") and (topic := _topic(turn.question)):
            return topic
    return None


def _names(text: str) -> list[str]:
    found = [name.group() for name in _NAME.finditer(text)]
    trimmed = [" ".join(_without_first(name.split())) for name in found]
    return [name for name in trimmed if name]


def _without_first(words: list[str]) -> list[str]:
    return words[1:] if words and words[0].lower() in _NOT_NAMES.split() else words


def _topic(question: str) -> str | None:
    """The last words of a question, after its article: "the Berlin wall", "penicillin"."""
    words = re.findall(r"[\w'’-]+", question)
    for at in range(len(words) - 1, -1, -1):
        if words[at].lower() in ("the", "a", "an"):
            return " ".join(["the", *words[at + 1 : at + 4]])
    return words[-1] if len(words) >= 3 and words[-1].lower() not in _NOT_NAMES.split() else None


def _kind(question: str) -> str | None:
    bare = _OPENER.sub("", question.strip())
    return next((kind for kind, pattern in _ASKS_FOR if pattern.match(bare)), None)


def _replace(pattern: re.Pattern[str], text: str, name: str) -> str:
    def put(found: re.Match[str]) -> str:
        owning = found.lastindex == 2 and pattern is not _PLACE
        # "her" is a person or what belongs to one: the latter if a word follows that it can belong to
        if found.group().lower() == "her":
            owning = bool(re.match(r"\s+[a-z]+", text[found.end() :])) and not text[found.end() :].strip(
                " ?"
            ).startswith(("in ", "at ", "on ", "to ", "from "))
        if pattern is _PLACE:
            return f"in {name}" if found.lastindex == 1 else name
        if pattern is _TIME:
            return (
                f"in {name}" if not text[: found.start()].rstrip().endswith((" in", " on", " at", " since")) else name
            )
        return f"{name}’s" if owning else name

    return pattern.sub(put, text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
