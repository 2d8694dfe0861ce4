"""A follow-up is completed by what the conversation says, and a question that stands by itself is left alone."""

from __future__ import annotations

import pytest

from qa_bot.bot import QABot
from qa_bot.conversation.history import MAX_TOKENS, Turn, sequence_of
from qa_bot.conversation.remarks import Remark
from qa_bot.conversation.rewriter import PHRASES, Rewriter
from qa_bot.conversation.understanding import understand

# Of articles that are neither in the seeds nor in what the rewriter was trained on.
CURIE = (
    Turn("Who discovered radium?", "Marie Curie", "Marie Curie and the discovery of radium"),
    Turn("What did she receive for it?", "the Nobel Prize in Chemistry", "Marie Curie and the discovery of radium"),
)
FERRY = (Turn("when did the ferry Estonia sink", "28 September 1994", "The sinking of the Estonia"),)


@pytest.fixture(scope="module")
def rewriter() -> Rewriter:
    return Rewriter.load()


@pytest.mark.parametrize(
    ("turns", "question", "word"),
    [
        (CURIE, "where was she born?", "Curie"),
        (CURIE, "What was her husband's name?", "Curie"),
        (FERRY, "how many people died?", "Estonia"),
        (FERRY, "why did it sink", "Estonia"),
    ],
)
def test_a_follow_up_gets_the_words_that_it_lacks(
    rewriter: Rewriter, turns: tuple[Turn, ...], question: str, word: str
) -> None:
    understood = understand(question, turns, rewriter)
    assert understood is not None
    assert understood.startswith(question)
    assert word in understood


@pytest.mark.parametrize(
    "question",
    [
        "Who won the football World Cup in 1966?",
        "When was the Eiffel Tower in Paris opened to the public?",
        'Who said "the medium is the message"?',
        "What is the capital of the Australian state of Victoria?",
    ],
)
def test_a_question_that_stands_by_itself_is_left_alone(rewriter: Rewriter, question: str) -> None:
    assert understand(question, CURIE, rewriter) is None
    assert understand(question, FERRY, rewriter) is None


def test_what_is_added_stands_in_the_conversation(rewriter: Rewriter) -> None:
    said = " ".join(filter(None, (text for turn in CURIE for text in turn)))
    phrases = rewriter.missing("when did she get that?", CURIE)
    assert 0 < len(phrases) <= PHRASES
    assert all(phrase.text in said and 0 <= phrase.probability <= 1 for phrase in phrases)


def test_nothing_is_asked_of_an_empty_conversation(rewriter: Rewriter) -> None:
    assert rewriter.missing("why?", ()) == ()
    assert rewriter.missing("", (Turn(""),)) == ()


def test_the_longest_conversation_and_question_are_read(rewriter: Rewriter) -> None:
    turns = [Turn("x" * 5000, "word " * 3000, "title " * 900)] * 40
    phrases = rewriter.missing("who " * 2000, turns)
    assert len(phrases) <= PHRASES
    assert len(sequence_of(rewriter._tokenizer, "who " * 2000, turns).ids) <= MAX_TOKENS


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        (["When was Voyager 2 launched?"], "And Voyager 1?", "When was Voyager 1 launched?"),
        (["When was Voyager 2 launched?", "and Voyager 1?"], "what about Pioneer 10", "When was Pioneer 10 launched?"),
        (["Who is the mayor of Rome?"], "no, I mean Milan", "Who is the mayor of Milan?"),
        (["how many people voted in 1933?"], "and in 1934?", "how many people voted in 1934?"),
        (["Who won in Texas?"], "Ohio?", "Who won in Ohio?"),
        (["Who chaired the spring meeting?"], "sorry, the autumn meeting", "Who chaired the autumn meeting?"),
        (["What did Smith say?"], "not Smith, Jones", "What did Jones say?"),
    ],
)
def test_a_new_part_takes_the_place_of_its_like(
    rewriter: Rewriter, before: list[str], question: str, whole: str
) -> None:
    understood = understand(question, [Turn(text) for text in before], rewriter)
    assert understood is not None
    assert understood.startswith(whole)


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("What else?", Remark.MORE),
        ("who else", Remark.MORE),
        ("any others?", Remark.MORE),
        ("more about that", Remark.CONTEXT),
        ("Tell me more!", Remark.CONTEXT),
        ("are you sure?", Remark.SURE),
        ("why?", None),
        ("what else did she discover?", None),
        ("", None),
    ],
)
def test_a_remark_is_told_from_a_question(seed_bot: QABot, line: str, remark: Remark | None) -> None:
    assert seed_bot.remark(line) is remark


def test_the_bot_answers_remarks_about_its_answer(seed_bot: QABot) -> None:
    question = "When was Voyager 2 launched?"
    first = seed_bot.ask(question)
    assert first.answer is not None
    assert first.sentence is not None
    assert first.understood_as is None
    turns = [Turn(question, first.answer.text, "The Voyager probes")]
    sure = seed_bot.ask("Are you sure?", turns=turns)
    assert (sure.question, sure.understood_as, sure.answer) == ("Are you sure?", question, first.answer)
    wider = seed_bot.ask("Tell me more", turns=turns)
    assert wider.sentence is not None
    assert wider.article is not None
    assert first.sentence.text in wider.sentence.text
    assert len(wider.sentence.text) > len(first.sentence.text)
    stored = seed_bot.store.articles.get(wider.article.id)
    assert stored is not None
    assert stored.article.text[wider.sentence.start : wider.sentence.end] == wider.sentence.text
    other = seed_bot.ask("what else?", turns=turns)
    assert other.answer is not None
    assert other.answer == first.alternatives[0].answer
    another = seed_bot.ask("what else?", turns=[*turns, Turn("what else?", other.answer.text)])
    assert another.answer == first.alternatives[1].answer


def test_a_bad_turn_does_not_spoil_the_next(seed_bot: QABot) -> None:
    turns = [Turn("asdf qwer?"), Turn("hm, what?")]
    answer = seed_bot.ask("When was Voyager 2 launched?", turns=turns)
    assert answer.answer is not None
    assert "1977" in answer.answer.text
