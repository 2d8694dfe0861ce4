"""Near misses look like questions that the passage answers, and are none."""

from __future__ import annotations

import numpy as np
import pytest

from qa_bot.evaluation.datasets import Question, Reference
from qa_bot.training.near_misses import NearMisses

HARBOUR = (
    "Maria Oliveira opened the first harbour of Porto Novo in May 1904, with nobody but the mayor and his wife there to see it. "
    "The pilots stayed away that day, since the wages had not been paid for half a year, and the fog kept the ferries in. "
    "Years later the stone was laid by John Smith."
)


def question(text: str, paragraph: str, answer: str, title: str = "t") -> Question:
    return Question(text, text, title, paragraph, (Reference(answer, paragraph.index(answer)),))


def made(text: str, answer: str, *others: Question) -> set[str]:
    """All near misses of a question on `HARBOUR` that 300 throws of the dice make."""
    asked = question(text, HARBOUR, answer)
    misses, rng = NearMisses([asked, *others]), np.random.default_rng(0)
    found = [miss for _ in range(300) if (miss := misses.make(asked, rng))]
    assert all(miss.answers == () and miss.passage == HARBOUR and miss.title == "t" for miss in found)
    return {miss.question for miss in found}


@pytest.mark.parametrize(
    "expected",
    [
        "When did Ann Reed open the first harbour?",  # a name of another question
        "When did John Smith open the first harbour?",  # a name of the passage, far from the answer
        "When did Maria Oliveira open the last harbour?",
        "When didn't Maria Oliveira open the first harbour?",
        "When did Maria Oliveira open the first detour?",  # a word after the same word
    ],
)
def test_each_kind_is_made(expected: str) -> None:
    ann = question("When did Ann Reed resign?", "Ann Reed resigned in June.", "in June")
    detour = question("Who took the first detour?", "Bo Ek took the first detour.", "Bo Ek")
    assert expected in made("When did Maria Oliveira open the first harbour?", "in May 1904", ann, detour)


def test_a_number_is_replaced_by_one_of_as_many_digits() -> None:
    other = question("Who sank in 1905?", "Bo sank in 1905.", "Bo")
    found = made("Who opened what in 1904?", "Maria Oliveira", other, question("Who is 7?", "Bo is 7.", "Bo"))
    assert "Who opened what in 1905?" in found
    assert "Who opened what in 7?" not in found


def test_what_the_passage_holds_takes_no_others_place() -> None:
    held = question("When did the last pilots of the harbour speak?", "The pilots spoke in June.", "in June")
    john = question("When did John Smith speak?", "John Smith spoke in June.", "in June")
    assert "When did Maria Oliveira leave?" in made("When did Maria Oliveira join?", "in May 1904")
    assert "When did his wife stay?" not in made("When did his mayor stay?", "in May 1904", held)
    near = made("By whom was the stone laid in Porto Novo?", "John Smith", john)
    assert near
    assert not any("John Smith" in one for one in near), "they stand beside the answer"


def test_how_many_is_not_made_how_few() -> None:
    found = made("How many pilots were there?", "nobody")
    assert found == {"How many pilots weren't there?", "How many pilots were not there?"}


def test_a_question_that_lends_itself_to_nothing_makes_nothing() -> None:
    assert made("Whose wages, again?", "The pilots") == set()


def test_the_same_dice_make_the_same_near_miss() -> None:
    asked = question("When did Maria Oliveira open the first harbour?", HARBOUR, "in May 1904")
    one, other = (NearMisses([asked]).make(asked, np.random.default_rng(5)) for _ in range(2))
    assert one == other
