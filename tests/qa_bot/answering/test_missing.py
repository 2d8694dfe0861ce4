"""Why the articles don't say: a reason that is true of the archive, in words."""

from __future__ import annotations

import pytest

from embeddings.filters import ArticleFilter
from qa_bot import QABot
from qa_bot.answering.missing import Gap, Missing, reason
from qa_bot.answering.results import AnswerVerdict


def why(bot: QABot, question: str, only: ArticleFilter | None = None) -> Missing:
    answer = bot.ask(question, only=only or ArticleFilter())
    assert answer.verdict is AnswerVerdict.UNANSWERED
    assert answer.missing is not None
    return answer.missing


@pytest.fixture(scope="module")
def strict(seed_bot: QABot) -> QABot:
    """The seeds, with nothing sure enough."""
    return QABot(seed_bot.settings.model_copy(update={"threshold": 1.0, "possible_threshold": 1.0}))


def test_words_that_no_article_has_are_named(strict: QABot) -> None:
    missing = why(strict, "Who is the chief executive of Toyota?")
    assert (missing.gap, missing.words) == (Gap.WORDS, ("executive", "Toyota"))
    assert reason(missing) == "No article has “executive” or “Toyota”."


def test_passages_that_have_some_words_and_not_the_others_are_counted(strict: QABot) -> None:
    missing = why(strict, "How much did the Berlin Wall cost?")
    assert missing.gap is Gap.TOGETHER
    assert (missing.words, missing.others) == (("Berlin", "Wall"), ("cost",))
    assert missing.passages >= 2


def test_a_question_that_names_nothing_is_told_so(strict: QABot) -> None:
    missing = why(strict, "Who is it?")
    assert (missing.gap, missing.words) == (Gap.UNCLEAR, ())
    assert reason(missing).startswith("The question names nothing to look for")


@pytest.mark.parametrize("question", ["Who is it?", "What of it?", "When was Voyager 2 launched?", "Is he?"])
def test_no_reason_has_a_hole_in_it(strict: QABot, question: str) -> None:
    said = reason(why(strict, question))
    assert not [hole for hole in (" with ;", " with ,", "has .", "by .") if hole in said], said


def test_passages_that_have_all_words_are_counted_too(strict: QABot) -> None:
    missing = why(strict, "When was Voyager 2 launched?")
    assert (missing.gap, missing.words, missing.others) == (Gap.ANSWER, ("Voyager", "2", "launched"), ())
    assert missing.passages >= 1


@pytest.mark.parametrize(
    "question",
    [
        "Wann wurde die Berliner Mauer geöffnet?",
        "¿Cuándo se construyó el muro de Berlín?",
        "Kto był pierwszym człowiekiem na Księżycu?",
        "Кто первым ступил на Луну?",
        "ベルリンの壁はいつ建てられましたか",
    ],
)
def test_a_question_in_another_language_is_known_as_one(strict: QABot, question: str) -> None:
    assert why(strict, question).gap is Gap.LANGUAGE


@pytest.mark.parametrize(
    "question",
    ["Who manages Toyota?", "what is the airspeed velocity of a swallow", "How do glaciers erode limestone?"],
)
def test_a_question_on_something_else_is_still_english(strict: QABot, question: str) -> None:
    assert why(strict, question).gap is not Gap.LANGUAGE


def test_a_publisher_that_there_is_not_is_named_with_those_that_there_are(strict: QABot) -> None:
    missing = why(strict, "Who spoke?", ArticleFilter(publishers=("qa_bot sedes",)))
    assert (missing.gap, missing.words, missing.others) == (Gap.PUBLISHER, ("qa_bot sedes",), ("qa_bot seeds",))


def test_a_filter_that_no_article_passes_is_not_put_down_to_the_question(strict: QABot) -> None:
    dated = ArticleFilter.model_validate({"since": "2100-01-01"})
    assert why(strict, "Who spoke?", dated).gap is Gap.ARTICLES
    missing = why(strict, "Who spoke?", dated.model_copy(update={"publishers": ("qa_bot seeds",)}))
    assert missing.gap is Gap.ARTICLES


def test_an_answer_has_no_reason_for_there_being_none(seed_bot: QABot) -> None:
    answer = seed_bot.ask("When was Voyager 2 launched?")
    assert answer.answered
    assert answer.missing is None


@pytest.mark.parametrize("words", [("a",), ("a", "b"), ("a", "b", "c"), tuple("abcdefg")])
def test_every_reason_can_be_said(words: tuple[str, ...]) -> None:
    for gap in Gap:
        said = reason(Missing(gap=gap, words=words, others=words, passages=1))
        assert "{" not in said
        assert said.endswith(".")
