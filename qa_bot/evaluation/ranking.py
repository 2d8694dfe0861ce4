"""How well passages are ranked: recall at k and mean reciprocal rank, and the fusion to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

DEPTH = 20
"""Passages of a ranking that are looked at."""


class RankFigures(BaseModel, frozen=True):
    """Where the right passage stood in the rankings of a set of questions; all in [0, 1].

    Attributes:
        recall_at_1, recall_at_5, recall_at_10, recall_at_20: share of the questions for which it was among the first k.
        mrr_at_10: mean of 1 / rank, 0 where the rank is beyond 10 (Voorhees, 1999, "The TREC-8 Question Answering
            Track Report").
    """

    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    recall_at_20: float
    mrr_at_10: float


def rank_figures(ranks: Sequence[int]) -> RankFigures:
    """The figures for a set of questions.

    Args:
        ranks: for each question the right passage's rank, from 1; 0 if it was not found.
    """
    places = np.array([rank or np.inf for rank in ranks] or [np.inf])
    recall = {f"recall_at_{k}": round(float(np.mean(places <= k)), 6) for k in (1, 5, 10, 20)}
    return RankFigures(**recall, mrr_at_10=round(float(np.mean(np.where(places <= 10, 1 / places, 0.0))), 6))


def reciprocal_rank_fusion(rankings: Sequence[Sequence[int]], constant: int = 60) -> list[int]:
    """Fuses rankings by the sum of 1 / (constant + rank), best first; ties by id.

    Cormack, Clarke and Büttcher, 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
    Methods"; 60 is their constant.

    Args:
        rankings: ids, each best first.
        constant: the larger it is, the less the first places count.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, passage_id in enumerate(ranking, 1):
            scores[passage_id] = scores.get(passage_id, 0.0) + 1 / (constant + rank)
    return sorted(scores, key=lambda passage_id: (-scores[passage_id], passage_id))
