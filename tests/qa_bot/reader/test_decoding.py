"""The best span is the one that trying them all finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.reader.decoding import best_spans

LOGITS = st.lists(st.tuples(st.floats(-9, 9, width=32), st.floats(-9, 9, width=32)), min_size=1, max_size=40)


@given(LOGITS, st.integers(1, 12), st.integers(1, 9), st.data())
def test_the_spans_are_those_that_trying_them_all_finds(
    logits: list[tuple[float, float]], longest: int, count: int, data: st.DataObject
) -> None:
    start, end = np.array(logits, np.float32).T
    limits = np.array([data.draw(st.integers(at, len(logits) - 1)) for at in range(len(logits))])
    spans = best_spans(start, end, limits, max_answer_tokens=longest, count=count)
    tried = sorted(
        (
            (float(start[i] + end[j]), i, j)
            for i in range(len(logits))
            for j in range(i, min(i + longest, len(logits)))
            if j <= limits[i]
        ),
        reverse=True,
    )
    assert [span.score for span in spans] == [score for score, _, _ in tried[:count]]
    assert len({(span.first, span.last) for span in spans}) == len(spans)
    for span in spans:
        assert span.first <= span.last < min(span.first + longest, len(logits))
        assert span.last <= limits[span.first]
        assert span.score == float(start[span.first] + end[span.last])


def test_a_window_without_passage_tokens_has_no_span() -> None:
    assert best_spans(np.zeros(0, np.float32), np.zeros(0, np.float32)) == []
