"""Marks answers that were posted from an article which has been retracted since."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from embeddings.store.retractions import Retraction
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.results import Quotation, iterate
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.quoting import clean, cut
from qa_bot.slack.services import MessageOrigin, Services
from qa_bot.slack.views.blocks import CLOSEST_SHOWN, LISTED, TITLE_CHARS, Failure, Outcome, plain_message
from qa_bot.slack.web_api.calls import error_code
from qa_bot.slack.web_api.threads import find_answer, turn_payload

CHECK_SECONDS = 2.0
"""Seconds between two looks for new retractions."""
AGAIN_SECONDS = 60.0
"""Seconds between two attempts to mark an answer."""
REASON_CHARS = 500

_log = logging.getLogger(__name__)


class RetractedPayload(MessageOrigin):
    """What a job about an answer from a retracted article carries.

    Attributes:
        article: its id.
        title: of the article.
        reason: why it is retracted; empty if nobody said.
        answer: timestamp of the answer; empty where the record of answers has it.
    """

    article: str
    title: str
    reason: str
    answer: str = ""


def remember_quotations(
    services: Services, origin: MessageOrigin, outcomes: Sequence[Outcome], answer: str = ""
) -> None:
    """Records which articles the answer to a message quotes; before it is posted, as this process may end.

    Args:
        services: the parts of the app.
        origin: the message.
        outcomes: of its questions; none for an answer that quotes nothing.
        answer: timestamp of an answer that is no reply to a message.
    """
    fields = MessageOrigin.model_fields
    about = origin.model_dump(include=set(fields) - {"again"}) | ({"answer": answer} if answer else {})
    articles = {article for outcome in outcomes for article in _quoted(outcome)}
    services.state.quotations.remember(origin.channel, origin.ts, sorted(articles), about)


def _quoted(outcome: Outcome) -> Iterator[str]:
    """Ids of the articles that the message of an answer shows."""
    if isinstance(outcome, Failure):
        return
    for quotation in _shown(outcome):
        yield quotation.article.id
        yield from (article.id for article in quotation.also)
        yield from (source.article.id for source in quotation.agreeing)


def _shown(outcome: Outcome) -> Sequence[Quotation]:
    assert not isinstance(outcome, Failure)
    if outcome.answer is None:
        return outcome.alternatives[:CLOSEST_SHOWN]
    first, *others = iterate(outcome)
    if outcome.kind is QuestionKind.ARTICLES:
        return [first, *others[:LISTED]]
    return [first, *(other for other in others if other.contradicts)]


async def watch_retractions(services: Services) -> None:
    """Records a job for each answer from a retracted article, until it is cancelled."""
    retractions: list[Retraction] = []
    mark = 0
    while True:
        try:
            if (now := await asyncio.to_thread(lambda: services.bot.store.retractions.mark())) != mark:
                retractions, mark = await asyncio.to_thread(lambda: services.bot.store.retractions.list()), now
            for retraction in retractions:  # an answer that was being made meanwhile may be posted only now
                _put_jobs(services, retraction)
        except asyncio.QueueFull:
            pass
        except QABotError as error:
            _log.debug("retractions cannot be read: %s", error)
        except Exception as error:
            _log.error("answers from retracted articles cannot be marked: %s", in_words(error))
        await asyncio.sleep(CHECK_SECONDS)


def _put_jobs(services: Services, retraction: Retraction) -> None:
    title = retraction.article.title if retraction.article else retraction.url or retraction.id
    for origin in services.state.quotations.of(retraction.id):
        payload = RetractedPayload(
            **origin,
            article=retraction.id,
            title=cut(clean(title), TITLE_CHARS),
            reason=cut(clean(retraction.reason), REASON_CHARS),
        )
        # An answer that was not there yet is looked for again.
        key = f"retracted:{payload.about}:{retraction.id}:{int(time.time() / AGAIN_SECONDS)}"
        services.jobs.put(key, "retracted", payload.model_dump(mode="json"))


async def mark_answer(services: Services, client: AsyncWebClient, retracted: RetractedPayload) -> None:
    """Replaces an answer by a note that its article is retracted; leaves one alone that has been edited since."""
    state, channel, question = services.state, retracted.channel, retracted.ts
    if not state.quotations.has(retracted.article, channel, question):
        return
    answer = retracted.answer or state.answer_to(channel, question)
    if answer is None:
        answer = await find_answer(client, channel, retracted.thread, retracted.about, retracted.bot_user)
    if answer is None:
        return
    texts = services.texts(channel)
    note = texts.retracted.format(title=retracted.title)
    reason = texts.retracted_because.format(reason=retracted.reason) if retracted.reason else ""
    message = plain_message("\n".join(filter(None, [f"{note} {texts.ask_again}", reason])))
    try:
        await services.poster.edit(client, channel, answer, message, turn_payload(retracted.about, None))
        state.threads.remember(channel, retracted.thread, question, None)  # what it said completes no question
    except SlackApiError as error:
        _log.error("an answer from a retracted article stays in %s: %s", channel, error_code(error))
    state.quotations.forget(channel, question)
