"""Asks the bot for a channel: each question becomes an answer at the channel's threshold, or the reason for none."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from embeddings.errors import QABotError, QuestionError, QuestionTimeoutError, StoreError
from embeddings.filters import ArticleFilter
from embeddings.text import squeeze
from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.answering.explanation import Explanation
from qa_bot.bot import QABot
from qa_bot.conversation.history import Turn
from qa_bot.monitoring.metrics import asked
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.services import Services
from qa_bot.slack.settings import ChannelSettings
from qa_bot.slack.views.blocks import Failure, Outcome
from qa_bot.slack.views.texts import Texts, number
from qa_bot.slack.web_api.posting import Abandoned

_log = logging.getLogger(__name__)


async def ask(
    services: Services,
    channel: str | None,
    questions: Sequence[str],
    turns: Sequence[Turn] = (),
    tell: Callable[[int], Awaitable[None]] | None = None,
    abandoned: Callable[[], bool] = bool,
    team: str | None = None,
    explained: Callable[[Explanation], None] | None = None,
    person: str | None = None,
    only: ArticleFilter | None = None,
) -> list[Outcome]:
    """Answers questions, each in the light of those before it.

    Args:
        services: the parts of the app.
        channel: id of the channel, whose settings apply; None outside channels.
        questions: as people typed them.
        turns: of the conversation so far, the oldest first.
        tell: see `Pool.run`.
        abandoned: says whether the answers are not wanted any more; asked before each question and at the end.
        team: id of the workspace; None if it is not known.
        explained: is told how each answer came about.
        person: id of who asks, for the language of what goes wrong; None if it is not known.
        only: the articles that may answer; None for all that the channel may show.

    Raises:
        Abandoned: the answers are not wanted any more.
    """
    settings, admitted = services.settings.channel(channel), services.only(channel, team) if only is None else only
    texts = services.texts(channel, person)

    def work() -> list[Outcome]:
        conversation, outcomes = list(turns), []
        for question in questions:
            if abandoned():
                raise Abandoned
            outcomes.append(_outcome(services.bot, settings, texts, admitted, question, conversation, explained, team))
            conversation.append(turn_of(outcomes[-1]))
        if abandoned():
            raise Abandoned
        return outcomes

    return await services.pool.run(work, tell)


def turn_of(outcome: Outcome) -> Turn:
    """A question and its answer as a turn of the conversation."""
    if isinstance(outcome, Failure) or outcome.answer is None or outcome.article is None:
        return Turn(outcome.question)
    return Turn(outcome.question, outcome.answer.text, outcome.article.title)


def _outcome(
    bot: QABot,
    settings: ChannelSettings,
    texts: Texts,
    only: ArticleFilter,
    question: str,
    turns: Sequence[Turn],
    explained: Callable[[Explanation], None] | None,
    team: str | None,
) -> Outcome:
    if len(squeeze(question)) > MAX_QUESTION_CHARS:
        return Failure(question, texts.too_long.format(count=number(MAX_QUESTION_CHARS, texts)))
    try:
        with asked("slack") as answers:
            answer = bot.ask(question, only=only, turns=turns, explained=explained, workspace=team or "")
            answers.append(answer)
        if not settings.shows_team_answers:
            answer = answer.model_copy(update={"team_answer": None})
        if settings.threshold is None:
            return answer
        return answer.at_threshold(settings.threshold, bot.possible_threshold)
    except QuestionError:
        return Failure(question, texts.no_words)
    except QuestionTimeoutError as error:
        _log.warning("a question was given up: %s", error)
        return Failure(question, texts.too_slow)
    except QABotError as error:
        _log.error("a question could not be answered: %s", error)
        return Failure(question, texts.empty if _is_empty(bot) else texts.unavailable)
    except Exception as error:
        _log.error("a question could not be answered: %s", in_words(error))
        return Failure(question, texts.failed)


def _is_empty(bot: QABot) -> bool:
    try:
        return bot.store.encoder is None
    except StoreError:
        return False
