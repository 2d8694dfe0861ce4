"""Jobs about articles that people post, and about admins' commands: index, reindex, remove."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError, SourceError
from embeddings.indexing.reindexer import ReindexReport
from qa_bot.slack.jobs.state import Job
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.quoting import clean, cut
from qa_bot.slack.services import MessageOrigin, Services
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.views.texts import Texts, number
from qa_bot.slack.web_api.calls import error_code
from qa_bot.slack.web_api.files import FOLDER, FileError, Obstacle, PostedFile, fetch, look_up
from qa_bot.slack.workers.status_line import StatusLine

WORKING, DONE, FAILED = "eyes", "white_check_mark", "warning"
"""Reactions to a message whose articles are indexed."""
REASON_CHARS = 300
MEGABYTE = 1_000_000

_log = logging.getLogger(__name__)


class PostPayload(MessageOrigin):
    """What a job about posted articles carries: the message, and the links and files in it."""

    links: tuple[str, ...]
    files: tuple[PostedFile, ...]


class AdminPayload(BaseModel):
    """What a job for an admin carries: the command, its argument, and where the report goes, in which channel's language."""

    model_config = ConfigDict(frozen=True)

    verb: str
    argument: str
    channel: str | None
    response_url: str


class ArticleWork:
    """Does the jobs; one at a time writes to the store."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._writing = asyncio.Lock()

    async def index_post(self, client: AsyncWebClient, posted: PostPayload) -> None:
        """Indexes the links and files of a message."""
        texts = self._services.texts(posted.channel)
        status_line = StatusLine(self._services, client, posted)
        await status_line.react(WORKING)
        reasons: list[str] = []
        locations: list[str | PostedFile] = [*posted.links, *posted.files]
        try:
            for location in locations:
                name = location if isinstance(location, str) else location.name or location.id
                reasons += [_reason(name, reason) for reason in await self._index(client, location, posted)]
        finally:
            await status_line.end()
        await status_line.react(FAILED if reasons else DONE)
        if not reasons:
            return
        try:
            await self._services.poster.post(
                client,
                posted.channel,
                plain_message("\n".join(texts.not_indexed.format(reason=reason) for reason in reasons)),
                thread=posted.thread,
                payload={"question": f"index:{posted.about}"},
                author=posted.bot_user,
                again=posted.again,
            )
        except SlackApiError as error:
            _log.error("a failure could not be reported in %s: %s", posted.channel, error_code(error))

    async def administer(self, job: Job) -> None:
        """Runs an admin's command, and reports the result to them."""
        command = AdminPayload.model_validate(job.payload)
        texts = self._services.texts(command.channel)
        try:
            if command.verb == "remove":
                title = await self._remove(command.argument)
                result = texts.admin_unknown if title is None else texts.admin_removed.format(title=title)
            else:
                if command.verb == "add":
                    await asyncio.to_thread(self._share, command.argument)
                result = _report(await self._reindex([command.argument] if command.verb == "add" else []), texts)
        except QABotError as error:
            result = texts.admin_failed.format(reason=cut(clean(str(error)), REASON_CHARS))
        except Exception as error:
            _log.error("an admin's command failed: %s", in_words(error))
            result = texts.admin_failed.format(reason=texts.not_read)
        await self._services.tell(command.response_url, result)

    async def _index(self, client: AsyncWebClient, location: str | PostedFile, posted: PostPayload) -> list[str]:
        """Indexes a link or a file for the channel that it was posted in; returns the reasons if it failed."""
        texts = self._services.texts(posted.channel)
        source, before = "", frozenset[str]()
        try:
            before = await asyncio.to_thread(self._sources)
            source = location if isinstance(location, str) else await self._fetch(client, location, posted)
            await asyncio.to_thread(self._record, source, before, posted)
            report = await self._reindex([source])
            reasons = [failure.reason for failure in report.failed]
            if report.retracted and not report.new + report.changed + report.unchanged:
                reasons.append(texts.is_retracted)
        except FileError as error:
            reasons = [_explained(error.obstacle, texts).format(size=self._services.settings.max_file_mb)]
        except SourceError as error:
            reasons = [error.reason]
        except QABotError as error:
            _log.error("a posted article could not be indexed: %s", error)
            return [texts.unavailable]
        except Exception as error:
            _log.error("a posted article could not be indexed: %s", in_words(error))
            reasons = [texts.not_read]
        if reasons and source:
            try:
                await self._forget_source(source, before)
            except QABotError as error:
                _log.warning("%s is still a source: %s", source, error)
        return reasons

    def _record(self, source: str, before: frozenset[str], posted: PostPayload) -> None:
        """Notes which channel a source belongs to, before any of its articles is there; none, if it was a source before."""
        from embeddings.sources.opening import open_source  # answering needs none of what reads articles

        place, state = open_source(source).location, self._services.state
        if place not in before or place in state.posted_elsewhere(posted.team, posted.channel):
            state.add_post(place, posted.team or "", posted.channel)

    async def _fetch(self, client: AsyncWebClient, file: PostedFile, posted: PostPayload) -> str:
        settings = self._services.settings
        path = await fetch(
            self._services.session,
            await look_up(client, file),
            client.token or "",
            self._services.bot.settings.data_dir,
            Path(posted.team or "none", posted.channel),
            most=settings.max_file_mb * MEGABYTE,
            api_url=settings.api_url,
        )
        return str(path)

    async def _reindex(self, locations: Sequence[str]) -> ReindexReport:
        async with self._writing:
            return await asyncio.to_thread(self._services.bot.reindex, locations)

    def _share(self, location: str) -> None:
        """What an admin adds answers everywhere, also if it was posted before."""
        from embeddings.sources.opening import open_source  # answering needs none of what reads articles

        self._services.state.forget_post(open_source(location).location)

    def _sources(self) -> frozenset[str]:
        return frozenset(source.location for source in self._services.bot.store.sources.list())

    async def _forget_source(self, location: str, before: frozenset[str]) -> None:
        """Removes a posted source that gave no article, or each reindexing would try it again.

        Args:
            location: of the source.
            before: the sources that existed before it was posted; these stay.
        """

        def forget() -> None:
            from embeddings.sources.opening import open_source  # answering needs none of what reads articles

            store, place = self._services.bot.store, open_source(location).location
            if place not in before and not store.articles.known(place):
                store.sources.remove(place)
                self._services.state.forget_post(place)
                self._forget_file(place)

        async with self._writing:
            await asyncio.to_thread(forget)

    async def _remove(self, prefix: str) -> str | None:
        """Removes the article whose id begins like this and returns its title; None if there is none, or several."""

        def remove() -> str | None:
            store = self._services.bot.store
            ids = [known.id for known in store.articles.known() if prefix and known.id.startswith(prefix.lower())]
            if len(ids) != 1:
                return None
            stored = store.articles.get(ids[0])
            store.writing.remove(ids)
            store.refresh()
            if stored is None:
                return ids[0]
            self._forget_file(stored.article.source)
            return cut(clean(stored.article.title), 200)

        async with self._writing:
            return await asyncio.to_thread(remove)

    def _forget_file(self, source: str) -> None:
        """Deletes a posted file whose article was removed, or the next reindexing would add it again."""
        folder = self._services.bot.settings.data_dir / FOLDER
        older = folder.glob("F*")  # files that an older version has put there
        for posted in (path for path in (*folder.glob("*/*/*"), *older) if path.is_dir()):
            if source.startswith(f"{posted.resolve()}/"):
                shutil.rmtree(posted, ignore_errors=True)


def hide_old_posts(services: Services) -> None:
    """Notes of files from before it was recorded where they were posted that they were; so they are shown nowhere.

    Raises:
        StoreError: the store cannot be read.
    """
    folder = f"{(services.bot.settings.data_dir / FOLDER).resolve()}/"
    known = services.state.posted_elsewhere(None, None)
    old = [source.location for source in services.bot.store.sources.list() if source.location.startswith(folder)]
    hidden = [location for location in old if location not in known]
    for location in hidden:
        services.state.add_post(location, "", "")
    if hidden and not services.settings.share_posts:
        _log.warning(
            "%d files were posted before the app noted where; they answer nowhere: post them again, or set "
            "slack.share_posts = true in qa_bot.toml",
            len(hidden),
        )


def _explained(obstacle: Obstacle, texts: Texts) -> str:
    explanations = {
        Obstacle.UNSUPPORTED: texts.unsupported,
        Obstacle.TOO_LARGE: texts.too_large,
        Obstacle.ELSEWHERE: texts.elsewhere,
        Obstacle.NOT_GIVEN: texts.not_given,
        Obstacle.UNREACHABLE: texts.not_fetched,
    }
    return explanations[obstacle]


def _reason(name: str, reason: str) -> str:
    return cut(clean(f"{name}: {reason}"), REASON_CHARS)


def _report(report: ReindexReport, texts: Texts) -> str:
    totals = texts.admin_done.format(
        new=report.new,
        changed=report.changed,
        removed=report.removed,
        unchanged=report.unchanged,
        failed=len(report.failed),
    )
    reasons = [_reason(failure.source, failure.reason) for failure in report.failed[:5]]
    return "\n".join([totals, *reasons])


async def archive_status(services: Services, channel: str | None) -> str:
    """The text of `/ask-admin status`."""
    texts = services.texts(channel)
    try:
        status = await asyncio.to_thread(lambda: services.bot.store.status())
        sources = await asyncio.to_thread(lambda: len(services.bot.store.sources.list()))
    except QABotError as error:
        return texts.admin_failed.format(reason=cut(clean(str(error)), REASON_CHARS))
    return texts.admin_status.format(
        articles=number(status.articles, texts),
        passages=number(status.passages, texts),
        sources=number(sources, texts),
        waiting=number(services.pool.waiting, texts),
    )
