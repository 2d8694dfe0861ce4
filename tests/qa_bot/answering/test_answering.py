"""Answers: quoted exactly, in whole words, inside their sentence; the same each time; none below the threshold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from embeddings.errors import EncoderMismatchError, QuestionError, QuestionTimeoutError, StoreError
from embeddings.sentences import LONGEST_SENTENCE, Span
from embeddings.store.local import LocalStore
from qa_bot import Answer, QABot
from qa_bot.answering.answerer import MAX_QUESTION_CHARS, Answerer, Cancelled, check_question
from qa_bot.answering.normalize import normalize_answer
from qa_bot.answering.results import AnswerVerdict, Quotation, iterate
from qa_bot.answering.span_edges import whole_words

QUESTIONS = (
    "Where was the press conference?",
    "Who first stepped onto the Moon?",
    "when was the berlin wall built",
    "How deep is the Challenger Deep?",
    "What is the airspeed velocity of an unladen swallow?",
)
SOME_EXAMPLES = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def content(answer: Answer) -> dict[str, Any]:
    """An answer without the time that it took."""
    return answer.model_dump(exclude={"timings_ms"})


def check_quotations(bot: QABot, answer: Answer) -> list[Quotation]:
    """Each quotation is what its article says, answer in sentence in article, and no two say the same."""
    quotations = list(iterate(answer))
    for quotation in quotations:
        stored = bot.store.articles.get(quotation.article.id)
        assert stored is not None
        text, span, sentence = stored.article.text, quotation.answer, quotation.sentence
        assert text[span.start : span.end] == span.text
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.start <= span.start < span.end <= sentence.end
        assert Span(sentence.start, sentence.end) in stored.sentences
        assert span.text == span.text.strip()
        assert any(character.isalnum() for character in span.text)
        assert 0 <= span.confidence <= 1
        assert quotation.article.title == stored.article.title
    for at, quotation in enumerate(quotations):
        for other in quotations[:at]:
            assert quotation.answer.confidence <= other.answer.confidence
            assert normalize_answer(quotation.answer.text) != normalize_answer(other.answer.text)
            if quotation.article.id == other.article.id:
                assert quotation.answer.end <= other.answer.start or other.answer.end <= quotation.answer.start
    return quotations


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_are_quoted_exactly_and_alternatives_are_different(seed_bot: QABot, question: str) -> None:
    answer = seed_bot.ask(question)
    quotations = check_quotations(seed_bot, answer)
    assert 0 < len(answer.alternatives) <= seed_bot.settings.alternatives
    is_there = answer.verdict is not AnswerVerdict.UNANSWERED
    assert len(quotations) == len(answer.alternatives) + is_there
    assert is_there is (answer.answer is not None) is (answer.sentence is not None) is (answer.article is not None)
    assert (answer.missing is None) is is_there
    assert answer.answered is (answer.verdict is AnswerVerdict.ANSWERED)
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


@SOME_EXAMPLES
@pytest.mark.fuzz
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
@example("谁先登上月球？")
@example("من أول من مشى على القمر؟")
@example("\u202ewho\u0000 was\ud800 it")
@example("a" * MAX_QUESTION_CHARS)
@example("\u0301" * 50 + "a")
def test_any_text_with_words_in_it_is_a_question(seed_bot: QABot, question: str) -> None:
    try:
        check_question(question)
    except QuestionError as error:
        with pytest.raises(QuestionError, match=re.escape(str(error))):
            seed_bot.ask(question)
        return
    check_quotations(seed_bot, seed_bot.ask(question))


def test_the_same_question_has_the_same_answer_bit_for_bit(seed_bot: QABot) -> None:
    alone = [content(seed_bot.ask(question)) for question in QUESTIONS]
    with ThreadPoolExecutor(4) as pool:
        assert [content(answer) for answer in pool.map(seed_bot.ask, QUESTIONS * 2)] == alone * 2
    assert content(seed_bot.ask(f"  {QUESTIONS[0]}\t\n".replace(" ", "  "))) == alone[0]


def test_a_second_bot_gives_the_same_answer(seed_bot: QABot) -> None:
    with QABot(seed_bot.settings) as other:
        assert content(other.ask(QUESTIONS[0])) == content(seed_bot.ask(QUESTIONS[0]))


@pytest.mark.parametrize("threshold", [0, 0.3, 0.9, 1])
def test_an_answer_is_given_from_the_threshold_on(seed_bot: QABot, threshold: float) -> None:
    every = seed_bot.settings.model_copy(update={"threshold": 0.0, "alternatives": 3})
    some = seed_bot.settings.model_copy(update={"threshold": threshold, "alternatives": 3})
    with QABot(every) as sure, QABot(some) as bot:
        for question in QUESTIONS:
            best = sure.ask(question)
            assert best.answered
            assert best.answer is not None
            answer = bot.ask(question)
            assert answer.answered is (best.answer.confidence >= threshold)
            assert [q.answer for q in iterate(answer)][:3] == [q.answer for q in iterate(best)][:3]


@pytest.mark.parametrize("alternatives", [0, 1, 20])
def test_as_many_alternatives_as_asked_for(seed_bot: QABot, alternatives: int) -> None:
    settings_of = seed_bot.settings.model_copy(update={"alternatives": alternatives, "threshold": 0.0})
    with QABot(settings_of) as bot:
        answer = bot.ask(QUESTIONS[0])
        check_quotations(bot, answer)
        assert answer.answered
        assert len(answer.alternatives) <= alternatives
        assert alternatives > 1 or len(answer.alternatives) == alternatives


def test_a_question_can_be_given_up(seed_bot: QABot) -> None:
    with pytest.raises(Cancelled):
        seed_bot.ask(QUESTIONS[0], cancelled=lambda: True)


def test_a_question_that_takes_too_long_is_given_up_with_a_way_on(seed_bot: QABot) -> None:
    answerer = Answerer(seed_bot.store, seed_bot.encoder, seed_bot.reader, passages_read=8, seconds=1e-6)
    with pytest.raises(QuestionTimeoutError, match="more precise question, or raise the setting question_seconds"):
        answerer.ask("Who spoke in Brussels?")


def test_a_transcript_without_stops_is_answered_from_as_quickly_as_an_article(
    new_bot: Callable[..., QABot], tmp_path: Path
) -> None:
    speech = "and then we went on to the next point which nobody had thought of before and " * 2500
    middle = len(speech) // 2
    spoken = f"{speech[:middle]} the bridge at Avonford was closed by the engineer Petra Novak and {speech[middle:]}"
    (tmp_path / "transcript.txt").write_text(spoken)
    bot = new_bot()
    bot.reindex([str(tmp_path / "transcript.txt")])
    answer = bot.ask("Who closed the bridge at Avonford?")
    (best,) = list(iterate(answer))[:1]
    assert "Petra Novak" in best.answer.text
    assert best.sentence.end - best.sentence.start <= LONGEST_SENTENCE
    assert answer.timings_ms.total < 5000


def test_the_timings_add_up(seed_bot: QABot) -> None:
    timings = seed_bot.ask(QUESTIONS[0]).timings_ms
    parts = timings.encode + timings.search + timings.read
    assert 0 < parts <= timings.total < parts + 1000


@pytest.mark.parametrize(
    "question", ["", " \n\t", "\0\x1b", "?!", "…", "👩‍🚀", "x" * (MAX_QUESTION_CHARS + 1), "x " * 100_000]
)
def test_what_is_no_question_is_refused(seed_bot: QABot, question: str) -> None:
    with pytest.raises(QuestionError, match=r"^the question "):
        seed_bot.ask(question)


# -- stores that change ------------------------------------------------------------------------------------------------


def test_an_empty_store_says_what_to_do(new_bot: Callable[..., QABot]) -> None:
    with pytest.raises(StoreError, match="is empty; run: qa-bot index FOLDER"):
        new_bot().ask(QUESTIONS[0])


def test_a_running_bot_answers_from_what_another_process_indexed(new_bot: Callable[..., QABot], tmp_path: Path) -> None:
    path = tmp_path / "harbour.txt"
    path.write_text("The harbour of Aldport was opened by Ann Reed.")
    bot, other = new_bot(threshold=0), new_bot()
    other.reindex([str(path)])
    assert "Ann Reed" in check_quotations(bot, bot.ask("Who opened the harbour?"))[0].sentence.text
    path.write_text("The harbour of Aldport was opened by Olga Berg.")
    other.reindex([])
    assert "Olga Berg" in check_quotations(bot, bot.ask("Who opened the harbour?"))[0].sentence.text
    other.store.writing.remove([article.id for article in other.store.articles.list()])
    answer = bot.ask("Who opened the harbour?")
    assert (answer.answered, answer.alternatives) == (False, ())


def test_a_running_bot_refuses_a_store_that_another_encoder_has_taken_over(
    new_bot: Callable[..., QABot], tmp_path: Path
) -> None:
    path = tmp_path / "harbour.txt"
    path.write_text("The harbour of Aldport was opened by Ann Reed.")
    bot = new_bot()
    bot.reindex([str(path)])
    bot.ask("Who opened the harbour?")
    store = LocalStore(bot.settings.data_dir)
    store.writing.remove([article.id for article in store.articles.list()])
    store.writing.begin_rebuild(encoder="other:1", passage_rule=str(bot.settings.passage_rule))
    assert store.writing.finish_rebuild()
    store.close()
    with pytest.raises(EncoderMismatchError, match="qa-bot index --rebuild"):
        bot.ask("Who opened the harbour?")


# -- whole words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("He met Mattis today.", "atti", "Mattis"),
        ("He met Mattis, today.", "Mattis,", "Mattis"),
        ("It fell to -5 degrees.", "-5 degrees", "-5 degrees"),
        ("From 1990–95 on.", "–95", "95"),
        ("It cost $3.5 million.", "5 million.", "3.5 million"),
        ("It cost 1,250 euros.", "1", "1,250"),
        ('He called it "the best".', '"the best".', '"the best"'),
        ('He called it "the best".', '"the best', "the best"),
        ("The U. S. Senate voted.", "U. S.", "U. S."),
        ("Ann (the mayor) spoke.", "(the mayor", "the mayor"),
        ("Der Bürger\u00admeister sprach.", "meister", "Bürger\u00admeister"),
        ("او می\u200cخواهد برود", "خواهد", "می\u200cخواهد"),
        ("Cafe\u0301s opened.", "Cafe", "Cafe\u0301s"),
        ("会议在布鲁塞尔举行。", "布鲁塞尔", "布鲁塞尔"),
        ("\u00a0Ann\u3000Reed\u2003", "\u00a0Ann\u3000", "Ann"),
    ],
)
def test_answers_are_whole_words_without_stray_punctuation(text: str, marked: str, expected: str) -> None:
    at = text.index(marked)
    start, end = whole_words(text, at, at + len(marked), Span(0, len(text)))
    assert text[start:end] == expected


@st.composite
def _marked(draw: st.DrawFn) -> tuple[str, int, int, Span]:
    alphabet = st.one_of(st.characters(codec="utf-8"), st.sampled_from("ab1 .,-–'\"“”()’\u0301\u200c\u00a0"))
    text = draw(st.text(alphabet, min_size=1, max_size=40))
    at = sorted(draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    return text, at[1], at[2], Span(at[0], at[3])


def _letters(text: str) -> Iterator[int]:
    """Positions where a letter follows a letter, in scripts that put spaces between words."""
    for at in range(1, len(text)):
        if all(unicodedata.category(c) in ("Ll", "Lu") and c.isalpha() for c in text[at - 1 : at + 1]):
            yield at


@settings(deadline=None)
@given(_marked())
def test_words_are_never_cut_and_nothing_leaves_the_sentence(marked: tuple[str, int, int, Span]) -> None:
    text, start, end, sentence = marked
    if start == end:
        return
    first, last = whole_words(text, start, end, sentence)
    assert sentence.start <= first <= last <= sentence.end
    if first == last:
        return
    cuts = set(_letters(text)) - {sentence.start, sentence.end}
    assert first not in cuts
    assert last not in cuts
    assert text[first:last] == text[first:last].strip()
    assert whole_words(text, first, last, sentence) == (first, last)
