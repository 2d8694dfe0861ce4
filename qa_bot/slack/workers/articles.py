"""Jobs about articles that people post, and about what admins ask for: index, reindex, remove."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError, SourceError
from embeddings.indexing.reindexer import ReindexReport
from qa_bot.slack.jobs.state import Job
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.services import Desk
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.views.quoting import clean, cut
from qa_bot.slack.views.texts import Texts, number
from qa_bot.slack.web_api.files import FOLDER, FileError, Obstacle, PostedFile, fetch, look_up
from qa_bot.slack.web_api.posting import error_code
from qa_bot.slack.web_api.responding import respond
from qa_bot.slack.workers.status_line import Sign

WORKING, DONE, FAILED = "eyes", "white_check_mark", "warning"
"""Reactions at a message whose articles are indexed."""
REASON_CHARS = 300
MEGABYTE = 1_000_000

_log = logging.getLogger(__name__)


class PostPayload(BaseModel):
    """What a job about posted articles carries: the workspace, the bot's user there, the message, and what is in it."""

    model_config = ConfigDict(frozen=True)

    team: str | None
    enterprise: str | None
    bot_user: str | None = None
    channel: str
    ts: str
    thread: str
    links: tuple[str, ...]
    files: tuple[PostedFile, ...]
    about: str


class AdminPayload(BaseModel):
    """What a job for an admin carries: what to do, with what, and who is to be told in which channel's language."""

    model_config = ConfigDict(frozen=True)

    verb: str
    argument: str
    channel: str | None
    response_url: str


class ArticleWork:
    """Does the jobs, one at a time, as there is one store.

    Args:
        desk: the parts of the app.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn = asyncio.Lock()

    async def index_post(self, job: Job) -> None:
        """Indexes the links and files of a message."""
        posted = PostPayload.model_validate(job.payload)
        desk = self._desk
        client = await desk.workspaces.client(posted.enterprise, posted.team)
        if client is None:
            return
        texts = desk.texts(posted.channel)
        sign = Sign(client, posted.channel, posted.ts, posted.thread)
        await sign.react(WORKING)
        try:
            failures = await self._index(client, posted, texts)
        finally:
            await sign.stop()
        await sign.react(FAILED if failures else DONE)
        if failures:
            message = plain_message("\n".join(texts.not_indexed.format(reason=reason) for reason in failures))
            payload = {"question": f"index:{posted.channel}:{posted.ts}"}
            try:
                await desk.poster.post(
                    client,
                    posted.channel,
                    message,
                    thread=posted.thread,
                    payload=payload,
                    author=posted.bot_user,
                    again=job.attempts > 1,
                )
            except SlackApiError as error:
                _log.error("nobody could be told in %s: %s", posted.channel, error_code(error))

    async def administer(self, job: Job) -> None:
        """Does what an admin asked for, and says what came of it."""
        asked = AdminPayload.model_validate(job.payload)
        texts = self._desk.texts(asked.channel)
        try:
            if asked.verb == "remove":
                title = await self._remove(asked.argument)
                said = texts.admin_unknown if title is None else texts.admin_removed.format(title=title)
            else:
                report = await self._reindex([asked.argument] if asked.verb == "add" else [])
                said = _report(report, texts)
        except QABotError as error:
            said = texts.admin_failed.format(reason=cut(clean(str(error)), REASON_CHARS))
        except Exception as error:
            _log.error("what an admin asked for failed: %s", in_words(error))
            said = texts.admin_failed.format(reason=texts.not_read)
        await respond(self._desk.session, asked.response_url, plain_message(said))

    async def _index(self, client: AsyncWebClient, posted: PostPayload, texts: Texts) -> list[str]:
        """Indexes what is in a message; returns why some of it could not be."""
        reasons: list[str] = []
        locations: list[str | PostedFile] = [*posted.links, *posted.files]
        for location in locations:
            name = location if isinstance(location, str) else location.name or location.id
            reasons += [_reason(name, reason) for reason in await self._index_one(client, location, texts)]
        return reasons

    async def _index_one(self, client: AsyncWebClient, location: str | PostedFile, texts: Texts) -> list[str]:
        """Indexes a link or a file; returns why some of it could not be."""
        found, before = "", frozenset[str]()
        try:
            before = await asyncio.to_thread(self._sources)
            found = location if isinstance(location, str) else await self._fetch(client, location)
            reasons = [failure.reason for failure in (await self._reindex([found])).failed]
        except FileError as error:
            reasons = [_said_of(error.obstacle, texts).format(size=self._desk.settings.max_file_mb)]
        except SourceError as error:
            reasons = [error.reason]
        except QABotError as error:
            _log.error("a posted article could not be indexed: %s", error)
            return [texts.unavailable]
        except Exception as error:
            _log.error("a posted article could not be indexed: %s", in_words(error))
            reasons = [texts.not_read]
        if reasons and found:
            try:
                await self._let_go(found, before)
            except QABotError as error:
                _log.warning("%s is still remembered as a source: %s", found, error)
        return reasons

    async def _fetch(self, client: AsyncWebClient, file: PostedFile) -> str:
        desk = self._desk
        path = await fetch(
            desk.session,
            await look_up(client, file),
            client.token or "",
            desk.bot.settings.data_dir,
            most=desk.settings.max_file_mb * MEGABYTE,
            api_url=desk.settings.api_url,
        )
        return str(path)

    async def _reindex(self, locations: Sequence[str]) -> ReindexReport:
        async with self._turn:
            return await asyncio.to_thread(self._desk.bot.reindex, locations)

    def _sources(self) -> frozenset[str]:
        return frozenset(source.location for source in self._desk.bot.store.sources.list())

    async def _let_go(self, location: str, before: frozenset[str]) -> None:
        """Forgets a source that gave nothing: nobody would look after it, and each reindexing would try it again.

        Args:
            location: of the source.
            before: the sources that were there before somebody posted it; those are not for Slack to forget.
        """

        def let_go() -> None:
            from embeddings.sources import open_source  # answering needs none of what reads articles

            store, place = self._desk.bot.store, open_source(location).location
            if place not in before and not store.articles.known(place):
                store.sources.remove(place)
                self._forget_file(place)

        async with self._turn:
            await asyncio.to_thread(let_go)

    async def _remove(self, prefix: str) -> str | None:
        """Removes the article whose id begins so; returns its title, or None if there is none, or more than one."""

        def remove() -> str | None:
            store = self._desk.bot.store
            found = [known.id for known in store.articles.known() if prefix and known.id.startswith(prefix.lower())]
            if len(found) != 1:
                return None
            held = store.articles.get(found[0])
            store.writing.remove(found)
            store.refresh()
            if held is None:
                return found[0]
            self._forget_file(held.article.source)
            return cut(clean(held.article.title), 200)

        async with self._turn:
            return await asyncio.to_thread(remove)

    def _forget_file(self, source: str) -> None:
        """Deletes a posted file whose article was removed, or it would come back."""
        folder = self._desk.bot.settings.data_dir / FOLDER
        for own in folder.iterdir() if folder.is_dir() else ():
            if source.startswith(f"{own.resolve()}/"):
                shutil.rmtree(own, ignore_errors=True)


def _said_of(obstacle: Obstacle, texts: Texts) -> str:
    said = {
        Obstacle.UNSUPPORTED: texts.unsupported,
        Obstacle.TOO_LARGE: texts.too_large,
        Obstacle.ELSEWHERE: texts.elsewhere,
        Obstacle.NOT_GIVEN: texts.not_given,
        Obstacle.UNREACHABLE: texts.not_fetched,
    }
    return said[obstacle]


def _reason(name: str, reason: str) -> str:
    return cut(clean(f"{name}: {reason}"), REASON_CHARS)


def _report(report: ReindexReport, texts: Texts) -> str:
    said = texts.admin_done.format(
        new=report.new,
        changed=report.changed,
        removed=report.removed,
        unchanged=report.unchanged,
        failed=len(report.failed),
    )
    reasons = [_reason(failure.source, failure.reason) for failure in report.failed[:5]]
    return "\n".join([said, *reasons])


async def archive_status(desk: Desk, channel: str | None) -> str:
    """What `/ask-admin status` says."""
    texts, language = desk.texts(channel), desk.settings.channel(channel).language
    try:
        found = await asyncio.to_thread(lambda: desk.bot.store.status())
        sources = await asyncio.to_thread(lambda: len(desk.bot.store.sources.list()))
    except QABotError as error:
        return texts.admin_failed.format(reason=cut(clean(str(error)), REASON_CHARS))
    return texts.admin_status.format(
        articles=number(found.articles, language),
        passages=number(found.passages, language),
        sources=number(sources, language),
        waiting=number(desk.pool.waiting, language),
    )
