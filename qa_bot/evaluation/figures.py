"""What an evaluation brings: its figures, and the predictions that they come from."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from qa_bot.evaluation.predictions import AnswerFigures, Latency, Prediction
from qa_bot.evaluation.ranking import RankFigures


class RetrievalFigures(RankFigures):
    """Where the gold paragraph stands among the files' paragraphs; those at the top are of the deployed search.

    Attributes:
        questions: answerable ones; the others have no gold paragraph.
        paragraphs: distinct ones, each one passage.
        dense, lexical, rrf: the figures of each search alone, and of their reciprocal rank fusion.
        latency_ms: to encode the question and to find the passages as deployed.
    """

    questions: int
    paragraphs: int
    dense: RankFigures
    lexical: RankFigures
    rrf: RankFigures
    latency_ms: Latency


class Ranking(BaseModel):
    """Where the gold paragraph of one question stood, from 1 to `ranking.DEPTH`; 0 if it was not found so far up."""

    model_config = ConfigDict(frozen=True)

    id: str
    question: str
    rank: int
    dense: int
    lexical: int
    rrf: int
    milliseconds: float


class Provenance(BaseModel):
    """What the figures come from.

    Attributes:
        files: that were evaluated.
        questions: how many there are in them.
        evaluated: how many of these were looked at.
        encoder, reader: identities of the models; None where none was needed.
        version: of qa_bot.
    """

    model_config = ConfigDict(frozen=True)

    files: tuple[str, ...]
    questions: int
    evaluated: int
    encoder: str | None
    reader: str | None
    version: str


class EvaluationReport(BaseModel):
    """The figures of the modes that ran; None for the others."""

    model_config = ConfigDict(frozen=True)

    provenance: Provenance
    reader: AnswerFigures | None = None
    retrieval: RetrievalFigures | None = None
    end_to_end: AnswerFigures | None = None
    reader_predictions: tuple[Prediction, ...] = Field((), exclude=True, repr=False)
    rankings: tuple[Ranking, ...] = Field((), exclude=True, repr=False)
    end_to_end_predictions: tuple[Prediction, ...] = Field((), exclude=True, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The figures as `qa-bot eval --json` prints them: one key for each mode that ran, and `provenance`."""
        return self.model_dump(mode="json", exclude_none=True)
