"""How an explanation looks in a terminal."""

from __future__ import annotations

from embeddings.text import visible
from qa_bot.answering.explanation import Contender, Explanation
from qa_bot.answering.results import Answer, percent_of
from qa_bot.terminal.wrapping import DIM, RESET, WIDTH

_SHOWN = 60


def render_explanation(answer: Answer, explanation: Explanation, *, colour: bool = False, width: int = WIDTH) -> str:
    """Why an answer is what it is: thresholds, what was in the running, and the passages that were read.

    Args:
        answer: to explain.
        explanation: of it.
        colour: whether to use dim, for the passages' own words.
        width: columns that a line may take.
    """
    best = explanation.contenders[0] if explanation.contenders else None
    lines = [f"Kind of question: {answer.kind.value}"]
    lines.append(
        f"Answers are given from {percent_of(explanation.threshold)}% on, and are possible from "
        f"{percent_of(explanation.possible_threshold)}% on; "
        + (f"the best has {percent_of(best.confidence)}%." if best else "nothing was found.")
    )
    if best:
        lines += ["", "In the running (confidence; alone: without rivals; score of the span, of its passage):"]
    for contender in explanation.contenders:
        scores = f"{contender.span_score:>6.2f}  {contender.retrieval_score:>5.2f}"
        sure = f"{percent_of(contender.confidence):>3}%  alone {percent_of(contender.alone):>2}%"
        lines.append(f"  {sure}  {scores}  {_cut(contender.text)}{_passage_of(contender, explanation)}")
    lines += ["", "Passages that were read (score: cosine, words shared, BM25):"]
    for at, passage in enumerate(explanation.passages, start=1):
        scores = f"{passage.score:.2f}: {passage.cosine:.2f}, {passage.overlap:.2f}, {passage.bm25:.1f}"
        text = f"     {_cut(passage.text, width - 6)}"
        lines += [f"{at:>3}. {scores}  {_cut(passage.title)}", f"{DIM}{text}{RESET}" if colour else text]
    return "\n".join(lines)


def _passage_of(contender: Contender, explanation: Explanation) -> str:
    for at, passage in enumerate(explanation.passages, start=1):
        if passage.article == contender.article and passage.start <= contender.start < passage.end:
            return f"  [passage {at}]"
    return ""


def _cut(text: str, limit: int = _SHOWN) -> str:
    squeezed = visible(" ".join(text.split()))
    return squeezed if len(squeezed) <= limit else squeezed[: limit - 1] + "…"
