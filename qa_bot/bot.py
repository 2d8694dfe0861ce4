"""The parts put together by the settings: what the command line, the REPL and Slack call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from embeddings.encoder.model import Encoder
from embeddings.errors import StoreError
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.indexing.chunking import check_encoder
from embeddings.store.local import LocalStore
from embeddings.store.protocol import Say, Store
from qa_bot.answering.answerer import Answerer, check_question
from qa_bot.answering.explanation import Explanation
from qa_bot.answering.results import Answer
from qa_bot.reader.model import Reader
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from embeddings.indexing.reindexer import Progress, Reindexer, ReindexReport
    from embeddings.indexing.watch import Pending
    from embeddings.sources import SourceOptions
    from embeddings.sources.web.fetcher import Fetcher


T = TypeVar("T")


class _opened_once(cached_property[T]):
    """A part of the bot, which one thread opens."""

    def __get__(self, bot: Any, owner: type[Any] | None = None) -> T:  # type: ignore[override]
        with bot._guard:
            part: T = super().__get__(bot, owner)
        return part


class QABot:
    """Store, encoder and reader, each opened when it is first needed; safe to use from several threads.

    Args:
        settings: see `qa_bot.settings.load_settings`.
        say: is told what a person should see besides the answer (a cache is rebuilt, a model compiled).

    Example:
        >>> from qa_bot import QABot, load_settings
        >>> with QABot(load_settings(data_dir="/tmp/qa_bot_example")) as bot:
        ...     report = bot.reindex(["seeds"])
        ...     answer = bot.ask("Which committee held the hearing?")
        >>> answer.answer.text
        'Senate Armed Services Committee'
    """

    def __init__(self, settings: Settings, say: Say = lambda _: None) -> None:
        self.settings = settings
        self._say = say
        self._guard = threading.RLock()

    def __enter__(self) -> QABot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @_opened_once
    def store(self) -> Store:
        """The store in the settings' data folder."""
        return LocalStore(self.settings.data_dir, self._say, self.settings.dense_index)

    @_opened_once
    def encoder(self) -> Encoder:
        """The encoder of the settings."""
        settings = self.settings
        return Encoder.load(settings.encoder, settings.cache_dir / "models", threads=settings.threads, say=self._say)

    @_opened_once
    def reader(self) -> Reader:
        """The reader of the settings."""
        settings = self.settings
        return Reader.load(settings.reader, settings.cache_dir / "models", threads=settings.threads, say=self._say)

    @property
    def possible_threshold(self) -> float:
        """Confidence from which an answer below the threshold is shown as possible, in [0, 1]."""
        given = self.settings.possible_threshold
        return self.reader.calibration.possible_threshold if given is None else given

    @cached_property
    def _answerer(self) -> Answerer:
        settings = self.settings
        return Answerer(
            self.store,
            self.encoder,
            self.reader,
            passages_read=settings.passages_read,
            threshold=settings.threshold,
            possible_threshold=self.possible_threshold,
            alternatives=settings.alternatives,
            seconds=settings.question_seconds,
        )

    def load(self) -> None:
        """Opens the store and loads the models, so that the first answer comes as fast as the others.

        Raises:
            QABotError: the store or a model cannot be used.
        """
        with self._guard:
            self._answerer  # noqa: B018
            check_encoder(self.store, self.encoder.identity)
            self.store.refresh()

    def ask(
        self,
        question: str,
        cancelled: Callable[[], bool] = lambda: False,
        only: ArticleFilter = EVERYTHING,
        explained: Callable[[Explanation], None] | None = None,
    ) -> Answer:
        """Answers a question; see `qa_bot.answering.answerer.Answerer.ask`.

        Raises:
            QABotError: the question cannot be asked, or the store or a model cannot be used.
        """
        question = check_question(question)
        with self._guard:
            if self.store.encoder is None:
                raise StoreError(f"the store in {self.settings.data_dir} is empty; run: qa-bot index FOLDER")
            answerer = self._answerer
        return answerer.ask(question, cancelled, only, explained)

    @cached_property
    def _fetcher(self) -> Fetcher:
        from embeddings.sources.web.fetcher import Fetcher

        return Fetcher(allow_private_addresses=self.settings.allow_private_addresses)

    def reindexer(self, progress: Callable[[Progress], None] = lambda _: None) -> Reindexer:
        """What brings the store up to date, as the settings say."""
        from embeddings.indexing.reindexer import Reindexer  # answering needs none of what reads articles
        from embeddings.sources.sandbox import Sandbox

        with self._guard:
            return Reindexer(
                self.store,
                self.encoder,
                self.settings.passage_rule,
                progress,
                batch_passages=self.settings.commit_passages,
                fetcher=self._fetcher,
                sandbox=Sandbox(self.settings.document_seconds),
            )

    def reindex(
        self,
        locations: Sequence[str],
        *,
        options: SourceOptions | None = None,
        rebuild: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> ReindexReport:
        """Brings the store up to date with sources; see `embeddings.indexing.reindexer.Reindexer`.

        Args:
            locations: files, folders, globs and addresses; none for those that the store remembers.
            options: how to read those that are named; None for what is remembered of them.
            rebuild: first cut and embed all that the store holds anew, with the encoder of the settings.
            progress: called after each entry.

        Raises:
            QABotError: a source does not exist, or the store or the encoder cannot be used.
        """
        reindexer = self.reindexer(progress)
        report = reindexer.rebuild() if rebuild else None
        if report is None or locations:
            report = reindexer.run(locations, options)
        self.store.writing.save_caches()
        return report

    def catch_up(self, pending: Pending, progress: Callable[[Progress], None] = lambda _: None) -> ReindexReport:
        """Reads what is new in the sources that the store remembers.

        Args:
            pending: what is new; see `embeddings.indexing.watch.Watch`.
            progress: called after each entry.

        Raises:
            QABotError: the store or the encoder cannot be used.
        """
        report = self.reindexer(progress).catch_up(pending.locations, pending.leaves)
        self.store.writing.save_caches()
        return report

    def close(self) -> None:
        """Lets go of the store."""
        if "store" in self.__dict__:
            self.store.close()
