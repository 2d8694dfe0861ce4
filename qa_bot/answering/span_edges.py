"""A span of tokens -> words that read well in a quotation, without touching the text."""

from __future__ import annotations

import re
import unicodedata

from embeddings.sentences import Span

_OPENING, _CLOSING = "\"'“‘«([{„‚", "\"'”’»)]}“‘"
_DROPPED = frozenset(",;:–—-…")
_JOINERS = frozenset("\u00ad\u200c\u200d\u2060")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
)
"""Thai to Khmer, kana and Han are written without spaces: a run of letters there says nothing of words."""


def whole_words(text: str, start: int, end: int, sentence: Span) -> tuple[int, int]:
    """Extends a range to whole words inside its sentence, and takes stray punctuation off its ends.

    A quotation mark or bracket at one end goes if its partner is not at the other end or inside; a full stop goes at the
    end of the sentence, unless it belongs to an abbreviation.
    """
    while start > sentence.start and _joined(text, start):
        start -= 1
    while end < sentence.end and _joined(text, end):
        end += 1
    changed = True
    while changed and start < end:
        before = (start, end)
        start += _dropped_at_start(text, start, end) or text[start] in ".?!)]}”’" or _unpaired_opening(text, start, end)
        if start < end:
            end -= _dropped(text[end - 1]) or text[end - 1] in "?!([{“" or _unpaired_closing(text, start, end)
        if start < end and text[end - 1] == "." and not _abbreviation(text, start, end):
            end -= 1
        changed = (start, end) != before
    return start, end


def _joined(text: str, at: int) -> bool:
    """Whether a cut before `at` would cut a word, or a number at its point or comma."""
    before, after = text[at - 1], text[at]
    if _in_word(before) and _in_word(after):
        return True
    if after in ".,:" and before.isdecimal():
        return text[at + 1 : at + 2].isdecimal()
    return before in ".,:" and after.isdecimal() and text[at - 2 : at - 1].isdecimal()


def _dropped_at_start(text: str, start: int, end: int) -> bool:
    is_minus = (
        text[start] in "-–"
        and text[start + 1 : min(start + 2, end)].isdecimal()
        and not text[max(start - 1, 0) : start].isalnum()
    )
    return _dropped(text[start]) and not is_minus


def _dropped(character: str) -> bool:
    return character in _DROPPED or character.isspace()


def _in_word(character: str) -> bool:
    if character.isalnum():
        return not _UNSPACED.match(character)
    return character == "_" or character in _JOINERS or unicodedata.category(character).startswith("M")


def _unpaired_opening(text: str, start: int, end: int) -> bool:
    at = _OPENING.find(text[start])
    if at < 0:
        return False
    inner = text[start + 1 : end]
    return _CLOSING[at] not in inner or (text[start] == '"' and inner.count('"') % 2 == 0)


def _unpaired_closing(text: str, start: int, end: int) -> bool:
    last = text[end - 1]
    if last not in "\"'”’»)]}":
        return False
    partners = [_OPENING[at] for at, closing in enumerate(_CLOSING) if closing == last]
    inner = text[start : end - 1]
    if last == '"':
        return inner.count('"') % 2 == 0
    is_apostrophe = last in "'’" and inner.endswith("s")
    return not is_apostrophe and not any(partner in inner for partner in partners)


def _abbreviation(text: str, start: int, end: int) -> bool:
    word = text[start:end].rsplit(None, 1)[-1]
    return "." in word[:-1] or len(word) <= 2 or word.lower() in {"jr.", "sr.", "inc.", "corp.", "ltd.", "co.", "st."}
