"""Questions with slips of the finger are understood by the words of the archive, and the reply says how."""

from __future__ import annotations

import pytest

from qa_bot import QABot
from qa_bot.terminal.render import render_answer


@pytest.mark.parametrize(
    ("typed", "understood", "words"),
    [
        ("who discoverd peniciln", "who discoverd penicillin", "Fleming"),
        ("When was Voyagr 2 luanched?", "When was Voyager 2 launched?", "1977"),
        ("who took over from Erich Honneker?", "who took over from Erich Honecker?", "Krenz"),
    ],
)
def test_typos_are_repaired_and_the_reply_says_so(seed_bot: QABot, typed: str, understood: str, words: str) -> None:
    answer = seed_bot.ask(typed)
    assert (answer.question, answer.understood_as) == (typed, understood)
    assert answer.answer is not None
    assert words in answer.answer.text
    assert render_answer(answer, colour=False).startswith(f"understood as: {understood}\n")


@pytest.mark.parametrize(
    "question",
    [
        "When was Voyager 2 launched?",
        "Who is the chief executive of Toyota?",
        "Wann wurde die Berliner Mauer geöffnet?",
        "how much did the rover weigh",
        "谁先登上月球？",
    ],
)
def test_what_is_no_slip_is_left_alone(seed_bot: QABot, question: str) -> None:
    assert seed_bot.ask(question).understood_as is None
