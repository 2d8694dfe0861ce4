"""How well follow-up questions are understood: the words that are added, and what search and the bot find with them.

The figures of added words are those of QuReTeC (Voskarides et al., 2020, https://arxiv.org/abs/2005.11723), over all questions
together.  Intervals are the 2.5th and 97.5th percentile of 1,000 bootstrap samples of the questions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from embeddings.errors import QuestionError
from embeddings.words import Stemmer, split_words
from qa_bot.answering.results import Answer, iterate
from qa_bot.bot import QABot
from qa_bot.conversation.history import Turn
from qa_bot.conversation.understanding import understand
from qa_bot.evaluation.datasets import FollowUp, Question
from qa_bot.evaluation.metrics import RIGHT_F1, best_over_references
from qa_bot.evaluation.predictions import Latency
from qa_bot.evaluation.question_archive import write_articles

_SAMPLES = 1000


class Share(BaseModel, frozen=True):
    """A share in [0, 1] and its 95 % interval."""

    value: float
    low: float
    high: float


class WordFigures(BaseModel, frozen=True):
    """Content words that were added, against those that a person's rewrite adds; compared by their stems.

    Attributes:
        questions: that have turns before them and a rewrite.
        precision, recall, f1: over all of them.
        self_contained: questions whose rewrite adds no word.
        left_alone: share of these to which nothing was added; None if there are none.
        latency_ms: to find the words.
    """

    questions: int
    precision: Share
    recall: Share
    f1: Share
    self_contained: int
    left_alone: Share | None
    latency_ms: Latency


class WordingFigures(BaseModel, frozen=True):
    """What one wording of the follow-ups brings.

    Attributes:
        right: share of the answerable questions whose answer is given and right (F1 of two thirds).
        best_f1: mean F1 of the best span, given or not, in percent, over the answerable questions.
        refused: share of the unanswerable questions that are refused; None if there are none.
    """

    right: Share
    best_f1: float
    refused: Share | None


class ConversationFigures(BaseModel, frozen=True):
    """The figures of a file of conversations.

    Attributes:
        words: None if no question has a rewrite.
        answerable: follow-ups with answers.
        literal, understood, rewritten: the answers to the question as typed, as the bot understands it, and as a person
            rewrote it, which is the most that understanding can bring; None without answers or rewrites.
    """

    words: WordFigures | None = None
    answerable: int = 0
    literal: WordingFigures | None = None
    understood: WordingFigures | None = None
    rewritten: WordingFigures | None = None


def evaluate_conversations(
    bot: QABot,
    follow_ups: Sequence[FollowUp],
    archived: Sequence[FollowUp],
    folder: Path,
    progress: Callable[[int, int, str], None],
) -> ConversationFigures:
    """The figures of follow-ups.

    Args:
        bot: to ask; its store is empty if there is anything to archive.
        follow_ups: first questions among them are passed over.
        archived: their contexts become the articles of the store; none where it holds articles already.
        folder: for these articles.
        progress: is told how many questions are done, of how many, and what is done.
    """
    later = [follow_up for follow_up in follow_ups if follow_up.turns]
    rewritten = [follow_up for follow_up in later if follow_up.rewrite is not None]
    asked = [follow_up for follow_up in later if follow_up.answers is not None]
    figures = ConversationFigures(answerable=sum(bool(follow_up.answers) for follow_up in asked))
    if rewritten:
        figures = figures.model_copy(update={"words": _words(bot, rewritten, progress)})
    if not asked:
        return figures
    contexts = [Question(f.id, f.question, f.title, f.context, ()) for f in archived if f.context]
    if contexts:
        write_articles(contexts, folder)
        bot.reindex([str(folder)], progress=lambda at: progress(at.entries, at.total, "articles indexed"))
    bot.load(conversation=True)
    wordings: dict[str, Callable[[FollowUp], Answer | None]] = {
        "literal": lambda f: _ask(bot, f.question),
        "understood": lambda f: _ask(bot, f.question, f.turns),
    }
    if len([f for f in asked if f.rewrite is not None]) == len(asked):
        wordings["rewritten"] = lambda f: _ask(bot, f.rewrite or f.question)
    answered = {}
    for name, ask in wordings.items():
        answers = []
        for number, follow_up in enumerate(asked, 1):
            answers.append(ask(follow_up))
            progress(number, len(asked), f"questions asked, {name}")
        answered[name] = _wording(asked, answers)
    return figures.model_copy(update=answered)


def conversation_tables(figures: ConversationFigures) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The figures as tables: a title, and rows of which the first is the head."""
    if words := figures.words:
        rows: list[tuple[str, ...]] = [("", "share", "95 % interval")]
        shares = {"precision": words.precision, "recall": words.recall, "F1": words.f1}
        shares |= {f"left alone, of {words.self_contained:,}": words.left_alone} if words.left_alone else {}
        rows += [(name, f"{share.value:.4f}", f"{share.low:.4f} to {share.high:.4f}") for name, share in shares.items()]
        rows.append(("p50 / p95, ms", f"{words.latency_ms.p50:.1f}", f"{words.latency_ms.p95:.1f}"))
        yield f"Added words: {words.questions:,} follow-up questions", rows
    wordings = {"as typed": figures.literal, "as understood": figures.understood, "a person's": figures.rewritten}
    answered = [(name, wording) for name, wording in wordings.items() if wording]
    if answered:
        rows = [("", "right", "95 % interval", "best span F1", "refused")]
        for name, (right, f1, refused) in ((name, (w.right, w.best_f1, w.refused)) for name, w in answered):
            interval = f"{right.low:.4f} to {right.high:.4f}"
            rows.append((name, f"{right.value:.4f}", interval, f"{f1:.2f}", f"{refused.value:.4f}" if refused else ""))
        yield f"Answers: {figures.answerable:,} follow-up questions that are answered", rows


def _ask(bot: QABot, question: str, turns: Sequence[Turn] = ()) -> Answer | None:
    try:
        return bot.ask(question, turns=turns)
    except QuestionError:
        return None


def _wording(asked: Sequence[FollowUp], answers: Sequence[Answer | None]) -> WordingFigures:
    right, best, refused = [], [], []
    for follow_up, answer in zip(asked, answers, strict=True):
        if not follow_up.answers:
            refused.append(float(answer is None or not answer.answered))
            continue
        quotation = next(iterate(answer), None) if answer else None
        scored = best_over_references(quotation.answer.text, follow_up.answers)[1] if quotation else 0.0
        best.append(scored)
        right.append(float(bool(answer and answer.answered) and scored >= RIGHT_F1))
    return WordingFigures(
        right=_share(right),
        best_f1=round(100 * float(np.mean(best or [0.0])), 2),
        refused=_share(refused) if refused else None,
    )


def _words(bot: QABot, follow_ups: Sequence[FollowUp], progress: Callable[[int, int, str], None]) -> WordFigures:
    stemmer, rows, milliseconds = Stemmer(), [], []

    def content(text: str) -> set[str]:
        return {stemmer.stem(word) for word in split_words(text) if stemmer.says_something(word)}

    for number, follow_up in enumerate(follow_ups, 1):
        began = time.perf_counter()
        understood = understand(follow_up.question, follow_up.turns, bot.rewriter)
        milliseconds.append((time.perf_counter() - began) * 1000)
        asked = content(follow_up.question)
        lacking = content(follow_up.rewrite or "") - asked
        added = content(understood or "") - asked
        rows.append((len(added & lacking), len(added), len(lacking)))
        progress(number, len(follow_ups), "questions completed")
    counts = np.array(rows, np.float64)
    alone = [float(added == 0) for _, added, lacking in rows if lacking == 0]
    precision, recall, f1 = (_ratio(counts, top, below) for top, below in ((1, (1,)), (1, (2,)), (2, (1, 2))))
    return WordFigures(
        questions=len(rows),
        precision=precision,
        recall=recall,
        f1=f1,
        self_contained=len(alone),
        left_alone=_share(alone) if alone else None,
        latency_ms=Latency.of(milliseconds),
    )


def _ratio(counts: NDArray[np.float64], times: int, below: tuple[int, ...]) -> Share:
    """`times` the words that are right, over the sums of the columns `below`; over all questions together."""

    def ratio(rows: NDArray[np.float64]) -> float:
        total = rows.sum(axis=0)
        return float(times * total[0] / max(1.0, sum(total[column] for column in below)))

    return _interval(ratio(counts), [ratio(counts[drawn]) for drawn in _draws(len(counts))])


def _share(values: Sequence[float]) -> Share:
    array = np.array(values or [0.0])
    return _interval(float(array.mean()), [float(array[drawn].mean()) for drawn in _draws(len(array))])


def _interval(value: float, samples: Sequence[float]) -> Share:
    low, high = np.percentile(samples, [2.5, 97.5])
    return Share(value=round(value, 4), low=round(float(low), 4), high=round(float(high), 4))


def _draws(count: int) -> Iterator[NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    return (rng.integers(0, count, count) for _ in range(_SAMPLES))
