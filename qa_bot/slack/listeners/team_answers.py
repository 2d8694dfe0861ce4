"""Saving, changing and deleting a team's own answers: a shortcut on messages, a form, and buttons in App Home."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from embeddings.errors import QABotError, QuestionError
from qa_bot.answering.results import TeamAnswer
from qa_bot.answering.team_answers import MAX_LINK_CHARS, MAX_TEXT_CHARS
from qa_bot.slack.incoming.messages import typed
from qa_bot.slack.incoming.requests import mapping, name_of, read_message, read_request, value_of
from qa_bot.slack.quoting import clean
from qa_bot.slack.services import Services, identity_of, workspace_of
from qa_bot.slack.views.button_values import ButtonValue
from qa_bot.slack.views.modals import notice_modal
from qa_bot.slack.views.team_answers import (
    DELETE,
    EDIT,
    LINK,
    NEWER,
    OLDER,
    QUESTION,
    TEAM_ANSWER_VIEW,
    TEXT,
    team_answer_modal,
)
from qa_bot.slack.web_api.calls import call
from qa_bot.slack.workers.modal_presenter import ModalPresenter, publish_home

SHORTCUT = "save_team_answer"
"""Callback id of the shortcut, in the manifest."""


class TeamAnswerForm(ButtonValue):
    """What the form carries: id of the answer that it changes, if it changes one, and whether it was opened in App Home."""

    replaces: str = Field("", max_length=64)
    at_home: bool = False


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.shortcut({"callback_id": SHORTCUT, "type": "message_action"})(save_message)
    app.view(TEAM_ANSWER_VIEW)(take_team_answer)
    app.action(EDIT)(edit_team_answer)
    app.action(DELETE)(delete_team_answer)
    app.action(NEWER)(turn_page)
    app.action(OLDER)(turn_page)


async def save_message(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Opens the form with a message as the answer to its thread's question."""
    await ack()
    presenter = _editor(body, context, services)
    if presenter is not None:
        bot_user = identity_of(context).bot_user
        opening = _open_form(services, presenter, mapping(body.get("message")), bot_user)
        services.short_tasks.start(opening, "opening the form for a team answer")


async def edit_team_answer(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Opens the form with an answer that is saved."""
    await ack()
    presenter, answer = _editor(body, context, services), await _chosen(body, context, services)
    if presenter is None or answer is None:
        return
    private = TeamAnswerForm(replaces=answer.id, at_home=True).model_dump_json()
    texts = services.texts(None, presenter.request.person)
    view = team_answer_modal(answer.question, answer.text, answer.link or "", private, texts)
    services.short_tasks.start(presenter.open(view), "opening the form for a team answer")


async def delete_team_answer(
    ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services
) -> None:
    """Deletes an answer before the click is acknowledged."""
    presenter, answer = _editor(body, context, services), await _chosen(body, context, services)
    if presenter is not None and answer is not None:
        await asyncio.to_thread(services.bot.team_answers.remove, answer.id)
    await ack()
    if presenter is not None:
        _show_home(services, presenter)


async def turn_page(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Shows newer or older answers in App Home."""
    await ack()
    presenter, first = _editor(body, context, services), value_of(body)
    if presenter is not None and isinstance(first, str) and re.fullmatch(r"\d{1,6}", first, re.ASCII):
        _show_home(services, presenter, int(first))


async def take_team_answer(
    ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext, services: Services
) -> None:
    """Saves an answer before the form is acknowledged; the form says what is wrong with it."""
    presenter, form = _editor(body, context, services), TeamAnswerForm.load(view.get("private_metadata"))
    if presenter is None or form is None:
        await ack()
        return
    request, team = presenter.request, workspace_of(context) or ""
    texts = services.texts(None, request.person)
    try:
        await save(
            services, _filled_in(view), by=name_of(body), by_id=request.person, team=team, replaces=form.replaces
        )
    except QuestionError:
        await ack(response_action="errors", errors={QUESTION: texts.no_words})
        return
    except QABotError as error:
        await ack(response_action="errors", errors={LINK if "link" in str(error) else TEXT: str(error)[:150]})
        return
    await ack(response_action="update", view=notice_modal(texts.team_answer_title, texts.team_answer_saved, texts))
    if form.at_home:
        _show_home(services, presenter)


async def save(
    services: Services, filled_in: Mapping[str, str], *, by: str, by_id: str, team: str, replaces: str = ""
) -> None:
    """Saves a team answer, in place of another one if its question was changed.

    Raises:
        QABotError: the question, the answer or the link cannot be used, or the file cannot be written.
    """
    answers = services.bot.team_answers
    saved = await asyncio.to_thread(
        lambda: answers.save(
            filled_in[QUESTION], filled_in[TEXT], by=by, by_id=by_id, link=filled_in[LINK], workspace=team
        )
    )
    if replaces and replaces != saved.id:
        await asyncio.to_thread(answers.remove, replaces)


async def _open_form(
    services: Services, presenter: ModalPresenter, message: Mapping[str, Any], bot_user: str | None
) -> None:
    request = presenter.request
    posted = read_message(message, request.channel)
    texts = services.texts(request.channel, request.person)
    if posted is None:
        await presenter.tell(texts.no_words)
        return
    conversation = services.state.threads.conversation(posted.channel, posted.thread, posted.ts)
    turn = conversation.turns[-1] if conversation and conversation.turns else None
    is_own = posted.person == bot_user
    text = (turn.answer or "" if turn else "") if is_own else typed(posted.text, bot_user)
    link = await _permalink(presenter, posted.channel, posted.ts)
    view = team_answer_modal(turn.question if turn else "", text, link, TeamAnswerForm().model_dump_json(), texts)
    await presenter.open(view)


async def _permalink(presenter: ModalPresenter, channel: str, ts: str) -> str:
    """The address of a message; empty if Slack does not say."""
    try:
        return str((await call(presenter.client.chat_getPermalink, channel=channel, message_ts=ts))["permalink"])
    except SlackApiError:
        return ""


def _editor(body: dict[str, Any], context: AsyncBoltContext, services: Services) -> ModalPresenter | None:
    """Shows modals to the person, if they may change team answers; others are told that they may not."""
    request = read_request(body)
    if request is None or context.client is None or services.refuses(context, request.channel, request.person_team):
        return None
    presenter = ModalPresenter(services, context.client, request, workspace_of(context))
    if services.settings.may_edit_answers(request.person):
        return presenter
    denied = services.texts(request.channel, request.person).team_answer_denied
    services.short_tasks.start(presenter.tell(denied), "saying who may save team answers")
    return None


async def _chosen(body: dict[str, Any], context: AsyncBoltContext, services: Services) -> TeamAnswer | None:
    """The answer whose button was clicked, if it is still there and of this workspace."""
    identity = value_of(body)
    answer = await asyncio.to_thread(services.bot.team_answers.get, str(identity)[:64])
    return answer if answer and answer.workspace in ("", workspace_of(context)) else None


def _show_home(services: Services, presenter: ModalPresenter, first: int = 0) -> None:
    showing = publish_home(services, presenter.client, presenter.request.person, presenter.team or "", first)
    services.short_tasks.start(showing, "showing App Home")


def _filled_in(view: Mapping[str, Any]) -> dict[str, str]:
    """What was typed into the fields."""
    values = mapping(mapping(view.get("state")).get("values"))
    limits = {QUESTION: MAX_TEXT_CHARS, TEXT: MAX_TEXT_CHARS, LINK: MAX_LINK_CHARS}
    typed_in = {name: mapping(mapping(values.get(name)).get(name)).get("value") for name in limits}
    return {
        name: clean(value[: limits[name]]).strip() if isinstance(value, str) else "" for name, value in typed_in.items()
    }
