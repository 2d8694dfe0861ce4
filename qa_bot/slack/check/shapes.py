"""One of each message and view that the app sends, as large as it makes them, for Slack to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from embeddings.articles import Article
from embeddings.sentences import split_sentences
from embeddings.store.protocol import ArticleText, StoreStatus
from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.answering.explanation import CONTENDERS, Contender, Explanation, ReadPassage
from qa_bot.answering.results import Answer, AnswerSpan, Quotation, SourceSentence, TeamAnswer, Timings, reference
from qa_bot.answering.team_answers import MAX_TEXT_CHARS
from qa_bot.slack.incoming.messages import QUESTIONS_ANSWERED
from qa_bot.slack.jobs.alerts import MOST_ALERTS, Alert, Wish
from qa_bot.slack.jobs.state import QUESTIONS_KEPT
from qa_bot.slack.views.alerts import alert_message, list_message
from qa_bot.slack.views.blocks import Failure, Outcome, answer_message, plain_message
from qa_bot.slack.views.button_values import Judged, Place
from qa_bot.slack.views.home import NEWEST, HomeFacts, home_view
from qa_bot.slack.views.modals import (
    answer_modal,
    article_modal,
    context_modal,
    feedback_modal,
    more_modal,
    notice_modal,
    why_modal,
)
from qa_bot.slack.views.referrals import referral_message, resolved_message
from qa_bot.slack.views.team_answers import home_blocks, team_answer_modal
from qa_bot.slack.views.texts import Texts
from qa_bot.slack.views.unanswered import GROUPS_SHOWN, digest_message, unanswered_blocks
from qa_bot.slack.workers.judgements import FeedbackForm
from qa_bot.unanswered import ChannelCount, QuestionGroup, UnansweredReport

SENTENCE = "The harbour of the town was opened on 3 May 1911 by the mayor, Anna Reed, who had asked for it for years"
LONG_SENTENCE = f"{SENTENCE}, {', '.join(['and said so'] * 300)}."
ANSWER = "3 May 1911"
ALTERNATIVES = 4
PARAGRAPHS = 800
PASSAGES = 20


class Shape(NamedTuple):
    """A message or a view: its name for people, the argument of ``blocks.validate`` that takes it, and itself."""

    name: str
    argument: str
    content: Mapping[str, Any]


def shapes(texts: Texts, person: str) -> Iterator[Shape]:
    """One of each, in the language of some texts; `person` is the id of somebody who may be mentioned."""
    answered, refused = _answer(answered=True), _answer(answered=False)
    several: list[Outcome] = [answered, refused, Failure("?" * MAX_QUESTION_CHARS, texts.failed), answered, refused]
    messages = {
        "an answer": answer_message([answered], texts),
        "no answer": answer_message([refused], texts),
        "several answers": answer_message(several[:QUESTIONS_ANSWERED], texts),
        "a private answer": answer_message([answered], texts, shareable=True),
        "a shared answer": answer_message([answered], texts, asked_by=person),
        "a team answer": answer_message([answered.model_copy(update={"team_answer": _team_answer()})], texts),
        "no answer, and whom to ask": answer_message([refused], texts, askable=True),
        "a question to people": referral_message(refused, refused.question, person, person, texts),
        "a question that is resolved": resolved_message(refused.question, person, person, texts),
        "an article that answers": alert_message(answered, answered.question, texts),
        "what a person waits for": list_message([_alert()] * MOST_ALERTS, texts),
        "a weekly digest": digest_message(_unanswered(), {}, texts),
        "a fixed text": plain_message(texts.help),
    }
    for name, message in messages.items():
        yield Shape(name, "message", message._asdict())
    source, place = _article_text(), Place.of(_quotation())
    form = FeedbackForm(judged=Judged.of(answered, _quotation(), good=False), channel="C0123456789")
    views = {
        "a notice": notice_modal(texts.answer_title, texts.searching, texts),
        "more answers": more_modal(answered, texts),
        "an answer to App Home": answer_modal([answered], texts),
        "why an answer is given": why_modal(_explanation(), texts),
        "an answer in its context": context_modal(source, place, texts),
        "a whole article": article_modal(source, place, texts),
        "the feedback form": feedback_modal(form.model_dump_json(), texts),
        "the feedback form of an editor": feedback_modal(form.model_dump_json(), texts, can_save=True),
        "the form of a team answer": team_answer_modal(
            "?" * MAX_QUESTION_CHARS, "x" * MAX_TEXT_CHARS, f"https://example.org/{'x' * 900}", "{}", texts
        ),
        "App Home": home_view(_home(), texts),
        "an admin's App Home": home_view(
            _home()._replace(
                below=[*home_blocks([_team_answer()] * 30, texts), *unanswered_blocks(_unanswered(), {}, texts)]
            ),
            texts,
        ),
        "an empty App Home": home_view(HomeFacts([], None, [], filtered=False), texts),
    }
    for name, view in views.items():
        yield Shape(name, "view", view)


def _article() -> Article:
    return Article(
        id="0123456789ab",
        title="The harbour, " * 40,
        text="\n\n".join([LONG_SENTENCE, *[f"{SENTENCE}. " * 3] * PARAGRAPHS]),
        url=f"https://example.org/{'harbour/' * 40}",
        author="Anna Reed, " * 20,
        publisher="The Example, " * 20,
        published_at=date(2026, 5, 3),
        source="/articles/harbour.txt",
    )


def _article_text() -> ArticleText:
    article = _article()
    return ArticleText(article, list(split_sentences(article.text)))


def _quotation() -> Quotation:
    article = _article()
    start = article.text.index(ANSWER)
    return Quotation(
        answer=AnswerSpan(text=ANSWER, start=start, end=start + len(ANSWER), confidence=0.91),
        sentence=SourceSentence(text=LONG_SENTENCE, start=0, end=len(LONG_SENTENCE)),
        article=reference(article),
        also=(reference(article),) * 5,
    )


def _answer(*, answered: bool) -> Answer:
    quotation = _quotation()
    return Answer(
        question="When was the harbour opened? " * 30,
        answered=answered,
        answer=quotation.answer if answered else None,
        sentence=quotation.sentence if answered else None,
        article=quotation.article if answered else None,
        also=quotation.also if answered else (),
        alternatives=(quotation,) * ALTERNATIVES,
        timings_ms=Timings(encode=0, search=0, read=0, total=0),
    )


def _team_answer() -> TeamAnswer:
    return TeamAnswer(
        id="0123456789ab",
        question="Who waters the plants? " * 40,
        text=("Anna Reed does, on Mondays. " * 80)[:MAX_TEXT_CHARS],
        by="Anna Reed, " * 7,
        by_id="U0123456789",
        saved_at=datetime(2026, 5, 3, tzinfo=UTC),
        link=f"https://example.org/{'harbour/' * 100}",
    )


def _explanation() -> Explanation:
    place = {"article": "0123456789ab", "start": 0, "end": len(LONG_SENTENCE), "text": LONG_SENTENCE}
    contender = Contender(**place, span_score=1.0, retrieval_score=0.5, alone=0.5, confidence=0.5)
    passage = ReadPassage(**place, title=_article().title, score=0.5, cosine=0.5, bm25=10.0, overlap=0.5)
    limits = {"threshold": 0.64, "possible_threshold": 0.35}
    return Explanation(passages=(passage,) * PASSAGES, contenders=(contender,) * CONTENDERS, **limits)


def _home() -> HomeFacts:
    counts = StoreStatus("/store", 1, "encoder", "rule", 14_961, 120_345, 1, "flat", {})
    return HomeFacts(["When was the harbour opened?"] * QUESTIONS_KEPT, counts, [_article()] * NEWEST, filtered=False)


def _alert() -> Alert:
    question = "When was the harbour opened? " * 30
    return Alert(1, Wish(None, None, None, "U0123456789", None, None, question), 0.0)


def _unanswered() -> UnansweredReport:
    question, day = "When was the harbour opened? " * 30, date(2026, 5, 3)
    channels = tuple(ChannelCount(channel=f"C012345678{number}", count=1_000) for number in range(9))
    group = QuestionGroup(
        question=question,
        wordings=(question,) * 5,
        count=9_000,
        refused=8_000,
        judged_wrong=1_000,
        channels=channels,
        last_asked=day,
    )
    groups = (group,) * (GROUPS_SHOWN + 1)
    return UnansweredReport(since=day, until=day, log_questions=False, notice="off", questions=99_000, groups=groups)
