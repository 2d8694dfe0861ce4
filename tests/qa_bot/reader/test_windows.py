"""A passage is read in full, whatever its length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from embeddings.onnx.model_cache import packaged_weights
from qa_bot.reader.windows import SequenceTemplate, TokenizedText, make_windows, tokenize


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(packaged_weights() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def test_a_window_is_what_the_tokenizer_itself_makes_of_a_pair(tokenizer: Tokenizer) -> None:
    question, passage = "Who spoke?", "James Mattis spoke in Brussels."
    [asked, read] = tokenize(tokenizer, [question, passage])
    [window] = make_windows(SequenceTemplate.of(tokenizer), asked.ids, [read])
    encoding = tokenizer.encode(question, passage)
    assert window.ids.tolist() == encoding.ids
    assert window.type_ids.tolist() == encoding.type_ids
    words = [passage[start:end] for start, end in window.offsets]
    assert words == ["James", "Matt", "is", "spoke", "in", "Brussels", "."]


def test_a_title_stands_between_question_and_passage(tokenizer: Tokenizer) -> None:
    asked, title, read = tokenize(tokenizer, ["Who spoke?", "NATO", "Mattis spoke."])
    [window] = make_windows(SequenceTemplate.of(tokenizer), asked.ids, [read], [title.ids])
    words = tokenizer.decode(window.ids.tolist(), skip_special_tokens=False)
    assert words == "[CLS] who spoke? [SEP] nato [SEP] mattis spoke. [SEP]"
    assert window.type_ids.tolist() == [0] * 5 + [1] * (len(window.ids) - 5)


@given(
    tokens=st.integers(0, 900),
    question=st.integers(1, 80),
    title=st.integers(0, 80),
    max_tokens=st.integers(200, 400),
    stride=st.integers(0, 150),
)
def test_no_token_of_a_passage_is_left_out(
    tokens: int, question: int, title: int, max_tokens: int, stride: int
) -> None:
    template = SequenceTemplate(np.array([1]), np.array([2]), np.array([2]), 0, 1)
    ids = np.arange(1000, 1000 + tokens)
    passage = TokenizedText(ids, np.stack([np.arange(tokens), np.arange(tokens) + 1], axis=1))
    windows = make_windows(
        template, np.full(question, 7), [passage], [np.full(title, 8)], max_tokens=max_tokens, stride=stride
    )
    seen = {int(token) for window in windows for token in window.ids if token >= 1000}
    assert seen == set(ids.tolist())
    assert max(len(window.ids) for window in windows) <= max_tokens
    for window in windows:
        inside = window.ids[window.first : window.first + len(window.offsets)]
        assert (inside - 1000 == window.offsets[:, 0]).all()
