"""Recall at k, mean reciprocal rank, reciprocal rank fusion."""

from __future__ import annotations

import pytest

from qa_bot.evaluation.metrics import rank_figures, reciprocal_rank_fusion


def test_ranks_by_hand() -> None:
    figures = rank_figures([1, 2, 6, 11, 0])
    assert figures.recall_at_1 == 0.2
    assert figures.recall_at_5 == 0.4
    assert figures.recall_at_10 == 0.6
    assert figures.recall_at_20 == 0.8
    assert figures.mrr_at_10 == pytest.approx((1 + 1 / 2 + 1 / 6) / 5, abs=1e-6)


def test_no_questions_have_no_recall() -> None:
    assert rank_figures([]).recall_at_20 == 0


def test_fusion_prefers_what_both_rankings_have() -> None:
    assert reciprocal_rank_fusion([[1, 2, 3], [4, 2]]) == [2, 1, 4, 3]
    assert reciprocal_rank_fusion([[], []]) == []
