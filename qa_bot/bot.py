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
from qa_bot.answering.passages import MOST_FOUND, FoundPassage, found_passages
from qa_bot.answering.results import Answer, Sureness, TeamAnswer, sureness_of
from qa_bot.answering.team_answers import FILE_NAME, TeamAnswers
from qa_bot.conversation.history import MAX_TURNS, Turn
from qa_bot.conversation.remarks import Remark, Remarks
from qa_bot.conversation.rewriter import Rewriter
from qa_bot.conversation.understanding import understand
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

    @_opened_once
    def rewriter(self) -> Rewriter:
        """What completes follow-up questions."""
        return Rewriter.load(self.settings.threads)

    @_opened_once
    def team_answers(self) -> TeamAnswers:
        """What the team itself answers."""
        return TeamAnswers(self.settings.data_dir)

    @cached_property
    def _remarks(self) -> Remarks:
        return Remarks(self.encoder)

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

    def load(self, *, conversation: bool = False) -> None:
        """Opens the store and loads the models, so that the first answer comes as fast as the others.

        Args:
            conversation: also load what follow-up questions need.

        Raises:
            QABotError: the store or a model cannot be used.
        """
        with self._guard:
            self._answerer  # noqa: B018
            check_encoder(self.store, self.encoder.identity)
            self.store.refresh()
            if conversation:
                self.rewriter  # noqa: B018

    def ask(
        self,
        question: str,
        cancelled: Callable[[], bool] = lambda: False,
        only: ArticleFilter = EVERYTHING,
        turns: Sequence[Turn] = (),
        explained: Callable[[Explanation], None] | None = None,
        workspace: str | None = None,
    ) -> Answer:
        """Answers a question in the light of the turns before it; see `qa_bot.answering.answerer.Answerer.ask`.

        A follow-up is completed by words of the conversation (`qa_bot.conversation`).  If the completed question has no
        answer, and the question as typed has one that is very sure, that one counts.  "What else?" gives the answer
        that comes next, "tell me more" the same answer with the sentences around it.

        Args:
            question: as typed.
            cancelled: asked between the steps; True gives the question up.
            only: the articles that may answer.
            turns: before the question, as typed, the oldest first.
            explained: is told how the answer came about; what it is told last counts.
            workspace: id of the Slack workspace in which it is asked, for the answers that its team saved; None elsewhere.

        Raises:
            QABotError: the question cannot be asked, or the store or a model cannot be used.
        """
        answer = self._from_articles(question, cancelled, only, turns, explained)
        return answer.model_copy(update={"team_answer": self._from_team(answer, workspace)})

    def _from_team(self, answer: Answer, workspace: str | None) -> TeamAnswer | None:
        """What the team itself answers to an answer's question; None, and a word about it, if its file cannot be read."""
        if not (self.settings.data_dir / FILE_NAME).exists():
            return None
        try:
            return self.team_answers.find(list({answer.question: 0, answer.asked: 0}), self.encoder, workspace)
        except StoreError as error:
            self._say(str(error))
            return None

    def _from_articles(
        self,
        question: str,
        cancelled: Callable[[], bool],
        only: ArticleFilter,
        turns: Sequence[Turn],
        explained: Callable[[Explanation], None] | None,
    ) -> Answer:
        question = check_question(question)
        with self._guard:
            if self.store.encoder is None:
                raise StoreError(f"the store in {self.settings.data_dir} is empty; run: qa-bot index FOLDER")
            answerer = self._answerer
        if not turns:
            return answerer.ask(question, cancelled, only, explained)
        turns = turns[-2 * MAX_TURNS :]  # with the remarks among them; a long thread takes no longer than a short one
        kinds = [self._remarks.kind(turn.question) for turn in turns]
        asking = [number for number, kind in enumerate(kinds) if kind is None]
        remark = self._remarks.kind(question) if asking else None
        if remark not in (None, Remark.THANKS):
            before = [turns[number] for number in asking[:-1]]
            answer = self._from_articles(turns[asking[-1]].question, cancelled, only, before, explained)
            seen = kinds[asking[-1] :].count(Remark.MORE)
            return self._again(question, answer, remark, seen)
        understood = understand(question, [turns[number] for number in asking], self.rewriter)
        answer = answerer.ask(understood or question, cancelled, only, explained)
        if understood and not answer.answered:
            told: list[Explanation] = []
            literal = answerer.ask(question, cancelled, only, told.append if explained else None)
            if literal.answer and sureness_of(literal.answer.confidence) is Sureness.VERY:
                if explained and told:
                    explained(told[-1])
                return literal
        return answer.model_copy(update={"question": question, "understood_as": answer.understood_as or understood})

    def search(self, words: str, count: int = 10, only: ArticleFilter = EVERYTHING) -> list[FoundPassage]:
        """The passages that a question is answered from, best first, read by nobody.

        Args:
            words: a question, or what to look for.
            count: how many passages to return at most, from 1 to `MOST_FOUND`.
            only: the articles that may be found.

        Raises:
            QABotError: the words cannot be searched, or the store or the encoder cannot be used.
        """
        words = check_question(words)
        if self.store.encoder is None:
            raise StoreError(f"the store in {self.settings.data_dir} is empty; run: qa-bot index FOLDER")
        return found_passages(self.store, self.encoder, words, min(max(count, 1), MOST_FOUND), only)

    def remark(self, line: str) -> Remark | None:
        """What a line says about the answer before it; None if it asks something new."""
        return self._remarks.kind(line)

    def _again(self, line: str, answer: Answer, remark: Remark | None, seen: int) -> Answer:
        """The answer to the question before, as a remark about it asks; `seen` further answers have been shown."""
        asked = answer.asked
        if remark is Remark.MORE:
            for _ in range(seen + 1):
                answer = answer.without_first()
        if remark is Remark.CONTEXT:
            answer = self._answerer.in_context(answer)
        return answer.model_copy(update={"question": line, "understood_as": asked})

    @cached_property
    def fetcher(self) -> Fetcher:
        """The way to the web, as the settings allow it."""
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
                fetcher=self.fetcher,
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
        """Lets go of the files."""
        if "store" in self.__dict__:
            self.store.close()
        if "team_answers" in self.__dict__:
            self.team_answers.close()
