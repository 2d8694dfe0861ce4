"""Shows modals and App Home when a person clicks; what they show is read anew each time, as the channel may see it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from embeddings.store.protocol import ArticleText
from qa_bot.answering.explanation import Explanation
from qa_bot.slack.incoming.messages import questions_in
from qa_bot.slack.incoming.requests import Request
from qa_bot.slack.services import Services
from qa_bot.slack.views.blocks import Failure
from qa_bot.slack.views.button_values import Place
from qa_bot.slack.views.home import NEWEST, HomeFacts, home_view
from qa_bot.slack.views.modals import answer_modal, more_modal, notice_modal, why_modal
from qa_bot.slack.views.team_answers import home_blocks
from qa_bot.slack.views.texts import Texts
from qa_bot.slack.web_api.calls import call, error_code
from qa_bot.slack.web_api.refused_content import VIEW_REFUSED, detail_of, report
from qa_bot.slack.workers.asking import ask
from qa_bot.slack.workers.unanswered import note_unanswered, unanswered_below

_log = logging.getLogger(__name__)

Modal = Callable[[ArticleText, Place, Texts], dict[str, Any]]


class ModalPresenter:
    """Shows modals to the person who clicked.

    Args:
        services: the parts of the app.
        client: with the token of the workspace.
        request: the click.
        team: id of the workspace; None if it is not known.
    """

    def __init__(self, services: Services, client: AsyncWebClient, request: Request, team: str | None) -> None:
        self._services = services
        self.client = client
        self.request = request
        self.team = team

    @property
    def _texts(self) -> Texts:
        return self._services.texts(self.request.channel, self.request.person)

    async def learn_language(self) -> None:
        """Learns the language of the person who clicked, if it matters."""
        await self._services.learn_language(self.client, self.request.channel, self.request.person)

    async def article(self, place: Place, modal: Modal) -> None:
        """Shows an article, or a part of it."""
        await self.learn_language()
        texts = self._texts
        try:
            only = self._services.only(self.request.channel, self.team)
            source = await self._services.archive.article(place, only)
        except QABotError as error:
            _log.error("an article could not be shown: %s", error)
            await self.open(notice_modal(texts.article_title, texts.unavailable, texts))
            return
        view = modal(source, place, texts) if source else notice_modal(texts.article_title, texts.gone, texts)
        await self.open(view)

    async def more(self, question: str) -> None:
        """Asks again and shows the further answers; the modal opens first, as Slack allows that for seconds only."""
        await self.learn_language()
        texts = self._texts
        view = await self.open(notice_modal(texts.more_title, texts.searching, texts))
        if view is not None:
            (outcome,) = await ask(self._services, self.request.channel, [question], team=self.team)
            await self._update(view, more_modal(outcome, texts))

    async def why(self, question: str) -> None:
        """Asks again and shows how the answer came about."""
        await self.learn_language()
        texts = self._texts
        view = await self.open(notice_modal(texts.why_title, texts.searching, texts))
        if view is None:
            return
        told: list[Explanation] = []
        channel, team = self.request.channel, self.team
        (outcome,) = await ask(self._services, channel, [question], team=team, explained=told.append)
        if isinstance(outcome, Failure):
            await self._update(view, notice_modal(texts.why_title, outcome.text, texts))
        else:
            await self._update(view, why_modal(told[-1] if told else None, texts))

    async def answer(self, question: str) -> None:
        """Answers a question of App Home."""
        await self.learn_language()
        texts, services, team = self._texts, self._services, self.team or ""
        view = await self.open(notice_modal(texts.answer_title, texts.searching, texts))
        services.remember_question(team, self.request.person, question)
        if view is not None:
            outcomes = await ask(services, None, questions_in(question), team=self.team)
            await self._update(view, answer_modal(outcomes, texts))
            await note_unanswered(services, f"home:{uuid.uuid4().hex}", outcomes, team=self.team, channel=None)
        await publish_home(services, self.client, self.request.person, team)

    async def open(self, view: dict[str, Any]) -> str | None:
        """Opens a modal and returns its id; if that fails, tells the person and returns None."""
        if not self.request.trigger_id:
            return None
        try:
            opened = await call(self.client.views_open, trigger_id=self.request.trigger_id, view=view)
        except SlackApiError as error:
            _log.warning("a modal could not be opened: %s", error_code(error))
            if error_code(error) in VIEW_REFUSED:
                report(error_code(error), detail_of(error), self._services.state.remember_refusal)
            await self.tell(self._texts.failed)
            return None
        return str(opened["view"]["id"])

    async def tell(self, text: str) -> None:
        """Tells the person something where they clicked."""
        await self._services.tell_where_used(self.client, self.request, text)

    async def _update(self, view: str, content: dict[str, Any]) -> None:
        try:
            await call(self.client.views_update, view_id=view, view=content)
        except SlackApiError as error:
            if error_code(error) not in VIEW_REFUSED:
                _log.info("a modal could not be filled: %s", error_code(error))  # mostly as the person has closed it
                return
            report(error_code(error), detail_of(error), self._services.state.remember_refusal)
            notice = notice_modal(self._texts.answer_title, self._texts.failed, self._texts)
            await call(self.client.views_update, view_id=view, view=notice)


async def publish_home(
    services: Services, client: AsyncWebClient, person: str, team: str, first_answer: int = 0
) -> None:
    """Shows the current App Home to a person, with the team answers from one place on, if they may change them."""
    only = services.only(None)
    await services.learn_language(client, None, person)
    try:
        counts, newest = await services.archive.counts(), await services.archive.newest(only, NEWEST)
    except QABotError as error:
        _log.error("App Home cannot show the articles: %s", error)
        counts, newest = None, []
    is_editor = services.settings.may_edit_answers(person)
    own = await asyncio.to_thread(services.bot.team_answers.list, team) if is_editor else None
    shown = home_blocks(own, services.texts(None, person), first_answer) if own is not None else []
    below = [*shown, *await unanswered_below(services, client, person, team)]
    facts = HomeFacts(services.state.last_questions(team, person), counts, newest, bool(only), below)
    try:
        await call(client.views_publish, user_id=person, view=home_view(facts, services.texts(None, person)))
    except SlackApiError as error:
        if error_code(error) not in VIEW_REFUSED:
            raise
        report(error_code(error), detail_of(error), services.state.remember_refusal)
        bare = HomeFacts([], counts, [], bool(only))
        await call(client.views_publish, user_id=person, view=home_view(bare, services.texts(None, person)))
