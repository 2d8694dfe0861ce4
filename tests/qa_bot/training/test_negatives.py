"""Passages that look as if they answered, and do not, are found by words and by meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder.model import Encoder
from embeddings.onnx.model_cache import PACKAGED_ENCODER
from qa_bot.evaluation.datasets import Question, Reference
from qa_bot.training.negatives import HardNegatives


def question(text: str, paragraph: str, answer: str) -> Question:
    return Question(text, text, "t", paragraph, (Reference(answer, paragraph.find(answer)),))


ASKED = question("When was the Weser bridge opened?", "The bridge over the Weser was opened in 1904.", "1904")
WITH_ANSWER = question("q2", "A Weser bridge was closed for repairs. It was opened, some say, in 1904.", "repairs")
SAME_WORDS = question("q3", "The bridge over the Weser has four arches and was never opened to cars.", "four")
SAME_MEANING = question("q4", "Traffic first crossed the river on the new span in the spring of 1911.", "1911")
FAR = [question(f"q{n}", f"Penguins live in the south, and eat {n} fish a day.", "fish") for n in range(12)]
POOL = [ASKED, WITH_ANSWER, SAME_WORDS, SAME_MEANING, *FAR]


@pytest.fixture(scope="module")
def encoder(cache_dir: Path) -> Encoder:
    return Encoder.load(PACKAGED_ENCODER, cache_dir / "models")


def test_one_found_by_words_is_on_the_subject_and_does_not_hold_the_answer() -> None:
    [found] = HardNegatives(POOL).find(ASKED, 1)
    assert found.passage == SAME_WORDS.paragraph
    assert found.question == ASKED.text
    assert found.answers == ()


def test_one_found_by_meaning_need_not_share_a_word(encoder: Encoder) -> None:
    found = HardNegatives(POOL, encoder).find_by_meaning(ASKED, 2)
    assert [one.passage for one in found] == [SAME_WORDS.paragraph, SAME_MEANING.paragraph]
    assert all(one.answers == () for one in found)


def test_the_vectors_of_the_pool_are_kept_and_made_anew_where_they_do_not_fit(encoder: Encoder, tmp_path: Path) -> None:
    kept = tmp_path / "paragraphs.npz"
    first = HardNegatives(POOL, encoder, kept).find_by_meaning(ASKED, 3)
    with np.load(kept) as held:
        changed = dict(held)
    changed["vectors"] = changed["vectors"][::-1]
    np.savez(kept, **changed)
    assert HardNegatives(POOL, encoder, kept).find_by_meaning(ASKED, 3) != first, "the kept ones were not used"
    assert HardNegatives(POOL[:-1], encoder, kept).find_by_meaning(ASKED, 3) == first, "those of another pool were used"
    kept.write_bytes(kept.read_bytes()[:200])
    assert HardNegatives(POOL, encoder, kept).find_by_meaning(ASKED, 3) == first


def test_a_question_without_words_finds_nothing_by_words() -> None:
    assert HardNegatives(POOL).find(question("?!", "Some text.", "text"), 3) == []
