"""Texts of questions -> what to say to each: an answer, at the channel's threshold, or why there is none."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from embeddings.errors import QABotError, QuestionError, StoreError
from embeddings.filters import ArticleFilter
from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.bot import QABot
from qa_bot.conversation.conversation import Turn, in_light_of
from qa_bot.slack.jobs.pool import Pool
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.settings import ChannelSettings
from qa_bot.slack.views.outcomes import Failure, Outcome, turn_of
from qa_bot.slack.views.texts import number, texts_in

_log = logging.getLogger(__name__)


class Asker:
    """Asks the bot, for one channel.

    Args:
        bot: answers.
        pool: where it does.
        channel: settings of the channel.
    """

    def __init__(self, bot: QABot, pool: Pool, channel: ChannelSettings) -> None:
        self._bot = bot
        self._pool = pool
        self._channel = channel

    async def ask(
        self,
        questions: Sequence[str],
        turns: Sequence[Turn] = (),
        tell: Callable[[int], Awaitable[None]] | None = None,
    ) -> list[Outcome]:
        """Answers questions, each in the light of those before it.

        Args:
            questions: as people typed them.
            turns: of the conversation so far, the oldest first.
            tell: see `Pool.run`.
        """

        def work() -> list[Outcome]:
            told, outcomes = list(turns), []
            for question in questions:
                outcome = self._ask(in_light_of(question, told))
                outcomes.append(outcome)
                told.append(turn_of(outcome))
            return outcomes

        return await self._pool.run(work, tell)

    def _ask(self, question: str) -> Outcome:
        texts, channel = texts_in(self._channel.language), self._channel
        if len(question) > MAX_QUESTION_CHARS:
            return Failure(question, texts.too_long.format(count=number(MAX_QUESTION_CHARS, channel.language)))
        try:
            only = ArticleFilter(publishers=channel.publishers, sources=channel.sources)
            answer = self._bot.ask(question, only=only)
            return answer if channel.threshold is None else answer.at_threshold(channel.threshold)
        except QuestionError:
            return Failure(question, texts.no_words)
        except QABotError as error:
            _log.error("a question could not be answered: %s", error)
            return Failure(question, texts.empty if self._empty() else texts.unavailable)
        except Exception as error:
            _log.error("a question could not be answered: %s", in_words(error))
            return Failure(question, texts.failed)

    def _empty(self) -> bool:
        try:
            return self._bot.store.encoder is None
        except StoreError:
            return False
