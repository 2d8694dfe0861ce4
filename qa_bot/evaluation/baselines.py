"""What is got without reading: the first sentence of the passage that a search finds first."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from embeddings.store.protocol import Hit, View
from qa_bot.answering.normalize import normalize_answer
from qa_bot.bot import QABot
from qa_bot.evaluation.datasets import Question
from qa_bot.evaluation.metrics import best_over_references
from qa_bot.retrieval.retriever import Retriever

FIRST = 1


class BaselineFigures(BaseModel, frozen=True):
    """Of the questions with an answer, in percent.

    Attributes:
        f1: of the first sentence, taken as the answer.
        sentence_has_answer: how often an acceptable answer stands in that sentence.
        passage_has_answer: how often one stands in the passage.
    """

    f1: float
    sentence_has_answer: float
    passage_has_answer: float


def baselines(bot: QABot, questions: Sequence[Question]) -> dict[str, BaselineFigures]:
    """The figures of lexical search (BM25), of dense search, and of both as deployed, on the archive of a bot.

    Args:
        bot: has the archive.
        questions: those without an answer are passed over.

    Raises:
        QABotError: the store or the encoder cannot be used.
    """
    found: dict[str, list[tuple[float, bool, bool]]] = {"lexical (BM25)": [], "dense": [], "as deployed": []}
    for question in (question for question in questions if question.references):
        vector = bot.encoder.encode_question(question.text)
        with bot.store.view() as view:
            deployed = Retriever().retrieve(view, question.text, vector, FIRST)
            hits = {
                "lexical (BM25)": view.lexical_search(question.text, FIRST),
                "dense": view.dense_search(vector, FIRST),
                "as deployed": [Hit(passage.passage.id, passage.score) for passage in deployed],
            }
            for name, best in hits.items():
                found[name].append(_gain(view, best, question))
    return {name: _figures(gains) for name, gains in found.items() if gains}


def _gain(view: View, hits: Sequence[Hit], question: Question) -> tuple[float, bool, bool]:
    passages = view.passages([hit.passage_id for hit in hits[:FIRST]])
    if not passages:
        return 0.0, False, False
    (passage,) = passages.values()
    stored = view.articles([passage.article_id]).get(passage.article_id)
    inside = [s for s in stored.sentences if passage.start <= s.start and s.end <= passage.end] if stored else []
    sentence = stored.article.text[inside[0].start : inside[0].end] if stored and inside else passage.text
    expected = [reference.text for reference in question.references]
    wanted = [normalize_answer(text) for text in expected]
    texts = [f" {normalize_answer(text)} " for text in (sentence, passage.text)]
    has_answer = [any(f" {answer} " in text for answer in wanted if answer) for text in texts]
    return best_over_references(sentence, expected)[1], has_answer[0], has_answer[1]


def _figures(gains: Sequence[tuple[float, bool, bool]]) -> BaselineFigures:
    means = [round(100 * sum(column) / len(gains), 4) for column in zip(*gains, strict=True)]
    return BaselineFigures(f1=means[0], sentence_has_answer=means[1], passage_has_answer=means[2])


def baseline_rows(figures: dict[str, BaselineFigures]) -> list[tuple[str, ...]]:
    """The figures as rows of a table."""
    rows: list[tuple[str, ...]] = [("", "F1", "answer in sentence", "in passage")]
    for name, one in figures.items():
        rows.append((name, f"{one.f1:.2f}", f"{one.sentence_has_answer:.2f}", f"{one.passage_has_answer:.2f}"))
    return rows
