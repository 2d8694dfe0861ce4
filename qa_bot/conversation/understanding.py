"""A question in the light of the turns before: what is asked in its place.

Most follow-ups are completed by words that the rewriter finds in the conversation.  One kind is put together by rule: a question
of which only the new part is typed ("and in 1934?", "what about Voyager 1?", "no, I mean Voyager 1").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from embeddings.words import ASKING, split_words
from qa_bot.conversation.history import Turn
from qa_bot.conversation.rewriter import Rewriter

_OPENING = re.compile(
    r"^(?:(?:and|but|or|so|ok|okay|also|then)\b[\s,]*)?"
    r"(?P<opener>and|or|(?:what|how)\s+about|(?:(?:no|nope|sorry|not\s+[^,]+)[\s,]+)*(?:i\s+meant?|no|nope|sorry|not\s+[^,]+))"
    r"[\s,]+(?P<part>[^,]+?)[\s?.!]*$",
    re.I,
)
_ONLY_A_NAME = re.compile(
    r"^(?P<part>(?:the\s+)?[A-Z][\w'’.&-]*(?:\s+(?:of\s+(?:the\s+)?)?[A-Z\d][\w'’.&-]*){0,4})\s*\?$"
)
_PREPOSITION = re.compile(
    r"^(?:in|on|at|by|for|from|to|with|before|after|during|since|until|under|over|between|among|against)\b", re.I
)
_NAME = re.compile(r"(?<!^)(?<![\w'’.&-])(?:[A-Z][\w'’&-]*|\d[\w-]*)(?: (?:[A-Z][\w'’&-]*|\d[\w-]*))*")
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)\b", re.I
)
_PART_WORDS = 6
_QUOTATION = re.compile(r"[\"“„«][^\"”“»]+[\"”“»]")
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|that|these|those|there)\b", re.I
)


def understand(question: str, turns: Sequence[Turn], rewriter: Rewriter) -> str | None:
    """Completes a question by the turns before it; None if it stands by itself.

    Args:
        question: as typed.
        turns: as typed, the oldest first; without remarks (`qa_bot.conversation.remarks`).
        rewriter: finds the words that a question lacks.

    Returns:
        What is searched for and read, and shown as what the question was taken for: the question, and in brackets what of
        the conversation it lacks.
    """
    refers = bool(_PRONOUN.search(_QUOTATION.sub("", question)))
    if _QUOTATION.search(question) and not refers:
        return None  # whoever quotes has said what it is about
    before = _question_before([turn for turn in turns if rewriter.says_something(turn.question)])
    part = _new_part(question)
    whole = _replaced(before, part) if before and part else None
    asked = whole or question
    is_bare = before is not None and whole is None and not rewriter.says_something(question)
    added = [_topic_of(_named(turns, before or ""))] if is_bare else []
    phrases = rewriter.missing(" ".join([asked, *added]), turns, refers=refers)
    added += [phrase.text for phrase in phrases]
    return worded(asked, added) if added else whole


def worded(question: str, phrases: Sequence[str]) -> str:
    """A question with the phrases that it lacks, as search and the reader take it best."""
    return f"{question} ({', '.join(phrases)})"


def _named(turns: Sequence[Turn], before: str) -> str:
    """The last question that names what it is about; the one before if none does."""
    if not _PRONOUN.search(before):
        return before
    return next((turn.question for turn in reversed(turns) if not _PRONOUN.search(turn.question)), before)


def _topic_of(question: str) -> str:
    """A question without the words that make it one, which would ask again what was asked before."""
    words = question.rstrip("?!. ").split()
    while len(words) > 1 and (words[0].lower() in ASKING or _FINITE.fullmatch(words[0])):
        del words[0]
    return " ".join(words)


def _question_before(turns: Sequence[Turn]) -> str | None:
    """The question before, with what was left out of it put in."""
    before: str | None = None
    for turn in turns:
        part = _new_part(turn.question)
        before = turn.question if part is None else before and (_replaced(before, part) or before)
    return before


def _new_part(question: str) -> str | None:
    match = _OPENING.match(question.strip()) or _ONLY_A_NAME.match(question.strip())
    if match is None:
        return None
    part = str(match["part"])
    words = split_words(part)
    is_part = 0 < len(words) <= _PART_WORDS and not ASKING & set(map(str.lower, words)) and not _FINITE.search(part)
    return part if is_part else None


def _replaced(question: str, part: str) -> str | None:
    """A question with its name, or what its preposition brings, replaced; None if nothing in it is of the part's kind."""
    bare = question.strip().rstrip("?!. ")
    if match := _PREPOSITION.match(part):
        own = re.search(rf"\b{match.group()}\s+(?:the\s+)?[\w'’-]+(?:\s+[A-Z\d][\w'’-]*)*$", bare, re.I)
        return f"{bare[: own.start()] if own else bare + ' '}{part}?"
    if not (part[0].isupper() or part[0].isdigit()):
        head = re.escape(split_words(part)[-1])
        like = re.search(rf"\b(?:(?:the|an?|his|her|its|their)\s+)?(?:[\w'’-]+\s+)?{head}\b", bare, re.I)
        return f"{bare[: like.start()]}{part}{bare[like.end() :]}?" if like else None
    names = list(_NAME.finditer(bare))
    shared = {word.lower() for word in split_words(part)}
    name = next(
        (name for name in names if shared & set(map(str.lower, split_words(name.group())))),
        names[-1] if names else None,
    )
    return None if name is None else f"{bare[: name.start()]}{part}{bare[name.end() :]}?"
