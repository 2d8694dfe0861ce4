"""Near misses: questions that look as if their passage answered them, made by rule from questions that it does answer.

The rules are the kinds of unanswerable questions that people wrote for SQuAD v2.0 (Rajpurkar et al., 2018, "Know What You Don't
Know", https://arxiv.org/abs/1806.03822, table 2): another entity or number, an antonym, a negation, a condition that the passage
does not speak of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from qa_bot.evaluation.datasets import Question
from qa_bot.training.data import Example

_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_NAME = re.compile(r"(?<=\s)(?:[A-Z][\w'’-]+)(?:\s+[A-Z][\w'’-]+)*")
_INNER_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w’-]+(?: [A-Z][\w’-]+)*")
"""A name in a passage that is not the first word of its sentence."""
_WORD = re.compile(r"[A-Za-z]{4,}")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|do|does|did|has|had|have|can|could|will|would|should|must)\b(?! not\b)", re.IGNORECASE
)
_CONTEXT_CHARS = 120
"""Names that are so near to the answer are about it."""
_TRIED = 2
"""Kinds tried for a question; were all tried, most near misses would be negations, which nearly every question takes."""
_Option = TypeVar("_Option")

_OPPOSITES = """
first last; largest smallest; biggest smallest; highest lowest; higher lower; high low; larger smaller; large small;
big small; most least; more less; more fewer; many few; before after; north south; northern southern; east west;
eastern western; oldest youngest; older younger; old new; oldest newest; early late; earlier later; earliest latest;
increase decrease; increased decreased; increases decreases; increasing decreasing; rise fall; rose fell; win lose;
won lost; wins loses; winner loser; begin end; began ended; begins ends; start stop; started stopped; starts stops;
beginning end; open close; opened closed; opening closing; build destroy; built destroyed; founded dissolved;
created destroyed; create destroy; accept reject; accepted rejected; allow forbid; allowed forbidden; allows forbids;
support oppose; supported opposed; supports opposes; supporters opponents; male female; men women; man woman;
father mother; son daughter; brother sister; husband wife; best worst; better worse; major minor; majority minority;
maximum minimum; public private; upper lower; above below; inside outside; internal external; always never;
positive negative; strong weak; stronger weaker; strongest weakest; rich poor; richest poorest; former current;
fast slow; faster slower; fastest slowest; long short; longer shorter; longest shortest; hot cold; hottest coldest;
heavy light; heaviest lightest; deep shallow; deepest shallowest; easy difficult; near far; nearest farthest;
closest farthest; common rare; popular unpopular; likely unlikely; legal illegal; equal unequal; direct indirect;
formal informal; dependent independent; complete incomplete; successful unsuccessful; able unable; ancient modern;
modern traditional; attack defend; attacked defended; buy sell; bought sold; arrive leave; arrived left; enter leave;
entered left; lead follow; led followed; appointed dismissed; hired fired; elected defeated; born buried;
married divorced; join leave; joined left; lower raise; lowered raised; prevent cause; prevented caused; add remove;
added removed; gain lose; gained lost; encourage discourage; encouraged discouraged; attract repel; love hate;
agree disagree; agreed disagreed; wet dry; warm cool; urban rural; domestic foreign; senior junior; victory defeat;
import export; imported exported; teacher student; parents children; summer winter; spring autumn; morning evening;
during before; since until; true false; top bottom; left right; full empty; full-time part-time; permanent temporary;
beneficial harmful; advantage disadvantage; advantages disadvantages; strength weakness; strengths weaknesses;
benefit drawback; benefits drawbacks; similar different; similarity difference; expensive cheap
"""


def _opposites() -> dict[str, list[str]]:
    opposites: dict[str, list[str]] = defaultdict(list)
    for pair in _OPPOSITES.split(";"):
        if words := pair.split():
            first, second = words
            opposites[first].append(second)
            opposites[second].append(first)
    return dict(opposites)


class NearMisses:
    """Turns an answerable question into one that its passage does not answer.

    The kinds: a name of another question on the same article, or a number of as many digits, that the passage does not have;
    a name that the passage has, far from the answer; the opposite of a word; "not"; a word that stands beside the same word in
    another question on the article and not in the passage.

    Args:
        questions: the names, numbers and words of these are the ones that take others' places.
    """

    def __init__(self, questions: Sequence[Question]) -> None:
        names: dict[str, set[str]] = defaultdict(set)
        numbers: dict[int, set[str]] = defaultdict(set)
        words: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for question in questions:
            names[question.title].update(_NAME.findall(question.text))
            for number in _NUMBER.findall(question.text):
                numbers[len(number)].add(number)
            for match in _WORD.finditer(question.text):
                words[_frame(question, match)].add(match.group())
        self._names = {title: sorted(of_title) for title, of_title in names.items()}
        self._numbers = {length: sorted(of_length) for length, of_length in numbers.items()}
        self._words = {frame: sorted(fitting) for frame, fitting in words.items() if len(fitting) > 1}
        self._opposites = _opposites()
        self._kinds: tuple[tuple[float, Callable[[Question, np.random.Generator], str | None]], ...] = (
            (0.3, self._other_name_or_number),
            (0.2, self._name_of_the_passage),
            (0.25, self._opposite),
            (0.1, self._negation),
            (0.15, self._other_word),
        )

    def make(self, question: Question, rng: np.random.Generator) -> Example | None:
        """One near miss of a kind chosen at random; None if the question lends itself to none of the kinds tried."""
        shares = np.array([share for share, _ in self._kinds])
        for at in rng.choice(len(shares), _TRIED, replace=False, p=shares / shares.sum()):
            text = self._kinds[at][1](question, rng)
            if text is not None:
                return Example(text, question.title, question.paragraph, ())
        return None

    def _other_name_or_number(self, question: Question, rng: np.random.Generator) -> str | None:
        options = [(match, self._names.get(question.title, [])) for match in _NAME.finditer(question.text)]
        options += [(m, self._numbers.get(len(m.group()), [])) for m in _NUMBER.finditer(question.text)]
        if not options:
            return None
        match, others = options[int(rng.integers(len(options)))]
        passage = question.paragraph.lower()
        others = [o for o in others if o.lower() not in passage and o.lower() not in question.text.lower()]
        if not others or match.group().lower() not in passage:
            return None
        return _replaced(question.text, match, _one_of(others, rng))

    def _name_of_the_passage(self, question: Question, rng: np.random.Generator) -> str | None:
        passage = question.paragraph
        asked = [match for match in _NAME.finditer(question.text) if match.group() in passage]
        near = " ".join(passage[max(0, r.start - _CONTEXT_CHARS) : r.end + _CONTEXT_CHARS] for r in question.references)
        known = near + question.text
        others = sorted({name for name in _INNER_NAME.findall(passage) if not any(w in known for w in name.split())})
        if not asked or not others:
            return None
        return _replaced(question.text, _one_of(asked, rng), _one_of(others, rng))

    def _opposite(self, question: Question, rng: np.random.Generator) -> str | None:
        in_passage = set(re.findall(r"[a-z-]+", question.paragraph.lower()))
        options = [
            (match, other)
            for match in re.finditer(r"(?<!\bhow )[A-Za-z-]+", question.text, re.IGNORECASE)
            for other in self._opposites.get(match.group().lower(), ())
            if other not in in_passage
        ]
        if not options:
            return None
        match, other = options[int(rng.integers(len(options)))]
        return _replaced(question.text, match, other)

    def _negation(self, question: Question, rng: np.random.Generator) -> str | None:
        match = _AUXILIARY.search(question.text)
        if match is None or re.search(r"\b(not|never|no)\b|n't", question.text):
            return None
        verb = match.group()
        contracted = {"can": "can't", "will": "won't"}.get(verb.lower(), f"{verb}n't")
        return _replaced(question.text, match, contracted if rng.random() < 0.5 else f"{verb} not")

    def _other_word(self, question: Question, rng: np.random.Generator) -> str | None:
        passage = question.paragraph.lower()
        options = [
            (match, other)
            for match in _WORD.finditer(question.text)
            if match.group().lower() in passage
            for other in self._words.get(_frame(question, match), ())
            if other[:5].lower() not in passage and other.lower() not in question.text.lower()
        ]
        if not options:
            return None
        match, other = options[int(rng.integers(len(options)))]
        return _replaced(question.text, match, other)


def _frame(question: Question, match: re.Match[str]) -> tuple[str, str, str]:
    """Where a word stands: the article, the word before it, its last two letters."""
    before = question.text[: match.start()].rsplit(None, 1)
    return question.title, before[-1].lower() if before else "", match.group()[-2:].lower()


def _one_of(options: Sequence[_Option], rng: np.random.Generator) -> _Option:
    return options[int(rng.integers(len(options)))]


def _replaced(text: str, match: re.Match[str], by: str) -> str:
    return text[: match.start()] + by + text[match.end() :]
