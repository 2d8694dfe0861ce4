"""What modals show when somebody clicks: read anew each time, as the channel may see it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from embeddings.store.protocol import ArticleText
from qa_bot.slack.incoming.messages import questions_in
from qa_bot.slack.incoming.payloads import Place
from qa_bot.slack.incoming.requests import Request
from qa_bot.slack.services import Desk
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.views.home import NEWEST, HomeFacts, home_view
from qa_bot.slack.views.modals import answer_modal, more_modal, notice_modal
from qa_bot.slack.views.quoting import cut
from qa_bot.slack.views.texts import Texts
from qa_bot.slack.web_api.posting import call, error_code
from qa_bot.slack.web_api.responding import respond

QUESTION_CHARS = 300

_log = logging.getLogger(__name__)

Modal = Callable[[ArticleText, Place, Texts], dict[str, Any]]


class Looking:
    """Shows things to one person.

    Args:
        desk: the parts of the app.
        client: of the workspace.
        request: the click.
    """

    def __init__(self, desk: Desk, client: AsyncWebClient, request: Request) -> None:
        self._desk = desk
        self._client = client
        self._request = request
        self._texts = desk.texts(request.channel)

    async def article(self, place: Place, modal: Modal) -> None:
        """Shows an article, or a part of it."""
        texts = self._texts
        try:
            held = await self._desk.archive.article(place, self._desk.only(self._request.channel))
        except QABotError as error:
            _log.error("an article could not be shown: %s", error)
            await self.open(notice_modal(texts.article_title, texts.unavailable, texts))
            return
        view = modal(held, place, texts) if held else notice_modal(texts.article_title, texts.gone, texts)
        await self.open(view)

    async def more(self, question: str) -> None:
        """Asks again and shows the further answers; a modal has to be there within seconds, so it is there first."""
        texts = self._texts
        view = await self.open(notice_modal(texts.more_title, texts.searching, texts))
        if view is not None:
            (outcome,) = await self._desk.asker(self._request.channel).ask([question])
            await self._update(view, more_modal(outcome, texts))

    async def answer(self, question: str, team: str) -> None:
        """Answers a question of App Home."""
        texts, desk = self._texts, self._desk
        view = await self.open(notice_modal(texts.answer_title, texts.searching, texts))
        desk.state.remember_question(team, self._request.person, cut(question, QUESTION_CHARS))
        if view is not None:
            outcomes = await desk.asker(None).ask(questions_in(question))
            await self._update(view, answer_modal(outcomes, texts))
        await publish_home(desk, self._client, self._request.person, team)

    async def open(self, view: dict[str, Any]) -> str | None:
        """Opens a modal; returns its id, or tells the person that it could not be opened."""
        if not self._request.trigger:
            return None
        try:
            opened = await call(self._client.views_open, trigger_id=self._request.trigger, view=view)
        except SlackApiError as error:
            _log.warning("a modal could not be opened: %s", error_code(error))
            await self.tell(self._texts.failed)
            return None
        return str(opened["view"]["id"])

    async def tell(self, text: str) -> None:
        """Says something that only the person sees."""
        if self._request.response_url:
            await respond(self._desk.session, self._request.response_url, plain_message(text))

    async def _update(self, view: str, content: dict[str, Any]) -> None:
        try:
            await call(self._client.views_update, view_id=view, view=content)
        except SlackApiError as error:
            _log.info("a modal could not be filled: %s", error_code(error))  # it was closed meanwhile, mostly


async def publish_home(desk: Desk, client: AsyncWebClient, person: str, team: str) -> None:
    """Shows App Home as it is now to a person."""
    only = desk.only(None)
    try:
        counts, newest = await desk.archive.counts(), await desk.archive.newest(only, NEWEST)
    except QABotError as error:
        _log.error("App Home cannot say what there is: %s", error)
        counts, newest = None, []
    facts = HomeFacts(desk.state.last_questions(team, person), counts, newest, bool(only))
    language = desk.settings.channel(None).language
    await call(client.views_publish, user_id=person, view=home_view(facts, desk.texts(None), language))
